"""What `ocm doctor` reports: one finding for one cause, with the next safe step."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Fix = Callable[[], object]


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as it should be: which check found it, about which host, and what to do.

    `fix` mends it where that is safe: it changes only what is ocm's.
    """

    check: str
    message: str
    next_step: str
    host: str = ""
    path: str = ""
    fix: Fix | None = None

    def as_json(self) -> dict[str, Any]:
        """Return it for a script."""
        return {
            "check": self.check,
            "host": self.host or None,
            "path": self.path or None,
            "message": self.message,
            "next_step": self.next_step,
            "fixable": self.fix is not None,
        }
