"""Names of classes: ImageNet's, and those of files that nobody vouches for."""

from __future__ import annotations

import json

import pytest

from tfdeconv.data import labels
from tfdeconv.errors import UserError

NAMES = ("cat", "dog", "eel")
# {form: the text of a file}
FORMS = {
    "lines": "cat\ndog\neel\n",
    "Windows": "\ufeffcat\r\ndog\r\neel\r\n\r\n",
    "numbers": "0 cat\n1 dog\n2 eel\n",
    "colons, in any order": "2: eel\n0: cat\n1: dog",
    "CSV with a heading": 'id,name\n0,"cat"\n1,dog\n2,eel\n',
    "CSV by name": "cat,0\ndog,1\neel,2\n",
    "WordNet": "n01440764 cat\nn01443537 dog\nn01484850 eel\n",
    "JSON list": json.dumps(NAMES),
    "JSON by number": json.dumps({"0": "cat", "2": "eel", "1": "dog"}),
    "JSON by name": json.dumps({"eel": 2, "cat": 0, "dog": 1}),
    "Keras": json.dumps({str(i): ["n01440764", name] for i, name in enumerate(NAMES)}),
    "Hugging Face": json.dumps({"id2label": {"0": "cat", "1": "dog", "2": "eel"}, "layers": 3}),
    "Python": "{0: 'cat', 1: \"dog\", 2: 'eel'}",
    "Python list": "['cat', 'dog', 'eel']",
}


@pytest.mark.parametrize("form", FORMS)
def test_names_in_a_file(tmp_path, form):
    (tmp_path / "names.txt").write_text(FORMS[form], encoding="utf-8", newline="")
    assert labels.read(tmp_path / "names.txt") == labels.Labels(NAMES, "names.txt")


# {mistake: (the bytes of a file, what is said of it)}
WRONG = {
    "empty": (b"", "it is empty"),
    "an empty line": (b"cat\n\neel\n", "line 2 is empty"),
    "from 1 on": (b"1 cat\n2 dog\n", "go from 1 to 2 for 2 names, expected 0 to 1"),
    "a number twice": (b"0 cat\n0 dog\n", "each once"),
    "an empty list": (b"[]", "it is empty"),
    "broken JSON": (b'["cat', "its JSON is not valid"),
    "numbers": (b"[1, 2]", "expected names"),
    "code": (b"{0: open('x')}", "its JSON is not valid"),
    "nested": (b"[" * 100_000, "its JSON is not valid"),
    "long": (b"a" * (1 << 23), "more than 4,194,304 bytes"),
    "many": (b"a\n" * 70_000, "it has 70,000 names"),
    "Latin-1": (b"caf\xe9", "not text in UTF-8"),
    "binary": (b"\0\0", "not text"),
}


@pytest.mark.parametrize("mistake", WRONG)
def test_other_files_are_refused(tmp_path, mistake):
    content, message = WRONG[mistake]
    (tmp_path / "names.txt").write_bytes(content)
    with pytest.raises(UserError, match=message):
        labels.read(tmp_path / "names.txt")
    with pytest.raises(UserError) as caught:
        labels.read(tmp_path / "nowhere")
    # named once
    assert (
        str(caught.value) == f"{tmp_path / 'nowhere'}: cannot be read (No such file or directory)"
    )
    with pytest.raises(UserError, match="not a regular file"):
        labels.read(tmp_path)


def test_names_are_short_lines_of_text():
    (name,) = labels.names_in(json.dumps(["red\x1b[31m\ncat" + "x" * 999]))
    assert name.startswith("red?[31m cat") and len(name) == 200 and name.isprintable()


def test_imagenet_has_keras_order():
    names = labels.imagenet(1000).names
    assert names[0] == "tench" and names[281] == "tabby" and names[999] == "toilet tissue"
    assert len(set(names)) == 1000
    assert labels.imagenet(1001).names[:2] == ("background", "tench")
    assert labels.imagenet(999) is None
