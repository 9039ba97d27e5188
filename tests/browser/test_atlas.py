"""The pages of an atlas that the scripts made: links, keys, addresses, themes, names."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import small_atlas
from browser import Keys

TITLE = "document.querySelector('h1').textContent"
FOCUS = "document.activeElement"
# what can have the focus, and which of it has, and whether that is seen
MARKED = """
const marked = [...document.querySelectorAll('a[href], button:not(:disabled), input, select')]
  .filter((element) => element.checkVisibility() && element.tabIndex >= 0);
marked.forEach((element, place) => { element.dataset.place = place; });
"""
FOCUSED = """
const {outlineStyle, outlineWidth} = getComputedStyle(document.activeElement);
return [document.activeElement.dataset.place ?? null,
  outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2];
"""
THEMES = ["light", "dark"]
DEAD = f"conv1/{small_atlas.DEAD}"
PAGES = ["", "conv1", "conv1/0", DEAD, "block2_out/1", "classes/0", "conv1/99"]


@pytest.fixture(scope="module")
def first_page(chromium, tmp_path_factory) -> Path:
    return small_atlas.save_atlas(tmp_path_factory.mktemp("small"))


@pytest.fixture
def show(browser, first_page):
    """Opens a page of the atlas and waits for it; gives the browser."""
    browser.home = first_page.parent.as_uri() + "/"

    def show(page: str = ""):
        browser.open(f"{first_page.as_uri()}#{page}")
        browser.one("h1")
        return browser

    return show


def is_at(browser, page: str) -> None:
    """Waits until an address is there, and its page with it."""
    browser.wait("location.hash === arguments[0] && !document.querySelector('[aria-busy]')", page)


def test_a_click_goes_down_and_escape_up(show):
    browser = show()
    browser.one("a.name[href='#block1_out']").click()
    is_at(browser, "#block1_out")
    browser.one(".grid .cell[href='#block1_out/2']").click()
    is_at(browser, "#block1_out/2")
    assert browser.run(f"return {TITLE}") == "block1_out feature 2"
    browser.press(Keys.ESCAPE)
    is_at(browser, "#block1_out")
    # back at the thumbnail that was left
    browser.wait(f"{FOCUS}.getAttribute('href') === '#block1_out/2'")
    browser.press(Keys.ESCAPE)
    is_at(browser, "")


def test_back_and_forward(show):
    browser = show("conv1")
    browser.one(".grid .cell[href='#conv1/2']").click()
    is_at(browser, "#conv1/2")
    browser.press(Keys.RIGHT)
    is_at(browser, "#conv1/3")
    browser.driver.back()
    is_at(browser, "#conv1/2")
    assert browser.run(f"return {TITLE}") == "conv1 feature 2"
    browser.driver.back()
    is_at(browser, "#conv1")
    browser.driver.forward()
    is_at(browser, "#conv1/2")


def test_arrows_go_through_features_and_layers(show):
    browser = show("conv1/0")
    for key, number in ((Keys.RIGHT, 1), (Keys.RIGHT, 2), (Keys.LEFT, 1)):
        browser.press(key)
        is_at(browser, f"#conv1/{number}")
    show("conv1").press(Keys.RIGHT)
    is_at(browser, "#block1_out")
    browser.press(Keys.LEFT)
    is_at(browser, "#conv1")
    browser.one(".grid .cell")
    browser.press(Keys.DOWN, Keys.RIGHT)
    assert browser.run(f"return {FOCUS}.getAttribute('href')") == "#conv1/1"
    browser.wait("document.querySelector('.preview h2')?.textContent === 'Feature 1'")


def test_keys_wait_for_the_page_that_comes(show):
    browser = show()
    # of the page that is left the key is none
    browser.run(
        "addEventListener('hashchange', () => document.body.dispatchEvent("
        "new KeyboardEvent('keydown', {key: 'ArrowRight', bubbles: true})), {once: true});"
        "location.hash = '#conv1/2';"
    )
    is_at(browser, "#conv1/3")


def test_layers_of_no_stage_stand_apart(show):
    browser = show()
    gaps = browser.run(
        "const places = [...document.querySelectorAll('.layers tbody')]"
        ".map((body) => body.lastChild.getBoundingClientRect());"
        "return places.slice(1).map((place, i) => place.top - places[i].bottom);"
    )
    # conv1, block1, block2, classes: each behind a gap, with a heading or without
    assert len(gaps) == 3 and min(gaps) > 10


def test_parts_of_absent_layers_are_a_line(show):
    browser = show()
    texts = browser.run(
        """
