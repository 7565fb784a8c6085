"""The errors a user or a model can meet: what is wrong, and the next safe step.

No message holds a complete destructive command, because an agent would paste it.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

_NEAR = 0.6  # of 1, which is the same word


class OcmError(Exception):
    """Something could not be done; `str()` gives one line with the next safe step."""

    exit_code = 1

    def __init__(self, message: str, next_step: str = "") -> None:
        """Keep `message` (what is wrong) and `next_step` (what to do now) apart."""
        super().__init__(message, next_step)
        self.message = message
        self.next_step = next_step

    def __str__(self) -> str:
        """Return both parts as one line."""
        return f"{self.message} {self.next_step}".strip()


class BadInputError(OcmError):
    """An argument is wrong; the message names it and what is accepted."""

    exit_code = 2


def suggestion(word: str, known: "Iterable[str]") -> str:
    """Return a question after the nearest of what is `known`, with a space behind it; empty when nothing is near."""
    from difflib import get_close_matches  # only ever needed by who mistyped

    names = {name.lower(): name for name in known}
    near = get_close_matches(word.lower(), names, 1, _NEAR)
    return f"Did you mean {names[near[0]]!r}? " if near and names[near[0]] != word else ""


class NoStoreError(OcmError):
    """No store was found for a directory."""


class NotFoundError(OcmError):
    """No session, or more than one, answers to what was asked for."""


class UnreadableSessionError(OcmError):
    """A session file cannot be parsed; it is named with its line and left untouched."""

    def __init__(self, why: str, *, path: str = "", line: int = 1) -> None:
        """Say `why`, and where once the path is known."""
        where = f"{path}, line {line}" if path else f"line {line}"
        super().__init__(
            f"The session file cannot be read ({where}): {why}.",
            "Correct that line in an editor; nothing was changed and the journal is kept.",
        )
        self.why = why
        self.path = path
        self.line = line
