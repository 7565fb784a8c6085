"""`ocm list`, `search` and `status` as they are mostly typed, answered without loading the command line's library.

Whatever is not plainly one of the options below, a wrong value or a plea for help included, is left to the command
line itself, which says what is wrong with it. A test holds the two to the same options and the same answers.
"""

from typing import TYPE_CHECKING, Any

from ocm.cli import quick_commands
from ocm.ui import output

if TYPE_CHECKING:
    from collections.abc import Callable

FLAG, NUMBER, TEXT = "flag", "number", "text"
_SHARED = {"--project": ("project", TEXT), "--json": ("as_json", FLAG)}
_LISTED = {"--tool": ("tool", TEXT), "-n": ("limit", NUMBER), "--limit": ("limit", NUMBER)}
OPTIONS: dict[str, dict[str, tuple[str, str]]] = {
    "list": {**_SHARED, **_LISTED, "--all": ("everything", FLAG)},
    "search": {
        **_SHARED,
        **_LISTED,
        **{f"--{name}": (name, TEXT) for name in ("status", "branch", "since", "until", "tag")},
        "--file": ("path", TEXT),
        "--archived": ("archived", FLAG),
        "--all-projects": ("all_projects", FLAG),
        "--transcripts": ("transcripts", FLAG),
    },
    "status": _SHARED,
}
DEFAULT_LIMITS = {"list": 10, "search": 5}
MOST_HITS = 50
_LONGEST_NUMBER = 7


def ran(words: list[str]) -> bool:
    """Carry a command line out; False when it is none of these, and nothing was done."""
    given = parsed(words)
    if given is None or given.pop("transcripts", False):  # which loads so much that it is quick no more
        return False
    commands: dict[str, Callable[..., None]] = {
        "list": quick_commands.list_sessions,
        "search": quick_commands.search,
        "status": quick_commands.status,
    }
    commands[words[0]](**given)
    return True


def parsed(words: list[str]) -> dict[str, Any] | None:
    """Return what a command line gives its command, or None when it is not for this module to say."""
    command = words[0] if words else ""
    if command not in OPTIONS:
        return None
    found = _taken_apart(OPTIONS[command], words[1:])
    if found is None:
        return None
    given, query = found
    known = OPTIONS[command].values()
    defaults = {FLAG: False, TEXT: None, NUMBER: DEFAULT_LIMITS.get(command)}
    given = {**{name: defaults[kind] for name, kind in known}, **given}
    if command != "search":
        return None if query else given
    return {**given, "query": tuple(query)} if query and 1 <= given["limit"] <= MOST_HITS else None


def _taken_apart(options: dict[str, tuple[str, str]], words: list[str]) -> tuple[dict[str, Any], list[str]] | None:
    """Return the options of a command line and the rest of it."""
    given: dict[str, Any] = {}
    rest: list[str] = []
    left = iter(words)
    for word in left:
        if not word.startswith("-") or word == "-":
            rest.append(word)
            continue
        option, _, text = word.partition("=") if word.startswith("--") else (word, "", "")
        name, kind = options.get(option, ("", ""))
        value = True if kind == FLAG and word == option else _value(kind, text if "=" in word else next(left, None))
        if value is None:
            return None
        given[name] = value
    return given, rest


def _value(kind: str, text: str | None) -> str | int | None:
    if kind == TEXT or text is None:
        return text
    digits = text.removeprefix("-")
    return (
        int(text)
        if digits.isascii() and digits.isdigit() and len(digits) <= _LONGEST_NUMBER and kind == NUMBER
        else None
    )


def main() -> bool:
    """Carry the command line out behind the exit door; False when it is for another to do."""
    output.prepare()
    with output.exit_door():
        return ran(output.arguments())
