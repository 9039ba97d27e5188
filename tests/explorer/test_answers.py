"""What the page is told is what the engine says."""

from __future__ import annotations

import io
import threading
import time

import numpy as np
import pytest
from PIL import Image

from tfdeconv import Deconvnet
from tfdeconv.data import images
from tfdeconv.figures import pixels
from tfdeconv.weights import load
from tfdeconv.words import number


@pytest.fixture(scope="module", name="engine")
def engine_of_the_site(site):
    """The site's weights, and its first photo as the network sees it."""
    weights = load.load_weights(site.folder / "w.h5")
    x = images.read(site.folder / "images" / "00.png", weights.preprocessing)
    return weights, x


def as_array(png: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(png)))


def test_the_page_is_told_what_there_is(site):
    told = site.send("GET", "/network", headers=site.own).json
    assert [layer["name"] for layer in told["layers"]] == "first pool second flat dense".split()
    assert told["layers"][0] == {
        "name": "first",
        "kind": "Conv",
        "map": [20, 20],
        "channels": 6,
        "usual": True,
        "run": True,
    }
    assert told["rules"] == ["deconvnet", "guided", "gradient"] and told["run"] == "run.h5"


def test_the_photo_is_what_the_network_sees(site, engine):
    weights, x = engine
    reply = site.ask("/photo?name=..%2F%3Cb%3E.png", (site.folder / "images/00.png").read_bytes())
    assert reply.json["name"] == "<b>.png" and reply.json["size"] == [20, 20]
    seen = site.ask("/seen", {"photo": reply.json["photo"]})
    np.testing.assert_array_equal(as_array(seen.body), pixels.photo(x[0], weights.preprocessing))


@pytest.mark.parametrize("rule", ["deconvnet", "guided", "gradient"])
def test_a_click_is_that_unit(site, engine, rule):
    weights, x = engine
    question = {"photo": site.add(), "layer": "second", "rule": rule}
    for channel, place in ((0, (0, 0)), (3, (1, 2)), (6, (3, 3))):
        reply = site.ask("/projection", {**question, "feature": channel, "at": place})
        deconvnet = Deconvnet(weights.network, weights, "second", rule)
        units = deconvnet.units(x, 0, channel, np.array([place]))
        top, left, bottom, right = reply.facts["box"]
        patch_top, patch_left = units.boxes[0, :2]
        patch = units.patches[0][top - patch_top : bottom - patch_top]
        patch = patch[:, left - patch_left : right - patch_left]
        expected = pixels.colours(patch, weights.preprocessing)
        np.testing.assert_array_equal(as_array(reply.body), expected)
        assert reply.facts["at"] == list(place)
        assert reply.facts["field"] == units.receptive_fields[0].tolist()
        assert reply.facts["detail"] == number(float(units.activations[0]))


def test_without_a_place_it_is_the_strongest(site, engine):
    weights, x = engine
    question = {"photo": site.add(), "layer": "first", "feature": 2}
    whole = Deconvnet(weights.network, weights, "first").project(x, 2)
    reply = site.ask("/projection", question)
    assert reply.facts["at"] == whole.positions[0, 0].tolist()
    every = site.ask("/projection", {**question, "mode": "all"})
    assert every.facts["at"] is None and every.facts["box"] == [0, 0, 20, 20]
    assert as_array(every.body).shape == (20, 20, 3)


def test_maps_are_the_strongest_first(site, engine):
    weights, x = engine
    y = Deconvnet(weights.network, weights, "second").activations(x)[0]
    question = {"photo": site.add(), "layer": "second"}
    told = site.ask("/maps", question).json
    order = np.argsort(-y.max((0, 1)), kind="stable")
    assert told["features"] == order.tolist() and told["map"] == [4, 4]
    # a 3 x 3 window at stride 2 behind a 2 x 2 pool of a padded 3 x 3: fields of 8, 4 apart
    assert told["centres"] == [[3, 7, 11, 15]] * 2
    reply = site.ask("/map", {**question, "feature": 4})
    values = np.frombuffer(reply.body, "<f4").reshape(*map(int, reply.headers["Map"].split()))
    np.testing.assert_array_equal(values, y[..., 4])
    sheet = as_array(site.ask("/sheet", question).body)
    height, width = told["tile"]
    for k, feature in enumerate(order):
        tile = sheet[:height, k * width : (k + 1) * width]
        full = np.abs(y[..., feature]).max()
        np.testing.assert_array_equal(tile, pixels.levels(y[..., feature], full))


