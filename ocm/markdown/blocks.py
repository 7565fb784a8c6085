"""The block structure of a session file's body: headings, top-level list items, facts. The only user of markdown_it.

Only the top level is parsed. What lies inside a list item or a quote is skipped by its indentation, which is what
decides membership in CommonMark too; it is several times faster, and no nesting can reach what follows it. A section
of which every line says by itself what it is, as nearly all do that this program writes, takes no parser at all; a law
says that both ways agree.
"""

import re
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

from markdown_it import MarkdownIt
from markdown_it.parser_block import ParserBlock
from markdown_it.rules_block import StateBlock
from markdown_it.token import Token

from ocm.markdown.facts import NAME as FACTS

SECTION = 2
FACT_LEVEL = -1
_MARKER = re.compile(r" {0,3}(?:[-+*]|\d{1,9}[.)])(?:( {1,4})(?=\S)|[ \t]|$)")
_DASHES = re.compile(r"-[- \t]*-[- \t]*")
_ESCAPED_DASHES = re.compile(r"\\+-[- \t]*-[- \t]*")
_BOX = re.compile(r"\[[ xX]\](?: |$)")
# What a line at the left edge is, whatever stands around it: an item (1), a heading (2 and 3), the facts (4), and
# without a group code or a paragraph, unless the line goes on with an item. The parser takes CR and NUL for spaces.
_SIMPLE = re.compile(
    r"""(-[ ])(?=[^\s\0])(?![-\s\0]+$) | (\#{1,6})[ ]+([^\s\0\#](?:[^\r\0]*[^\s\0\#])?)$ | (```ocm$)
    | [ ]{4} | [^\W\d_] | `(?!``) | [|["'(]""",
    re.VERBOSE,
)
_IS_ITEM, _IS_HEADING, _IS_FACTS = 1, 3, 4
_ITEM = 0
_LEAVES = frozenset(("inline", "fence", "code_block", "html_block"))  # blocks that hold lines, and none of it blocks
# Lines of an item or a quote that are parsed to tell how it ends, so that time grows with the length.
_MOST_LOOKED_INTO = 40
_Block = tuple[int, int, int, str]  # the level of a heading, `_ITEM` or `FACT_LEVEL`; from which line to which; a name


class Item(NamedTuple):
    """One list item: the lines it takes and its text without marker and indentation."""

    start: int
    end: int
    text: str


@dataclass(slots=True)
class Group:
    """What stands below one `###` heading (or below none): its lines and its items."""

    name: str
    start: int
    end: int
    items: list[Item] = field(default_factory=list)


@dataclass(slots=True)
class Part:
    """One stretch of the body: a section (level 1 or 2), the facts (`FACT_LEVEL`), or what is below no heading (0)."""

    level: int
    name: str
    start: int
    end: int
    groups: list[Group] = field(default_factory=list)

    @property
    def items(self) -> list[Item]:
        """Every item of the section, whatever its group."""
        return [item for group in self.groups for item in group.items]


class _TopLevel(ParserBlock):
    """A block parser that does not look into lists and quotes."""

    def tokenize(self, state: StateBlock, startLine: int, endLine: int) -> None:  # noqa: N803 - the library's names
        """Parse the top level; below it, move on to the first line that cannot belong to the container."""
        if state.level == 0:
            super().tokenize(state, startLine, endLine)
            return
        line = startLine + 1
        went_on = False  # with a paragraph, by a line at the left edge
        while line < endLine:
            inside = state.isEmpty(line) or state.sCount[line] >= state.blkIndent
            if not inside and not _goes_on(state, startLine, line, endLine, open_=went_on):
                break
            went_on = not inside
            line += 1
        state.line = line


def _goes_on(state: StateBlock, begin: int, line: int, end_line: int, *, open_: bool) -> bool:
    """Return whether an unindented line goes on with a paragraph above it; `open_` says that there is one."""
    if state.isEmpty(line - 1) or _begins_block(state, line, end_line):
        return False
    return open_ or _ends_in_paragraph(state, begin, line)


def _begins_block(state: StateBlock, line: int, end_line: int) -> bool:
    """Return whether an unindented line starts a block of its own, so that it goes on with no paragraph."""
    rules = state.md.block.ruler.getRules("paragraph")
    return any(rule(state, line, end_line, True) for rule in rules)  # noqa: FBT003 - the library's way


