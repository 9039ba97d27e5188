"""The explorer's page: a photo, a click, a drag, keys, saving; and pages of others."""

from __future__ import annotations

import http.server
import threading
from functools import partial

import drawn_runs
import numpy as np
import pytest
from browser import Keys
from PIL import Image

from tfdeconv.cli import explore
from tfdeconv.cli.explored import subject_of
from tfdeconv.cli.notes import Notes
from tfdeconv.explorer.listening import listen
from tfdeconv.explorer.server import Server
from tfdeconv.explorer.session import Session

UNIT = "document.querySelector('#unit').textContent"
TITLE = "document.querySelector('#unit-title').textContent"
# what a page can read of an answer
FETCH = """
const [address, options, done] = arguments;
fetch(address, options).then((answer) => answer.text()).then(done, () => done(''));
"""
SIZE = (100, 80)  # of the photo that is sent: width, height


@pytest.fixture(scope="module")
def folder(chromium, tmp_path_factory):
    """A folder with a run, and with photos to send."""
    folder = drawn_runs.save_plain_run(tmp_path_factory.mktemp("explored"))
    photo = Image.effect_noise(SIZE, 80).convert("RGB")
    photo.save(folder / "<img src=x onerror=alert(1)>.png")
    (folder / "broken.png").write_bytes(b"no photo")
    return folder


@pytest.fixture(scope="module")
def server(folder):
    given = explore.parse(["--run", str(folder / "run.h5")])
    with listen(0) as listening:
        server = Server(listening, Session(subject_of(given, Notes())))
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()
        server.close()


@pytest.fixture
def page(browser, server):
    """The explorer's page, before it has a photo."""
    browser.home = f"http://127.0.0.1:{server.server_port}/"
    browser.open(server.address)
    browser.one("#sample")
    return browser


def send(page, path) -> None:
    page.driver.find_element("css selector", "#choose").send_keys(str(path))


@pytest.fixture
def explored(page, folder):
    """The page with a photo, at the first layer."""
    send(page, folder / "<img src=x onerror=alert(1)>.png")
    page.wait(f"{UNIT}.includes('fires')")
    page.one("#layer option[value=first]").click()
    page.wait(f"{TITLE}.startsWith('first, ')")
    return page


def pressed_at(browser, element, row: float, column: float, to: float | None = None) -> None:
    """Presses the mouse at parts of an element's height and width, and drags it to another row."""
    from selenium.webdriver.common.action_chains import ActionChains

    def offset(part: float, extent: int) -> int:
        return round((part - 0.5) * extent)

    size = element.size
    across = offset(column, size["width"])
    chain = ActionChains(browser.driver, duration=0)
    chain.move_to_element_with_offset(element, across, offset(row, size["height"]))
    chain.click_and_hold()
    if to is not None:
        chain.move_to_element_with_offset(element, across, offset(to, size["height"]))
    chain.release().perform()


def test_the_token_leaves_the_address(page, server):
    page.wait("location.pathname === '/' && !location.search")
    assert server.gate.token not in page.driver.current_url
    # the cookie stays, and opens the page again
    page.driver.refresh()
    assert page.one("#sample").text.startswith("Sample: ")


def test_the_sample_is_explored(page):
    page.one("#sample").click()
    page.wait(f"{UNIT}.includes('fires')")
    assert len(page.all("#features-list button")) > 1
    ink = (
        "const all = document.querySelector('#photo').getContext('2d')"
        ".getImageData(0, 0, 50, 50).data; return new Set(all).size"
    )
    assert page.run(ink) > 10


def test_a_click_in_the_map_asks(explored):
    pressed_at(explored, explored.one("#map"), 0.125, 0.375)
    explored.wait(f"{UNIT}.startsWith('row 2, column 7: fires')")


def test_a_click_on_the_photo_asks(explored):
    pressed_at(explored, explored.one("#photo"), 0.525, 0.275)
    explored.wait(f"{UNIT}.startsWith('row 10, column 5: fires')")


def test_dragging_follows(explored):
    pressed_at(explored, explored.one("#map"), 0.125, 0.375, to=0.875)
    explored.wait(f"{UNIT}.startsWith('row 17, column 7: fires')")


