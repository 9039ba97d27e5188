"""A weight file opened: which format it has, and what it holds, whoever made it.

Formats are told apart in this order, by the structure of a file and never by its name:

1. the mark of a model of TensorFlow Lite (tflite/)
2. a zip with a model's description and its weights, or a folder with both: a `.keras` archive
3. TensorFlow's SavedModels and checkpoints, whichever of their files is named (tensorflow/)
4. torch.export's zip of a program and its tensors (torch_reader.py)
5. the outermost fields of a protocol buffer: an ONNX model (onnx/), a frozen graph of TensorFlow
6. torch's, numpy's or safetensors' own marks: a file of tensors by name (tensors_reader.py)
7. what has the structure of another program's file: refused by its name (foreign_files.py)
8. HDF5, otherwise refused:
   its attribute `format`: this program's own file (native.py);
   Keras 3's groups: its `.weights.h5`;
   its attribute `model_config`: a whole model of Keras's;
   a ResNet's layers by their authors' names (resnets/);
   anything else is taken for weights of Keras, whose reader says what it lacks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from .. import errors
from ..data.preprocessing import caffe
from ..errors import UserError
from ..formats import checked_json, exported_archive, hdf5, hdf5_process, purposes
from ..formats.hdf5 import texts
from ..formats.onnx import reader as onnx_files
from ..formats.tflite import reader as tflite_files
from ..network.graph import Network
from . import foreign_files, native, state_dict, theano
from .contents import OpenedFile, WeightFile, no_match
from .format_reader import FormatReader
from .keras import archive, description, legacy_h5, legacy_model, v3, v3_model
from .keras.architecture import Architecture
from .keras_reader import KERAS_MODEL, keras_model_reader
from .notes import PartNote, PixelNote
from .onnx.reader import onnx_reader
from .resnets import resnet_layers
from .tensorflow.checkpoints import checkpoint as checkpoints, checkpoint_files
from .tensorflow_reader import open_graph_reader
from .tensors_reader import resnet_reader, slim_reader, tensors_reader
from .tflite_reader import tflite_reader
from .torch_reader import exported_reader

HDF5_MARK = b"\x89HDF\r\n\x1a\n"
# the format of native.py in words
NATIVE = "a weight file of this program"
USUAL_PREPROCESSING = PixelNote(
    "assumed: the preprocessing of Caffe's and Keras's VGG and ResNet (change it with --preprocess)"
)


@contextmanager
def open_weights(
    path: str | Path,
    network: Network | str | None = None,
    variant: str | None = None,
    architecture: str | Path | None = None,
    lambdas: Mapping[str, str] | None = None,
) -> Iterator[OpenedFile]:
    """What a file holds of a network (None: its own; a name: that built-in one), open for reading.

    architecture: the JSON that describes a Keras model whose weights alone the file has. lambdas:
    what the Lambda layers of a Keras model do, by name (keras/formulas.py).
    Raises UserError where the file has nothing of the network, or cannot be read.
    """
    with detect(path, architecture, lambdas) as reader:
        if lambdas and reader.kind != KERAS_MODEL:
            raise UserError(
                f"{path} is {reader.kind}, and has no Lambda layers: leave out --lambda"
            )
        if not isinstance(network, Network):
            network = reader.network(network, variant)
        contents = reader.contents(network)
        layers = network.parameters()
        if layers and not layers.keys() & contents.shapes.keys():
            present = [*contents.shapes, *contents.ignored]
            raise no_match(path, network.name, list(layers), present)
        preprocessing = contents.preprocessing
        notes = contents.notes or (f"it is {reader.kind}",)
        if preprocessing is None:
            preprocessing = caffe(network.input_shape[:2], network.channels)
            notes = (*notes, USUAL_PREPROCESSING)
        if network.part:
            notes = (PartNote(f"{path}: {network.part}"), *notes)
        said = {"network": network, "preprocessing": preprocessing, "notes": notes}
        yield OpenedFile(**(vars(contents) | said))


@contextmanager
def detect(
    path: str | Path,
    architecture: str | Path | None = None,
    lambdas: Mapping[str, str] | None = None,
) -> Iterator[FormatReader]:
    """What reads a file, by its structure; the file is open as long as the block."""
    if architecture is not None:
        with open_weights_alone(path) as file:
            config = description.read(architecture)
            order = theano.KernelOrder()
            if not v3.recognises(file):
                order = theano.kernel_order(path, file)
            read = weights_alone_reader(path, order.arranged(file))
            reader = keras_model_reader(
                architecture, config, read, tensors_file=Path(path), lambdas=lambdas
            )
            yield order.rearranging(reader)
        return
    # before archives: a list of labels may be behind its tables as a zip
    if tflite_files.recognises(path):
        yield tflite_reader(path)
        return
    if archive.is_archive(path):
        with archive.open_archive(path, open_hdf5) as (config, file):
            read = partial(v3_model.model_contents, path, file)
            tensors_file = archive.tensors_file(path)
            yield keras_model_reader(path, config, read, tensors_file=tensors_file, lambdas=lambdas)
        return
    if onnx_files.recognises(path):
        with onnx_files.open_model(path) as model:
            yield onnx_reader(path, model)
        return
    with open_graph_reader(path) as graph:
        if graph is not None:
            yield graph
            return
    checkpoint = checkpoint_files.find(path)
    if checkpoint is not None:
        with checkpoints.open_tensors(path, checkpoint) as values:
            yield slim_reader(path, values, checkpoints.digest(checkpoint))
        return
    foreign_files.refuse_folder(path)
    if exported_archive.recognises(path):
        yield exported_reader(path)
        return
    tensors = state_dict.open_tensors(path)
    if tensors is not None:
        yield tensors_reader(path, tensors)
        return
    foreign_files.refuse_foreign(path)
    with open_hdf5(path) as file:
        yield hdf5_reader(path, file, lambdas)


@contextmanager
def open_weights_alone(path: str | Path) -> Iterator[hdf5.Group]:
    """A file of a Keras model's weights; UserError for one that describes its network itself."""
    is_whole = archive.is_archive(path)
    if not is_whole:
        foreign_files.refuse_folder(path)
        foreign_files.refuse_foreign(path)
        with open_hdf5(path) as file:
            purposes.refuse_run(path, file)
            is_whole = native.recognises(file) or "model_config" in file.attrs
            if not is_whole:
                yield file
                return
    raise UserError(f"{path} describes its own network: leave out --architecture")


