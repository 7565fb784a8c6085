"""What a person sees of sessions, hits, a timeline and where things stand, as lines laid out for a screen."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from ocm.base import sanitize
from ocm.base.values import FRESHNESS
from ocm.ui import output
from ocm.ui.cells import cells
from ocm.ui.output import Row
from ocm.ui.terminal import BAD, CHANGED, GOOD, HEAD, HELD, LIVE, MATCH, QUIET, Line, Part, Screen, joined

_WIDE, _NARROW = 100, 50
_DATE = 13  # cells: `today 14:32`, and two between
_MARKED = re.compile(r"\*\*(.+?)\*\*")
_RANDOM = re.compile(r"[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f-]{8,28}")
_SHORT = 8
DOT = (f"{HELD}· ", QUIET)
_STATES = dict(zip(FRESHNESS, (GOOD, CHANGED, BAD), strict=True))
_CAPS = {"tool": 14, "branch": 24, "status": 8}


def one_line(text: object) -> str:
    """Return stored text as one line that no terminal obeys."""
    return " ".join(output.safe(str(text or "")).split())


def short_ids(rows: Sequence[Row]) -> dict[str, str]:
    """Return what is enough of each session id to find the session again, as far as these rows tell."""
    ids = {str(row["session_id"]) for row in rows}
    shorter = {name: name[:_SHORT] if _RANDOM.fullmatch(name) else one_line(name) for name in ids}
    counts = Counter(shorter.values())
    return {name: short if counts[short] == 1 else name for name, short in shorter.items()}


def status_of(status: str) -> Part:
    """Return a status; one that is open stands out."""
    return status, LIVE if status == "open" else QUIET


def freshness_of(row: Row) -> Line:
    """Return how far a record still holds, as far as that is known."""
    counts = row["freshness"] or {}
    files = [(f"{counts[name]} {name}", meaning) for name, meaning in _STATES.items() if counts.get(name)]
    from ocm.provenance.summary import freshness_text

    since = freshness_text(None, row["commits_since"])
    return joined([*files, since], ", ")


# --- lists


def sessions(screen: Screen, rows: Sequence[Row]) -> Iterator[Line]:
    """Yield sessions, newest first: a line each where it is wide, two where it is not."""
    ids = short_ids(rows)
    if screen.width >= _WIDE:
        yield from _table(screen, rows, ids)
        return
    for row in rows:
        named: list[Part | str] = [
            one_line(row["tool"]),
            one_line(row["branch"]),
            status_of(row["status"]),
            ids[row["session_id"]],
        ]
        meta = joined([*named, output.standing_of(row)])
        yield from _dated(screen, row, meta)


def _dated(screen: Screen, row: Row, meta: Line) -> Iterator[Line]:
    """Yield a title behind its date, and what else there is to say below."""
    title, day = one_line(row["title"] or row["goal"]), screen.day(row["date"])
    if screen.width < _NARROW:
        yield from screen.wrap([(title, "")], limit=2)
        yield from screen.wrap(joined([day, *meta[::2]]), 2, [("  ", "")])
        return
    yield screen.fit([(f"{day:<{_DATE}}", QUIET), (title, "")])
    yield from screen.wrap(meta, _DATE, [(" " * _DATE, "")])


def _table(screen: Screen, rows: Sequence[Row], ids: dict[str, str]) -> Iterator[Line]:
    cut = {name: [screen.fit([(one_line(row[name]), "")], cap) for row in rows] for name, cap in _CAPS.items()}
    widths = {name: max(map(_size, column)) for name, column in cut.items()}
    known = [name for name, width in widths.items() if width]
    last = max(len(name) for name in ids.values())
    room = max(screen.width - _DATE - last - sum(widths[name] + 2 for name in known) - 2, 20)
    room = min(room, max(cells(one_line(row["title"] or row["goal"])) for row in rows))
    for n, row in enumerate(rows):
        title = screen.fit([(one_line(row["title"] or row["goal"]), "")], room)
        line = [(f"{screen.day(row['date']):<{_DATE}}", QUIET), *title, (" " * (room - _size(title)), "")]
        for name in known:
            text = "".join(part for part, _ in cut[name][n])
            meaning = status_of(text)[1] if name == "status" else QUIET
            line += [("  ", ""), (text, meaning), (" " * (widths[name] - cells(text)), "")]
        yield [*line, ("  ", ""), (ids[row["session_id"]], QUIET)]
        if standing := output.standing_of(row):
            yield [(" " * _DATE, ""), *screen.fit([(standing, QUIET)], screen.width - _DATE)]


def _size(line: Line) -> int:
    return sum(cells(text) for text, _ in line)


# --- hits


def hits(screen: Screen, rows: Sequence[Row]) -> Iterator[Line]:
    """Yield search hits, the best first: title, the passage that matched, and how far it still holds."""
    ids = short_ids(rows)
    indent = len(str(len(rows))) + 2
    for row in rows:
        number = [(f"{row['rank']:>{indent - 2}}. ", QUIET)]
        words = _MARKED.findall(row["snippet"])
        yield from screen.wrap(_lit(one_line(row["title"] or row["goal"]), words, HEAD), indent, number, limit=2)
        lead: Line = [(" " * min(indent, screen.width // 3), "")]
        if row["snippet"] and row["snippet"].replace("**", "") not in {row["title"], row["goal"]}:
            yield from screen.wrap(marked(one_line(row["snippet"])), indent, lead, limit=3)
        parts: list[Part | str] = [
            screen.day(row["date"]),
            one_line(row.get("project")),
            one_line(row["tool"]),
            status_of(row["status"]),
        ]
        about = joined([*parts, ids[row["session_id"]], output.standing_of(row)])
        still = freshness_of(row)
        yield from screen.wrap([*about, *([DOT, *still] if still else [])], indent, lead)
        if row["top_files"]:
            yield from screen.wrap(_lit(one_line(", ".join(row["top_files"])), words, QUIET), indent, lead)


def said(screen: Screen, rows: Sequence[Row]) -> Iterator[Line]:
    """Yield what was said, the best first: the passage that matched, by whom and when, and where to read on."""
    ids = short_ids(rows)
    indent = len(str(len(rows))) + 2
    lead: Line = [(" " * min(indent, screen.width // 3), "")]
    for row in rows:
        number = [(f"{row['rank']:>{indent - 2}}. ", QUIET)]
        yield from screen.wrap(marked(one_line(row["snippet"])), indent, number, limit=3)
        parts = (
            row["role"],
            screen.day(row["date"]),
            one_line(row["tool"]),
            one_line(row["project"]),
            ids[row["session_id"]],
        )
        yield from screen.wrap(joined(parts), indent, lead)
        for name in ("before", "after"):
            if row[name]:
                yield from screen.wrap([(f"{name}: {one_line(row[name])}", QUIET)], indent, lead, limit=2)
        for place in (f"{row['file']}:{row['position']}", row["markdown_path"] or ""):
            if place:
                yield from screen.wrap([(one_line(place), QUIET)], indent, lead)


def marked(text: str) -> Line:
    """Return a snippet, in which asterisks stand around what matched."""
    parts = _MARKED.split(text)
    return [(part, MATCH if n % 2 else "") for n, part in enumerate(parts) if part]


def _lit(text: str, words: list[str], meaning: str) -> Line:
    """Return a text in which the same words are lit."""
    if not words:
        return [(text, meaning)]
    pattern = "|".join(re.escape(word) for word in sorted(set(words), key=len, reverse=True))
    parts = re.split(f"({pattern})", text, flags=re.IGNORECASE)
    return [(part, MATCH if n % 2 else meaning) for n, part in enumerate(parts) if part]


# --- a timeline


def timeline(screen: Screen, entries: Sequence[Row]) -> Iterator[Line]:
    """Yield what was done when, oldest first; the session that was asked for has an arrow."""
    ids = short_ids([entry for entry in entries if "session_id" in entry])
    for entry in entries:
        if "checkpoints" not in entry:
            by = ["commit", entry["commit"][:9], one_line(entry["author"]), *map(sanitize.short, entry["sessions"])]
            yield from _dated(screen, {"goal": "", **entry}, joined(by))
            continue
        named: list[Part | str] = [
            one_line(entry["tool"]),
            one_line(entry["branch"]),
            status_of(entry["status"]),
            ids[entry["session_id"]],
        ]
        if entry.get("is_anchor"):
            named = [("this one", MATCH), *named]
        still = freshness_of(entry)
        yield from _dated(screen, entry, [*joined(named), *([DOT, *still] if still else [])])
        for change in entry.get("changes", []):
            state = change["state"] or ""
            word = (f"{state} since", _STATES[state]) if state else ""
            yield from _item(screen, joined([(one_line(change["path"]), ""), change["change_type"], word], ", "), "")
        for done in entry["checkpoints"]:
            yield from _checkpoint(screen, done)


def _checkpoint(screen: Screen, done: Row) -> Iterator[Line]:
    when = screen.day(str(done.get("at", "")).replace(" ", "T", 1)) if done.get("at") else ""
    yield from _item(screen, joined([when, str(done.get("commit", "")), str(done.get("trigger", ""))]), "")
    for item in done["items"]:
        yield from _item(screen, [(one_line(item), "")], "- ")


def _item(screen: Screen, line: Line, lead: str) -> Iterator[Line]:
    left = _DATE if screen.width >= _NARROW else 2
    yield from screen.wrap(line, left + len(lead), [(" " * left + lead, QUIET)])


# --- where things stand


def status(screen: Screen, found: Row) -> Iterator[Line]:
    """Yield the store, its size, and the sessions at work with their gates."""
    for name, line in (
        ("store", joined([(one_line(found["store"]), ""), found["scope"]], ", ")),
        ("project", [(one_line(found["project_root"]), "")]),
        ("sessions", [(str(found["sessions"]), "")]),
        ("size", [(", ".join(output.sizes(found)), "")]),
    ):
        yield from fact(screen, name, line)
    for active in found["active"]:
        gate = ("gate shut", BAD) if active["gate_shut"] else ("gate open", GOOD)
        calls = f"{active['calls']} of {active['threshold']} calls"
        last = screen.day(active.get("last_event"))
        line = joined([(one_line(active["session_id"]), ""), one_line(active.get("tool")), (calls, ""), gate, last])
        yield from fact(screen, "active", line)
    if not found["active"]:
        yield from fact(screen, "active", [("none", QUIET)])
    for one in found["missing"]:
        yield from fact(screen, "missing", [(one_line(one["message"]), BAD), (f" {one_line(one['next_step'])}", "")])


def overview(screen: Screen, found: Row) -> Iterator[Line]:
    """Yield where one stands, and what can be done next."""
    if not found["store"]:
        yield from screen.wrap([("There is no session store for this folder yet.", "")])
    else:
        counted = f"{found['sessions']} session{'s' * (found['sessions'] != 1)}"
        yield from fact(screen, "store", joined([(one_line(found["store"]), ""), counted], ", "))
        yield from fact(screen, "set up", [(", ".join(found["hosts"]) or "no assistant yet", "")])
    if last := found["last"]:
        about = joined([one_line(last["tool"]), one_line(last["branch"]), status_of(last["status"])])
        said = [(one_line(last["title"] or last["goal"]), HEAD), DOT, (screen.day(last["date"]), QUIET), DOT, *about]
        yield from fact(screen, "last", said)
    for active in found["active"]:
        yield from fact(screen, "active", _count(active))
    yield []
    width = max(len(command) for command, _ in found["next"]) + 2
    for command, why in found["next"]:
        yield from screen.wrap([(why, QUIET)], width, [(f"{command:<{width}}", HEAD)])


def _count(active: Row) -> Line:
    """Return how near a session is to its next checkpoint."""
    calls = f"{active['calls']} of {active['threshold']} calls since its last checkpoint"
    due = ("a checkpoint is due, changes are held back", BAD) if active["gate_shut"] else ("the gate is open", GOOD)
    return joined([(one_line(active["session_id"]), ""), one_line(active.get("tool")), calls, due])


def fact(screen: Screen, name: str, line: Line) -> Iterator[Line]:
    """Yield one named fact."""
    yield from screen.wrap(line, 10, [(f"{name:<10}", QUIET)])
