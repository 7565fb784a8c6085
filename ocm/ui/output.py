"""What a person or a script sees: lists, JSON, notices, and the one exit door that turns errors into text and codes."""

import contextlib
import json
import os
import re
import sqlite3
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any

from ocm.base import sanitize
from ocm.base.errors import OcmError

Row = Mapping[str, Any]  # what `ocm.base.rows` describes, or a part of it
INTERRUPTED = 130
_MAX_ENDED = 3  # items of a hit that are named where they no longer hold
_REPEAT_AFTER = 0.01  # seconds until an interrupt that was dropped comes again
_EVERY, _LINE = 0.1, 60  # seconds between two looks at how far work has come; cells of that line
# What JSON leaves as it is and a terminal would obey or hide: written as the escapes that mean the same.
_UNSAFE = re.compile("[\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\U000e0000-\U000e0fff]")

# What ocm itself writes, and what stands for it where there is only ASCII.
_PLAIN = str.maketrans({
    "·": "-", "…": "...", "→": "->", "•": "*", "✓": "x", "☐": "o", "─": "-", "—": "-", "█": "#",
    **dict(zip("▁▂▃▄▅▆▇░▒▓", "._-=+*%.:+", strict=True)),
})  # fmt: skip


def prepare() -> None:
    """Let no locale stand in the way of printing, where what cannot be shown is escaped, and no interrupt be lost."""
    sys.excepthook = last_resort
    sys.unraisablehook = _repeat_interrupt
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError):
            stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]


def arguments() -> list[str]:
    """Return the arguments as they were typed, whatever the locale made of them."""
    return [os.fsencode(argument).decode("utf-8", "surrogateescape") for argument in sys.argv[1:]]


@contextlib.contextmanager
def exit_door() -> Iterator[None]:
    """Turn whatever ends a command into one line on stderr and an exit code."""
    try:
        with _printed():
            yield
    except OcmError as error:
        leave(str(error), error.exit_code)
    except KeyboardInterrupt:
        leave("Interrupted; nothing was left half done.", INTERRUPTED)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), (sys.__stdout__ or sys.stdout).fileno())
        sys.exit(1)
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        leave(f"{error.strerror or error}{where}. Check that the path exists and that you may write to it.", 1)
    except sqlite3.Error as error:
        leave(
            f"The cache cannot be used: {error}. Delete memory.db in the store; it is rebuilt from the session files.",
            1,
        )


@contextlib.contextmanager
def _printed() -> Iterator[None]:
    """Print what is still to be printed, where nothing else went wrong: at the end of the process nobody would hear."""
    try:
        yield
    except SystemExit:
        _flush()
        raise
    _flush()


