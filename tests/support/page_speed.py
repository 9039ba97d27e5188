"""How long the browser takes to show a layer of an atlas, and how evenly it scrolls."""

from __future__ import annotations

import statistics
from dataclasses import dataclass

from browser import Browser

STEP = 120  # pixels that are scrolled in each frame

# since the navigation began: the cells in the window are there, their pictures decoded and drawn
SHOWN = """
const done = arguments[0];
const inWindow = (element) => {
  const {top, bottom} = element.getBoundingClientRect();
  return bottom > 0 && top < innerHeight;
};
const sheets = () => {
  const tiles = [...document.querySelectorAll('.grid .tile')].filter(inWindow);
  const images = tiles.map((tile) => tile.style.backgroundImage);
  if (!tiles.length || images.some((image) => !image.startsWith('url'))) return null;
  return [...new Set(images)].map((image) => image.slice(5, -2));
};
const look = async () => {
  const found = sheets();
  if (!found) { requestAnimationFrame(look); return; }
  await Promise.all(found.map((address) => {
    const image = new Image();
    image.src = new URL(address, document.baseURI);
    return image.decode();
  }));
  requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now())));
};
look();
"""
# the times between frames, while the page is scrolled a step in each
SCROLL = """
const [step, frames, done] = arguments;
const intervals = [];
let before = 0;
const tick = (now) => {
  if (before) intervals.push(now - before);
  before = now;
  if (intervals.length === frames) { done(intervals); return; }
  scrollBy(0, step);
  requestAnimationFrame(tick);
};
requestAnimationFrame(tick);
"""


@dataclass(frozen=True)
class Frames:
    """Milliseconds between the frames of a scrolled page: at 60 a second 16.7."""

    count: int
    median: float
    worst: float
    late: int  # those that took longer than two of 60 a second

    def __str__(self) -> str:
        return (
            f"median {self.median:.1f} ms, worst {self.worst:.0f} ms, "
            f"{self.late} of {self.count} later than 33 ms"
        )


def time_to_show(browser: Browser, address: str) -> float:
    """Seconds from opening a layer's address to its features being drawn, in an empty cache."""
    browser.driver.execute_cdp_cmd("Network.clearBrowserCache", {})
    browser.open(address)
    return browser.driver.execute_async_script(SHOWN) / 1000


def scroll(browser: Browser, address: str, frames: int = 300) -> Frames:
    """Scrolls down through a layer for so many frames, 7,200 pixels a second."""
    time_to_show(browser, address)
    intervals = browser.driver.execute_async_script(SCROLL, STEP, frames)
    late = sum(interval > 33.4 for interval in intervals)
    return Frames(frames, statistics.median(intervals), max(intervals), late)
