"""The gate: what it counts in the journals of a session, and, as a pure decision, what happens to a call.

Light, because every hook imports it.
"""

from ocm.store import journal

ALLOW, DENY, RELEASE = "allow", "deny", "release"
MAX_DENIALS = 3
# Denials with nothing between them belong to one step of the assistant: it sent the calls together. One that comes
# later than a model takes to answer is its next step; so is one after more calls than anybody sends at once.
STEP_SECONDS, STEP_CALLS = 1.5, 25
BETWEEN_STEPS = frozenset(("call", "prompt", "ask", "release", "remind", "carry", "stop"))
_POWERSHELL = frozenset("\\\u2018\u2019\u201a\u201b\u201c\u201d\u201e")  # what PowerShell reads in its own way
_EVENT, _CARRY = b'{"e":"', b'{"e":"carry"'
# Lines that say something to the gate; one of another kind is not even parsed.
_COUNTING = frozenset((b"call", b"sub", b"edit", b"prompt", b"ask", b"deny", b"release", b"remind", b"carry", b"stop"))


class Tally:
    """What the gate counts since the last semantic checkpoint.

    `calls` is all calls, `due` those since the gate last let go, `denials` the steps that were held back since it shut.
    `changed` says that something was changed, `fresh` that it was since the last prompt; `reminded` and `told` that the
    reminder and a denial were given, `taught` that a checkpoint of this conversation was stored before: the model knows
    how.
    """

    __slots__ = ("calls", "changed", "denials", "due", "fresh", "reminded", "taught", "told")

    def __init__(self, calls: int = 0, due: int = 0, denials: int = 0, *, changed: bool = False) -> None:
        """Start from the counts that an earlier journal carried over."""
        self.calls = calls
        self.due = due
        self.denials = denials
        self.changed = self.fresh = changed
        self.reminded = self.taught = self.told = False

    def carried(self) -> dict[str, object]:
        """Return what the first lines of the next journal say of this."""
        return {
            "calls": self.calls,
            "due": self.due,
            "denials": self.denials,
            "changed": self.changed or None,
            "reminded": self.reminded or None,
            "taught": self.taught or None,
            "told": self.told or None,
        }


class Steps:
    """Tells which denials belong to one step of the assistant, event after event."""

    __slots__ = ("_at", "_many")

    def __init__(self) -> None:
        """Begin where nothing was denied."""
        self._at = 0.0
        self._many = 0

    def denied(self, when: object) -> bool:
        """Note a denial; return whether it is the first of its step."""
        at = when if isinstance(when, int | float) else 0.0
        same = self._many > 0 and at - self._at < STEP_SECONDS and self._many < STEP_CALLS
        self._many = self._many + 1 if same else 1
        self._at = at
        return not same

    def ended(self) -> None:
        """Note that something came back, or that somebody spoke: what is denied from now on is another step."""
        self._many = 0


class _Counter:
    """Counts line after line, oldest first."""

    def __init__(self, *, changes_only: bool) -> None:
        self.total = Tally()
        self._changes_only = changes_only
        self._known: dict[object, float] = {}
        self._steps = Steps()

    def add(self, line: bytes) -> None:
        kind = line[len(_EVENT) : line.find(b'"', len(_EVENT))] if line.startswith(_EVENT) else b""
        found = journal.parse_line(line) if kind in _COUNTING else None
        if found is None or journal.is_repeated(found, self._known):
            return  # nothing to count, or torn: readers pass over it too
        if kind == b"deny":
            self.total.denials += self._steps.denied(found.get("t"))
            self.total.told = True
        elif kind in {b"sub", b"edit"}:
            self._change(found.get("path"))
        else:
            self._steps.ended()
            self._count(kind, found)

    def _count(self, kind: bytes, found: dict[str, object]) -> None:
        total = self.total
        if kind == b"call":
            self._change(found.get("m") == 1)
            if found.get("m") == 1 or not self._changes_only:
                total.calls += 1
                total.due += 1
        elif kind == b"prompt":
            total.fresh = False
        elif kind == b"remind":
            total.reminded = True
        elif kind == b"release":
            total.due = total.denials = 0
            total.reminded = False
        elif kind == b"carry":
            self._carry(found)

    def _change(self, what: object) -> None:
        if what:
            self.total.changed = self.total.fresh = True

    def _carry(self, found: dict[str, object]) -> None:
        total = self.total
        total.calls += _number(found.get("calls"))
        total.due += _number(found.get("due"))
        total.denials += _number(found.get("denials"))
        total.changed = total.changed or bool(found.get("changed"))
        total.reminded = total.reminded or bool(found.get("reminded"))
        total.taught = total.taught or bool(found.get("taught"))
        total.told = total.told or bool(found.get("told"))


