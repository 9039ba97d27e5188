"""What is sent back to the browser: bytes of a kind, or one line on what was wrong."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

JSON = "application/json"
PNG = "image/png"
BYTES = "application/octet-stream"
# a header: what a picture shows, as JSON
FACTS = "Facts"


@dataclass(frozen=True)
class Answer:
    """A body of some kind, with headers of its own."""

    body: bytes
    kind: str
    status: int = HTTPStatus.OK
    headers: Mapping[str, str] = field(default_factory=dict)


class Refusal(Exception):
    """A request that is not answered: a status of HTTP's, and why, in one line."""

    def __init__(self, status: HTTPStatus, message: str, headers: Mapping[str, str] | None = None):
        super().__init__(message)
        self.status = status
        self.headers = headers or {}


def as_json(value: Any, status: int = HTTPStatus.OK) -> Answer:
    """An answer that is JSON."""
    return Answer(json.dumps(value, allow_nan=False).encode(), JSON, status)


def mistake(status: int, message: str, headers: Mapping[str, str] | None = None) -> Answer:
    """A line for the page."""
    line = " ".join(message.split())
    return Answer(json.dumps({"error": line}).encode(), JSON, status, headers or {})


def picture(png: bytes, facts: Mapping[str, Any]) -> Answer:
    """A PNG with what there is to say of it; ASCII alone, as headers are."""
    return Answer(png, PNG, headers={FACTS: json.dumps(facts, allow_nan=False)})
