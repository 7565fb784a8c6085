"""`ocm` and `python -m ocm`: what must be quick is answered before the command line is loaded."""

import gc
import os
import sys

from ocm import __version__


def main() -> None:
    """Run the command line."""
    try:
        _run(sys.argv[1:])
    except KeyboardInterrupt:  # while it was still loading; later the exit door has it
        print("ocm: Interrupted; nothing was left half done.", file=sys.stderr)  # noqa: T201 - as below
        sys.exit(130)
    except BrokenPipeError:  # of the version; what else is printed goes through the exit door
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)


def _run(words: list[str]) -> None:
    if words == ["--version"]:
        print(f"ocm {__version__}", flush=True)  # noqa: T201 - nothing else is loaded yet
        return
    if words and words[0] in {"list", "search", "status"}:
        gc.disable()  # of what these load it would find nothing to collect, again and again
        from ocm.cli import fast_path

        if fast_path.main():
            return
        gc.enable()
    from ocm.cli import main

    main.main()


if __name__ == "__main__":
    main()
