"""How commands end."""

from __future__ import annotations

import pytest
import tensorflow as tf

from tfdeconv.cli import console


@pytest.mark.parametrize(
    "error", [MemoryError(), tf.errors.ResourceExhaustedError(None, None, "OOM\nwhen allocating")]
)
def test_a_lack_of_memory_is_one_line(error, capsys):
    def main(arguments):
        raise error

    with pytest.raises(SystemExit) as ended:
        console.call(main, [])
    errors = capsys.readouterr().err
    assert ended.value.code == 2 and errors.count("\n") == 1
    assert "there is not enough memory: ask for less at a time" in errors
