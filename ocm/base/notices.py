"""Telling how far work has come: whoever may have to wait is told after each item, out of how many."""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

Progress = Callable[[int, int], None]
_T = TypeVar("_T")


def told(items: Sequence[_T], progress: Progress | None, *, before: int = 0, of: int = 0) -> Iterator[_T]:
    """Yield `items`, and tell `progress` after each: `before` were done in an earlier part, of `of` in all."""
    for done, item in enumerate(items, before + 1):
        yield item
        if progress:
            progress(done, of or len(items))
