"""The tensors of a file by name and shape, as evidence of the network that they are of."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import islice

from ...limits import MAX_PREFIXES

Shape = tuple[int, ...]

# what the training leaves in a file, of which nobody needs to hear
TRAINING_STATE = re.compile(
    r"(^|\.)(num_batches_tracked|optim\w*|lr_schedulers?|schedulers?|grad_scaler|amp_state)(\.|$)"
)
# modules that only wrap another, by which a name in the middle grows: DataParallel around a part
# of a network, torch.compile, shards
WRAPPER = re.compile(r"(?<=\.)(module|_orig_mod|_fsdp_wrapped_module)\.")
# a prefix is empty, or ends with one of these
PREFIX_END = re.compile(r"^|\W|_")


@dataclass(frozen=True)
class Inventory:
    """Tensors by name and shape in the file's order, without what training left.

    A name stands without wrappers in its middle; `sources` has it as the file has it.
    """

    shapes: Mapping[str, Shape]
    sources: Mapping[str, str]

    @cached_property
    def prefixes(self) -> dict[str, list[str]]:
        """{the end of a name: what stands before it in the file's names}."""
        prefixes: dict[str, list[str]] = {}
        for name in self.shapes:
            for prefix in prefixes_of(name):
                prefixes.setdefault(name[len(prefix) :], []).append(prefix)
        return prefixes

    def shown(self, name: str) -> str:
        """A tensor as the file calls it, and its shape there."""
        return f"{self.sources[name]} {list(self.shapes[name])}"

    def count_prefixes(self, names: Iterable[str]) -> Counter[str]:
        """How many of the names stand behind each prefix."""
        counts: Counter[str] = Counter()
        for name in names:
            counts.update(self.prefixes.get(name, ()))
        return counts


def prefixes_of(name: str) -> list[str]:
    """What may be the prefix in front of a name, the shortest first."""
    ends = islice(PREFIX_END.finditer(name), MAX_PREFIXES)
    return [name[: end.end()] for end in ends]


def take_inventory(shapes: Mapping[str, Shape]) -> Inventory:
    """The inventory of a file's tensors, shapes by name."""
    unwrapped = Counter(WRAPPER.sub("", name) for name in shapes)
    kept: dict[str, Shape] = {}
    sources: dict[str, str] = {}
    for source, shape in shapes.items():
        if TRAINING_STATE.search(source):
            continue
        name = WRAPPER.sub("", source)
        if unwrapped[name] > 1:
            name = source
        kept[name] = shape
        sources[name] = source
    return Inventory(kept, sources)
