"""The made parts of the pages: `python -m tests.pages [--write]`.

Names the pages of which a part is out of date, and exits 1 if there is one; with `--write` it makes them anew.
"""

from __future__ import annotations

import functools
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from tests.pages import blocks, made
from tests.pages.world import World

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def current(page: str, make: Callable[[str], str], run: Callable[[str], str]) -> str:
    """Return a page as it should be: its made parts, and the outputs of its commands."""
    return blocks.with_sessions(blocks.with_made(blocks.text(page), make), run)


def main(arguments: Sequence[str]) -> int:
    """Look at every page, or write it."""
    with tempfile.TemporaryDirectory(prefix="ocm-pages-") as name:
        world = World(Path(name))
        make = functools.cache(lambda part: made.MAKERS[part]())
        wanted = {page: current(page, make, world.run) for page in blocks.PAGES}
    stale = [page for page, text in wanted.items() if text != blocks.text(page)]
    for page in stale:
        if "--write" in arguments:
            (blocks.ROOT / page).write_text(wanted[page], encoding="utf-8")
        print(f"{page} is {'written' if '--write' in arguments else 'out of date: python -m tests.pages --write'}")
    return int(bool(stale) and "--write" not in arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