def last_resort(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Show a bug as one line, or with `OCM_DEBUG=1` whole."""
    if os.environ.get("OCM_DEBUG"):
        sys.__excepthook__(kind, error, trace)
    else:
        notice(f"This is a bug in ocm: {kind.__name__}: {error}. Set OCM_DEBUG=1 to see where, and please report it.")


def _repeat_interrupt(lost: "sys.UnraisableHookArgs") -> None:
    """Interrupt once more when ^C fell into a finalizer or a callback, where Python would drop it and go on."""
    if issubclass(lost.exc_type, KeyboardInterrupt):
        import _thread
        import threading

        with contextlib.suppress(RuntimeError):  # no thread begins any more at the end of the process
            threading.Timer(_REPEAT_AFTER, _thread.interrupt_main).start()
    else:
        sys.__unraisablehook__(lost)


def _flush() -> None:
    if sys.stdout:  # there is none when it was closed before we began
        sys.stdout.flush()


def leave(message: str, code: int) -> None:
    """End the program with one line on stderr."""
    notice(message)
    sys.exit(code)


def notice(message: str) -> None:
    """Say one line beside the output."""
    _flush()  # what was said before it comes first
    print(f"ocm: {' '.join(safe(message).split())}", file=sys.stderr, flush=True)  # noqa: T201 - this is where it is said


def say(text: str = "") -> None:
    """Print one line for a person, without anything that a terminal would obey."""
    write(safe(text))


def write(text: str) -> None:
    """Print one line, with ASCII in place of what is only there for its looks where stdout has no more."""
    print(shown(text))  # noqa: T201 - the one place


def shown(text: str) -> str:
    """Return a text as stdout can show it."""
    return text if text.isascii() or is_unicode() else text.translate(_PLAIN)


def is_unicode() -> bool:
    """Return whether stdout can show any character."""
    return (getattr(sys.stdout, "encoding", "") or "ascii").lower().replace("-", "").startswith("utf")


def safe(text: str) -> str:
    """Return `text` without escape sequences, control and invisible characters."""
    return sanitize.clean(text)


def as_json(value: object) -> None:
    """Print `value` as JSON, in whatever encoding stdout has."""
    text = json.dumps(value, indent=2, ensure_ascii=not is_unicode())
    write(_UNSAFE.sub(lambda match: json.dumps(match[0])[1:-1], text))


class Progress:
    """How far work has come, on stderr: shown to a person, and only once it has taken a second."""

    def __init__(self) -> None:
        """Start the clock."""
        self._start = time.monotonic()
        self._last = 0.0
        self._shown = False
        self._width = _LINE
        with contextlib.suppress(OSError, ValueError):
            self._width = min(_LINE, (os.get_terminal_size(sys.stderr.fileno()).columns or _LINE + 1) - 1)

    def __call__(self, done: int, of: int) -> None:
        """Show `done` of `of`, the rate, and how long it will go on; the last one ends the line."""
        seconds = time.monotonic() - self._start
        if seconds > 1 and (done >= of or seconds - self._last > _EVERY):
            self._last, self._shown = seconds, True
            left = f", {max(of - done, 0) * seconds / max(done, 1):.0f} s left" if done < of else ""
            line = f"{done} of {of} ({done / seconds:.0f} a second{left})"
            print(f"\r{line[: self._width]:<{self._width}}", file=sys.stderr, end="", flush=True)  # noqa: T201
        if self._shown and done >= of:
            print(file=sys.stderr, flush=True)  # noqa: T201
            self._shown = False


def progress(*, as_json: bool = False) -> Progress | None:
    """Return what shows a person how far work has come; None where nobody looks, or a script reads."""
    return Progress() if not as_json and sys.stderr.isatty() else None


def is_watched() -> bool:
    """Return whether a person is there to answer a question."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def sessions(rows: Sequence[Row]) -> None:
    """Print sessions as a list, one or two lines each; ids are never cut."""
    for row in rows:
        branch = f" · {row['branch']}" if row["branch"] else ""
        say(f"{day(row['date'])}  {row['tool']}{branch} · {row['status']}  {row['session_id']}")
        say(f"    {' · '.join(part for part in (row['title'] or row['goal'], standing_of(row)) if part)}")


def hits(rows: Sequence[Row]) -> None:
    """Print search hits: what was found, why it matched, and where to read it."""
    for row in rows:
        say(f"{row['rank']}. {row['title'] or row['goal']}")
        parts = [day(row["date"]), row["tool"], row["status"], row["session_id"], freshness_of(row), standing_of(row)]
        say(f"    {' · '.join(part for part in parts if part)}")
        if row["snippet"]:
            say(f"    {row['snippet']}")
        for one in row.get("ended", ())[:_MAX_ENDED]:
            say(f"    [ended: {one['item']} - by: {one['by']}]")
        if row["top_files"]:
            say(f"    {', '.join(row['top_files'])}")


def said(rows: Sequence[Row]) -> None:
    """Print what was said: the passage that matched, by whom and when, what stands around it, and where to read on."""
    for row in rows:
        say(f"{row['rank']}. {row['snippet']}")
        parts = [row["role"], day(row["date"]), row["tool"], row["project"], row["session_id"]]
        say(f"    {' · '.join(part for part in parts if part)}")
        for name in ("before", "after"):
            if row[name]:
                say(f"    {name}: {row[name]}")
        say(f"    {row['file']}:{row['position']}")
        if row["markdown_path"]:
            say(f"    {row['markdown_path']}")


def conversation(found: Row) -> None:
    """Print what was said in one conversation, each text below who said it, when, and where in the file it stands."""
    parts = (day(found["date"]), found["tool"], found["project"], found["session_id"])
    say(" · ".join(part for part in parts if part))
    say(found["file"])
    for one in found["said"]:
        say()
        say(" · ".join(part for part in (one["role"], day(one["date"]), one["position"]) if part))
        for line in one["text"].split("\n"):
            say(f"    {line}".rstrip())
    if found["left_out"]:
        say()
        say(f"({found['left_out']} more before and after)")


def standing_of(row: Row) -> str:
    """Say what became of a session's work, where a person should know it."""
    from ocm.provenance.summary import standing_text

    return standing_text(row)


def freshness_of(row: Row) -> str:
    """Say how far a record still holds, as far as that is known."""
    from ocm.provenance.summary import freshness_text

    return freshness_text(row["freshness"], row["commits_since"])


def timeline(entries: Sequence[Row]) -> None:
    """Print what was done when, oldest first."""
    for entry in entries:
        if "checkpoints" not in entry:
            _commit(entry)
            continue
        parts = [entry["tool"], entry["branch"], entry["status"], entry["session_id"], freshness_of(entry)]
        say(f"{'>' if entry.get('is_anchor') else ' '} {day(entry['date'])}  {entry['title']}")
        say(f"    {' · '.join(part for part in parts if part)}")
        for change in entry.get("changes", []):
            say(
                f"    {change['path']} {change['change_type']}"
                + (f", {change['state']} since" if change["state"] else "")
            )
        for done in entry["checkpoints"]:
            about = [done[name] for name in ("commit", "trigger") if name in done]
            say(f"    {' · '.join([_minute(done['at']), *about])}")
            for item in done["items"]:
                say(f"      - {item}")


def _minute(heading: str) -> str:
    """Return the time that a heading says as every other one is shown; a heading in words stays."""
    from ocm.base import times

    found = heading.replace(" ", "T", 1)
    return day(found) if times.moment(found) else heading


def _commit(entry: Row) -> None:
    """Print a commit among sessions."""
    say(f"  {day(entry['date'])}  {entry['title']}")
    say(f"    commit {' · '.join([entry['commit'][:9], entry['author'], *entry['sessions']])}")


def without_facts(lines: Sequence[str]) -> Iterator[str]:
    """Yield the lines of a session file that a person reads: all but those of the block that only machines need."""
    is_fact = False
    for line in lines:
        is_fact = is_fact or line.startswith("```ocm")
        if not is_fact:
            yield line
        elif line.rstrip("\r") == "```":
            is_fact = False


def excerpt(found: Row, sections: list[str]) -> None:
    """Print parts of a session under the checkpoint's names, then what was cut."""
    say(f"{found['title']}  ({found['session_id']})")
    say(
        "    "
        + " · ".join(part for part in (day(found["date"]), found["tool"], found["status"], freshness_of(found)) if part)
    )
    for section in sections:
        value = found[section]
        items = value if isinstance(value, list) else [value]
        for n, item in enumerate(item for item in items if item):
            if not n:
                say(f"{section}:")
            words = " ".join(str(part) for part in item.values() if part) if isinstance(item, dict) else item
            say("  - " + words.replace("\n", "\n    "))
    for line in found["cut"]:
        say(f"(cut) {line}")


def day(date: str | None) -> str:
    """Return the part of an ISO time that a list shows."""
    from ocm.base import times

    return times.on_the_wall(date or "")


def sizes(found: Row) -> list[str]:
    """Return how much each part of a store takes, in words."""
    return [_size(name, size, found["bounds"].get(name)) for name, size in found["sizes"].items()]


def _size(name: str, size: int, bound: int | None) -> str:
    return f"{name} {size / 1024:.0f} kB" + (f" (at most {bound // 1024})" if bound else "")


def status(found: Row) -> None:
    """Print where things stand."""
    say(f"store     {found['store']} ({found['scope']})")
    say(f"project   {found['project_root']}")
    say(f"sessions  {found['sessions']}")
    say("size      " + ", ".join(sizes(found)))
    for one in found["active"]:
        gate = "shut" if one["gate_shut"] else "open"
        say(f"active    {one['session_id']}  {one['calls']} of {one['threshold']} calls, gate {gate}")
    if not found["active"]:
        say("active    none")
    for one in found["missing"]:
        say(f"missing   {one['message']} {one['next_step']}")


def report(found: Row) -> None:
    """Print what the doctor found: the hosts with what fired, then the problems."""
    say(f"store  {found['store'] or 'none'}")
    for host in found["hosts"]:
        used = f"last used {day(host['last_used'])}" if host["last_used"] else "not used since it was set up"
        say(f"{host['host']} ({host['level']})  {used}")
        if host["events"]:
            say(
                "    last fired: "
                + ", ".join(f"{name} {day(when) or 'never'}" for name, when in host["events"].items())
            )
        for step in host["to_do"]:
            say(f"    to do: {step}")
    if found.get("transcripts"):
        size = found["transcripts"]["bytes"] / 1_000_000
        say(f"transcripts  {found['transcripts']['path']} ({size:.1f} MB, may be deleted at any time)")
    for finding in found["fixed"]:
        say(f"fixed    {finding['message']}")
    for finding in found["findings"]:
        say(f"problem  {finding['message']} {finding['next_step']}")
    if not found["findings"]:
        say("No problems found.")
