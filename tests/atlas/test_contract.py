"""What the folder of an atlas holds, against the run and what a deconvnet gives."""

from __future__ import annotations

from atlases import received

LAYERS = ("first", "second", "dense")


def test_each_layer_and_feature_has_its_files(made):
    key, atlas = received(made / "data" / "atlas.js")
    assert key == "atlas" and atlas["rules"] == ["deconvnet", "guided"]
    assert [layer["name"] for layer in atlas["layers"]] == list(LAYERS)
    for layer in atlas["layers"]:
        folder = made / "data" / f"{layer['number']:02d}"
        key, data = received(folder / "layer.js")
        assert key == f"layer/{layer['number']}"
        assert data["features"] == list(range(layer["channels"]))
        assert all(len(each) == layer["channels"] for each in data["columns"].values())
        for feature in data["features"]:
            key, data = received(folder / f"{feature}.js")
            assert key == f"feature/{layer['number']}/{feature}"
            for rule in atlas["rules"]:
                assert (folder / f"{feature}-{rule}.{atlas['suffix']}").stat().st_size > 0
