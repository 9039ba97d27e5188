"""Bytes that nobody vouches for -> names and lazy arrays.

Knows no network and no TensorFlow; may import h5py and protobuf. Whatever is in a file, a reader
here raises a UserError of one line, in little time and memory, or reads it.

    hdf5           what an HDF5 file holds, as plain objects
    hdf5_process   reads one in a second process, hdf5_server is that process, hdf5_survey its work
    hdf5_chunks    what it takes to read rows of what is stored in chunks
    reading_process, reading_server    what such a process and the one that asks it are made of
    hdf5_write     this program's own HDF5 files
    pickled        torch's and numpy's files: torch_file, npy_file, and unpickler
    unpickler      reads a pickle and runs nothing of it: byte_reader, pickle_values
    exported_archive    torch.export's files (.pt2); exported_program, exported_argument
    safetensors    .safetensors files
    onnx/          ONNX's models
    graph_def/     TensorFlow's graphs, frozen ones and those of SavedModels
    tflite/        TensorFlow Lite's models, of flatbuffer's tables
    protobuf, protobuf_schema    messages of protocol buffers: outermost fields; by a table of them
    file_bytes, stored_array    a file read where it lies; an array of it, row by row
    npz_arrays     the arrays of an .npz of images
    lazy_tensor    what these readers give: a tensor that is read when asked for
    zip_archive, tar_archive    the members of a zip, and of a tar
    purposes       what a file is given as
    checked_json   values of JSON
"""
