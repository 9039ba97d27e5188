"""Which package may know which, what is loaded when, and that nothing of Keras is called."""

from __future__ import annotations

import ast
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "tfdeconv"
SCRIPTS = sorted((ROOT / "scripts").glob("*.py"))

# each package, and what of the project it may import: packages, or single modules
PACKAGES = {
    "errors": set(),
    "version": set(),
    "limits": set(),
    "web_limits": set(),
    "archive_limits": set(),
    "experiment_limits": set(),
    "tensorflow_import": set(),
    "words": set(),
    "files": {"errors"},
    "memory": {"errors"},
    "formats": {"errors", "files", "limits", "archive_limits"},
    "network": {"errors", "limits", "words", "formats.checked_json"},
    "zoo": {"network", "errors"},
    "data": {"formats", "files", "limits", "archive_limits", "memory", "words", "errors"},
    "engine": {"network", "limits", "memory", "words", "errors"},
    "weights": {
        "formats",
        "network",
        "zoo",
        "data.preprocessing",
        "data.labels",
        "files",
        "limits",
        "tensorflow_import",
        "words",
        "errors",
        "version",
    },
    "scan": {
        "engine",
        "weights",
        "data",
        "zoo",
        "network",
        "formats",
        "files",
        "limits",
        "memory",
        "words",
        "errors",
        "version",
    },
    "figures": {
        "engine",
        "experiments",
        "checks.fidelity",
        "checks.fidelity_meter",
        "checks.randomization",
        "checks.similarity",
        "scan",
        "data",
        "weights",
        "network",
        "files",
        "limits",
        "memory",
        "words",
        "errors",
        "version",
    },
    "atlas": {
        "figures",
        "scan",
        "weights",
        "engine",
        "data",
        "network",
        "formats.checked_json",
        "files",
        "limits",
        "words",
        "errors",
        "version",
    },
    "checks": {
        "engine",
        "weights",
        "data",
        "figures",
        "scan",
        "network",
        "limits",
        "memory",
        "words",
        "errors",
    },
    "experiments": {
        "checks.similarity",
        "figures.class_values",
        "formats.checked_json",
        "engine",
        "weights",
        "data",
        "scan",
        "network",
        "errors",
        "limits",
        "experiment_limits",
        "memory",
        "words",
        "files",
    },
    "explorer": {
        "figures",
        "scan",
        "weights",
        "engine",
        "data",
        "network",
        "formats.checked_json",
        "limits",
        "web_limits",
        "words",
        "errors",
        "version",
    },
    "cli": {
        "atlas",
        "checks",
        "experiments",
        "explorer",
        "figures",
        "scan",
        "weights",
        "engine",
        "data",
        "zoo",
        "network",
        "formats",
        "limits",
        "experiment_limits",
        "files",
        "memory",
        "words",
        "tensorflow_import",
        "errors",
        "version",
    },
    "__main__": {"cli"},
}
# A thing that draws itself when it is asked to, and only then loads what draws it: the one import
# that points the other way.
DRAWS_ITSELF = {("engine.projection", "figures.projection"), ("engine.projection", "figures.png")}
# each package of others, and the packages or modules of the project that may import it
OUTSIDE = {
    "tensorflow": {
        "engine",
        "data.loader",
        "tensorflow_import",
        "weights.load",
        "weights.tensorflow.checkpoints.checkpoint_server",
        "scan",
        "checks",
        "experiments",
        "cli",
    },
    "numpy": {
        "engine",
        "formats",
        "data",
        "weights",
        "scan",
        "figures",
        "atlas",
        "checks",
        "experiments",
        "explorer",
        "cli",
    },
    "h5py": {"formats"},
    "google": {"formats.protobuf_schema"},
    "PIL": {
        "data.photos",
        "data.bit_depth",
        "data.photo_limits",
        "data.picture_text",
        "data.resizing",
        "data.sources",
        "data.tiff_messages",
        "data.transformation",
        # a type
        "engine.projection",
        "figures",
        "atlas.sheets",
    },
}
# numbers called MAX_ that bound nothing from outside: sizes of the pictures that are drawn, and of
# what is done at a time
OWN_SIZES = {
    ("engine.chunks", "MAX_ITEMS"),
    ("figures.page", "MAX_HEIGHT"),
    ("figures.page", "MAX_WIDTH"),
    ("scan.checkpoint", "MAX_BYTES"),
}
# where bounds on what comes from outside are
BOUNDS = ("limits", "web_limits", "archive_limits", "experiment_limits")
# the standard library's doors to files, which the engine stays away from
FILES = {"pathlib", "os", "io", "shutil", "tempfile"}


