"""What `ocm doctor` reports: one finding for each problem, with the next safe step."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Fix = Callable[[], object]


@dataclass(frozen=True, slots=True)
class Finding:
    """A problem: which check found it, in which host or file, and what to do about it.

    `fix` is there where ocm can fix it safely: it changes only what is ocm's.
    """

    check: str
    message: str
    next_step: str
    host: str = ""
    path: str = ""
    fix: Fix | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the finding as a script reads it."""
        return {
            "check": self.check,
            "host": self.host or None,
            "path": self.path or None,
            "message": self.message,
            "next_step": self.next_step,
            "fixable": self.fix is not None,
        }
