"""What is not as a run has it, said in a few lines."""

from __future__ import annotations

from dataclasses import dataclass, field

SHOWN_LINES = 5  # warnings of one kind


@dataclass
class Warnings:
    """What is not as the run has it, by kind: a line each."""

    by_kind: dict[str, list[str]] = field(default_factory=dict)

    def add(self, kind: str, line: str) -> None:
        self.by_kind.setdefault(kind, []).append(line)

    def lines(self) -> list[str]:
        """All warnings; of each kind the first SHOWN_LINES, and how many more there are."""
        shown = []
        for kind, lines in self.by_kind.items():
            shown += lines[:SHOWN_LINES]
            if len(lines) > SHOWN_LINES:
                shown.append(f"and {len(lines) - SHOWN_LINES} more: {kind}")
        return shown
