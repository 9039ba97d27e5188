"""`python -m tfdeconv`: the installed command."""

from tfdeconv.cli.command import main

if __name__ == "__main__":
    main()
