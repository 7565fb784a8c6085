"""Which commands in a host's hooks are ocm's: known by the program and its arguments, wherever the program lies."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ocm.hosts.config.targets import Owns

# What openCodeMemory 0.2 wrote: bare commands, and a line of shell that echoed the session id. The last is ocm 0.1.0's.
_FORMER = (
    re.compile(
        r"ocm-hook (?:session-start|pre-tool-use|post-tool-use|file-edited|session-end)"
        r"(?: --(?:tool|threshold) [\w-]+)*"
    ),
    re.compile(
        r'(?:SESSION_ID="\$\{CLAUDE_SESSION_ID:-\}"; )?'
        r'echo ["\']\{\\?"additionalContext\\?": ?\\?"openCodeMemory session_id: [^\n;|&<>`]*\}["\']'
    ),
    re.compile(r"if command -v ocm-hook >/dev/null 2>&1; then exec ocm-hook [a-z-]+ --tool claude-code; fi"),
)
_GUARDS = ("command -v ocm-hook", "where /q ocm-hook", "Get-Command ocm-hook")
EVENTS = (
    *("session-start", "user-prompt", "pre-tool-use", "post-tool-use"),
    *("file-edited", "pre-compact", "stop", "session-end"),
)
_FILE = r"ocm-hook(?:\.(?:exe|cmd|bat))?"
# The program with its folder, in quotes or without: `$HOME` and `~` are folders too.
_WITH_FOLDER = re.compile(
    rf""""[^"\n;|&<>`()]*[/\\]{_FILE}"|'[^'\n]*[/\\]{_FILE}'|[^\s"';|&<>()`]*[/\\]{_FILE}(?![\w.-])""", re.IGNORECASE
)
_SETTINGS = re.compile(r"(?:(?:env )?(?:[A-Za-z_]\w*=(?:\"[^\"$`]*\"|'[^']*'|[^\s\"'$`;|&<>()]*) )+)(?=ocm-hook )")
# One call of the program as a person writes it: any options, and nothing else but that it must not fail.
_BY_HAND = re.compile(
    rf"(?:exec )?ocm-hook (?:{'|'.join(EVENTS)})(?: --[a-z-]+(?:[ =][\w.-]+)?)*"
    r"(?: [12]?>(?:&[12]|/dev/null|NUL))*(?: \|\| (?::|true|exit 0|echo '\{\}'))?(?:; exit 0)?"
)
_CALLS = re.compile(rf"(?<![\w.-])ocm-hook ({'|'.join(EVENTS)})(?![\w-])")
_OPTION = r"(?: --threshold \d+)?"
_STOP = re.compile(r"(?<= stop)( --quiet)?(?![\w-])")


def plain(command: str) -> str:
    """Return a command line with the bare name of the program in it, and without variables set for it alone."""
    return _SETTINGS.sub("", _WITH_FOLDER.sub("ocm-hook", command.strip()))


def forms(shipped: Iterable[str], host: str) -> tuple[re.Pattern[str], ...]:
    """Return what the commands that ocm ships look like; a person may have added a threshold to one."""
    tool = re.escape(f"--tool {host}")
    written = (re.escape(text).replace(tool, tool + _OPTION) for text in sorted(set(shipped)))
    return tuple(re.compile(form) for form in written)


def owner(patterns: Sequence[re.Pattern[str]]) -> Owns:
    """Return the test whether a handler is one that ocm, or the reference system, writes, or a person's form of it."""

    def owns(handler: object) -> bool:
        texts = list(_command_lines(handler)) if isinstance(handler, dict) and "hooks" not in handler else []
        return any(_is_own(text, patterns) for text in texts)

    return owns


def is_former(handler: object) -> bool:
    """Return whether a handler's command is the reference system's or 0.1.0's, so that today's takes its place."""
    return any(pattern.fullmatch(text) for text in strings(handler) for pattern in _FORMER)


def is_guarded(handler: Mapping[str, Any]) -> bool:
    """Return whether a handler looks for the program first, and does nothing where it is not."""
    calls = [plain(text) for text in strings(handler) if "ocm-hook " in text]
    return bool(calls) and all(any(guard in text for guard in _GUARDS) for text in calls)


def called(handler: Mapping[str, Any]) -> tuple[str, ...]:
    """Return which events of ocm a handler of ocm's tells of."""
    told = handler.get("input")
    if isinstance(told, dict):
        return (str(told.get("event")),)
    return tuple(sorted({found[1] for text in _command_lines(handler) for found in _CALLS.finditer(plain(text))}))


def as_quiet_as(wanted: Mapping[str, Any], present: Mapping[str, Any]) -> dict[str, str]:
    """Return the texts of a handler that is there, changed to ask for a checkpoint at a turn's end or not, as wanted.

    That is what the profiles differ in; whatever else a person changed in the command stays.
    """
    texts = {name: value for name, value in present.items() if isinstance(value, str) and "ocm-hook" in value}
    flag = " --quiet" if any(" stop --quiet" in text for text in strings(wanted)) else ""
    changed = {name: _STOP.sub(flag, text) for name, text in texts.items()}
    return {name: text for name, text in changed.items() if text != texts[name]}


def strings(value: object) -> Iterator[str]:
    """Return every text that `value` is or holds."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from strings(inner)


def events_in(text: str) -> list[str]:
    """Return which events a text names."""
    return [event for event in EVENTS if re.search(rf"(?<![\w-]){event}(?![\w-])", text)]


def _is_own(text: str, patterns: Sequence[re.Pattern[str]]) -> bool:
    bare = plain(text)
    return bool(_BY_HAND.fullmatch(bare)) or any(form.fullmatch(bare) for form in (*patterns, *_FORMER))


def _command_lines(handler: object) -> Iterator[str]:
    """Return the texts of a handler, and as one line the program and the arguments that it may have apart."""
    yield from strings(handler)
    arguments = handler.get("args") if isinstance(handler, dict) else None
    if isinstance(arguments, list) and isinstance(handler, dict):
        yield " ".join([str(handler.get("command", "")), *map(str, arguments)])
