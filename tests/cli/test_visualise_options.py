"""visualise.py: what its options mean, exclude and need; mistakes are one line, at once."""

from __future__ import annotations

import json

import pytest
from command_line import HEAVY, LIST_MODULES, SAMPLE, assert_one_line, file_names, run_process

from tfdeconv.cli import lists, visualise
from tfdeconv.cli.visualise_photos import PhotoRequest
from tfdeconv.cli.visualise_run import RunRequest
from tfdeconv.errors import UserError

MISTAKES = [
    (["--network", "vgg17"], "'vgg17'.*vgg16"),
    (["--rule", "magic"], "'magic'.*guided"),
    (["-m", "most"], "'most'.*max"),
    (["--resize", "zoom"], "'zoom'"),
    (["--max-side", "300"], "--max-side .*give --resize keep as well"),
    (["--resize", "squash", "--max-side", "300"], "--max-side .*give --resize keep"),
    (["--colour"], "--colour"),
    (["-f"], "-f"),
    (["--net", "vgg16"], "--net"),
    (["-l", "block4_conv9"], "no layer 'block4_conv9'. Did you mean 'block4_conv"),
    (["-l", "block1_conv1", "-l", "nonesuch"], "no layer 'nonesuch'"),
    (["--network", "resnet50", "-l", "block4_conv2"], "resnet50 has no layer 'block4_conv2'"),
    (
        ["--network", "resnet50", "-l", "conv1_pad"],
        "'conv1_pad' is part of 'conv1_conv'.*ask for 'conv1_conv'",
    ),
    (["-f", "512"], "block4_conv2 has 512 channels, 0 to 511: there is no channel 512"),
    (
        ["-l", "block4_conv1", "-l", "block1_conv1", "-f", "1", "-f", "64"],
        "block1_conv1 has 64 channels",
    ),
    (["--network", "alexnet", "-l", "conv1", "-f", "96"], "conv1 has 96 channels"),
    (["-f", "-1"], "no channel -1"),
    (["-f=-1"], "no channel -1"),
    (["-f", "3,-1"], "no channel -1"),
    (["-f", "one"], "'one'"),
    (["-f", "1,"], "'1,' is not a list of channels"),
    (["-f", "8-0"], "8-0 goes down: write 0-8"),
    (["--top", "0"], "'0'"),
    (["--top", "-3"], "--top"),
    (["--top", "1.5"], "'1.5'"),
    (["-f", "1", "--top", "2"], "-f and --top"),
    (["--top", "all"], "--top all is for a --run"),
    (["--split"], "--split is for --blocks"),
    (["--blocks", "conv4"], "--blocks is for a --run"),
    (
        ["--run", "r.h5", "-m", "all", "--variant", "keras", "--interior"],
        "--variant, --mode, --interior: with --run",
    ),
    (["--at", "3"], "'3' is not a row and a column"),
    (["--at", "1,2", "-m", "all"], "--at chooses the unit of each map: give it without --mode all"),
    (["--run", "r.h5", "--at", "1,2"], "--at: with --run"),
    (["--run", "r.h5", "--cam", "block3_pool"], "--cam is for photos"),
    (["-l", "block3_pool", "--cam", "block4_conv1"], "block3_pool does not depend on it"),
    (["--ranks", "1-9"], "--ranks is for the images of a --run"),
    (["--names"], "--names is for the layers of a --run"),
    (["--run", "r.h5", "--blocks", "conv4", "--ranks", "1"], "--ranks is for layers"),
    (["--run", "r.h5", "--blocks", "conv4", "--names"], "--names is for layers"),
    (["--run", "r.h5", "--ranks", "9-1"], "9-1 goes down: write 1-9"),
    (["--run", "r.h5", "--ranks", "0-9"], "'0-9' is not a range of ranks"),
    (["--run", "r.h5", "--blocks", "conv4", "--tiles"], "--tiles is for layers"),
    (["--of-label", "cat"], "--of-label is for the images of a --run"),
    (["--run", "r.h5", "--blocks", "conv4", "--of-label", "cat"], "--of-label is for layers"),
    (["--run", "r.h5", "more"], "--run takes the one directory"),
    (["--run", "r.h5", "--blocks", "conv4", "-l", "conv4"], "-l and --blocks"),
    (["--flavour", "nonesuch"], "--flavour.*'nonesuch'.*torchvision"),
    (["--bands", "1,2"], "--bands: needs three channels"),
    (["--bands", "0,1,3"], "--bands 3"),
    (["--bands", "red"], "'red'"),
    (["--bands=-1,0,1"], "--bands.*-1"),
]


# runs the script argv[2] once with each of the lists of arguments in the file argv[3], and writes
# to the file argv[1] what came of each, and which modules were loaded in the end
RUN_EACH = """
import contextlib, io, json, runpy, sys
result, script, given = sys.argv[1:]
runs = []
for arguments in json.load(open(given)):
    sys.argv = [script, *arguments]
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            runpy.run_path(script, run_name="__main__")
        except SystemExit as end:
            runs.append((end.code, out.getvalue(), err.getvalue()))
json.dump([runs, sorted(sys.modules)], open(result, "w"))
"""


