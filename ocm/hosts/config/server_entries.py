"""Which entries among MCP servers are ocm's, and what of one ocm may change: what a person wrote into it stays."""

import re
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

Entry = Mapping[str, object]

_PROGRAM = re.compile(r"(?:.*[/\\])?ocm(?:\.(?:exe|cmd|bat|ps1))?", re.IGNORECASE)
_WRITTEN = (["serve"],)  # arguments that ocm has written itself, and may exchange for those that it writes now
# Without these a host takes for granted what ocm writes: that it is a program, and that it is on.
_IMPLIED = frozenset({"type", "enabled"})
_OF_REFERENCE = frozenset({"url", "type", "headers", "transport"})  # what only an address needs
# What a client adds to an entry, and what goes without saying.
_IDLE = (("type", "stdio"), ("type", "local"), ("enabled", True), ("disabled", False))
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


def owns_server(entry: object) -> bool:
    """Return whether an MCP entry under ocm's name is ocm's, or the loopback address the reference system wrote."""
    return isinstance(entry, dict) and (runs_server(entry) or _is_reference(entry))


def runs_server(entry: Entry) -> bool:
    """Return whether an MCP entry starts `ocm serve`, from wherever and by whichever launcher."""
    words = list(_words(entry))
    at = next((n for n, word in enumerate(words) if _PROGRAM.fullmatch(word)), len(words))
    return "serve" in words[at + 1 :]


def changes(present: Entry, entry: Entry) -> dict[str, object]:
    """Return which keys ocm has to write into one of its entries: those it lacks, and arguments of an older ocm."""
    found = {name: value for name, value in entry.items() if name not in present and name not in _IMPLIED}
    if "args" in entry and present.get("command") == entry["command"] and present.get("args") in _WRITTEN:
        found |= {"args": entry["args"]} if present["args"] != entry["args"] else {}
    if isinstance(present.get("command"), list):
        found.pop("args", None)  # everything is in the command already
    return found


def is_written(present: Entry, entry: Entry) -> bool:
    """Return whether an entry holds nothing but what ocm, now or before, or the reference system wrote into it."""
    if not runs_server(present):
        return _OF_REFERENCE.issuperset(present)
    return all(
        value == entry.get(name)
        or value in ([], {})
        or (name, value) in _IDLE
        or (name == "args" and value in _WRITTEN)
        for name, value in present.items()
    )


def replaced(present: Entry, entry: Entry) -> dict[str, object]:
    """Return the entry that takes the place of the reference system's, with what a person added to that."""
    return {**entry, **{name: value for name, value in present.items() if name not in {*_OF_REFERENCE, *entry}}}


def _words(entry: Entry) -> Iterator[str]:
    """Return the words of the command line that an entry starts; one that a shell is given is split too."""
    for held in (entry.get("command"), entry.get("args")):
        for part in held if isinstance(held, list) else [held]:
            if isinstance(part, str):
                yield part
                if " " in part:
                    yield from part.split()


def _is_reference(entry: Entry) -> bool:
    try:
        host = urlsplit(str(entry.get("url", ""))).hostname
    except ValueError:
        return False
    return "command" not in entry and host in _LOOPBACK
