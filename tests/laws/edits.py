"""What a person does to a session file: lines of their own in every place, other markup for what is there.

Every line that a person adds holds `@`, which no line of the program holds here, so a law can ask for all of them.
"""

import re
from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import strategies as st
from markdown_it import MarkdownIt

from ocm.base.model import CHANGE_TYPES, Checkpoint, FileChange, PlanFile, Reference, Session, WorkEntry
from ocm.markdown import blocks, parse, render
from ocm.markdown.facts import digest
from ocm.markdown.session_file import SessionFile
from ocm.sessions.merge import Observed
from tests.laws.strategies import lines as hostile_lines
from tests.laws.strategies import texts

# With the nesting that it allows by itself, the parser takes all the rest of a file for part of the 20th list in a list.
FULL = MarkdownIt("commonmark", {"maxNesting": 100_000})
NOW = datetime(2026, 3, 3, 12, 0, tzinfo=UTC)
NOW_HEADING = "2026-03-03 12:00 · abcdef0"
_STOP = {"e": "stop", "t": 3, "words": "# Later\n\nStill open: docs"}

CHUNKS = (
    ["@ says so"],
    ["@ wraps", "over @ two lines"],
    ["@ spaces  ", "\t@ tab"],
    ["<!-- @ -->"],
    ["<!-- @", "", "## Goal @", "-->"],
    ["<div>@", "@", "</div>@"],
    ["```python @", "## @ is no heading", "", "- @ no item", "```"],
    ["~~~ @", "@", "~~~"],
    ["    @ code"],
    ["| @ | b |", "| --- | --- | @", "| 1 | 2 | @"],
    ["> @ quoted", "> - @ item"],
    ["> @ lazy", "quote @"],
    ["***"],
    ["[@]: https://example.org/@"],
    ["## @", "", "@ text", "", "- @ item"],
    ["@ section", "-----", "", "text @"],
    ["@ title", "====="],
    ["# @"],
    ["### @", "", "- @ sub"],
    ["### @ nothing below"],
    ["#### @"],
    ["* @ star"],
    ["+ @ plus", "+ @ plus two"],
    ["1. @ one", "2. @ two"],
    ["- @ wrapped", "lazily @"],
    ["- @ outer", "  - @ inner", "", "    @ deep"],
    ["- [ ] @ to do", "- [x] @ done", "- [X] @ Done"],
    ["- @", "", "      @ code in it"],
    # sections there twice, as a merge of two branches leaves them, or written by hand
    ["## Goal", "", "@ second goal"],
    ["## Todos", "", "### Work Completed", "", "- [X] @ did"],
    ["## Todos", "", "- @ below no heading"],
    ["## Files Touched", "", "### Modified", "", "- @ plain", "- `@/quoted` and why"],
    ["## Git Diff Summary", "", "@ no diff"],
    ["## Work Done", "", "### @ by hand", "", "- @ did", "", "@ paragraph"],
    ["## Work Done", "", "- @ below no heading"],
    ["## Work Done", "", "### @ nothing below"],
    ["## Plan Files", "", "| `@` | x |", "", "@ behind the table"],
    ["## Plan Files", "", "- @ no table"],
    ["## Architecture Decisions", "", "- @ decided"],
    ["## Problems", "", "@ no list"],
    ["## References", "", "- @ plain", "- [@](https://example.org)"],
    ["## Last Words", "", "@ said"],
    ["## architecture decisions ##", "", "1) @ other case"],
)
FRONT_CHUNKS = (
    ["# @ comment"],
    ["x_@: kept  # why"],
    ["list_@:", "  - a # @", "  - b @"],
    ["block_@: |", "  line @", "", "  # @ no comment"],
    ["quoted_@: 'it''s @'"],
    ["empty_@:"],
    ["map_@: {a: [1, 2]} # @"],
)

