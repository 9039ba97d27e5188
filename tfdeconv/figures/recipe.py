"""What a picture is made from: it decides the picture's name, and is the text that it carries."""

from __future__ import annotations

import hashlib
import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from ..version import __version__, library_versions

# what fields of a request are called on the command line, where it is not their own name
OPTION_NAMES = {
    "layers": "layer",
    "features": "feature",
    "lambdas": "lambda",
    "followed": "class",
    "image_source": "images",
}
# fields that stand there without an option
OPERANDS = ("photos", "images", "files")
DIGITS = 8  # of a digest in a name: two of a folder's 1,000 pictures have the same once in 8,000


@dataclass(frozen=True)
class Recipe:
    """All that a picture depends on, but for versions of programs.

    program: what draws it, `visualise.py` or `tfdeconv visualise`.
    options: of the command that draws this picture alone, by the request's fields; None, False or
    empty where one is not given. Files are named by the last part of their path.
    facts: what these stand for, such as digests of the files.
    """

    program: str
    options: Mapping[str, Any]
    facts: Mapping[str, str]

    def with_options(self, **options: Any) -> Recipe:
        return replace(self, options={**self.options, **options})

    def with_facts(self, facts: Mapping[str, str]) -> Recipe:
        return replace(self, facts={**self.facts, **facts})

    @cached_property
    def ingredients(self) -> dict[str, str]:
        """Options and facts as texts. Pictures are the same where these are."""
        texts: dict[str, str] = {}
        for field, value in self.options.items():
            # the facts say which images
            if is_given(value) and field not in OPERANDS:
                texts[option_name(field)] = as_text(value)
        texts.update(self.facts)
        return {key: writable(text) for key, text in texts.items() if text}

    @property
    def digest(self) -> str:
        """The part of the picture's name that no other picture has."""
        canonical = json.dumps(self.ingredients, sort_keys=True)
        return hashlib.sha256(canonical.encode()).hexdigest()[:DIGITS]

    @property
    def command(self) -> str:
        """The command line that draws this picture alone."""
        operands: list[str] = []
        words = []
        for field, value in self.options.items():
            if not is_given(value):
                continue
            if field in OPERANDS:
                operands += [value] if isinstance(value, str) else map(str, value)
            else:
                words += option_words(f"--{option_name(field)}", value)
        # a photo's name may begin as an option does
        if any(operand.startswith("-") for operand in operands):
            return f"{self.program} {shlex.join([*words, '--', *operands])}"
        return f"{self.program} {shlex.join([*operands, *words])}"

    def made(self, text: Mapping[str, str]) -> bool:
        """Whether a picture of that text is of this recipe: it would come out the same."""
        return self.ingredients.items() <= text.items()

    def text(self, results: Mapping[str, str]) -> dict[str, str]:
        """What a picture carries: which program made it and how, and what came of it."""
        return {
            "Software": f"tfdeconv {__version__}",
            "versions": library_versions(),
            "command": writable(self.command),
            **self.ingredients,
            **results,
        }


def option_name(field: str) -> str:
    """`max-side` of the field max_side."""
    return OPTION_NAMES.get(field, field.replace("_", "-"))


def option_words(option: str, value: Any) -> list[str]:
    """An option and its value as they stand on a command line."""
    if value is True:
        return [option]
    if isinstance(value, Mapping):
        words = []
        for name, said in value.items():
            words += [option, f"{name}={said}"]
        return words
    text = as_text(value)
    # it would be taken for another option
    if text.startswith("-"):
        return [f"{option}={text}"]
    return [option, text]


def is_given(value: Any) -> bool:
    """Whether an option is there: 0 is a value, too."""
    return value is not None and value is not False and value not in ("", (), [], {})


def as_text(value: Any) -> str:
    """An option's value as one text: a list with commas, a mapping as JSON."""
    if value is True:
        return "yes"
    if isinstance(value, Mapping):
        return json.dumps(value, sort_keys=True)
    if isinstance(value, (list, tuple)):
        return ",".join(map(str, value))
    return str(value)


def writable(text: str) -> str:
    """The text without what no UTF-8 can have: names of files may be any bytes."""
    return text.encode(errors="backslashreplace").decode()
