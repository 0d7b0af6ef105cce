"""Lets `python -m hubbub` be the `hubbub` command."""

from hubbub.app.cli import main

if __name__ == "__main__":
    main()