def test_the_likeliest_classes_come_first(site, engine):
    weights, x = engine
    logits = Deconvnet(weights.network, weights, "dense").activations(x)[0]
    told = site.ask("/classes", {"photo": site.add()}).json
    assert told["layer"] == "dense"
    assert [row["class"] for row in told["classes"]] == np.argsort(-logits)[:5].tolist()
    shares = [row["share"] for row in told["classes"]]
    assert shares == sorted(shares, reverse=True) and sum(shares) == pytest.approx(1)


def test_the_nine_are_the_runs(site):
    question = {"layer": "second", "feature": 1}
    reply = site.ask("/nine", question)
    state = site.server.session.subject.run.run.state["second"]
    names = [f"{number:02d}.png" for number in state["images"][1]]
    assert [row["image"] for row in reply.facts["images"]] == names
    assert as_array(reply.body).ndim == 3 and reply.facts["warnings"] == []
    assert "no run has pool" in site.ask("/nine", {"layer": "pool"}).json["error"]


@pytest.mark.parametrize(
    ("address", "body", "status", "error"),
    [
        ("/photo?name=a.jpg", b"no photo", 422, "a.jpg is not an image that can be read"),
        ("/photo?name=a.jpg", b"\xff\xd8\xff\xe0" + bytes(99), 422, "a.jpg"),
        ("/photo", b"", 422, "photo is not an image"),
        ("/photo", b"\x93NUMPY" + bytes(99), 422, "photo"),
        ("/maps", b"[1]", 400, "expected an object"),
        ("/maps", b"[" * 9000, 400, "not understood"),
        ("/maps", b"\xff", 400, "not understood"),
        ("/maps", {"path": "/etc/passwd"}, 400, "there is no path"),
        ("/maps", {"layer": "first", "photo": "gone"}, 410, "choose it again"),
        ("/maps", {"layer": "third", "photo": "{photo}"}, 422, "no layer 'third'"),
        ("/maps", {"layer": "first", "photo": "{photo}", "rule": "x"}, 400, "expected one of"),
        ("/projection", {"layer": "first", "photo": "{photo}", "feature": 6}, 422, "0 to 5"),
        ("/projection", {"layer": "first", "photo": "{photo}", "feature": -1}, 400, "integer"),
        ("/projection", {"layer": "first", "photo": "{photo}", "at": [20, 0]}, 422, "row 20"),
        ("/projection", {"layer": "first", "photo": "{photo}", "at": [0]}, 400, "row and a column"),
        ("/sheet", {"layer": "first", "photo": "{photo}", "sheet": 1}, 422, "no sheet 1"),
        ("/save", {"layer": "first", "photo": "{photo}", "format": "exe"}, 400, "png, npz"),
    ],
)
def test_a_mistake_is_one_line(site, address, body, status, error):
    if isinstance(body, dict) and body.get("photo") == "{photo}":
        body = {**body, "photo": site.add()}
    reply = site.ask(address, body)
    assert reply.status == status and error in reply.json["error"], reply.body
    assert "\n" not in reply.json["error"] and "/tmp" not in reply.json["error"]


def test_the_newest_click_wins(site):
    question = {"photo": site.add(), "layer": "first"}
    waiting = site.server.session.turns.newest
    replies = {}

    def click(column: int) -> None:
        replies[column] = site.ask("/projection", {**question, "at": [0, column]})

    threads = []
    with site.server.session.turns.turn("something long"):
        for column in range(3):
            before = waiting.get("/projection")
            threads.append(threading.Thread(target=click, args=(column,)))
            threads[-1].start()
            while waiting.get("/projection") is before:
                time.sleep(0.001)
        # these are answered while it is computed
        for thread in threads[:2]:
            thread.join(10)
        assert [replies[column].status for column in (0, 1)] == [409, 409]
        assert site.send("GET", "/progress", headers=site.own).status == 200
        assert 2 not in replies
    threads[2].join(10)
    assert replies[2].facts["at"] == [0, 2] and waiting == {}


def test_a_sheet_asked_twice_comes_twice(site):
    session = site.server.session
    question = {"photo": site.add(), "layer": "first"}
    replies = []
    threads = []
    with session.turns.turn("something long"):
        for count in (1, 2):
            asked = threading.Thread(target=lambda: replies.append(site.ask("/sheet", question)))
            threads.append(asked)
            asked.start()
            end = time.monotonic() + 5
            while len(session.turns.newest) < count and time.monotonic() < end:
                time.sleep(0.001)
    for thread in threads:
        thread.join(10)
    assert [reply.status for reply in replies] == [200, 200]
