"""The gate, as a pure decision: counts and settings in, allow, remind, deny or let go out."""

from ocm.store.journal import Tally

ALLOW, DENY, RELEASE = "allow", "deny", "release"
MAX_DENIALS = 3
_POWERSHELL = frozenset("\\\u2018\u2019\u201a\u201b\u201c\u201d\u201e")  # what PowerShell reads in its own way


def is_shut(counts: Tally, settings: dict[str, int | str]) -> bool:
    """Return whether the gate holds calls back until a checkpoint."""
    return settings["gate.mode"] == "block" and counts.due >= int(settings["gate.threshold"])


def decide(counts: Tally, settings: dict[str, int | str], *, changes: bool) -> str:
    """Return what happens to a call before it runs; `changes` tells whether it can change something.

    After `MAX_DENIALS` denials the gate lets go: a checkpoint tool that cannot be reached must lock nobody out.
    """
    if not is_shut(counts, settings) or not (changes or settings["gate.deny"] == "all"):
        return ALLOW
    return RELEASE if counts.denials >= MAX_DENIALS else DENY


def reminds(counts: Tally, settings: dict[str, int | str]) -> bool:
    """Return whether the result of a call carries a reminder."""
    return settings["gate.mode"] != "off" and counts.due >= int(settings["gate.threshold"])


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
