"""Every bound on what comes from outside, in one table: each with its unit and why that number.

A module imports the bounds that it checks. Sizes of chunks, of pictures and of messages, which
nobody outside chooses, are where they are used.
"""

from __future__ import annotations

# Names, texts and tensors of any file.

# characters of a name: the longest of Keras's applications have 60
MAX_NAME = 200
# characters of a model's name, which becomes part of pictures' names
MAX_MODEL_NAME = 100
# characters of a text that is only shown, such as a library's version: what is longer is cut
MAX_SHOWN_TEXT = 500
# bytes at a file's beginning by which it is known: lists and mean triples are whole within them
MAX_START = 1 << 16
# bytes of a small text beside or within a file, such as `checkpoint`: usual ones have a hundred
MAX_TEXT = 1 << 20
# axes of a tensor: kernels have 4, those of video 5
MAX_AXES = 8
# values of a tensor: no disk holds more, and products of sizes stay exact
MAX_CELLS = 1 << 48
# tensors of a file: a ResNet-152 has 932, and three times as many with its optimizer's
MAX_TENSORS = 20_000
# beginnings of a name that are tried as its prefix: `module.model.backbone.` ends three
MAX_PREFIXES = 12

# JSON, of this program's files and of Keras's.

# bytes of a description: a network of 5,000 layers has 3 MB
MAX_JSON = 1 << 24
# values of a description: each takes about 100 bytes of memory, whatever its length in JSON
MAX_VALUES = 1_000_000
# entries of a list or an object in this program's files
MAX_ENTRIES = 20_000
# integers in them: float32 holds all whole numbers up to this one
MAX_INT = 1 << 24
# magnitude of numbers in them: layers' constants are below a thousand
MAX_FLOAT = 1e9
# channels, classes, or pixels on a side in them, and cells on a side of a run's maps
MAX_SIZE = 1 << 20

# HDF5, read in a process of its own.

# axes of a dataset: HDF5's own bound
MAX_HDF5_AXES = 32
# groups and datasets: 20,000 tensors of Keras 3's lie in some 50,000 groups
MAX_OBJECTS = 100_000
# groups within groups: Keras's nested models have some 10
MAX_GROUPS_DEEP = 32
# bytes of names and attributes: a model's configuration in JSON can have 10 MB
MAX_HDF5_TEXT = 1 << 24
# bytes of memory beyond what Python, numpy and h5py take, and beyond the values that are read
HDF5_MEMORY = 384 << 20
# bytes of unpacked chunks that the process keeps: a hundred images of 224 x 224 are 15 MB
HDF5_CHUNK_CACHE = 1 << 27
# bytes of a chunk of images, and how many of it reading one takes: packed, unpacked, zlib's copy
MAX_HDF5_CHUNK = 1 << 29
HDF5_CHUNK_COPIES = 3
# bytes of images that are read at once, so that a chunk is unpacked once: three times in memory
MAX_HDF5_BLOCK = 1 << 26
# seconds that a request computes, and that are waited for it: whole files take a tenth of one
HDF5_CPU_SECONDS = 3
HDF5_WAIT_SECONDS = 30
# bytes that bring a second more of either: the slowest disks and gzip are several times faster
BYTES_OF_CPU_SECOND = 20e6
BYTES_OF_WAIT_SECOND = 5e6
# bytes of a message between the processes: the description of the largest file above
MAX_MESSAGE = 1 << 27
# files that the process may have open: the one it reads, and its libraries while they load
MAX_OPEN_FILES = 32

# TensorFlow's checkpoints, likewise.

# bytes of memory beyond what TensorFlow takes when it is imported, and beyond the values
TENSORFLOW_MEMORY = 512 << 20
# a tensor of V1's is in memory as a block of the file, as a message, and as an array, each twice
TENSORFLOW_COPIES = 6
# seconds of a request; importing TensorFlow takes 4, and many times as long on a busy disk
TENSORFLOW_CPU_SECONDS = 5
TENSORFLOW_WAIT_SECONDS = 120

# ONNX's models, likewise.