def weights_alone_reader(
    path: str | Path, file: hdf5.Group
) -> Callable[[Architecture], WeightFile]:
    """What finds the variables of a model that is described elsewhere."""
    if v3.recognises(file):
        return partial(v3_model.model_contents, path, file, of_one_session=False)
    return partial(legacy_model.model_contents, path, file)


def hdf5_reader(
    path: str | Path, file: hdf5.Group, lambdas: Mapping[str, str] | None = None
) -> FormatReader:
    """What reads an HDF5 file, by its attributes and groups."""
    purposes.refuse_run(path, file)
    if native.recognises(file):
        return FormatReader(
            NATIVE, partial(native.network, path, file), partial(native.contents, path, file)
        )
    if v3.recognises(file):
        return FormatReader(
            "weights of Keras 3",
            partial(v3.network, path, file),
            partial(v3.network_contents, path, file),
        )
    order = theano.kernel_order(path, file)
    return order.rearranging(keras_reader(path, order.arranged(file), lambdas))


def keras_reader(
    path: str | Path, file: hdf5.Group, lambdas: Mapping[str, str] | None
) -> FormatReader:
    """What reads an .h5 of Keras's: a whole model, or weights alone."""
    if "model_config" not in file.attrs:
        return by_name_reader(path, file)
    config = checked_json.parse_object(texts(file.attrs["model_config"])[0])
    read = partial(legacy_model.model_contents, path, file)
    by_name = partial(by_name_reader, path, file)
    return keras_model_reader(path, config, read, by_name, lambdas=lambdas)


def by_name_reader(path: str | Path, file: hdf5.Group) -> FormatReader:
    """What reads the weights in an .h5 of Keras's for a built-in network, by the layers' names."""
    variables = legacy_h5.layer_variables(path, file)
    layers = resnet_layers.ordered_layers(variables)
    if resnet_layers.recognises(layers):
        return resnet_reader(path, layers, is_keras=True)
    return FormatReader(
        "a weight file of Keras",
        partial(legacy_h5.network, path, file),
        partial(legacy_h5.contents, path, file),
    )


@contextmanager
def open_hdf5(path: str | Path) -> Iterator[hdf5.Group]:
    """The root of an HDF5 file, read in a process of its own.

    Raises UserError for any other file, and for one that turns out to be damaged while it is read.
    """
    try:
        check_hdf5_mark(path)
        with hdf5_process.open_in_subprocess(path) as file:
            yield file
    except UserError:
        raise
    # h5py, and what is made of a damaged file's attributes, raise whatever comes
    except Exception as error:
        raise UserError(f"cannot read weights from {path}: {errors.one_line(error)}") from None


def check_hdf5_mark(path: str | Path) -> None:
    """Raises UserError or ValueError unless a file begins as HDF5 files do."""
    # to open a pipe would wait for a writer
    if Path(path).exists() and not Path(path).is_file():
        raise ValueError("it is not a regular file")
    with open(path, "rb") as file:
        start = file.read(len(HDF5_MARK))
    if start == HDF5_MARK:
        return
    found = f"it begins with {start!r}" if start else "it is empty"
    raise UserError(
        f"{path} is not a weight file: {found}; expected HDF5 (.h5), .keras, .pt2, .onnx, .pb, "
        f".tflite, .pth, .pt, .safetensors, .npy or .npz"
    )
