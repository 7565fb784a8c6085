"""One session as a person reads it: marks of markdown become what they mean, facts for machines are left out."""

import re
from collections.abc import Iterator

from ocm.ui import output
from ocm.ui.list_view import freshness_of, one_line, status_of
from ocm.ui.output import Row
from ocm.ui.terminal import HEAD, MATCH, QUIET, TITLE, Line, Part, Screen, joined

_BULLET = re.compile(r"(\s*)(?:[-*+]|(\d+[.)])) (?:\[([ xX])\] )?(.*)")
_INLINE = re.compile(r"\*\*(.+?)\*\*|(`[^`]+`)|\[([^\[\]]+)\]\(([^()\s]+)\)")
_FENCE = re.compile(r"\s*(`{3,}|~{3,})\s*(\S*)")
_HEADING = re.compile(r"#{1,6} ")
_DEEPEST = 8
_ENDED = re.compile(r"(.*?)(  \[ended by: .*\])?")


def session(screen: Screen, found: Row, lines: list[str]) -> Iterator[Line]:
    """Yield a session: who, when and how far it holds, then its file, of which `lines` are all."""
    yield from screen.wrap([(one_line(found["title"]), HEAD)])
    where: list[Part | str] = [
        screen.day(found["date"]),
        one_line(found["tool"]),
        one_line(found["branch"]),
        status_of(found["status"]),
    ]
    yield from screen.wrap(joined([*where, one_line(found["session_id"])]))
    if found.get("freshness") or found.get("commits_since") is not None:
        yield from screen.wrap(freshness_of(found))
    yield from _body(screen, _worth_reading([output.safe(line) for line in lines], one_line(found["title"])))


def _worth_reading(lines: list[str], title: str) -> Iterator[str]:
    """Yield the lines of a file without its front matter, its title and its block of facts."""
    begin = lines.index("---", 1) + 1 if lines[:1] == ["---"] and "---" in lines[1:] else 0
    for line in output.without_facts(lines[begin:]):
        if " ".join(line.split()) != f"# {title}":
            yield line


def _body(screen: Screen, lines: Iterator[str]) -> Iterator[Line]:
    """Yield the lines of markdown; never two empty ones, and none behind a heading."""
    fence, gap = "", False
    for line in lines:
        found = _FENCE.match(line)
        if found and (not fence or (found[1].startswith(fence) and not found[2])):
            fence = "" if fence else found[1]
        elif fence:
            yield screen.fit([("    " + line.expandtabs(4), "")])
            gap = False
        elif line.strip():
            if _HEADING.match(line) and not gap:
                yield []
            yield from _line(screen, line)
            gap = bool(_HEADING.match(line))
        elif not gap:
            yield []
            gap = True


def _line(screen: Screen, line: str) -> Iterator[Line]:
    bullet = _BULLET.fullmatch(line)
    if _HEADING.match(line):
        marks, _, words = line.partition(" ")
        yield from screen.wrap([(words, TITLE if marks == "##" else HEAD)])
    elif line.startswith("| ") and line.endswith(" |"):
        yield from _row(screen, line)
    elif bullet is None:
        indent = min(len(line) - len(line.lstrip()), _DEEPEST)
        yield from screen.wrap(inline(line.strip()), indent, [(" " * indent, "")])
    else:
        deep, number, done, words = bullet.groups()
        sign = number or {None: "•", " ": "☐"}.get(done, "✓")
        lead = " " * min(len(deep), _DEEPEST) + sign + " "
        yield from screen.wrap(inline(words), len(lead), [(lead, QUIET)])


def _row(screen: Screen, line: str) -> Iterator[Line]:
    """Yield a row of a table; the heading and the rule below it say nothing that the rows do not."""
    columns = [column.strip() for column in line[2:-2].split(" | ")]
    if columns != ["File", "Description"] and set(line) != set("| -"):
        yield from screen.wrap(inline(" · ".join(filter(None, columns))), 2, [("• ", QUIET)])


def inline(text: str) -> Line:
    """Return a line of markdown with what is strong, and what was ended since, told apart."""
    found = _ENDED.fullmatch(text)
    words, ended = (found[1], found[2]) if found else (text, None)
    parts: Line = []
    at = 0
    for match in _INLINE.finditer(words):
        strong, code, title, address = match.groups()
        parts += [(words[at : match.start()], ""), (strong or code or f"{title} {address}", HEAD if strong else "")]
        at = match.end()
    parts += [(words[at:], ""), (ended or "", MATCH)]
    return [part for part in parts if part[0]]


def conversation(screen: Screen, found: Row) -> Iterator[Line]:
    """Yield what was said in one conversation, each text below who said it, when, and where in the file it stands."""
    names = (screen.day(found["date"]), found["tool"], found["project"], found["session_id"])
    yield from screen.wrap(joined([(one_line(name), QUIET) for name in names if name]), 0)
    yield from screen.wrap([(one_line(found["file"]), QUIET)], 0)
    for one in found["said"]:
        yield []
        about = (output.day(one["date"]), one_line(one["position"]))
        yield from screen.wrap(joined([(one["role"], HEAD), *((part, QUIET) for part in about if part)]), 0)
        for line in one["text"].split("\n"):
            yield from screen.wrap([(output.safe(line).expandtabs(4), "")], 2, [("  ", "")])
    if found["left_out"]:
        yield []
        yield [(f"({found['left_out']} more before and after)", QUIET)]