_texts = st.sampled_from((
    "one", "two\n\nparagraph", "code\n```\n## x\n```", "nested\n- a\n- b", "open <!-- comment", "# heading", "---", "| a | b |",
))  # fmt: skip
_item_lists = st.lists(_texts, max_size=2, unique=True)
_headings = st.sampled_from(("", "2026-01-01 00:01", NOW_HEADING))
_times = st.just("2026-01-01T00:00:00+00:00")

_words = st.sampled_from(("one", "two words", "**Bold:** x", "`code`"))


def _with_words(session: Session, words: str) -> Session:
    """Return the session with last words that the program wrote, in the section and in the facts."""
    said = f"words 2026-01-01T00:00:00+00:00 {digest(words)}"
    return replace(session, last_words=words, facts=[*session.facts, said]) if words else session


_sessions_without_words = st.builds(
    Session,
    st.just("0f6c"),
    title=st.sampled_from(("", "Title")),
    tool=st.just("claude-code"),
    branch=st.sampled_from(("", "main")),
    started_at=_times,
    updated_at=_times,
    tags=st.sampled_from(([], ["k8s", "a b"])),
    goal=st.sampled_from(("", "goal", "# heading\ngoal", "goal\n\n- list")),
    work_completed=_item_lists,
    work_pending=_item_lists,
    files=st.sampled_from(
        (
            [],
            [FileChange("m.py", "modified")],
            [FileChange("c.py", "created"), FileChange("z.py", "created"), FileChange("b", "renamed", "a")],
        )
    ),
    diff_summary=st.sampled_from(("", "1 file changed", "a | 1 +\n 1 file changed")),
    work=st.lists(st.builds(WorkEntry, _headings, _item_lists), max_size=3).map(
        lambda entries: [e for n, e in enumerate(entries) if e.heading or (e.items and not n)]
    ),
    plan_files=st.sampled_from(([], [PlanFile("docs/p.md", "Plan | A")])),
    decisions=_item_lists,
    problems=_item_lists,
    references=st.sampled_from(([], [Reference("https://example.org", "Title")])),
    facts=st.sampled_from(([], ["start 1"])),
)
simple_sessions = st.builds(
    _with_words, _sessions_without_words, st.sampled_from(("", "It works now.", "## Done\n\n- tests\n\n```\nopen"))
)

checkpoints = st.builds(
    Checkpoint,
    st.just("0f6c"),
    goal=st.sampled_from((None, None, "new goal", "# new\n\n- goal")),
    title=st.sampled_from((None, "New title")),
    status=st.sampled_from((None, "closed", "frozen")),
    work_completed=st.sampled_from(([], ["new", "one"])),
    work_pending=st.sampled_from((None, None, [], ["one", "new task", "two\n\nparagraph"])),
    work_summary=st.sampled_from(([], ["new"], ["new\n\n```\n## x\n```", "one"])),
    decisions=st.sampled_from(([], ["new"])),
    problems=st.sampled_from(([], ["new"])),
    plan_files=st.sampled_from(([], [PlanFile("new.md", "new")])),
    references=st.sampled_from(([], [Reference("https://example.org/new", "new")])),
    tags=st.sampled_from(([], ["new"])),
)


@st.composite
def observations(draw: st.DrawFn) -> Observed:
    """What is seen at a checkpoint: events of the journal, edits, and perhaps the work tree."""
    observed = Observed(NOW, "abcdef0123", "main", takes=["0001-1"])
    observed.events = draw(
        st.sampled_from(([], [{"e": "call", "t": 1.5}], [{"e": "prompt", "title": "prompt", "t": 2}], [_STOP]))
    )
    observed.edits = draw(st.sampled_from(([], [FileChange("n.py", "modified"), FileChange("m.py", "deleted")])))
    if draw(st.booleans()):
        observed.changed = [FileChange("a.py", "created")]
        observed.diff_summary = draw(st.sampled_from(("", "2 files changed")))
        observed.undone = frozenset(draw(st.sampled_from(([], ["m.py"]))))
    return observed


