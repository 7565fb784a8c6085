"""`ocm` and `python -m ocm`: what must be quick is answered before the command line is loaded."""

import sys

from ocm import __version__


def main() -> None:
    """Run the command line."""
    if sys.argv[1:] == ["--version"]:
        print(f"ocm {__version__}")  # noqa: T201 - nothing else is loaded yet
        return
    from ocm import cli

    cli.main()


if __name__ == "__main__":
    main()
