"""Reading the canonical markdown file of a session; `rewrite` is the other direction.

Files of the reference system (no `ocm:` key, emoji in headings, rules between sections) are read as they are.
"""

import contextlib
import re
from collections.abc import Iterable

from ocm.base.errors import UnreadableSessionError
from ocm.base.model import CHANGE_TYPES, FileChange, PlanFile, Reference, Session, WorkEntry
from ocm.base.text import one_line, whole_number
from ocm.base.times import with_offset
from ocm.markdown import blocks, frontmatter
from ocm.markdown.blocks import Group, Item, Part
from ocm.markdown.session_file import SessionFile, plain

FORMAT = 1
SCALARS = (
    "session_id", "title", "slug", "tool", "project", "branch", "status", "started_at", "updated_at", "ended_at",
    "git_sha_start", "git_sha_end", "trigger",
)  # fmt: skip
OPTIONAL = ("source", "source_id", "source_version", "imported_at", "model", "parent", "pinned")  # left out where empty
MERGED = "merged_ids"
NULLABLE = frozenset({"ended_at", "git_sha_start", "git_sha_end", "trigger"})
GOAL, TODOS, FILES, DIFF, WORK, PLANS, DECISIONS, PROBLEMS, REFERENCES, WORDS = ORDER = (
    "Goal", "Todos", "Files Touched", "Git Diff Summary", "Work Done", "Plan Files", "Architecture Decisions",
    "Problems", "References", "Last Words",
)  # fmt: skip
TEXTS = frozenset({GOAL, DIFF, WORDS})  # sections of free text: of several with one name the first counts
COMPLETED, PENDING = "Work Completed", "Work To Be Completed"
_LONGEST_FRONT = 200  # lines of a front matter that no line closes
_CODE = re.compile(r"(`+)(.+?)\1(?!`)")
_LINK = re.compile(r"\[((?:\\.|[^\\\[\]])*)\]\((?:<((?:\\.|[^\\<>])*)>|([^\s()<>\\]*))\)")
_ESCAPE = re.compile(r"\\(.)")
_FENCE = re.compile(r"`{3,}")


def parse(text: str) -> Session:
    """Return the session that a file says.

    Raises:
        UnreadableSessionError: with the line where it cannot be understood.
    """
    return session_of(SessionFile(text))


def session_id_of(text: str) -> str:
    """Return the session id in the front matter of a file, without reading the rest; empty when there is none.

    A file whose front matter is broken still says whose it is, so that no new one stands in for it.
    """
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").split("\n")
    end = frontmatter.end_of(lines) or _LONGEST_FRONT
    blocks_to_try = ["\n".join(lines[1:end]) + "\n"] if frontmatter.is_fence(lines[0]) else []
    blocks_to_try += [line for line in lines[:end] if line.startswith("session_id:")]
    for block in blocks_to_try:
        with contextlib.suppress(UnreadableSessionError):
            return _scalar(frontmatter.load(block).get("session_id"))
    return ""


def merged_ids_of(text: str) -> list[str]:
    """Return the ids of the sessions that were merged into that of a file, from its front matter alone."""
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").split("\n")
    end = frontmatter.end_of(lines)
    with contextlib.suppress(UnreadableSessionError):
        return ids_of(frontmatter.load("\n".join(lines[1:end]) + "\n").get(MERGED)) if end else []
    return []


def session_of(file: SessionFile) -> Session:
    """Return the session that a file taken apart says."""
    version = str(file.keys.get("ocm", FORMAT))
    number = whole_number(version)
    if number is None or number > FORMAT:
        raise UnreadableSessionError(
            f"its format is {one_line(version, 40)!r}, which only a newer version of ocm reads", line=2
        )
    values = {name: _scalar(file.keys.get(name), nullable=name in NULLABLE) for name in SCALARS}
    if not values["session_id"]:
        raise UnreadableSessionError("its front matter has no session_id")
    values["status"] = values["status"] or "open"
    values.update({name: _scalar(file.keys.get(name)) for name in OPTIONAL})
    if file.is_reference:  # it wrote local times without their offset
        values.update({name: with_offset(values[name]) for name in ("started_at", "updated_at", "ended_at")})
    facts = file.facts()
    return Session(
        **values,
        tags=tags_of(file.keys.get("tags")),
        merged_ids=ids_of(file.keys.get(MERGED)),
        goal=_free_text(file, GOAL),
        work_completed=_todos(file, COMPLETED),
        work_pending=_todos(file, PENDING),
        files=[change for kind in CHANGE_TYPES for change in _changes(file, kind)],
        diff_summary=_diff(file),
        work=[WorkEntry(group.name, texts) for group in file.groups(WORK) if (texts := _texts([group])) or group.name],
        plan_files=[PlanFile(*row) for _, row in plan_rows(file)],
        decisions=_texts(file.groups(DECISIONS)),
        problems=_texts(file.groups(PROBLEMS)),
        references=[reference_from(text) for text in _texts(file.groups(REFERENCES))],
        last_words=_free_text(file, WORDS),
        facts=_fenced(file.body[facts.start : facts.end]) if facts else [],
        notes=_notes(file),
    )


