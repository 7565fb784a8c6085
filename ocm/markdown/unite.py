"""Two texts of one session, as copies and conflict markers leave them, united: no line of either is lost.

The one that was updated later says what there can be only one of; lists hold the items of both, each once. What of the
other fits nowhere else goes into a section of its own.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, TypeVar

from ocm.base import times
from ocm.base.errors import UnreadableSessionError
from ocm.base.model import CHANGE_TYPES, FileChange, Session, WorkEntry
from ocm.base.text import one_line
from ocm.markdown import blocks, facts, parse, render
from ocm.markdown.blocks import Part
from ocm.markdown.facts import Facts
from ocm.markdown.session_file import SessionFile, plain

_T = TypeVar("_T")
_TIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d")
_COMMENT = re.compile(r"(?:^|(?<=\s))#.*")
_MARKS = re.compile(r"^[\s>|*+-]*(?:\[[ xX]\] )?|[\s|]+$")
# What there can be only one of: the newer's, unless it says nothing.
_OF_ONE = ("title", "slug", "tool", "project", "branch", "goal", "diff_summary", "last_words", *parse.OPTIONAL)
# What both say, each item once; a session's files, what is to do and its facts follow laws of their own.
_ADDED_UP = ("work_completed", "plan_files", "decisions", "problems", "references")
# What of two sessions the one that was updated last says.
_OF_LATEST_IF_ANY = ("branch", "diff_summary", "last_words")
_OF_LATEST = ("status", "updated_at", "ended_at", "git_sha_end", "trigger")
_OF_MACHINES = frozenset({"updated_at", "ended_at", "git_sha_start", "git_sha_end", "trigger", "status", "started_at"})


def newest_first(texts: Sequence[str]) -> list[str]:
    """Return texts of one session, the one that was updated last first; of equal ones as they came.

    Raises:
        UnreadableSessionError: one of them cannot be read.
    """
    stamps = [(parse.parse(text), text) for text in texts]
    return [text for _, text in sorted(stamps, key=lambda pair: -times.instant(pair[0].updated_at))]


def united(newer: str, older: str, label: str) -> str:
    """Return the text `newer` with all that `older` alone says; what fits nowhere is below a heading with `label`.

    Raises:
        UnreadableSessionError: one of them cannot be read.
    """
    base, other = SessionFile(newer), SessionFile(older)
    one, two = parse.session_of(base), parse.session_of(other)
    merged = both(one, two)
    try:
        text = render.update_parsed(base, one, merged)
    except UnreadableSessionError:  # what one leaves open would swallow an item: all of the other goes to the end
        text, merged = newer, one
    return _with_rest(text, merged, [base, other], label)


def both(newer: Session, older: Session) -> Session:
    """Return what two states of one session say together."""
    done_there = set(older.work_completed) - set(newer.work_completed)
    pending = [item for item in newer.work_pending if item not in done_there]
    items = _items(newer, older)
    done, files = items["work_completed"], _files(newer.files, older.files)
    first = min(newer, older, key=lambda one: times.instant(one.started_at) or float("inf"))
    return replace(
        newer,
        **{name: getattr(newer, name) or getattr(older, name) for name in _OF_ONE},
        **items,
        started_at=first.started_at or newer.started_at,
        git_sha_start=first.git_sha_start or newer.git_sha_start,
        tags=_joined(newer.tags, older.tags),
        merged_ids=_joined(newer.merged_ids, older.merged_ids),
        work_pending=[*pending, *(item for item in older.work_pending if item not in {*pending, *done})],
        files=files,
        facts=_facts(newer.facts, older.facts, {change.path for change in files}),
    )


def joined(kept: str, gone: str, label: str) -> str:
    """Return the text of one session with all of another one that is the same; that one's id leads to it from then on.

    Raises:
        UnreadableSessionError: one cannot be read, or leaves something open that would swallow the other.
    """
    base, other = SessionFile(kept), SessionFile(gone)
    one, two = parse.session_of(base), parse.session_of(other)
    merged = one_of_two(one, two)
    return _with_rest(render.update_parsed(base, one, merged), merged, [base, other], label)


def one_of_two(kept: Session, gone: Session) -> Session:
    """Return what two sessions that are one say together, the items of the one that began first in front."""
    early, late = sorted((kept, gone), key=lambda one: times.instant(one.started_at) or float("inf"))
    older, newer = sorted((kept, gone), key=lambda one: times.instant(one.updated_at))
    ids = [gone.session_id, *gone.merged_ids]
    items = _items(early, late)
    files = _files(newer.files, older.files)
    texts = {name: getattr(kept, name) or getattr(gone, name) for name in _OF_ONE}
    latest = {name: getattr(newer, name) for name in _OF_LATEST}
    parents = [one for one in (kept.parent, gone.parent) if one not in {"", kept.session_id, *ids}]
    latest |= {name: getattr(newer, name) or getattr(older, name) for name in _OF_LATEST_IF_ANY}
    texts |= {"parent": parents[0] if parents else "", "pinned": "true" if gone.is_pinned else kept.pinned}
    made = replace(
        kept,
        **{**texts, **latest, **items},
        started_at=early.started_at,
        git_sha_start=early.git_sha_start or late.git_sha_start,
        merged_ids=_joined(kept.merged_ids, ids),
        tags=_joined(kept.tags, gone.tags),
        work_pending=[
            item for item in _joined(early.work_pending, late.work_pending) if item not in items["work_completed"]
        ],
        files=files,
    )
    known = Facts.parse(_facts(_dated(newer), _dated(older), {change.path for change in files}))
    if gone.session_id not in kept.merged_ids:  # else it was cut off, and is done again
        both = [Facts.parse(one.facts).counts for one in (kept, gone)]
        known.counts = {name: sum(one.get(name, 0) for one in both) for name in facts.COUNTS}
    known.asked = Facts.parse(early.facts).asked or known.asked
    return replace(made, facts=known.lines())


def _dated(session: Session) -> list[str]:
    """Return the facts of a session with the dates and origins that its items have by being in its file."""
    known = Facts.parse(session.facts)
    dates, origins = known.dates(), {(one.section, one.digest) for one in known.origins()}
    for section in ("decisions", "problems", "work_pending"):
        for item in getattr(session, section):
            mark = facts.digest(item)
            if mark not in dates and session.started_at:
                if (dates or origins) and (section, mark) not in origins:
                    known.note_person(section, item)
                known.add([facts.date_line(session.started_at, item)])
    return known.lines()


def _items(first: Session, second: Session) -> dict[str, Any]:
    """Return what both say that only adds up, by the field: the items of the first in front."""
    once = {name: _joined(getattr(first, name), getattr(second, name)) for name in _ADDED_UP}
    return {**once, "work": _work(first.work, second.work)}


def _joined(newer: list[_T], older: list[_T]) -> list[_T]:
    known = set(newer)
    return [*newer, *dict.fromkeys(item for item in older if item not in known)]


def _files(newer: list[FileChange], older: list[FileChange]) -> list[FileChange]:
    """Return the files of both; one that one side made, and the other only changed, is a new one."""
    created = {change.path: change for change in older if change.change_type == "created"}
    ours = [created.get(one.path, one) if one.change_type == "modified" else one for one in newer]
    known = {path for change in newer for path in (change.path, change.old_path)}
    every = [*ours, *(change for change in older if change.path not in known)]
    return sorted(every, key=lambda change: CHANGE_TYPES.index(change.change_type))


def _work(newer: list[WorkEntry], older: list[WorkEntry]) -> list[WorkEntry]:
    """Return the entries of both in the order of their times, an item that both have where the newer has it."""
    said = {item for entry in newer for item in entry.items}
    merged = [WorkEntry(entry.heading, list(entry.items)) for entry in newer]
    for entry in older:
        items = [item for item in entry.items if item not in said]
        same = next((one for one in merged if one.heading == entry.heading), None)
        if same:
            same.items += items
        elif items or entry.heading:
            merged.insert(_place(merged, entry.heading), WorkEntry(entry.heading, items))
    return merged


def _place(entries: list[WorkEntry], heading: str) -> int:
    """Return where an entry goes: in front of all that are later, one without a heading to the front."""
    if not heading:
        return 0
    if not _TIME.match(heading):
        return len(entries)
    return next(
        (n for n, one in enumerate(entries) if _TIME.match(one.heading) and one.heading > heading), len(entries)
    )


def _facts(newer: list[str], older: list[str], paths: set[str]) -> list[str]:
    ours, theirs = Facts.parse(newer), Facts.parse(older)
    ours.add(line for line in theirs.kept if line.startswith(("print ", "dated ")))
    ours.kept += [line for line in theirs.kept if line not in ours.kept and not line.startswith(("print ", "dated "))]
    ours.counts = {name: max(ours.counts.get(name, 0), theirs.counts.get(name, 0)) for name in facts.COUNTS}
    ours.fired = {
        name: max((each.fired[name] for each in (ours, theirs) if name in each.fired), key=times.instant)
        for name in {*ours.fired, *theirs.fired}
    }
    ours.contents = {path: oid for path, oid in {**theirs.contents, **ours.contents}.items() if path in paths}
    ours.taken = {**theirs.taken, **ours.taken}
    if not any(ours.words):
        ours.words = theirs.words
    return ours.lines()


def _with_rest(text: str, merged: Session, sources: Sequence[SessionFile], label: str) -> str:
    """Return `text` with what else the sources say at its end, as it is where that can stand, else in a code block."""
    loose, sections = _rest(SessionFile(text), sources)
    if not loose and not sections:
        return text
    heading = [f"## Kept from {one_line(label, 80)}", ""]
    plain = [*([*heading, *loose, ""] if loose else []), *sections]
    fence = "`" * (3 + max(len(run) for run in re.findall("`*", "\n".join(plain))))
    for lines in (plain, [*heading, f"{fence}text", *loose, *sections, fence]):
        result = _appended(SessionFile(text), lines)
        if parse.parse(result) == merged and _says(result, [*loose, *sections]):
            return result
    raise UnreadableSessionError("something left open in it would swallow what is added")


def _says(text: str, lines: list[str]) -> bool:
    """Return whether a file shows all of some lines: none of them opened or closed anything in front of its facts."""
    notes = {_bare(line) for line in parse.parse(text).notes.split("\n")}
    return all(_bare(line) in notes for line in lines)


def _rest(result: SessionFile, sources: Sequence[SessionFile]) -> tuple[list[str], list[str]]:
    """Return the lines of the sources that the result lacks, and sections that it lacks as a whole."""
    have = {_bare(line) for line in result.body} | {""}
    known = {plain(part.name) for part in result.parts} | set(map(plain, parse.ORDER))
    loose, sections = [], []
    for file in sources:
        loose += _keys(result, file)
        for part in file.parts:
            made, headings = _made(file), _headings(file, part)
            numbered = [(n, file.body[n]) for n in range(part.start, part.end) if n not in made]
            if part.level == blocks.SECTION and plain(part.name) not in known:
                sections += ["", *(line for _, line in numbered)]
            elif part.level != blocks.FACT_LEVEL:
                loose += [line for n, line in numbered if _bare(line) not in have and n not in headings]
        have |= {_bare(line) for line in (*loose, *sections)}
        known |= {plain(part.name) for part in file.parts}
    return loose, sections


def _keys(result: SessionFile, file: SessionFile) -> list[str]:
    """Return the front matter of a file that the result says otherwise, but for what only machines note there."""
    other = {name: value for name, value in file.keys.items() if name not in {*_OF_MACHINES, "tags", parse.MERGED}}
    if other.get("session_id") in parse.ids_of(result.keys.get(parse.MERGED)):
        del other["session_id"]
    ours = {*parse.SCALARS, *parse.OPTIONAL, "ocm"}  # of which an empty one says nothing
    other = {name: value for name, value in other.items() if value or name not in ours}
    keys = [f"{name}: {value}" for name, value in other.items() if result.keys.get(name) != value]
    return [*keys, *_comments(result, file)]


def _comments(result: SessionFile, file: SessionFile) -> list[str]:
    """Return the comments in the front matter of a file that the result's has not."""
    said = "\n".join(map(str, file.keys.values()))
    found = (comment[0] for line in file.head if (comment := _COMMENT.search(line)))
    return [one for one in found if one not in result.block and one.rstrip("\"'") not in said]


