"""Writing the canonical markdown file of a session.

Laws: `parse(update(text, session)) == session` for every session and every readable text, and
`update(text, parse(text))` is `text`. A change touches only the lines that say it; what a person added around them
comes out as it went in.
"""

import copy
from collections.abc import Callable, Sequence
from difflib import SequenceMatcher
from functools import partial
from typing import TypeVar

from ocm.base.errors import UnreadableSessionError
from ocm.base.model import CHANGE_TYPES, Session
from ocm.markdown import blocks, frontmatter, item_places, parse
from ocm.markdown import facts as fact_block
from ocm.markdown.blocks import Item, Part
from ocm.markdown.parse import (
    COMPLETED,
    DECISIONS,
    DIFF,
    FILES,
    GOAL,
    NULLABLE,
    OPTIONAL,
    ORDER,
    PENDING,
    PLANS,
    PROBLEMS,
    REFERENCES,
    SCALARS,
    TODOS,
    WORDS,
    WORK,
)
from ocm.markdown.session_file import SessionFile, plain

_T = TypeVar("_T")
_LISTS = (COMPLETED, PENDING)
_TABLE_HEAD = ["| File | Description |", "| --- | --- |"]


def render(session: Session) -> str:
    """Return the whole file of a session that has none yet."""
    return _write(SessionFile(f"---\nocm: {parse.FORMAT}\n---\n"), Session("", status=""), session)


def update(text: str, session: Session) -> str:
    """Return `text` changed to say `session`, and otherwise as it was.

    Raises:
        UnreadableSessionError: when `text` cannot be read, or what it leaves open would swallow an addition.
    """
    file = SessionFile(text)
    return update_parsed(file, parse.session_of(file), session)


def update_parsed(file: SessionFile, old: Session, new: Session) -> str:
    """Return the text of `file`, which contains `old`, changed to say `new`; `file` itself stays as it is.

    Raises:
        UnreadableSessionError: what the file leaves open would swallow an addition.
    """
    if new == old and not file.is_reference:
        return file.text
    return _write(copy.copy(file), old, new)


def _write(file: SessionFile, old: Session, new: Session) -> str:
    head = _front_matter(file, old, new)
    if file.is_reference:
        _drop_rules(file)
    _body(file, old, new)
    result = file.text_with(head, file.body)
    if parse.parse(result) != new:
        raise UnreadableSessionError(
            "something left open in it, a code fence or an HTML comment, would swallow what is added",
            line=len(head.split("\n")) + 2,
        )
    return result


def _front_matter(file: SessionFile, old: Session, new: Session) -> str:
    everything = file.is_reference or not old.session_id
    wanted: dict[str, str | list[str]] = {"ocm": str(parse.FORMAT)} if file.is_reference else {}
    for name in SCALARS:
        value = getattr(new, name)
        if everything or value != getattr(old, name):
            wanted[name] = "null" if name in NULLABLE and not value else frontmatter.scalar(value)
    for name in OPTIONAL:
        if getattr(new, name) != getattr(old, name):
            wanted[name] = frontmatter.scalar(getattr(new, name))
    if everything or new.tags != old.tags:
        wanted["tags"] = new.tags
    if new.merged_ids != old.merged_ids:
        wanted[parse.MERGED] = new.merged_ids
    return frontmatter.replace(file.block, wanted)


def _body(file: SessionFile, old: Session, new: Session) -> None:
    if new.title != old.title:
        _title(file, old.title, new.title)
    if new.goal != old.goal:
        _text(file, GOAL, parse.free_text_lines(new.goal))
    _list(file, (TODOS, COMPLETED), blocks.without_box, new.work_completed, lambda t: blocks.item_lines(t, "[x] "))
    _list(file, (TODOS, PENDING), blocks.without_box, new.work_pending, lambda t: blocks.item_lines(t, "[ ] "))
    for kind in CHANGE_TYPES:
        changes = [change for change in new.files if change.change_type == kind]
        _list(
            file,
            (FILES, kind.capitalize()),
            partial(parse.change_from, kind=kind),
            changes,
            lambda change: blocks.item_lines(parse.change_text(change)),
        )
    if new.diff_summary != old.diff_summary or file.is_reference:
        _text(file, DIFF, ["    " + line if line else "" for line in new.diff_summary.split("\n") if new.diff_summary])
    if new.work != old.work:
        _work(file, old, new)
    if new.plan_files != old.plan_files:
        _plans(file, old, new)
    _list(file, (DECISIONS, None), str, new.decisions, blocks.item_lines)
    _list(file, (PROBLEMS, None), str, new.problems, blocks.item_lines)
    _list(
        file,
        (REFERENCES, None),
        parse.reference_from,
        new.references,
        lambda reference: blocks.item_lines(parse.reference_text(reference)),
    )
    if new.last_words != old.last_words:
        _text(file, WORDS, parse.free_text_lines(new.last_words))
    if new.facts != old.facts:
        _facts(file, new.facts)