@st.composite
def edited_files(draw: st.DrawFn) -> str:
    """A session file as the program wrote it and a person went on with it."""
    lines = render.render(draw(simple_sessions)).removesuffix("\n").split("\n")
    end = lines.index("---", 1)
    front = _edited_front(draw, lines[1:end])
    body = _remarked(draw, lines[end + 1 :])
    for chunk in draw(st.lists(st.sampled_from(CHUNKS), max_size=3)):
        seams = [
            n
            for n in range(len(body) + 1)
            if not body[n - 1 : n] or not body[n - 1] or not body[n : n + 1] or not body[n]
        ]
        at = draw(st.sampled_from(seams))
        before, after = draw(st.sampled_from(([""], [""], []))), draw(st.sampled_from(([""], [""], [])))
        body[at:at] = [*before, *chunk, *after]
    whole = ["---", *front, "---", *body]
    return _encoded(draw, _numbered(whole))


@st.composite
def reference_files(draw: st.DrawFn) -> str:
    """A file of the reference system, as it writes them: one line an item, rules between the sections, local times."""
    project = draw(st.sampled_from(("proj", "my: proj", "a # b", "[x", "'q", "1.10")))
    trigger = draw(st.sampled_from(("null", "task_end")))
    front = ["session_id: a1b2", "tool: claude-code", f"project: {project}", "started_at: 2026-11-21T04:42:25"]
    front += ["git_sha_start: 2374c4d", "git_sha_end: null", f"trigger: {trigger}"]
    goal = draw(st.none() | _words | texts.filter(bool))
    summary = draw(st.sampled_from(([], ["a | 1 +", " 1 file changed, 1 insertion(+)"], [" a | 1 +", " b | 2"])))
    plans = draw(st.sampled_from(([], ["| `docs/p.md` | ## Plan | A |"])))
    todos = _items(draw, ["", "### ✅ Work Completed"]) + _items(draw, ["", "### 🔲 Work To Be Completed"])
    touched = _items(draw, ["", "### Created"], "- c/") + _items(draw, ["", "### Modified"], "- `m/")
    sections = [
        ["## Goal", *goal.split("\n")] if goal else [],
        ["## Todos", *todos] if todos else [],
        ["## Files Touched", *touched] if touched else [],
        ["## Git Diff Summary", *summary] if summary else [],
        _items(draw, ["## Work Done"]),
        ["## Plan Files", "", "| File | Description |", "|------|-------------|", *plans] if plans else [],
        _items(draw, ["## Architecture Decisions", ""]),
        _items(draw, ["## References", ""]),
    ]
    lines = ["---", *front, "---"]
    for number, section in enumerate(section for section in sections if section):
        lines += [*["", "---"] * bool(number), "", *section]
    return "\n".join(lines) + draw(st.sampled_from(("", "\n", "\n\n")))


def _items(draw: st.DrawFn, heading: list[str], marker: str = "- ") -> list[str]:
    items = draw(st.lists(_words | _words | hostile_lines, max_size=2))
    return [*heading, *(marker + item for item in items)] if items else []


def _numbered(lines: list[str]) -> list[str]:
    """Make all that a person wrote different from each other."""
    return [line.replace("@", f"@{number}") for number, line in enumerate(lines)]


def _edited_front(draw: st.DrawFn, front: list[str]) -> list[str]:
    commented = draw(st.sets(st.integers(0, len(front) - 1), max_size=2))
    front = [line + "  # @" * (n in commented) for n, line in enumerate(front)]
    style = draw(st.sampled_from(("", "", "  ")))
    if draw(st.booleans()):
        front = [part for line in front for part in _block_tags(line, style)]
    for chunk in draw(st.lists(st.sampled_from(FRONT_CHUNKS), max_size=2, unique_by=lambda chunk: chunk[0])):
        at = draw(
            st.sampled_from([n for n in range(len(front) + 1) if not "".join(front[n : n + 1]).startswith((" ", "-"))])
        )
        front[at:at] = chunk
    return front


