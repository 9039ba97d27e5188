"""What pictures are called."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from ..limits import MAX_LABEL_NAME, MAX_SOURCE_NAME, MAX_SUBJECT_NAME

# the names that Keras gives to models whose maker gave them none
MADE_UP = re.compile(r"(functional|sequential|model)(_\d+)?")
# what ends a line or steers a terminal: lists of paths have one a line
CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
NAMED_FEATURES = 3  # that a name lists; of more it has the digest alone


def network_title(network: str, weights: Path) -> str:
    """What a network is called: by its weights' file where Keras made its name up (`model_1`)."""
    if not MADE_UP.fullmatch(network):
        return network
    stem = weights.parent.name if weights.name == "config.json" else weights.stem
    return stem.removesuffix(".weights") or network


def file_name(source: str, subject: str, *parts: str) -> str:
    """`run-vgg16-block4_conv3-deconvnet-top9`, in a length and letters that file systems take.

    source: the photo's or the run's own file name, whose letters stay as they are; subject: network
    and layer, which a weight file may have named freely; parts: rule, mode, and the like, of which
    empty ones are left out.

    >>> file_name("a 猫\\nb", "vgg16-conv/1", "guided")
    'a 猫_b-vgg16-conv_1-guided'
    """
    source = CONTROLS.sub("_", source)
    stem = os.fsdecode(os.fsencode(source)[:MAX_SOURCE_NAME])
    return "-".join([stem, harmless(subject, MAX_SUBJECT_NAME), *filter(None, parts)])


def harmless(text: str, most: int) -> str:
    """A text as part of a name, in at most so many bytes: it may have a / and long letters."""
    letters = re.sub(r"[^\w.-]", "_", text).encode(errors="replace")
    return letters[:most].decode(errors="ignore")


def features_part(features: Sequence[int] | None) -> str:
    """`f3_46` for few features that were asked for; nothing for many, or the strongest."""
    if not features or len(features) > NAMED_FEATURES:
        return ""
    return "f" + "_".join(map(str, features))


def unit_name(layer: str, channel: int) -> str:
    """`block4_conv2-0046`"""
    return f"{harmless(layer, MAX_SUBJECT_NAME)}-{channel:04d}"


def label_part(label: str | None) -> str:
    """`of-tabby_cat` for images of one label."""
    if not label:
        return ""
    return f"of-{harmless(label, MAX_LABEL_NAME)}"


def place_part(at: tuple[int, int] | None) -> str:
    """`at12_5` for the units in row 12 and column 5; nothing for the strongest."""
    return f"at{at[0]}_{at[1]}" if at else ""


def page_suffixes(count: int) -> list[str]:
    """What follows the name of each page's file: `-page01`, ...; nothing for a single page."""
    if count == 1:
        return [""]
    digits = max(len(str(count)), 2)
    return [f"-page{number:0{digits}d}" for number in range(1, count + 1)]


def short_names(paths: Sequence[str]) -> list[str]:
    """What files are called beside each other: in as few parts of their paths as tell them apart.

    >>> short_names(["a/epoch1.h5", "a/epoch2.h5"]), short_names(["1/net.onnx", "2/net.onnx"])
    (['epoch1', 'epoch2'], ['1/net', '2/net'])
    >>> short_names(["model.ckpt-1", "model.ckpt-2"])
    ['model.ckpt-1', 'model.ckpt-2']
    """
    stems = []
    for path in map(Path, paths):
        stems.append(path.with_name(path.stem.removesuffix(".weights") or path.name))
    names = [str(stem) for stem in stems]
    # where only the endings differ
    if len(set(stems)) < len(set(map(Path, paths))):
        names = list(paths)
    return distinct_names(names)


def distinct_names(paths: Sequence[str]) -> list[str]:
    """Paths in as few parts as tell them apart; the same ones are numbered.

    >>> distinct_names(["a/cat.jpg", "b/dog.jpg"]), distinct_names(["a/cat.jpg", "b/cat.jpg"])
    (['cat.jpg', 'dog.jpg'], ['a/cat.jpg', 'b/cat.jpg'])
    >>> distinct_names(["a/cat.jpg", "dog.jpg", "./a/cat.jpg"])
    ['cat.jpg (1)', 'dog.jpg', 'cat.jpg (2)']
    """
    parts = [Path(path).absolute().parts[1:] for path in paths]
    count = 1
    while len({each[-count:] for each in parts}) < len(set(parts)):
        count += 1
    names = ["/".join(each[-count:]) for each in parts]
    numbers: Counter[str] = Counter()
    numbered = []
    for name in names:
        numbers[name] += 1
        numbered.append(f"{name} ({numbers[name]})" if names.count(name) > 1 else name)
    return numbered