const part = (layer, feature) => ({layer, feature, share: 0.25});
const made = {layer: 9, name: 'away', rule: 'gradient', exact: true, carried: 1};
const [entry] = atlas.store.atlas().layers;
return (async () => {
  const texts = [];
  for (const features of [[part(9, 4)], [part(9, 4), part(8, 1)], [part(entry.number, 0)]]) {
    const feature = {feature: 0, made_of: {...made, features}};
    const [section] = await atlas.featureRelations.sections({}, feature, 'deconvnet', {});
    texts.push([section.querySelectorAll('li').length, section.lastChild.textContent]);
  }
  return texts;
})();
"""
    )
    space = "\u202f"
    one = f"Features 4 (25{space}%) of a layer that is not in this atlas."
    two = f"Features 4 (25{space}%), 1 (25{space}%) of layers that are not in this atlas."
    assert texts[:2] == [[0, one], [0, two]] and texts[2][0] == 1


def test_r_is_the_next_rule(show):
    browser = show("conv1/0")
    tile = "document.querySelector('.tile.projection').style.backgroundImage"
    browser.wait(f"{tile}.includes('0-deconvnet')")
    browser.press("r")
    browser.wait(f"{tile}.includes('0-guided')")
    assert browser.run("return location.hash") == "#conv1/0?rule=guided"
    # it goes along
    browser.press(Keys.RIGHT)
    browser.wait(f"{tile}.includes('1-guided')")


def test_slash_searches(show):
    browser = show("conv1/0")
    browser.press("/", "block", Keys.DOWN)
    options = [option.text.split("\n")[0] for option in browser.all("[role=option]")]
    assert options == ["block1_out", "block2_out"]
    browser.press(Keys.ENTER)
    is_at(browser, "#block2_out")
    browser.press("/", "conv1/3", Keys.ENTER)
    is_at(browser, "#conv1/3")
    browser.press("/", "nothing")
    assert browser.one("[role=option]").text == "Nothing of that name"
    browser.press(Keys.ESCAPE)
    assert browser.all("[role=option]") == []


def test_only_what_is_there_is_found(show):
    """Of a layer of classes, two of which the atlas has."""
    browser = show("conv1/0")
    browser.run(
        "const layer = atlas.store.atlas().layers.find((each) => each.name === 'classes');"
        "layer.numbers = [0, 2]; layer.names = ['<b>Tabby</b>', 'Black bear'];"
    )
    browser.press("/", "classes/1")
    assert browser.one("[role=option]").text == "Nothing of that name"
    browser.press(Keys.ESCAPE)
    browser.press("/", "BEAR")
    assert browser.one("[role=option]").text.split("\n") == ["Black bear", "class 2 of classes"]
    browser.press(Keys.ENTER)
    is_at(browser, "#classes/2")


def test_question_mark_lists_the_keys(show):
    browser = show("conv1/0")
    browser.press("?")
    keys = [key.text for key in browser.all("dialog kbd")]
    assert {"←", "→", "r", "/", "Esc", "?"} <= set(keys)
    browser.press(Keys.ESCAPE)
    assert browser.all("dialog") == []
    # that Escape was the dialog's
    assert browser.run("return location.hash") == "#conv1/0"


@pytest.mark.parametrize(
    "page, said",
    [
        ("conv2", "This atlas has no layer called conv2."),
        ("conv1/99", "This atlas has no feature 99 of conv1: its 8 features start at 0."),
        ("%E0%A4%A", "This atlas has no layer called %E0%A4%A."),
        ("<img src=x onerror=a()>", "This atlas has no layer called <img src=x onerror=a()>."),
    ],
)
def test_unknown_addresses_are_said(show, page, said):
    browser = show(page)
    assert browser.run(f"return {TITLE}") == "There is no such page"
    assert said in browser.text("main")
    browser.one("main a").click()
    is_at(browser, "")


def test_names_and_labels_are_texts(show):
    browser = show("block1_out/3")
    files = {element.get_attribute("title") for element in browser.all(".unit .file")}
    labels = {element.text for element in browser.all(".unit .label")}
    names = {f"{label}/{name}.png" for label in small_atlas.CLASSES for name in small_atlas.NAMES}
    assert len(files) == 9 and files <= names
    assert labels == set(small_atlas.CLASSES)
    assert browser.run("return document.querySelectorAll('main img, main b').length") == 0


def test_a_residual_feature_shows_both_ways(show):
    browser = show("block1_out/3")
    heads = [cell.text for cell in browser.all(".ways thead th")]
    assert heads == ["Rank", "Activation", "Identity", "Branch"]
    assert len(browser.all(".ways tbody tr")) == 9


def test_a_dead_feature_says_so(show):
    browser = show(DEAD)
    assert "dead" in browser.text(".facts")
    browser = show("conv1?hide=dead")
    browser.one(".grid .cell")
    assert browser.all(f".grid .cell[href^='#{DEAD}']") == []


def test_the_theme_changes_and_stays(show):
    browser = show()
    colour = "getComputedStyle(document.documentElement).backgroundColor"
    light = browser.run(f"return {colour}")
    browser.theme("dark")
    dark = browser.wait(f"{colour} !== arguments[0] && {colour}", light)
    browser.one("#theme").click()
    assert browser.run(f"return {colour}") == light
    show("conv1")
    assert browser.run(f"return {colour}") == light
    browser.one("#theme").click()
    browser.one("#theme").click()
    assert browser.run(f"return {colour}") == dark


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("page", PAGES)
def test_no_barriers(show, page, theme):
    browser = show()
    browser.theme(theme)
    show(page)
    assert browser.barriers() == []


@pytest.mark.parametrize("page", ["", "conv1", "conv1/0"])
def test_tab_reaches_everything_and_shows_where(show, page):
    browser = show(page)
    browser.one("main a")
    there = browser.run(f"{MARKED} return marked.length")
    reached, unseen = set(), []
    for _ in range(there + 1):
        browser.press(Keys.TAB)
        place, seen = browser.run(FOCUSED)
        reached.add(place)
        unseen += [] if seen else [place]
    # behind the last one the focus leaves the page
    assert reached == {*map(str, range(there)), None} and unseen in ([], [None])


def test_the_photo_is_enlarged(show):
    browser = show("block1_out/3")
    browser.one(".photo-button").click()
    assert browser.one("dialog .tile.photo").size["width"] >= small_atlas.SIDE
    assert browser.barriers() == []
    browser.press(Keys.ESCAPE)
    assert browser.all("dialog") == []


@pytest.mark.parametrize("width", [360, 2560])
@pytest.mark.parametrize("page", ["", "conv1", "block1_out/3"])
def test_nothing_is_wider_than_the_window(show, page, width):
    browser = show()
    browser.resize(width)
    show(page)
    assert browser.run("return document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("page", ["conv1", "block1_out/3"])
def test_a_page_follows_its_window(show, page):
    browser = show(page)
    browser.one("main .tile")
    for width in (360, 2560, 700):
        browser.resize(width)
        browser.wait("document.documentElement.scrollWidth <= arguments[0]", width)
    assert browser.all("[role=alert]") == []


def test_a_torn_atlas_says_what_is_missing(browser, first_page, tmp_path):
    copy = shutil.copytree(first_page.parent, tmp_path / "torn")
    (copy / "data" / "01" / "layer.js").unlink()
    browser.home = copy.as_uri()
    browser.open(f"{copy.as_uri()}/index.html#block1_out")
    browser.one("h1")
    assert "data/01/layer.js is not there" in browser.text("main")
    # the browser's own word on the file that is not there
    assert [line.partition(" ")[0].rpartition("/")[2] for line in browser.console()] == ["layer.js"]