# --- places


def _set(file: SessionFile, lines: list[str]) -> None:
    file.body = lines
    file.parts = blocks.outline(lines)


def _insert(file: SessionFile, at: int, lines: list[str]) -> None:
    """Put `lines` in front of line `at`, with a blank line on either side."""
    before, after = file.body[:at], file.body[at:]
    if not before or before[-1].strip():
        before.append("")
    space = [""] if not after or after[0].strip() else []
    _set(file, [*before, *lines, *space, *after])


def _content_end(file: SessionFile, start: int, end: int) -> int:
    while end > start + 1 and not file.body[end - 1].strip():
        end -= 1
    return end


def _ranks(file: SessionFile) -> list[int]:
    """Return the place of each part in the canonical order; what a person added goes with what it stands behind."""
    order = [plain(name) for name in ORDER]
    ranks: list[int] = []
    for part in file.parts:
        name = plain(part.name)
        if part.level == blocks.FACT_LEVEL:
            ranks.append(len(order))
        elif part.level == blocks.SECTION and name in order:
            ranks.append(order.index(name))
        else:
            ranks.append(ranks[-1] if ranks else -1)
    return ranks


def _new_section(file: SessionFile, name: str, content: list[str]) -> None:
    rank = ORDER.index(name)
    ends = [part.end for part, other in zip(file.parts, _ranks(file), strict=True) if other < rank]
    _insert(file, max(ends, default=0), [f"## {name}", "", *content])


def _drop_part(file: SessionFile, part: Part) -> None:
    _set(file, file.body[: part.start] + file.body[part.end :])


def _is_blank(lines: list[str]) -> bool:
    return not any(line.strip() for line in lines)


def _drop_rules(file: SessionFile) -> None:
    """Take out the rules that the reference system draws between sections."""
    lines: list[str] = []
    for part in file.parts:
        chunk = file.body[part.start : part.end]
        heading = file.heading_end(part) - part.start
        while len(chunk) > heading and (chunk[-1] == "---" or not chunk[-1].strip()):
            chunk.pop()
        lines += [*chunk, ""]
    _set(file, lines)


# --- sections


def _title(file: SessionFile, old: str, new: str) -> None:
    heading = next((part for part in file.parts if part.level == 1), None)
    if heading is None:
        if new:
            first = next((part.start for part in file.parts if part.level), len(file.body))
            _insert(file, first, [f"# {new}"])
    elif file.body[heading.start].strip() == f"# {old}":  # else it is a person's own
        _set(file, [*file.body[: heading.start], f"# {new}" if new else "", *file.body[heading.start + 1 :]])


def _text(file: SessionFile, name: str, lines: list[str]) -> None:
    parts = file.sections(name)
    if not parts:
        if lines:
            _new_section(file, name, lines)
        return
    start, end = parse.text_span(file, parts[0])
    before = [""] if lines and start == end and file.body[start - 1].strip() else []
    after = [""] if lines and file.body[end : end + 1] not in ([], [""]) else []
    _set(file, [*file.body[:start], *before, *lines, *after, *file.body[end:]])
    if not file.content(file.sections(name)[0]):
        _drop_part(file, file.sections(name)[0])


def _list(
    file: SessionFile,
    place: tuple[str, str | None],
    read: Callable[[str], _T],
    wanted: Sequence[_T],
    make: Callable[[_T], list[str]],
) -> None:
    """Make the items at `place` (section, group) say `wanted`; items that stay keep their lines."""
    section, name = place
    found = [(item, read(item.text)) for item in parse.items_at(file, section, name)]
    found = [(item, value) for item, value in found if value]
    if [value for _, value in found] == list(wanted):
        return
    if found:
        _splice(file, found, wanted, make)
        if not wanted:
            _drop_empty(file, section, name)
    else:
        _first_items(file, section, name, [line for value in wanted for line in make(value)])


def _splice(
    file: SessionFile, found: list[tuple[Item, _T]], wanted: Sequence[_T], make: Callable[[_T], list[str]]
) -> None:
    lines = file.body[: found[0][0].start]
    position = len(lines)
    values = [value for _, value in found]
    for _, a, a_end, b, b_end in _edits(values, wanted):
        stays = values[a:a_end] == list(wanted[b:b_end])
        for item, _ in found[a:a_end]:
            lines += file.body[position : item.start]
            if stays:
                lines += file.body[item.start : item.end]
            position = item.end
        if not stays and b < b_end:
            behind = item_places.behind_indented(file, position)
            lines += [*file.body[position:behind], *([""] if behind > position else [])]
            margin = item_places.margin(file, behind)
            lines += [margin + line if line else "" for value in wanted[b:b_end] for line in make(value)]
            position = behind
        if not stays:
            lines += item_places.gap(file, lines, position)
    _set(file, lines + file.body[position:])


