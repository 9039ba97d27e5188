"""`python -m tfdeconv`: the installed command."""

from .cli.command import main

if __name__ == "__main__":
    main()