def _scalar(value: object, *, nullable: bool = False) -> str:
    if not isinstance(value, str):
        return ""
    return "" if nullable and value in {"null", "None", "~"} else value


def tags_of(value: object) -> list[str]:
    """Return tags, however a person wrote them: a sequence, or one text with commas or spaces."""
    found = value if isinstance(value, list) else re.split(r"[,\s]+", value) if isinstance(value, str) else []
    return list(dict.fromkeys(tag for tag in found if isinstance(tag, str) and tag))


def ids_of(value: object) -> list[str]:
    """Return the ids that a list in a front matter holds."""
    return list(dict.fromkeys(one for one in value if isinstance(one, str) and one)) if isinstance(value, list) else []


def _texts(groups: Iterable[Group]) -> list[str]:
    return [item.text for group in groups for item in group.items if item.text]


def items_at(file: SessionFile, section: str, name: str | None) -> list[Item]:
    """Return the items of a section, with `name` those of its group; of a to-do its box says which list it is on."""
    if section != TODOS:
        return [item for group in file.groups(section, name) for item in group.items if item.text]
    every = [(group, item) for group in file.groups(TODOS) for item in group.items if item.text]
    return [item for group, item in every if _todo_list(group, item) == plain(name or "")]


def _todo_list(group: Group, item: Item) -> str:
    """Return the list that a to-do is on, whatever heading it was put below by whom; empty for none."""
    is_done = blocks.box_of(item.text)
    if is_done is None:
        return name if (name := plain(group.name)) in {plain(COMPLETED), plain(PENDING)} else ""
    return plain(COMPLETED if is_done else PENDING)


def _todos(file: SessionFile, name: str) -> list[str]:
    texts = (blocks.without_box(item.text) for item in items_at(file, TODOS, name))
    return [text for text in texts if text]


def _free_text(file: SessionFile, name: str) -> str:
    parts = file.sections(name)
    return free_text_from(file.content(parts[0])) if parts else ""


def free_text_from(lines: list[str]) -> str:
    """Return the text that the lines of its section say; one that could not stand there as it is lies in a fence."""
    fence = _FENCE.match(lines[0]) if lines else None
    if fence and lines[0] == fence[0] + "text" and lines[-1] == fence[0] and len(lines) > 1:
        return "\n".join(lines[1:-1])
    return "\n".join(lines).strip()


def free_text_lines(text: str) -> list[str]:
    """Return the lines that say `text`, and nothing else, in a section of its own; none for no text."""
    if not text:
        return []
    lines = text.split("\n")
    if blocks.is_plain(text) and free_text_from(lines) == text and lines[-1] != "---":
        return lines
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return [fence + "text", *lines, fence]


def text_span(file: SessionFile, part: Part) -> tuple[int, int]:
    """Return which lines of a section of free text are the text: of the diff summary, the first indented ones."""
    start, end = file.span(part)
    if plain(part.name) != plain(DIFF) or file.is_reference:
        return start, end
    first = blocks.code_start(file.body, start, end)
    if first is None:  # in front of what a person wrote there: behind a list it would be a part of its last item
        return start, start
    last = first
    for line in range(first, end):
        if file.body[line].startswith("    "):
            last = line
        elif file.body[line].strip():
            break
    return first, last + 1


def _diff(file: SessionFile) -> str:
    parts = file.sections(DIFF)
    start, end = text_span(file, parts[0]) if parts else (0, 0)
    return "\n".join(line if file.is_reference else line[4:] for line in file.body[start:end])


def plan_rows(file: SessionFile) -> list[tuple[int, tuple[str, str]]]:
    """Return path and header of every plan file, each with its line."""
    rows = []
    for part in file.sections(PLANS):
        lines = [n for n in range(part.start, part.end) if file.body[n].lstrip().startswith("|")]
        rule = next((n for n in lines if re.fullmatch(r"[\s|:-]+", file.body[n]) and "-" in file.body[n]), -1)
        rows += [(n, row) for n in lines if n > rule and (row := _plan_row(file.body[n]))[0]]
    return rows


def _plan_row(line: str) -> tuple[str, str]:
    inner = line.strip().removeprefix("|").replace("\\\\", "\0")  # so that a bar behind two backslashes still divides
    cells = [cell.replace("\0", "\\\\").strip() for cell in re.split(r"(?<!\\)\|", inner)]
    if len(cells) > 1 and not cells[-1]:
        cells.pop()
    path = cells[0]
    if len(path) > 1 and path[0] == path[-1] == "`":
        path = path[1:-1]
    return unescape(path, "\\|"), unescape(" | ".join(cells[1:]), "\\|")


def plan_line(plan: PlanFile) -> str:
    """Return the table row of a plan file."""
    return f"| `{_cell(plan.path)}` | {_cell(plan.header)} |"


def _cell(text: str) -> str:
    return text.replace("\\", "\\\\").replace("|", "\\|")


def _changes(file: SessionFile, kind: str) -> list[FileChange]:
    return [change_from(text, kind) for text in _texts(file.groups(FILES, kind))]