def _ends_in_paragraph(state: StateBlock, begin: int, end: int) -> bool:
    """Return whether what a container holds ends in a paragraph, with which an unindented line goes on."""
    if end - begin > _MOST_LOOKED_INTO:
        return True
    held = state.getLines(begin, end, state.blkIndent, keepLastLF=False) + "\nwords"
    leaves = [token for token in _INSIDE.parse(held) if token.map and token.type in _LEAVES]
    return bool(leaves) and leaves[-1].type == "inline" and (leaves[-1].map or [end])[0] < end - begin


def _parser() -> MarkdownIt:
    markdown = MarkdownIt("commonmark")
    markdown.block = _TopLevel()
    # a table is a paragraph here, and definitions of references change no structure
    markdown.block.ruler.disable(["table", "reference"])
    return markdown


_MARKDOWN = _parser()
_WHOLE = MarkdownIt("commonmark")  # of what is nested deeper than it goes it makes no sense, so that is not plain
_INSIDE = MarkdownIt("commonmark", {"maxNesting": 100})  # deeper than anybody writes, and not too deep for the stack


def tokens(lines: list[str]) -> list[Token]:
    """Return the top-level block tokens of `lines`."""
    source = "\n".join(lines).replace("\r", " ").replace("\x00", " ")
    found: list[Token] = []
    _MARKDOWN.block.parse(source, _MARKDOWN, {}, found)
    return found


def outline(lines: list[str]) -> list[Part]:
    """Return the parts of a body, in order and without gaps; `lines` have no line ends."""
    return _parts(lines, _blocks(lines))


def code_start(lines: list[str], begin: int, end: int) -> int | None:
    """Return the first line from `begin` to `end` of indented code: one in an item or a fence is a part of that."""
    if lines[begin:end] and lines[begin].startswith("    "):
        return begin
    found = (token.map for token in tokens(lines[begin:end]) if token.type == "code_block" and token.map)
    return next((begin + start for start, _ in found), None)


def _parts(lines: list[str], found: list[_Block]) -> list[Part]:
    parts = [Part(0, "", 0, 0, [Group("", 0, 0)])]
    facts = max((start for level, start, _, _ in found if level == FACT_LEVEL), default=-1)
    for level, start, end, name in found:
        if level == _ITEM:
            parts[-1].groups[-1].items.append(_item(lines, start, end))
        elif level > SECTION:
            parts[-1].groups[-1].end = start
            parts[-1].groups.append(Group(name, start, start))
        elif level != FACT_LEVEL:
            _open(parts, level, name, start)
        elif start == facts:
            _open(parts, FACT_LEVEL, FACTS, start)
            _open(parts, 0, "", end)
    _close(parts, len(lines))
    return [part for part in parts if part.end > part.start]


def _open(parts: list[Part], level: int, name: str, start: int) -> None:
    _close(parts, start)
    parts.append(Part(level, name, start, start, [Group("", start, start)]))


def _close(parts: list[Part], end: int) -> None:
    parts[-1].end = parts[-1].groups[-1].end = end


def _blocks(lines: list[str]) -> list[_Block]:
    """Return headings, items and facts, section by section; what leaves something open is looked at with all the rest.

    A heading at the left edge ends whatever is above it, or it is inside of that and no heading.
    """
    headings = [n for n, line in enumerate(lines) if line.startswith(("# ", "## "))]
    found: list[_Block] = []
    for begin, end in pairwise([0, *headings, len(lines)]):
        section = _simple(lines, begin, end)
        if section is None:
            section = _parsed(lines, begin, end + 1)
            if end < len(lines) and not (section and section.pop()[1] == end):
                return found + _parsed(lines, begin, len(lines))
        found += section
    return found


def _parsed(lines: list[str], begin: int, end: int) -> list[_Block]:
    """Return what some lines hold, as the parser sees it."""
    found: list[_Block] = []
    seen = tokens(lines[begin:end])
    for index, token in enumerate(seen):
        start, stop = token.map or (0, 0)
        if token.type == "list_item_open" and token.level == 1:
            found.append((_ITEM, begin + start, begin + stop, ""))
        elif token.type == "heading_open" and token.level == 0 and token.tag < "h4":
            found.append((int(token.tag[1]), begin + start, begin + stop, seen[index + 1].content))
        elif token.type == "fence" and token.level == 0 and token.info.strip() == FACTS:
            found.append((FACT_LEVEL, begin + start, begin + stop, ""))
    return found