def _made(file: SessionFile) -> set[int]:
    """Return the lines of a file that machines keep: the summary of a diff, and last words nobody has touched."""
    spans = [parse.text_span(file, part) for part in file.sections(parse.DIFF)[:1]]
    session = parse.session_of(file)
    if session.last_words and Facts.parse(session.facts).words[1] == facts.digest(session.last_words):
        spans += [file.span(part) for part in file.sections(parse.WORDS)[:1]]
    return {n for start, end in spans for n in range(start, end)}


def _headings(file: SessionFile, part: Part) -> set[int]:
    """Return the lines of a part that head what the result heads in its own way; what else begins with # is text."""
    known = {plain(name) for name in (parse.COMPLETED, parse.PENDING, *CHANGE_TYPES)}
    is_work = plain(part.name) == plain(parse.WORK)
    own = range(part.start, file.heading_end(part)) if part.level > 0 else ()
    return {*own, *(group.start for group in part.groups if is_work or plain(group.name) in known)}


def _bare(line: str) -> str:
    """Return a line without what marks it as an item, a quote or a row."""
    return _MARKS.sub("", line)


def _appended(file: SessionFile, lines: list[str]) -> str:
    """Return the text of a file with lines in front of its facts."""
    facts_part = file.facts()
    at = facts_part.start if facts_part else len(file.body)
    before = file.body[:at]
    while before and not before[-1].strip():
        before.pop()
    return file.text_with(file.block, [*before, "", *lines, "", *file.body[at:]])
