"""Entry point of the `streamkit` command: says what to install where the `cli` extra is missing."""

import sys

__all__ = ["main"]

CANCELLED = 130
"""Exit code of a command that was interrupted; the table of them all would have to be imported first."""


def main() -> None:
    """Run the command line; the process ends with the exit code that `streamkit --help` documents."""
    try:
        _run()
    except KeyboardInterrupt:  # most of the start is imports, where no command can catch it
        sys.exit(CANCELLED)


def _run() -> None:
    try:
        from streamkit.cli.app import app  # noqa: PLC0415 - the extra may be missing, and that must be said kindly
    except ModuleNotFoundError as missing:
        if missing.name is None or missing.name.split(".")[0] not in ("cyclopts", "rich"):
            raise
        sys.stderr.write("the streamkit command needs its extra: pip install 'streamkit-llm[cli]'\n")
        sys.exit(2)
    app.meta()


if __name__ == "__main__":
    main()
