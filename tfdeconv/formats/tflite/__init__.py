"""TensorFlow Lite's models: a FlatBuffer, whose tables are checked and read in this process.

schema    the numbers of what is read: types, operators and their options
model     what a model is here
reader    from a file to a model
associated_files  the names of classes in the zip behind it
"""
