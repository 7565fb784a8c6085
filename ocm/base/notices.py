"""What whoever waits or reads along is told: one line about what was odd, and how far work has come."""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

Notice = Callable[[str], None]
Progress = Callable[[int, int], None]  # so many done, out of so many
_T = TypeVar("_T")


def reported(items: Sequence[_T], progress: Progress | None, *, before: int = 0, of: int = 0) -> Iterator[_T]:
    """Yield `items`, and tell `progress` after each: `before` were done in an earlier part, of `of` in all."""
    for done, item in enumerate(items, before + 1):
        yield item
        if progress:
            progress(done, of or len(items))


def ignore(_: str) -> None:
    """Take a notice that nobody is there to read."""