# bytes of memory beyond what Python, numpy and protobuf take, and beyond copies of the file: the
# mapped one, its bytes, and what is parsed of them, in blocks of up to twice as much
PROTOBUF_MEMORY = 256 << 20
PROTOBUF_COPIES = 4
# seconds that a request computes, and that are waited for it: 100 MB are parsed in a third of one
PROTOBUF_CPU_SECONDS = 3
PROTOBUF_WAIT_SECONDS = 30
# operations, names and numbers: a DenseNet-201 of torch's has 30,000
MAX_MODEL_VALUES = 1_000_000
# characters of names and texts: torch's newer exporter notes a stack of calls for each operation
MAX_MODEL_TEXT = 1 << 24
# characters of an operation's or a value's name: TensorFlow's nested scopes make some of 200
MAX_VALUE_NAME = 1000
# bytes of values that a byte of the file can stand for: an int64 below 128 is written as one
MAX_EXPANSION = 8
# values of an input that is read while operators are translated: pads of 8 axes have 16
MAX_FEW_VALUES = 64
# scopes within each other in TensorFlow Lite's names: a model, a block, a layer, and its parts
MAX_SCOPES_DEEP = 8
# characters of the name of a file beside a model: what file systems allow
MAX_LOCATION = 255
# a model's functions and branches within each other, and what operations come to with them:
# operations, their inputs, outputs and attributes; a DenseNet-201's are 8,000
MAX_FUNCTIONS_DEEP = 8
MAX_INLINED = 200_000
# graphs within operations that are within graphs: an If seldom has another
MAX_GRAPHS_DEEP = 8

# TensorFlow's graphs, frozen ones and SavedModels, by the same process.

# operations, those of functions once for each call, and their inputs: NASNetLarge has 11,000, an
# object detector 30,000
MAX_OPERATIONS = 100_000
# functions that call functions: Keras 2's lie 3 deep
MAX_CALLS_DEEP = 32

# Archives, pickles and arrays.

# bytes of a zip file's directory, and members: torch writes one for each tensor, of 100 bytes
MAX_DIRECTORY = 1 << 22
MAX_MEMBERS = 20_000
# bytes that what is compressed may come to, and so many times the file's size: weights pack to 0.9
UNPACKED_BYTES = 1 << 26
UNPACKED_RATIO = 16
# integers of a program of torch's: a slice without an end has the largest one
MAX_INT64 = (1 << 63) - 1
# characters of a size that such a program leaves open, and modules within each other
MAX_EXPRESSION = 500
MAX_MODULES_DEEP = 64
# bytes of a safetensors header: a thousand tensors take 100 KB, JSON 25 times its length in memory
MAX_SAFETENSORS_HEADER = 1 << 22
# bytes of an array's header in .npy files of weights, whose arrays have no fields: usually 118
MAX_NPY_HEADER = 4096
# bytes of a header of an .npz of images, which numpy takes apart: its own bound is 10,000
MAX_NPZ_HEADER = 12_000
# opcodes of a file's pickles: 932 tensors take 28,000; at worst they take 3 s and 110 MB
MAX_PICKLE_STEPS = 1_000_000
# bytes of a line in a pickle: a class's module or name
MAX_PICKLE_LINE = 256
# dictionaries and lists within each other, and values in them: an optimizer's lie 4 deep
MAX_PICKLE_DEPTH = 16
MAX_PICKLE_VALUES = 300_000
# bytes of a number in protocol buffers: 64 bits, of which each byte has 7
MAX_VARINT = 10
# fields of a message: a mean image has 7, an ONNX model 8
MAX_FIELDS = 10_000
# bytes of a mean image of Caffe's: one of 256 x 256 has 790 KB
MAX_CAFFE_BLOB = 1 << 28
# opcodes of a foreign pickle that are looked at for its classes, and files of a foreign folder
MAX_OPCODES = 20_000
MAX_FOLDER_FILES = 1000

# Keras's models, from their JSON.

