"""Names of classes: ImageNet's, those of a file of labels, and those that a model carries.

All of them but ImageNet's are text that nobody vouches for: bounded, and shown in one line.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import UserError, one_line, printable
from ..limits import MAX_CLASSES, MAX_LABEL, MAX_LABELS
from ..words import counted, listed

IMAGENET = Path(__file__).with_name("imagenet_classes.txt")
# of TensorFlow's networks with one class more, the first
BACKGROUND = "background"
# `3 cat`, `3: cat`, `3,cat`, `3<tab>cat`; and `cat,3`
NUMBERED = re.compile(r'\s*"?(\d{1,9})"?\s*(?:[:,;\t]|\s)\s*(.*)', re.DOTALL)
NUMBERED_BEHIND = re.compile(r'(.*)[,;\t]\s*"?(\d{1,9})"?\s*', re.DOTALL)
# WordNet's number of a class, before its words
WORDNET = re.compile(r"^n\d{8}[\s,:;]+(?=\S)")
# names as Python prints them: Ultralytics writes so into its models
QUOTED = r"""(?:'[^'\\]*(?:\\.[^'\\]*)*'|"[^"\\]*(?:\\.[^"\\]*)*")"""
NUMBERED_QUOTED = rf"\d{{1,9}}\s*:\s*{QUOTED}"
PYTHON_LIST = re.compile(rf"\s*\[\s*{QUOTED}(?:\s*,\s*{QUOTED})*\s*,?\s*\]\s*", re.DOTALL)
PYTHON_DICT = re.compile(
    rf"\s*\{{\s*{NUMBERED_QUOTED}(?:\s*,\s*{NUMBERED_QUOTED})*\s*,?\s*\}}\s*", re.DOTALL
)
# what a description of a model has its names under: Hugging Face's config.json
INSIDE = ("id2label", "names")


@dataclass(frozen=True, repr=False)
class Labels:
    """The names of a layer's classes, by their numbers, and whose they are."""

    names: tuple[str, ...]
    # a file, or whose they are
    source: str

    def __repr__(self) -> str:
        return f"Labels({counted(len(self.names), 'name')} of {self.source}: {listed(self.names)})"


def imagenet(count: int) -> Labels | None:
    """ImageNet's names for so many classes: 1,000, or 1,001 with a background before them.

    >>> imagenet(1000).names[285], imagenet(1001).names[286], imagenet(10)
    ('Egyptian cat', 'Egyptian cat', None)
    """
    if count not in (1000, 1001):
        return None
    names = IMAGENET.read_text(encoding="utf-8").splitlines()
    if count == 1001:
        names.insert(0, BACKGROUND)
    return Labels(tuple(names), "ImageNet")


def carried(text: str, source: str) -> Labels | None:
    """The names in a text within a model; None where they cannot be read."""
    try:
        return Labels(names_in(text), source) if len(text) <= MAX_LABELS else None
    except ValueError:
        return None


def read(path: str | Path) -> Labels:
    """The names in a file, by class; raises UserError for a file that has none.

    A name on each line, or `number name`, `number: name`, `number,name` or `name,number`; or JSON:
    a list of names, {"0": name}, {"name": 0}, {"0": [WordNet's number, name]}, or Hugging Face's
    config.json. Classes count from 0.
    """
    try:
        text = read_text(path)
        names = names_in(text)
    except UserError:
        raise
    except ValueError as error:
        raise UserError(f"{path}: no names of classes: {error}") from None
    return Labels(names, printable(Path(path).name))


def read_text(path: str | Path) -> str:
    """A file's text; raises UserError where there is none, ValueError for what is no text."""
    try:
        if Path(path).exists() and not Path(path).is_file():
            raise ValueError("it is not a regular file")
        with open(path, "rb") as file:
            content = file.read(MAX_LABELS + 1)
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({one_line(error)})") from None
    if len(content) > MAX_LABELS:
        raise ValueError(f"it has more than {MAX_LABELS:,} bytes")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError("it is not text in UTF-8") from None
    if "\0" in text:
        raise ValueError("it is not text")
    return text


def names_in(text: str) -> tuple[str, ...]:
    """The names in a text, by class; raises ValueError where it has none."""
    if text.lstrip()[:1] in ("[", "{"):
        return names_in_value(parsed(text))
    lines = text.rstrip().splitlines()
    for number, line in enumerate(lines, 1):
        if not line.strip():
            raise ValueError(f"line {number} is empty, expected a name on each line")
    return names_in_lines(lines)


def names_in_lines(lines: Sequence[str]) -> tuple[str, ...]:
    """Names by the numbers before or behind them, where all lines have one; otherwise by line.

    >>> names_in_lines(["1: dog", "0: cat"]), names_in_lines(["id,name", "0,cat"])
    (('cat', 'dog'), ('cat',))
    >>> names_in_lines(["2 dogs", "cat"])
    ('2 dogs', 'cat')
    """
    # the first line may say what the columns are
    for body in (lines, lines[1:]):
        for form, number, name in ((NUMBERED, 1, 2), (NUMBERED_BEHIND, 2, 1)):
            matches = [match for line in body if (match := form.fullmatch(line))]
            if body and len(matches) == len(body):
                pairs = [(int(match[number]), match[name]) for match in matches]
                return in_order(pairs)
    return checked(lines)


def names_in_value(value: Any) -> tuple[str, ...]:
    """The names in what was JSON, or is like it: a list, or an object of names and numbers.

    >>> names_in_value({"0": ["n01440764", "tench"]}), names_in_value({"cat": 1, "dog": 0})
    (('tench',), ('dog', 'cat'))
    """
    if isinstance(value, dict):
        for key in INSIDE:
            if isinstance(value.get(key), dict | list):
                return names_in_value(value[key])
        pairs: list[tuple[int, str]] = []
        for key, item in value.items():
            if type(item) is int:
                pairs.append((item, str(key)))
            elif str(key).isdecimal() and len(str(key)) < 10:
                pairs.append((int(key), text_of(item)))
            else:
                raise ValueError('expected {"0": "name"} or {"name": 0}')
        return in_order(pairs)
    if not isinstance(value, list):
        raise ValueError("expected a list of names, or an object of them by number")
    return checked(text_of(item) for item in value)


def parsed(text: str) -> Any:
    """What is written in JSON, or as Python prints names; raises ValueError for anything else.

    >>> parsed("{0: 'cat', 1: 'dog'}"), parsed("['a', 'b']")
    ({'0': 'cat', '1': 'dog'}, ['a', 'b'])
    """
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        reason = one_line(error, 80)
    if PYTHON_LIST.fullmatch(text):
        return list(map(unquoted, re.findall(QUOTED, text, re.DOTALL)))
    if PYTHON_DICT.fullmatch(text):
        entries = re.findall(NUMBERED_QUOTED, text, re.DOTALL)
        split = (entry.partition(":") for entry in entries)
        return {number.strip(): unquoted(quoted.strip()) for number, _, quoted in split}
    raise ValueError(f"its JSON is not valid ({reason})")


def unquoted(quoted: str) -> str:
    """A text without the quotes that Python prints around it."""
    return re.sub(r"\\(.)", r"\1", quoted[1:-1])


def text_of(item: Any) -> str:
    """A name, or the last of a list of texts: WordNet's number stands before the words."""
    if isinstance(item, list) and item:
        item = item[-1]
    if not isinstance(item, str):
        raise ValueError("expected names, and found something else")
    return item


def in_order(pairs: Sequence[tuple[int, str]]) -> tuple[str, ...]:
    """Names by their numbers; raises ValueError where these are not 0, 1, 2, ..."""
    by_number = dict(pairs)
    numbers = sorted(number for number, _ in pairs)
    if numbers != list(range(len(pairs))):
        raise ValueError(
            f"its numbers go from {numbers[0]} to {numbers[-1]} for {len(pairs)} names, "
            f"expected 0 to {len(pairs) - 1}, each once"
        )
    return checked(by_number[number] for number in numbers)


def checked(names: Iterable[str]) -> tuple[str, ...]:
    """Names as they are shown; raises ValueError for none, and for too many."""
    shown = tuple(map(shown_name, names))
    if not shown:
        raise ValueError("it is empty")
    if len(shown) > MAX_CLASSES:
        raise ValueError(f"it has {len(shown):,} names, expected at most {MAX_CLASSES:,}")
    return shown


def shown_name(name: str) -> str:
    """A name in one line of a bounded length, without quotes and WordNet's number.

    >>> shown_name("n01440764 tench, tinca"), shown_name('"a cat"'), len(shown_name("a" * 999))
    ('tench, tinca', 'a cat', 200)
    """
    words = " ".join(name[: 4 * MAX_LABEL].split())
    if len(words) > 1 and words[0] == words[-1] == '"':
        words = words[1:-1]
    words = WORDNET.sub("", words, count=1)
    printable = "".join(each if each.isprintable() else "?" for each in words)
    if len(printable) > MAX_LABEL:
        printable = printable[: MAX_LABEL - 3] + "..."
    return printable
