"""The examples in the docstrings of all modules, and in the READMEs of the packages, are true."""

from __future__ import annotations

import doctest
import pkgutil
from importlib import import_module
from pathlib import Path

import pytest

import tfdeconv

PACKAGE = Path(tfdeconv.__file__).parent
MODULES = ["tfdeconv"]
MODULES += [
    info.name
    for info in pkgutil.walk_packages(tfdeconv.__path__, "tfdeconv.")
    if not info.name.endswith("__main__")
]
READMES = sorted(PACKAGE.rglob("README.md"))


@pytest.mark.parametrize("name", MODULES)
def test_examples_in_docstrings(name):
    assert doctest.testmod(import_module(name)).failed == 0


@pytest.mark.parametrize("path", READMES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_examples_in_readmes(path):
    assert doctest.testfile(str(path), module_relative=False).failed == 0


PUBLIC = {
    "NETWORKS": "tfdeconv",
    "RULES": "tfdeconv.engine.rules",
    "Deconvnet": "tfdeconv.engine.deconvnet",
    "Projection": "tfdeconv.engine.projection",
    "UserError": "tfdeconv.errors",
    "read": "tfdeconv.data.images",
    "caffe": "tfdeconv.data.preprocessing",
    "load_weights": "tfdeconv.weights.load",
    "save_weights": "tfdeconv.weights.native_write",
}


@pytest.mark.parametrize("name", PUBLIC)
def test_public_objects_have_an_example(name):
    tests = doctest.DocTestFinder().find(import_module(PUBLIC[name]))
    examples = [example for test in tests for example in test.examples]
    assert any(name in example.source or name in (example.exc_msg or "") for example in examples)