# layers, those of models within models included: NASNetLarge has 1,041
MAX_LAYERS = 5000
# models within models: usually one
MAX_MODELS_DEEP = 8
# calls of a layer, and tensors and constants of a call: the last Concatenate of a DenseNet has 2
MAX_CALLS = 1000
MAX_ARGUMENTS = 1000
# lists within lists: the axes of an array, and some to spare
MAX_LISTS_DEEP = 8
# lists around the tensors that a layer is called with: Concatenate has one
MAX_INPUT_LISTS_DEEP = 2
# channels or units of a layer: VGG's dense layers have 4,096
MAX_CHANNELS = 1 << 16
# channels that layers are joined to: a chain of them can double theirs each time
MAX_JOINED = 1 << 18
# rows or columns of a window, a pad, an input: inputs in use are below 2,000
MAX_EXTENT = 1 << 14
# cells along an axis of a Reshape: flattened maps have up to a million
MAX_RESHAPED = 1 << 31
# magnitude of a number: larger ones overflow float32 as soon as something is multiplied by them
MAX_NUMBER = 1e30
# characters of a formula for a Lambda layer: it is typed
MAX_FORMULA = 1000

# Networks, whoever describes them.

# values of a map: 64 channels of 2,900 x 2,900; a file of a kilobyte can ask for any
MAX_MAP_VALUES = 1 << 29
# values of an input: an image of 4,700 x 4,700
MAX_INPUT_VALUES = 1 << 26
# rows or columns that a Resize makes: for each the weights of all of the input's are kept
MAX_RESIZED = 2048
# cells on a side of a window with both a stride and a dilation: the kernel is kept with its zeros
MAX_SPREAD = 32
# values that are worked out from constants while a file is read: the largest kernels in use
MAX_FOLDED_VALUES = 1 << 24
# values of a constant that is one number everywhere: VGG19's first dense layer has 103 million
MAX_FILLED_VALUES = 1 << 27
# values of all that is worked out so, inputs and outputs: a second's worth
MAX_FOLDED_TOTAL = 1 << 27
# how often, besides, each value of a file's weights: standardised kernels take some 10 steps
MAX_FOLDS_OF_WEIGHTS = 24
# whole numbers that say where or how many: the channels that are taken, in any order
MAX_WHOLE_NUMBERS = 1 << 18
# pieces that a tensor is split into: a layer for each
MAX_PIECES = 1 << 10
# operations that are compared with formulas of norms and activations: five seconds' worth
MAX_RECOGNITION_STEPS = 100_000
# multiply-adds of an image's pass: 260 times VGG16's at 224 x 224; a minute on two cores
MAX_WORK = 4 * 10**12
# layers of a graph: 3 times those of the deepest in use; TensorFlow takes 10 ms for each
MAX_GRAPH_LAYERS = 3000

# Images and their preprocessing.

# pixels of a photo: where Pillow itself speaks of a decompression bomb
MAX_PIXELS = 178_956_970
# bytes that decoding photos side by side takes: 10,000 x 10,000; larger JPEGs are decoded reduced
MAX_DECODING_BYTES = 1_500_000_000
# magnitude of a pixel: beyond are no-data values, sums of squares, damage; of 16 bits 65,535
MAX_PIXEL = 1e7
# pixels on a side that images are scaled to
MAX_IMAGE_SIDE = 1 << 16
# what pixels are divided by: less makes numbers that no network takes; usually 0.2 to 255
MIN_SCALE = 1e-4
# bytes of a list of paths: ten million of a hundred characters
MAX_PATH_LIST = 1 << 30

# Names of classes, in files of labels and within models.

# bytes of a file, or of the text within a model: those of ImageNet's 21,843 classes have 700 KB
MAX_LABELS = 1 << 22
# classes, and characters of a name: what is longer is cut; the longest of ImageNet's have 120
MAX_CLASSES = 1 << 16
MAX_LABEL = 200

# Runs, downloads, and names of pictures.

# images of a run: their numbers are int32
MAX_IMAGES = 1 << 31
# the seed of a sample: what a run's file is read for, of 18 digits
MAX_SEED = 10**18 - 1
# bytes of a download: the largest official file, VGG19 with its dense layers, has 575 million
MAX_DOWNLOAD = 1 << 30
# bytes that an image's and a layer's name take of a picture's: file systems allow 255 in all
MAX_SOURCE_NAME = 95
MAX_SUBJECT_NAME = 85
# the same of a label of images
MAX_LABEL_NAME = 24
