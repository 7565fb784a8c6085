"""`ocm` and `python -m ocm`: what must be quick is answered before the command line is loaded."""

import sys

from ocm import __version__


def main() -> None:
    """Run the command line."""
    try:
        _run(sys.argv[1:])
    except KeyboardInterrupt:  # while it was still loading; later the exit door has it
        print("ocm: Interrupted; nothing was left half done.", file=sys.stderr)  # noqa: T201 - as below
        sys.exit(130)


def _run(words: list[str]) -> None:
    if words == ["--version"]:
        print(f"ocm {__version__}")  # noqa: T201 - nothing else is loaded yet
        return
    if words and words[0] in {"list", "search"}:
        from ocm import quick

        if quick.main():
            return
    from ocm import cli

    cli.main()


if __name__ == "__main__":
    main()
