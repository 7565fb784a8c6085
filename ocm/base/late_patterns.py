"""Patterns that are compiled when they are first asked: of a hundred rules a text without their signs needs none."""

import re
from typing import cast


class _Late:
    """What stands for a pattern until it is asked something."""

    def __init__(self, text: str, flags: int) -> None:
        self._text, self._flags = text, flags

    def __getattr__(self, name: str) -> object:
        if name == "_made":
            self._made = re.compile(self._text, self._flags)
            return self._made
        found = getattr(self._made, name)
        setattr(self, name, found)  # from now on it is found without this detour
        return found


def late(text: str, flags: int = 0) -> re.Pattern[str]:
    """Return a pattern that is compiled when it is first used, and that is one in all else."""
    return cast("re.Pattern[str]", _Late(text, flags))