def change_from(text: str, kind: str) -> FileChange:
    """Return the file that an item below the heading `kind` names."""
    paths = [unescape(_span(code[2]), "\\nr") for code in _CODE.finditer(text)] or [text]
    return FileChange(paths[1], kind, paths[0]) if kind == "renamed" and len(paths) > 1 else FileChange(paths[0], kind)


def _span(text: str) -> str:
    """Return a code span without the one space on each side that keeps a backtick or a space inside it apart."""
    return text[1:-1] if len(text) > 2 and text[0] == text[-1] == " " else text  # noqa: PLR2004 - two spaces and more


def change_text(change: FileChange) -> str:
    """Return the item that names a changed file."""
    old = f"{code_span(change.old_path)} → " if change.old_path is not None else ""
    return old + code_span(change.path)


def code_span(path: str) -> str:
    """Return `path` as a code span on one line: backslashes and line ends escaped, backticks fenced by more of them."""
    text = path.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r")
    fence = "`" * (max((len(run) for run in re.findall(r"`+", text)), default=0) + 1)
    pad = " " if len(fence) > 1 or text != text.strip(" ") else ""
    return f"{fence}{pad}{text}{pad}{fence}"


def reference_from(text: str) -> Reference:
    """Return the link that an item is; a plain line of a person is a title without URL."""
    found = _LINK.fullmatch(text)
    if not found:
        return Reference("", text)
    url = found[3] if found[2] is None else unescape(found[2], "\\<>")
    return Reference(url, unescape(found[1], "\\[]"))


def reference_text(reference: Reference) -> str:
    """Return the item that holds a link."""
    if not reference.url:
        return reference.title
    title = re.sub(r"([\\\[\]])", r"\\\1", reference.title)
    simple = re.fullmatch(r"[^\s()<>\\]+", reference.url)
    url = reference.url if simple else "<" + re.sub(r"([\\<>])", r"\\\1", reference.url) + ">"
    return f"[{title}]({url})"


def unescape(text: str, escaped: str) -> str:
    r"""Return `text` with backslashes in front of the characters `escaped` resolved; `\n` and `\r` are line ends."""
    return _ESCAPE.sub(
        lambda found: {"n": "\n", "r": "\r"}.get(found[1], found[1]) if found[1] in escaped else found[0], text
    )


def _fenced(lines: list[str]) -> list[str]:
    closed = len(lines) > 1 and _FENCE.fullmatch(lines[-1].strip())
    return lines[1:-1] if closed else lines[1:]


def _notes(file: SessionFile) -> str:
    """Return what nothing else of a session says: sections a person added, text above the first, and between items."""
    known = {
        id(part): name for name in ORDER for part in (file.sections(name)[:1] if name in TEXTS else file.sections(name))
    }
    lines: list[str] = []
    for part in file.parts:
        if id(part) in known:
            lines += _remarks(file, part, known[id(part)])
        elif part.level in {0, 1, blocks.SECTION}:
            heading = file.heading_end(part)
            lines += file.body[part.start : heading] if part.level == blocks.SECTION else []
            lines += [line for line in file.body[heading : part.end] if line != "---" or not file.is_reference]
    return "\n".join(lines).strip()


def _remarks(file: SessionFile, part: Part, name: str) -> list[str]:
    """Return the lines of a known section that are no part of what it is for: paragraphs, quotes, tables, code."""
    said = set(range(part.start, file.heading_end(part)))
    if name in TEXTS:
        said.update(range(*text_span(file, part)))
    elif name == PLANS:
        said |= _table(file, part)
    else:
        said |= _listed(part, name)
    said |= {n for n in range(part.start, part.end) if file.is_reference and file.body[n] == "---"}
    left = [line for n, line in enumerate(file.body[part.start : part.end], part.start) if n not in said]
    return left if any(line.strip() for line in left) else []


def _table(file: SessionFile, part: Part) -> set[int]:
    """Return the lines of the table of plan files, with its head."""
    rows = {n for n, _ in plan_rows(file) if part.start <= n < part.end}
    head = range(part.start, min(rows, default=part.start))
    return rows | {n for n in head if file.body[n].lstrip().startswith("|")}


def _listed(part: Part, name: str) -> set[int]:
    """Return the lines of the items of a section, and of the headings that it is known to have."""
    known = {plain(COMPLETED), plain(PENDING)} if name == TODOS else {*CHANGE_TYPES} if name == FILES else set()
    lines: set[int] = set()
    for group in part.groups:
        if group.name and (name == WORK or plain(group.name) in known):
            lines.add(group.start)
        read = [item for item in group.items if not _is_unread(group, item, name, known)]
        lines.update(n for item in read for n in range(item.start, item.end))
    return lines


def _is_unread(group: Group, item: Item, name: str, known: set[str]) -> bool:
    """Return whether an item is on no list, because it stands below a heading that says nothing to this program."""
    if name == TODOS:
        return bool(item.text) and not _todo_list(group, item)
    return name == FILES and plain(group.name) not in known
