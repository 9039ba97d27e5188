"""What the scripts and the installed command do: a module for each, and what they share.

A command line becomes a request (options that fit together, frozen), and a function does what it
asks for. May import every other package; numpy, TensorFlow, h5py and PIL only inside functions, so
that --help and mistakes are answered at once.
"""
