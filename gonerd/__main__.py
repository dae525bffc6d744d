"""`python -m gonerd`: the command line, also from a checkout that is not installed."""

from gonerd.cli.main import main

__all__ = ["main"]

if __name__ == "__main__":
    main()