@pytest.fixture(scope="module")
def mistakes(tmp_path_factory):
    """What came of each mistake, by its arguments, from one process; and the modules it loaded."""
    folder = tmp_path_factory.mktemp("mistakes")
    given = [[str(SAMPLE), *words, "--out", str(folder / "out")] for words, _ in MISTAKES]
    (folder / "given.json").write_text(json.dumps(given))
    result = folder / "result.json"
    done = run_process(folder / "given.json", driver=("-c", RUN_EACH, result))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert file_names(folder) == ["given.json", "result.json"]
    runs, modules = json.loads(result.read_text())
    ends = {" ".join(words): end for (words, _), end in zip(MISTAKES, runs, strict=True)}
    return ends, modules


@pytest.mark.parametrize(
    "arguments, says", MISTAKES, ids=[" ".join(arguments) for arguments, _ in MISTAKES]
)
def test_mistakes_are_one_line(mistakes, arguments, says):
    status, output, errors = mistakes[0][" ".join(arguments)]
    assert (status, output) == (2, "")
    assert_one_line(errors, says)


def test_mistakes_are_told_at_once(mistakes):
    assert not HEAVY & set(mistakes[1])


@pytest.mark.parametrize(
    "script, option", [("visualise.py", "--rule"), ("convert_weights.py", "--half")]
)
def test_help_comes_at_once(tmp_path, script, option):
    modules = tmp_path / "modules.json"
    done = run_process("--help", script=script, driver=("-c", LIST_MODULES, modules))
    assert (done.returncode, done.stderr) == (0, "")
    assert option in done.stdout and f"python scripts/{script} " in done.stdout
    assert not HEAVY & set(json.loads(modules.read_text()))


def test_photo_request_has_all_defaults():
    request = visualise.parse(["a.jpg"])
    assert isinstance(request, PhotoRequest)
    assert (request.photos, request.layers, request.top) == (("a.jpg",), ("block4_conv2",), 9)
    assert (request.mode, request.rule, request.resize) == ("max", "deconvnet", "crop")


def test_layers_and_features_add_up():
    arguments = "-l block1_conv1,block1_conv2 -f 3 -f 2,1 -l block2_conv1 -- -a.jpg --b.jpg"
    request = visualise.parse(arguments.split())
    assert request.layers == ("block1_conv1", "block1_conv2", "block2_conv1")
    assert request.features == [3, 2, 1]
    assert isinstance(request, PhotoRequest) and request.photos == ("-a.jpg", "--b.jpg")


@pytest.mark.parametrize(
    "options, top",
    [("", 9), ("--blocks conv4", 1), ("--top all", "all"), ("--blocks conv4 --top 3", 3)],
)
def test_run_request_has_its_own_defaults(options, top):
    request = visualise.parse(["--run", "r.h5", *options.split()])
    assert isinstance(request, RunRequest)
    assert (request.top, request.images, request.step) == (top, None, None)


def test_flavour_is_the_old_name_of_variant():
    arguments = "--network resnet50 -l conv1_relu --flavour torchvision".split()
    request = visualise.parse(arguments)
    assert isinstance(request, PhotoRequest) and request.variant == "torchvision"


@pytest.mark.parametrize("side", ["0", "-5", "1e3", "70000"])
def test_sides_out_of_range_are_refused(side, capsys):
    with pytest.raises(SystemExit):
        visualise.parse(["a.jpg", "--resize", "keep", f"--max-side={side}"])
    assert "--max-side" in capsys.readouterr().err


@pytest.mark.parametrize(
    "texts, channels", [("0-3,46", [0, 1, 2, 3, 46]), ("5-5", [5]), ("-1", [-1]), ("7,2", [7, 2])]
)
def test_ranges_of_channels_include_both_ends(texts, channels):
    assert lists.channel_list(texts) == channels


@pytest.mark.parametrize(
    "arguments, says",
    [
        ("-f 1 2 3", "no photo 2 or 3: a list of channels has commas.* as -f 1,2,3"),
        ("-f 1 2-4", "as -f 1,2-4"),
        ("-l conv1 conv2", "no photo conv2: a list of layers has commas.* as -l conv1,conv2"),
    ],
)
def test_lists_with_spaces_are_refused(arguments, says):
    with pytest.raises(UserError, match=says):
        lists.refuse_stray(visualise.build_parser("").parse_intermixed_args(arguments.split()))


def test_values_of_pixels_name_a_preprocessing():
    for words, name in (("0-1", "over255"), ("-1-1", "tf"), ("torch", "torch")):
        request = visualise.parse(["a.jpg", "--preprocess", words])
        assert isinstance(request, PhotoRequest) and request.preprocess == name