def test_arrows_move_the_unit(explored):
    pressed_at(explored, explored.one("#map"), 0.125, 0.375)
    explored.wait(f"{UNIT}.startsWith('row 2, column 7')")
    explored.press(Keys.DOWN, Keys.RIGHT, Keys.RIGHT)
    explored.wait(f"{UNIT}.startsWith('row 3, column 9')")
    strongest = explored.one("#strongest")
    strongest.click()
    explored.wait(f"!{UNIT}.startsWith('row 3, column 9')")


def test_rules_modes_and_layers_change(explored):
    explored.one("#rule [data-value=guided]").click()
    explored.one("#mode [data-value=all]").click()
    explored.wait(f"{UNIT}.startsWith('the whole map')")
    explored.one("#view [data-value=over]").click()
    assert explored.all("#projection") == []
    explored.one("#layer option[value=dense]").click()
    explored.wait(f"{TITLE}.startsWith('dense, ')")


def test_the_nine_stand_beside(explored):
    explored.one("#nine-picture")
    assert len(explored.all("#nine-images li")) == drawn_runs.TOP


def test_a_file_that_is_no_photo_is_said(explored, folder):
    send(explored, folder / "broken.png")
    line = explored.one("#error").text
    assert "broken.png" in line
    # the photo before is still there
    pressed_at(explored, explored.one("#map"), 0.125, 0.375)
    explored.wait(f"{UNIT}.startsWith('row 2, column 7')")
    assert explored.all("#error") == []
    # the browser's own word on the answer
    assert ["422" in word for word in explored.console()] == [True]


def test_names_of_photos_are_texts(explored):
    assert explored.run("return document.querySelectorAll('[onerror]').length") == 0


def test_the_unit_is_saved(explored):
    explored.one("#save-png").click()
    with Image.open(explored.downloaded(".png")) as picture:
        assert picture.text["layer"] == "first"
    explored.one("#save-npz").click()
    with np.load(explored.downloaded(".npz")) as saved:
        assert len(saved.files) > 1


def test_a_wrong_token_opens_nothing(browser, server):
    browser.home = f"http://127.0.0.1:{server.server_port}/"
    browser.driver.execute_cdp_cmd("Network.clearBrowserCookies", {})
    browser.open(server.address[:-4] + "AAAA")
    assert "token is missing or wrong" in browser.text("body")
    said = browser.console()
    assert said and all("403" in word for word in said)


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


def test_other_sites_pages_are_refused(page, tmp_path, monkeypatch):
    """A page of another server on this machine, whose requests bring the cookie along."""
    done = []
    monkeypatch.setattr(Session, "add_photo", lambda *asked: done.append(asked))
    (tmp_path / "index.html").write_text("<!doctype html><title>other</title>")
    handler = partial(QuietHandler, directory=tmp_path)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as other:
        threading.Thread(target=other.serve_forever, args=(0.01,)).start()
        page.open(f"http://127.0.0.1:{other.server_port}/")
        for mode in ("cors", "no-cors"):
            for address, method in (("network", "GET"), ("sample", "POST")):
                options = {"method": method, "mode": mode, "credentials": "include"}
                assert page.driver.execute_async_script(FETCH, page.home + address, options) == ""
        other.shutdown()
    assert done == []
    # the browser says of each that it was blocked, or refused
    assert len(page.console()) >= 4
    page.requests_abroad()


def test_features_out_of_view_are_drawn(explored, tmp_path):
    """A picture of the whole page, as a browser saves or prints it, has all of the list."""
    explored.resize(360, 100)
    explored.picture(tmp_path / "page.png")
    bottom = explored.run(
        "return document.querySelector('#features-list').getBoundingClientRect().bottom + scrollY"
    )
    with Image.open(tmp_path / "page.png") as page:
        features = page.convert("L").crop((0, round(bottom) - 100, page.width, round(bottom)))
    darkest, lightest = features.getextrema()
    # the grey of maps, and the ink of numbers, on paper
    assert darkest < 100 < lightest


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_barriers(page, folder, theme):
    page.theme(theme)
    assert page.barriers() == []
    send(page, folder / "<img src=x onerror=alert(1)>.png")
    page.wait(f"{UNIT}.includes('fires')")
    page.one("#nine-picture")
    assert page.barriers() == []


@pytest.mark.parametrize("width", [360, 2560])
def test_nothing_is_wider_than_the_window(explored, width):
    explored.resize(width)
    explored.wait("document.documentElement.scrollWidth <= arguments[0]", width)
