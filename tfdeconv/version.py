"""The version of this program, and of the libraries that its results depend on."""

__version__ = "0.1.0"


def library_versions() -> str:
    """The libraries' versions as files and pictures state them: `tensorflow 2.21.0, numpy ...`.

    Asks the modules and not the installed packages, which have other names in some installations
    (tensorflow-cpu).
    """
    # setuptools reads this module: it must not load anything by itself
    from importlib import import_module

    modules = {"tensorflow": "tensorflow", "numpy": "numpy", "pillow": "PIL", "h5py": "h5py"}
    versions = []
    for name, module in modules.items():
        versions.append(f"{name} {import_module(module).__version__}")
    return ", ".join(versions)
