"""How the code reads: how long files and names may be, and how much may stand in one expression."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCES = sorted([*(ROOT / "tfdeconv").rglob("*.py"), *(ROOT / "scripts").glob("*.py")])
TESTS = sorted((ROOT / "tests").rglob("test_*.py"))
COMPREHENSION = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
LINES = 250  # of a file: one sitting
WORDS = 8  # of a test's name
# expressions per 100 lines of code, over the whole program; the field's best have 0.5 and 1
CONDITIONALS, COMPREHENSIONS = 1.5, 2.5


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def expressions(path: Path, kind) -> list[ast.AST]:
    return [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, kind)]


def nested(path: Path, kind) -> list[int]:
    """The lines where an expression of a kind stands within another one."""
    outer = expressions(path, kind)
    return [
        node.lineno
        for node in outer
        if any(isinstance(inner, kind) and inner is not node for inner in ast.walk(node))
    ]


def test_files_of_tests_have_names_of_their_own():
    """pytest imports them by their names alone."""
    names = [path.name for path in TESTS]
    assert [path for path in TESTS if names.count(path.name) > 1] == []


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_one_level_of_comprehension_and_condition(path):
    assert nested(path, COMPREHENSION) == [] and nested(path, ast.IfExp) == []


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_a_file_is_read_at_one_sitting(path):
    assert path.read_text().count("\n") <= LINES, "two rooms?"


def test_code_is_not_packed():
    lines = [line for path in SOURCES for line in path.read_text().splitlines() if line.strip()]
    conditionals = sum(len(expressions(path, ast.IfExp)) for path in SOURCES)
    comprehensions = sum(len(expressions(path, COMPREHENSION)) for path in SOURCES)
    assert 100 * conditionals / len(lines) <= CONDITIONALS
    assert 100 * comprehensions / len(lines) <= COMPREHENSIONS


@pytest.mark.parametrize("path", TESTS, ids=name)
def test_names_of_tests_are_short(path):
    for function in expressions(path, ast.FunctionDef):
        if function.name.startswith("test_"):
            assert function.name.count("_") <= WORDS, function.name


def test_nesting_is_seen(tmp_path):
    (tmp_path / "nested.py").write_text(
        "a = [[x for x in y] for y in z]\nb = 1 if (2 if c else d) else e\n"
    )
    assert nested(tmp_path / "nested.py", COMPREHENSION) == [1]
    assert nested(tmp_path / "nested.py", ast.IfExp) == [2]


# German word order and riddles, in what the program says
RIDDLES = re.compile(
    r"\bis no (\w+'s|list|run|number|regular|plain|file of|HDF5|ONNX)\b|\bare no (whole|number)"
    r"|\b(cannot|can) be had\b|\bis none\b|\bany more\b|\bmakes? no sense\b|\bcame to no\b"
    r"|\b(has|have) not\b(?! been)|\bin the place of\b|\bnot asked for the same\b"
)


def said(path: Path) -> list[str]:
    """The texts in a program but for its docstrings."""
    tree = ast.parse(path.read_text())
    expressions_alone = [node.value for node in ast.walk(tree) if isinstance(node, ast.Expr)]
    texts = [node for node in ast.walk(tree) if isinstance(node, ast.Constant)]
    return [
        str(node.value)
        for node in texts
        if isinstance(node.value, str) and node not in expressions_alone
    ]


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_messages_are_plain_english(path):
    assert [text for text in said(path) if RIDDLES.search(text)] == []
