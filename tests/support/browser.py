"""A Chromium without a window, driven by selenium: pages, keys, sizes, themes, requests."""

from __future__ import annotations

import base64
import importlib.util
import json
import shutil
import time
from pathlib import Path
from typing import Any

AXE = Path(__file__).parents[1] / "browser" / "axe.min.js"
PATIENCE = 15  # seconds for what a page does at once, on a busy machine
# what a page makes itself, and the empty page between two
OWN = ("data:", "blob:", "about:")
FLAGS = [
    "--headless=new",
    # as root there is no sandbox, and the pages are our own
    "--no-sandbox",
    "--disable-gpu",
    # a container's /dev/shm is small
    "--disable-dev-shm-usage",
    "--no-first-run",
    # what Chromium asks its maker for by itself
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-default-apps",
    "--force-color-profile=srgb",
    "--hide-scrollbars",
]


class Keys:
    """Keys that have no letter, as WebDriver calls them."""

    TAB, ENTER, ESCAPE = "\ue004", "\ue007", "\ue00c"
    LEFT, UP, RIGHT, DOWN = "\ue012", "\ue013", "\ue014", "\ue015"


def missing() -> str:
    """What there has to be for these tests and is not here, or nothing."""
    if not (shutil.which("chromium") and shutil.which("chromedriver")):
        return "there is no Chromium (apt-get install chromium chromium-driver)"
    if importlib.util.find_spec("selenium") is None:
        return "there is no selenium (pip install -e '.[browser]')"
    return ""


class Browser:
    """A Chromium with an empty profile.

    What its pages wrote to the console, and what they asked for, is kept until `console` and
    `requests_abroad` are read.
    """

    def __init__(self, profile: Path, downloads: Path) -> None:
        from selenium import webdriver

        options = webdriver.ChromeOptions()
        options.binary_location = str(shutil.which("chromium"))
        for flag in [*FLAGS, f"--user-data-dir={profile}"]:
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        options.add_experimental_option("prefs", {"download.default_directory": str(downloads)})
        service = webdriver.ChromeService(str(shutil.which("chromedriver")))
        self.driver = webdriver.Chrome(options, service)
        # where the pages' own addresses begin: what they ask for elsewhere is a request abroad
        self.home = "file:///"
        self.downloads = downloads
        self.driver.set_page_load_timeout(PATIENCE)
        self.driver.set_script_timeout(4 * PATIENCE)
        # Chromium's own first page goes, and with it what it asked for
        self.driver.get("about:blank")
        self.requests_abroad()
        self.resize(1280)
        self.theme("light")

    def close(self) -> None:
        self.driver.quit()

    # pages

    def open(self, address: str) -> None:
        """Loads a page anew, also where only what follows # differs from the page before."""
        self.driver.get("about:blank")
        self.driver.get(address)

    def run(self, script: str, *arguments: Any) -> Any:
        """What a function's body in JavaScript returns."""
        return self.driver.execute_script(script, *arguments)

    def wait(self, script: str, *arguments: Any) -> Any:
        """What an expression in JavaScript becomes as soon as it is true."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            value = self.run(f"return {script};", *arguments)
            if value:
                return value
            time.sleep(0.02)
        raise AssertionError(f"for {PATIENCE} s this was not so: {script}\n{self.seen()}")

    def seen(self) -> str:
        """Where the page stands, and the beginning of its text."""
        return f"{self.driver.current_url}\n{self.text('body')[:2000]}"

    # sizes and themes

    def resize(self, width: int, height: int = 900) -> None:
        """The page's size in CSS pixels; a window cannot be as narrow as a phone."""
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)

    def theme(self, name: str) -> None:
        """What the system prefers: `light` or `dark`."""
        feature = {"name": "prefers-color-scheme", "value": name}
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})

    def picture(self, path: Path, whole: bool = True) -> None:
        """A PNG of the page: of all of it, or of what is in view."""
        options = {"format": "png", "captureBeyondViewport": whole}
        found = self.driver.execute_cdp_cmd("Page.captureScreenshot", options)
        path.write_bytes(base64.b64decode(found["data"]))

    # elements

    def all(self, selector: str) -> list:
        """The elements in sight that a selector of CSS names."""
        elements = self.driver.find_elements("css selector", selector)
        return [element for element in elements if element.is_displayed()]

    def one(self, selector: str):
        """The first element in sight, as soon as it is there."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            found = self.all(selector)
            if found:
                return found[0]
            time.sleep(0.02)
        raise AssertionError(f"nothing in sight is {selector}\n{self.seen()}")

    def text(self, selector: str) -> str:
        return self.run("return document.querySelector(arguments[0])?.innerText ?? ''", selector)

    def press(self, *keys: str) -> None:
        """Keys for what has the focus, one after the other."""
        from selenium.webdriver.common.action_chains import ActionChains

        for key in keys:
            ActionChains(self.driver, duration=0).send_keys(key).perform()

    def downloaded(self, suffix: str) -> Path:
        """The file of that kind that the pages have saved, as soon as it is whole."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            # until it is whole it has another name
            found = list(self.downloads.glob(f"*{suffix}"))
            if found:
                return found[0]
            time.sleep(0.02)
        raise AssertionError(f"for {PATIENCE} s nothing was saved\n{self.seen()}")

    # what must not be

    def console(self) -> list[str]:
        """Errors and warnings of the pages since the last time."""
        entries = self.driver.get_log("browser")
        return [entry["message"] for entry in entries if entry["level"] in ("SEVERE", "WARNING")]

    def requests_abroad(self) -> list[str]:
        """What the pages asked for since the last time, also in vain, that is not at home."""
        messages = [
            json.loads(entry["message"])["message"] for entry in self.driver.get_log("performance")
        ]
        sent = [each for each in messages if each["method"] == "Network.requestWillBeSent"]
        addresses = [each["params"]["request"]["url"] for each in sent]
        return [url for url in addresses if not url.startswith((self.home, *OWN))]

    def barriers(self) -> list[str]:
        """What axe-core finds serious or critical on the page as it is now."""
        if not self.run("return 'axe' in window"):
            self.run(AXE.read_text())
        results = self.driver.execute_async_script(
            # preload: axe would fetch the page's styles, which a page from a disk may not
            "axe.run(document, {resultTypes: ['violations'], preload: false}).then(arguments[0]);"
        )
        return [
            f"{found['id']}: {found['help']}: {found['nodes'][0]['html'][:200]}"
            for found in results["violations"]
            if found["impact"] in ("serious", "critical")
        ]