def module_of(path: Path) -> str:
    """`engine.ops.pooling` of a file."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_of(path): path for path in sorted(PACKAGE.rglob("*.py"))}
HOUSED = {name: path for name, path in MODULES.items() if name}


def imports(module: str, inside_functions: bool = True):
    """(module, True if of the project) for every import in a module, wherever it stands."""
    path = MODULES[module]
    tree = ast.parse(path.read_text())
    package = module.split(".") if path.name == "__init__.py" else module.split(".")[:-1]
    nodes = ast.walk(tree) if inside_functions else tree.body
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from ((alias.name.partition(".")[0], False) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield str(node.module).partition(".")[0], False
        elif isinstance(node, ast.ImportFrom):
            base = [
                *package[: len(package) - node.level + 1],
                *(node.module.split(".") if node.module else []),
            ]
            for alias in node.names:
                name = ".".join([*base, alias.name])
                yield (name if name in MODULES else ".".join(base)), True


def allowed(name: str, names: set[str]) -> bool:
    """Whether a module is in one of the packages, or is one of the modules."""
    return any(name == each or name.startswith(f"{each}.") for each in names)


@pytest.mark.parametrize("module", HOUSED)
def test_packages_know_only_what_they_may(module):
    package = module.partition(".")[0]
    for name, own in imports(module):
        if (module, name) in DRAWS_ITSELF:
            continue
        if own:
            assert allowed(name, PACKAGES[package] | {package}), f"{module} knows {name}"
        else:
            assert name in sys.stdlib_module_names or allowed(module, OUTSIDE.get(name, set())), (
                f"{module} knows {name}"
            )
    if package == "engine":
        assert not {name for name, own in imports(module) if not own} & FILES


def test_imports_point_one_way_everywhere():
    graph = {
        module: {
            name
            for name, own in imports(module)
            if own and name in HOUSED and name != module and (module, name) not in DRAWS_ITSELF
        }
        for module in HOUSED
    }

    assert len(list(TopologicalSorter(graph).static_order())) == len(
        HOUSED
    )  # raises CycleError with the circle


def test_readers_of_different_formats_are_apart():
    families = ("keras", "onnx", "torch", "tensorflow", "tflite")
    for module in MODULES:
        family = next((each for each in families if module.startswith(f"weights.{each}.")), None)
        others = {f"weights.{each}" for each in families if each != family}
        if family:
            assert not any(own and allowed(name, others) for name, own in imports(module)), module


def numbers(module: str) -> dict[str, int]:
    """The constants of a module that are numbers, by name: the line where each is."""
    found = {}
    for node in ast.parse(MODULES[module].read_text()).body:
        if isinstance(node, ast.Assign) and all(map(is_arithmetic, ast.walk(node.value))):
            found |= {getattr(target, "id", ""): node.lineno for target in node.targets}
    return found


def is_arithmetic(node: ast.AST) -> bool:
    if isinstance(node, ast.Constant):
        return type(node.value) in (int, float)
    return isinstance(node, (ast.BinOp, ast.UnaryOp, ast.operator, ast.unaryop))


def test_bounds_are_in_one_table():
    elsewhere = {
        (module, name)
        for module in HOUSED
        for name in numbers(module)
        if name.startswith("MAX_") and module not in BOUNDS
    }
    assert elsewhere == OWN_SIZES


@pytest.mark.parametrize("table", BOUNDS)
def test_each_bound_has_a_reason_and_a_user(table):
    lines = MODULES[table].read_text().splitlines()
    names = numbers(table)
    sources = [path.read_text() for module, path in HOUSED.items() if module not in BOUNDS]
    for name, line in names.items():
        above = lines[line - 2]
        assert above.startswith("# ") or above.partition(" ")[0] in names, name
        assert any(name in source for source in sources), f"nobody checks {name}"


def test_every_folder_is_a_package():
    """Others are not installed."""
    assert all((path.parent / "__init__.py").is_file() for path in MODULES.values())


def test_every_package_is_in_the_table():
    assert {name.partition(".")[0] for name in HOUSED} <= PACKAGES.keys()


@pytest.mark.parametrize(
    "path", [*MODULES.values(), *SCRIPTS], ids=lambda path: str(path.relative_to(ROOT))
)
def test_no_keras(path):
    source = path.read_text()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute):
            assert not (
                getattr(node.value, "id", "") == "tf" and node.attr in ("keras", "compat")
            ), node.lineno
        if isinstance(node, ast.Import):
            assert all(alias.name.partition(".")[0] != "keras" for alias in node.names)
        if isinstance(node, ast.ImportFrom) and not node.level:
            assert str(node.module).partition(".")[0] != "keras"


def test_libhdf5_is_known_by_few():
    knowing = {module for module in MODULES if ("h5py", False) in imports(module)}
    assert all(allowed(module, OUTSIDE["h5py"]) for module in knowing & HOUSED.keys())


@pytest.mark.parametrize(
    "module", ["tfdeconv", "tfdeconv.zoo", "tfdeconv.engine.rules", "tfdeconv.cli.console"]
)
def test_mistakes_need_no_heavy_package(module):
    heavy = "{'tensorflow', 'numpy', 'h5py', 'PIL'}"
    code = f"import sys, {module}; print(*({heavy} & set(sys.modules)))"
    loaded = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    assert loaded.split() == []


def test_mistakes_of_a_scan_need_no_tensorflow():
    code = (
        "import sys, tfdeconv.scan.more_layers, tfdeconv.scan.run_file, tfdeconv.data.loader; "
        "print('tensorflow' in sys.modules)"
    )
    command = [sys.executable, "-c", code]
    loaded = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert loaded == "False\n"


def test_public_names_exist():
    import tfdeconv

    for name in tfdeconv.__all__:
        assert getattr(tfdeconv, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'Deconvnets'"):
        tfdeconv.Deconvnets
