"""The house: which room may know which, what is loaded when, and that nothing of Keras is called."""
from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "tfdeconv"
SCRIPTS = sorted((ROOT / "scripts").glob("*.py"))

# each room, and the rooms of the package that it may import
ROOMS = {
    "__init__": set(), "errors": set(), "rules": set(), "preprocessing": {"errors"}, "spans": set(),
    "files": {"errors"},
    "cli": {"errors"}, "layers": {"spans"}, "network": {"errors", "layers", "spans"},
    "description": {"errors", "layers", "network"},
    "nets": {"errors", "layers", "network"}, "ops": {"spans"}, "pools": {"ops", "spans"}, "activations": set(),
    "steps": {"ops", "pools", "activations", "layers", "rules", "spans"},
    "passes": {"steps", "ops", "layers", "network", "rules", "spans"},
    "folding": {"steps", "layers", "network"},
    "projection": {"errors", "spans"},
    "deconvnet": {"projection", "passes", "folding", "steps", "layers", "network", "rules", "spans", "errors"},
    "weights": {"network", "description", "nets", "layers", "preprocessing", "files", "errors", "__init__"},
    "fetch": {"errors", "nets", "weights", "layers", "network"},
    "merging": set(),
    "scan": {"passes", "folding", "deconvnet", "layers", "merging", "network", "errors"},
    "dataset": {"images", "preprocessing", "errors"},
    "run": {"weights", "files", "errors", "__init__"}, "maxima": {"run", "errors"},
    "cluster": {"errors"}, "team": {"cluster", "errors"},
    "keeper": {"scan", "run", "maxima", "merging", "team", "errors"},
    "scanning": {"scan", "dataset", "run", "keeper", "merging", "team", "weights", "preprocessing", "errors"},
    "refinement": {"run", "maxima"}, "joining": {"run", "maxima", "merging", "errors"},
    "recall": {"run", "dataset", "weights", "nets", "network", "preprocessing", "errors"},
    "images": {"errors", "preprocessing"}, "figures": {"projection", "preprocessing", "files", "spans"},
    "topnine": {"run", "dataset", "deconvnet", "projection", "figures", "preprocessing"},
    "sheets": {"figures", "topnine"}, "blocks": {"sheets", "topnine", "figures"},
    "output": {"images", "files", "errors", "__init__"},
    "runfigures": {"topnine", "sheets", "blocks", "refinement", "maxima", "figures", "output", "run", "dataset", "deconvnet",
                   "rules", "weights", "network", "errors"},
}
OUTSIDE = {"tensorflow": {"ops", "pools", "activations", "steps", "folding", "passes", "deconvnet", "weights", "cli", "scan",
                          "dataset", "team", "keeper", "scanning"},
           "h5py": {"weights", "run", "dataset"}, "PIL": {"images", "figures", "sheets", "blocks", "runfigures"},
           "numpy": {"deconvnet", "projection", "weights", "images", "figures", "preprocessing", "scan", "dataset", "run",
                     "scanning", "keeper", "merging", "maxima", "team", "joining", "refinement", "recall", "topnine", "sheets",
                     "output", "runfigures"}}


def room_of(path: Path) -> str:
    part = path.relative_to(PACKAGE).parts[0]
    return part.removesuffix(".py")


def imports(path: Path):
    """(package or room, True if of the project) for every import in a file, wherever it stands."""
    depth = len(path.relative_to(PACKAGE).parts)
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from ((alias.name.partition(".")[0], False) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield str(node.module).partition(".")[0], False
        elif isinstance(node, ast.ImportFrom) and node.level == depth:
            for name in [node.module.partition(".")[0]] if node.module else [alias.name for alias in node.names]:
                yield (name if (PACKAGE / f"{name}.py").exists() or (PACKAGE / name).is_dir() else "__init__"), True


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_rooms_know_only_what_they_may(path):
    room = room_of(path)
    known = {name for name, own in imports(path) if own}
    if room == "__init__":      # loads the others lazily, for type checkers it names them
        return
    assert known <= ROOMS[room], f"{room} knows {known - ROOMS[room]}"
    for name, own in imports(path):
        assert own or name in sys.stdlib_module_names or room in OUTSIDE.get(name, set()), f"{room} knows {name}"


@pytest.mark.parametrize("path", [*sorted(PACKAGE.rglob("*.py")), *SCRIPTS], ids=lambda path: str(path.relative_to(ROOT)))
def test_no_keras_and_no_long_rooms(path):
    source = path.read_text()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute):
            assert not (getattr(node.value, "id", "") == "tf" and node.attr in ("keras", "compat")), node.lineno
        if isinstance(node, ast.Import):
            assert all(alias.name.partition(".")[0] != "keras" for alias in node.names)
        if isinstance(node, ast.ImportFrom) and not node.level:
            assert str(node.module).partition(".")[0] != "keras"
    assert source.count("\n") <= 300, "more than one sitting"


def test_libhdf5_is_known_by_few():
    knowing = {path.name for path in PACKAGE.rglob("*.py") if ("h5py", False) in imports(path)}
    assert knowing == {"own.py", "hdf5.py", "child.py", "run.py", "dataset.py"}      # own.py and run.py write


@pytest.mark.parametrize("module", ["tfdeconv", "tfdeconv.nets", "tfdeconv.rules", "tfdeconv.cli"])
def test_names_and_mistakes_need_no_heavy_package(module):
    code = f"import sys, {module}; print(*({{'tensorflow', 'numpy', 'h5py', 'PIL'}} & set(sys.modules)))"
    heavy = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert heavy.split() == []


def test_public_names_are_there_and_others_are_not():
    import tfdeconv
    for name in tfdeconv.__all__:
        assert getattr(tfdeconv, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'Deconvnets'"):
        tfdeconv.Deconvnets