def _block_tags(line: str, style: str) -> list[str]:
    found = re.fullmatch(r'tags: \[k8s, "a b"\](.*)', line)
    return [f"tags:{found[1]}", f"{style}- k8s # @", f'{style}- "a b"'] if found else [line]


def _remarked(draw: st.DrawFn, body: list[str]) -> list[str]:
    """Say the same in other markup: headings and bullets as a person may write them."""
    heading = draw(st.sampled_from(("atx", "atx", "setext", "closed", "lower")))
    bullet = draw(st.sampled_from("--*+1"))
    sections = {part.start for part in blocks.outline(body) if part.level == blocks.SECTION}
    items = {item.start: item.end for part in blocks.outline(body) for item in part.items}
    lines: list[str] = []
    for number, line in enumerate(body):
        if number in sections:
            lines += _heading(heading, line)
        elif number in items and bullet in "*+":
            lines.append(bullet + line[1:])
        elif number in items and bullet == "1" and items[number] == number + 1:
            lines.append("1." + line[1:])
        else:
            lines.append(line)
    return lines


def _heading(style: str, line: str) -> list[str]:
    if style == "setext":
        return [line[3:], "---"]
    return [{"closed": f"##  {line[3:]} ##", "lower": line.lower()}.get(style, line)]


def _encoded(draw: st.DrawFn, lines: list[str]) -> str:
    style = draw(st.sampled_from(("plain", "plain", "crlf", "mixed", "bom", "open", "blank")))
    if style == "mixed":  # lines pasted from elsewhere
        lines = [line + "\r" * ("@" in line) for line in lines]
    text = ("\r\n" if style == "crlf" else "\n").join(lines)
    if style == "open":
        return text
    end = "\r\n" if style == "crlf" else "\n\n\n" if style == "blank" else "\n"
    return ("\ufeff" if style == "bom" else "") + text + end


def by_person(text: str, now: Session | None = None) -> list[str]:
    """Return the lines that a person wrote, without what the program may change in front of a comment.

    What a person writes into a goal, a diff summary, an open task or beside a file goes with it when the session is now
    `now`.
    """
    file = SessionFile(text)
    gone = [range(*parse.text_span(file, part)) for part in file.sections(parse.DIFF)[:1]]
    if now:
        gone += _replaced(file, now)
    body = [line for n, line in enumerate(file.body) if not any(n in lines for lines in gone)]
    front = [re.sub(r"^[a-z_]+: .*(?=  # @)", "", line) for line in file.block.split("\n")]
    return [line for line in [*front, *body] if "@" in line]


def _replaced(file: SessionFile, now: Session) -> list[range]:
    old = parse.session_of(file)
    gone = [range(*file.span(part)) for part in file.sections(parse.GOAL)[:1] if old.goal != now.goal]
    for kind in CHANGE_TYPES:
        items = parse.items_at(file, parse.FILES, kind.capitalize())
        gone += [range(i.start, i.end) for i in items if parse.change_from(i.text, kind) not in now.files]
    tasks = parse.items_at(file, parse.TODOS, parse.PENDING)  # wherever they stand, below a heading or not
    return gone + [range(i.start, i.end) for i in tasks if blocks.without_box(i.text) not in now.work_pending]


def missing(wanted: list[str], lines: list[str]) -> list[str]:
    """Return which of the `wanted` are not among `lines`, in this order."""
    rest = iter(lines)
    return [want for want in wanted if want not in rest]


def leaves_open(text: str) -> bool:
    """Tell whether something in a file would swallow what follows it."""
    body = [line.rstrip("\r") for line in SessionFile(text).body]
    tokens = FULL.parse("\n".join([*body, "", "## end"]))
    return not any(
        t.type == "heading_open" and t.level == 0 and t.map == [len(body) + 1, len(body) + 2] for t in tokens
    )