def _simple(lines: list[str], begin: int, end: int) -> list[_Block] | None:
    """Return what a section holds each of whose lines is simple; None where it takes a parser to tell."""
    found: list[_Block] = []
    behind, item_end = begin, -1
    while behind < end:
        start, behind = behind, behind + 1
        text = lines[start]
        if not text:
            continue
        mark = _SIMPLE.match(text)
        if not mark:
            return None
        kind = mark.lastindex
        if kind == _IS_ITEM:
            behind = item_end = _item_end(lines, behind, end)
            found.append((_ITEM, start, behind, ""))
        elif kind == _IS_HEADING:
            if len(mark[2]) <= SECTION + 1:
                found.append((len(mark[2]), start, behind, mark[3]))
        elif kind == _IS_FACTS:
            behind = _fence_end(lines, behind, end)
            found.append((FACT_LEVEL, start, behind, ""))
            if not behind:
                return None
        elif start == item_end and lines[start - 1]:
            return None
    return found


def _item_end(lines: list[str], line: int, end: int) -> int:
    """Return the first line from `line` on that is neither blank nor indented."""
    while line < end and (not lines[line] or lines[line].startswith("  ")):
        line += 1
    return line


def _fence_end(lines: list[str], line: int, end: int) -> int:
    """Return the line behind the one that closes a fence; 0 where that is not plain to see."""
    found = next((n for n in range(line, end) if "```" in lines[n]), end)
    return found + 1 if found < end and lines[found] == "```" else 0


def _item(lines: list[str], start: int, end: int) -> Item:
    while end > start + 1 and not lines[end - 1].strip():
        end -= 1
    marker = _MARKER.match(lines[start])
    width = marker.end() if marker else 0
    texts = [lines[start][width:]]
    for line in lines[start + 1 : end]:
        indent = len(line) - len(line.lstrip(" "))
        texts.append(line[min(indent, width) :])
    if _ESCAPED_DASHES.fullmatch(texts[0]):
        texts[0] = texts[0][1:]
    return Item(start, end, "\n".join(texts).strip())


def item_lines(text: str, box: str = "") -> list[str]:
    """Return the lines of a list item that holds `text`; `box` is `[x] ` or `[ ] ` for a to-do."""
    first, *rest = text.split("\n")
    first = box + first
    if _DASHES.fullmatch(first) or _ESCAPED_DASHES.fullmatch(first):
        first = "\\" + first  # "- --" would be a thematic break
    return ["- " + first, *("  " + line if line else "" for line in rest)]


def box_of(text: str) -> bool | None:
    """Return whether the check box of a to-do item is ticked; None where it has none."""
    found = _BOX.match(text)
    return text[1] != " " if found else None


def without_box(text: str) -> str:
    """Return the text of a to-do item without its check box."""
    found = _BOX.match(text)
    return text[found.end() :].strip() if found else text


def is_plain(text: str) -> bool:
    """Return whether `text` can stand in a section as it is: it starts no section and leaves nothing open behind it.

    A whole parser has to see the same as the one here, or the file would mean something else where it is looked at.
    """
    lines = [*text.split("\n"), "", "## end"]
    found = tokens(lines)
    whole: list[Token] = []
    _WHOLE.block.parse("\n".join(lines), _WHOLE, {}, whole)
    headings = [t for t in found if t.level == 0 and t.type == "heading_open" and t.tag in {"h1", "h2"}]
    facts = [t for t in found if t.level == 0 and t.type == "fence" and t.info.strip() == FACTS]
    ends = len(headings) == 1 and headings[0].map == [len(lines) - 1, len(lines)]
    return ends and not facts and _shape(found) == _shape(whole)


def _shape(found: list[Token]) -> list[tuple[str, list[int] | None]]:
    levels = {"heading_open": 0, "fence": 0, "html_block": 0, "list_item_open": 1}
    return [(token.type, token.map) for token in found if levels.get(token.type) == token.level]