def _edits(old: list[_T], new: Sequence[_T]) -> Sequence[tuple[str, int, int, int, int]]:
    if list(new[: len(old)]) == old:  # the usual case: items were appended
        return [("equal", 0, len(old), 0, len(old)), ("insert", len(old), len(old), len(old), len(new))]
    return SequenceMatcher(None, old, list(new), autojunk=False).get_opcodes()


def _first_items(file: SessionFile, section: str, name: str | None, lines: list[str]) -> None:
    heading = [f"### {name}", ""] if name else []
    parts = file.sections(section)
    if not parts:
        _new_section(file, section, [*heading, *lines])
        return
    groups = file.groups(section, name)
    if groups:
        _insert(file, _content_end(file, groups[-1].start, groups[-1].end), lines)
        return
    order = [plain(n) for n in (COMPLETED, PENDING, *CHANGE_TYPES)]
    later = [
        g.start
        for g in parts[-1].groups
        if plain(g.name) in order and order.index(plain(g.name)) > order.index(plain(name or ""))
    ]
    at = later[0] if later else _content_end(file, parts[-1].start, parts[-1].end)
    _insert(file, at, [*heading, *lines])


def _drop_empty(file: SessionFile, section: str, name: str | None) -> None:
    """Take out a heading that nothing stands below any more."""
    for heading in _LISTS if name in _LISTS else (name,) if name else ():
        for group in reversed(file.groups(section, heading)):
            if _is_blank(file.body[group.start + 1 : group.end]):
                _set(file, file.body[: group.start] + file.body[group.end :])
    for part in reversed(file.sections(section)):
        if not file.content(part):
            _drop_part(file, part)


def _work(file: SessionFile, old: Session, new: Session) -> None:
    """Append entries, or items to the last one; any other change rewrites the section."""
    shared = old.work[:-1]
    last = old.work[-1] if old.work else None
    now = new.work[len(shared)] if last and len(new.work) > len(shared) else None
    appended = new.work[: len(shared)] == shared and (
        last is None or (now is not None and now.heading == last.heading and now.items[: len(last.items)] == last.items)
    )
    if not appended:
        for part in reversed(file.sections(WORK)):
            _drop_part(file, part)
        shared, last, now = [], None, None
    if last and now and len(now.items) > len(last.items):
        group = [g for g in file.groups(WORK) if g.name or any(i.text for i in g.items)][-1]
        extra = [line for text in now.items[len(last.items) :] for line in blocks.item_lines(text)]
        if last.items:
            end = next(item.end for item in reversed(group.items) if item.text)
            behind = item_places.behind_indented(file, end)
            space = [""] if behind > end else []
            _set(
                file, [*file.body[:behind], *space, *extra, *item_places.gap(file, extra, behind), *file.body[behind:]]
            )
        else:
            _insert(file, _content_end(file, group.start, group.end), extra)
    for entry in new.work[len(shared) + (1 if last else 0) :]:
        items = [line for text in entry.items for line in blocks.item_lines(text)]
        lines = [f"### {entry.heading}", "", *items] if entry.heading else items
        parts = file.sections(WORK)
        if parts:
            _insert(file, _content_end(file, parts[-1].start, parts[-1].end), lines)
        else:
            _new_section(file, WORK, lines)


def _plans(file: SessionFile, old: Session, new: Session) -> None:
    kept = len(old.plan_files)
    if new.plan_files[:kept] != old.plan_files:
        for part in reversed(file.sections(PLANS)):
            _drop_part(file, part)
        kept = 0
    rows = [parse.plan_line(plan) for plan in new.plan_files[kept:]]
    known = parse.plan_rows(file)
    parts = file.sections(PLANS)
    if known:
        at = known[-1][0] + 1
        _set(file, [*file.body[:at], *rows, *file.body[at:]])
    elif parts and rows:
        _insert(file, _content_end(file, parts[-1].start, parts[-1].end), [*_TABLE_HEAD, *rows])
    elif rows:
        _new_section(file, PLANS, [*_TABLE_HEAD, *rows])


def _facts(file: SessionFile, facts: list[str]) -> None:
    part = file.facts()
    lines = ["```" + fact_block.NAME, *facts, "```"] if facts else []
    if part is None:
        _insert(file, len(file.body), lines)
    else:
        _set(file, [*file.body[: part.start], *lines, *file.body[part.end :]])
