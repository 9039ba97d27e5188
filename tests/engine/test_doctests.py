"""The examples in the docstrings of all modules, and in the READMEs of the packages, are true."""

from __future__ import annotations

import doctest
import pkgutil
from importlib import import_module
from pathlib import Path

import pytest

import tfdeconv

PACKAGE = Path(tfdeconv.__file__).parent
MODULES = [
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


@pytest.mark.parametrize("name", ["Deconvnet", "Projection", "RULES"])
def test_public_objects_have_an_example(name):
    modules = {"Deconvnet": "deconvnet", "Projection": "projection", "RULES": "rules"}
    module = import_module(f"tfdeconv.engine.{modules[name]}")
    tests = doctest.DocTestFinder().find(module)
    sources = [example.source for test in tests for example in test.examples]
    assert any(name in source for source in sources)