def tally(store: str, session_id: str, *, changes_only: bool = False) -> Tally:
    """Count what the journals of a session hold; `changes_only` leaves calls out that can change nothing."""
    return count(journal.every(store, session_id), changes_only=changes_only)


def count(journals: list[tuple[str, bytes]], *, changes_only: bool = False) -> Tally:
    """Count `journals`, oldest first, each with its take-over id; one that a carry line stands for is left out."""
    carried = _carried(journals)
    counter = _Counter(changes_only=changes_only)
    for take, data in journals:
        if not take or take not in carried:
            for line in data.split(b"\n"):
                counter.add(line)
    return counter.total


def _carried(journals: list[tuple[str, bytes]]) -> set[str]:
    taken: set[str] = set()
    for _, data in journals:
        if _CARRY in data:
            for line in data.split(b"\n"):
                found = journal.parse_line(line) if line.startswith(_CARRY) else None
                takes = found.get("takes") if found else None
                taken.update(take for take in (takes if isinstance(takes, list) else ()) if isinstance(take, str))
    return taken


def _number(value: object) -> int:
    return value if isinstance(value, int) and value > 0 else 0


def is_shut(counts: Tally, settings: dict[str, int | str]) -> bool:
    """Return whether the gate holds calls back until a checkpoint: one is due, and there is something to save."""
    is_due = settings["gate.mode"] == "block" and counts.due >= int(settings["gate.threshold"])
    return is_due and (counts.changed or settings["gate.shut"] == "count")


def decide(counts: Tally, settings: dict[str, int | str], *, changes: bool) -> str:
    """Return what happens to a call before it runs; `changes` tells whether it can change something.

    After `MAX_DENIALS` denials the gate lets go: a checkpoint tool that cannot be reached must lock nobody out.
    """
    if not is_shut(counts, settings) or not (changes or settings["gate.deny"] == "all"):
        return ALLOW
    return RELEASE if counts.denials >= MAX_DENIALS else DENY


def reminds(counts: Tally, settings: dict[str, int | str]) -> bool:
    """Return whether the result of a call carries a reminder: once, until a checkpoint or until the gate lets go."""
    return settings["gate.mode"] != "off" and counts.due >= int(settings["gate.threshold"]) and not counts.reminded


def is_checkpoint_command(command: str, *, posix: bool = True) -> bool:
    """Return whether a shell command is one simple `ocm checkpoint ...` and nothing else.

    Whatever a shell could read as a second command, a substitution or a redirection makes it something else. Without
    `posix` a backslash protects nothing and typographic quotes are quotes, so neither may be there.
    """
    if not posix and not _POWERSHELL.isdisjoint(command):
        return False
    quote = before = ""
    skip = goes_on = False
    command = command.replace("\t", " ").strip(" \n")
    for character in command:
        if skip:
            skip = False
        elif quote == "'":
            goes_on |= character == "'" and before == "\\"  # to fish that quote is one of the text
            quote = "" if character == "'" else quote
        elif character == "\\":
            skip = True
        elif character in "`$":
            return False
        elif quote:
            quote = "" if character == quote else quote
        elif character in "'\"":
            quote = character
        elif character in ";&|<>()\n\r":
            return False
        before = character
    words = [word for word in command.split(" ") if word]
    return not (quote or skip or goes_on) and words[:2] == ["ocm", "checkpoint"]
