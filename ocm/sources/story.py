"""What one conversation told, as far as a session keeps it: readers say it in order, `extract` makes a session of it.

Memory stays small however long the conversation is: of texts the head, of edits their fingerprints. What was typed and
answered is redacted as it comes, before anything is cut, so that no secret or private text is split in two.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from ocm.base.text import one_line
from ocm.git import fingerprints
from ocm.markdown.fingerprint_lines import MAX_UNIT
from ocm.sources.head import Note
from ocm.sources.json_lines import Position, Unreadable

MAX_PROMPT, MAX_ANSWER = 4_000, 20_000
MAX_TURNS = 2_000
_MAX_TEXT = 200_000  # characters that are looked at
_MOST_KEYS = 4 * MAX_UNIT
_FEW, _MOST_SPANS = 5, 200  # fingerprints that make a span of a turn, and spans up to a commit
_MOST_ITEMS = 400
OUTPUT = 40_000
Clean = Callable[[str], str]
Place = Callable[[str], str]  # a path as the tool named it, as one of the project; empty outside
_COMMITTED = re.compile(r"^\[(?:[^\]\n]{1,300} )?([0-9a-f]{7,40})\] (\S[^\n]*)$", re.MULTILINE)
_MAKES_COMMIT = re.compile(r"\bgit\b[^\n|;&]{0,200}\b(?:commit|cherry-pick|revert|merge|am)\b|\bcommit\b")
_CHECK = re.compile(
    r"\b(?:py\.?test|unittest|tox|nox|go (?:test|build|vet)|cargo (?:test|build|check)|(?:npm|pnpm|yarn|bun)(?: run)? "
    r"(?:test|build)[\w:-]*|npx (?:jest|vitest|tsc)|jest|vitest|mocha|tsc|mvn|gradlew?|make(?: \w+)?|ctest|rspec|"
    r"phpunit|dotnet (?:test|build)|swift (?:test|build)|mix test|mise run \w+|bazel (?:test|build)|deno test)\b"
)
_STYLE = re.compile(r"lint|fmt|format|prettier|black|ruff|eslint|clippy|vet\b|style", re.IGNORECASE)
_HIDES_EXIT = re.compile(r"\|\s*(?:tail|head|grep|tee|less|sed|awk|wc|sort|cat)\b|\|\|\s*true|;\s*(?:true|echo)\b")
_TELLING = re.compile(
    r"^.{0,200}?(?:\b(?:error|failed|failure|panic|exception|fatal|traceback|undefined|cannot|assert\w*)\b|FAIL|Error:|✗|✘|✕)",
    re.IGNORECASE,
)
_NO_CHOICE = re.compile(  # questions about how the conversation goes on, or for leave to do one thing
    r"^(?:can|could|may|shall) (?:you|I)\b|^(?:would you like|do you want) me to (?!.*\bor\b)|"
    r"^(?:ready to|more questions|anything else|are there (?:any )?other|any (?:other|more))\b|"
    r"\b(?:what (?:would you like to do|should I (?:do|update|work on|tackle))|how would you like to proceed|"
    r"(?:can|should|may) I (?:open|start|run|proceed|continue|go ahead|commit|push|remove|delete|review)\b|"
    r"which \S+ (?:would|do) you (?:like|want)\b.{0,20}\b(?:discuss|review|me)\b|capture (?:the|what)\b|"
    r"(?:reliably )?reproduce this)",
    re.IGNORECASE,
)
_UNDECIDED = re.compile(
    r"\?|^\W*(?:you decide|up to you|whatever|skip|next|hmm+|not sure|(?:I )?(?:don't|do not) know)\b"
    r"|^from my understanding\b"
    r"|\bnext area\b",
    re.IGNORECASE,
)
# One of these is in every such line of plain letters: most are passed over at once, because the pattern is slow.
_SIGNS = ("error", "fail", "panic", "exception", "fatal", "traceback", "undefined", "cannot", "assert")
_ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


@dataclass(slots=True)
class Turn:
    """What was asked and what was answered last, when, and where in the transcript it is."""

    at: float
    prompt: str
    place: str
    answer: str = ""
    end: float = 0.0
    segment: int = 0


@dataclass(slots=True)
class Span:
    """The fingerprints of one turn's edits, and when the last of these was made."""

    keys: set[int] = field(default_factory=set)
    at: float = 0.0


@dataclass(slots=True)
class Segment:
    """The edits up to one commit, or to the end, and the commit as it was printed.

    They are kept turn by turn, because who commits by hand commits what some turns came to.
    """

    spans: list[Span] = field(default_factory=lambda: [Span()])
    sha: str = ""
    subject: str = ""
    at: float = 0.0
    place: str = ""

    @property
    def keys(self) -> set[int]:
        """The fingerprints of all its edits."""
        return set().union(*(span.keys for span in self.spans))


@dataclass(slots=True)
class Check:
    """How a test or a build ended last, what was edited since it first failed, and whether that is how it stands.

    Once anything was edited, or any check was run again that did not fail, nobody knows of one that failed before.
    """

    line: str
    place: str
    since: list[str]
    solved: list[tuple[str, str, str]]
    failed: bool
    stands: bool = True


@dataclass(slots=True)
class Story:
    """What a conversation told so far; `clean` redacts, `inside` makes a path one of the project.

    `position` is where in its file the reading begins: readers of a file that only grows take it along.
    """

    clean: Clean
    inside: Place
    unread: Unreadable = field(default_factory=Unreadable)
    position: Position = field(default_factory=Position)
    version: str = ""
    branch: str = ""
    model: str = ""
    sha: str = ""
    parent: str = ""
    start: float = 0.0
    end: float = 0.0
    titles: dict[int, str] = field(default_factory=dict)
    turns: list[Turn] = field(default_factory=list)
    prompts: int = 0
    edits: int = 0
    files: dict[str, str] = field(default_factory=dict)
    named: dict[str, None] = field(default_factory=dict)
    segments: list[Segment] = field(default_factory=lambda: [Segment()])
    checks: dict[str, Check] = field(default_factory=dict)
    todos: dict[str, tuple[str, str, str]] = field(default_factory=dict)
    done: dict[str, str] = field(default_factory=dict)
    edits_at_todo: int = 0
    decisions: dict[str, tuple[str, float]] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)
    tags: dict[str, None] = field(default_factory=dict)
    _answer: str = ""

    # --- what readers say

    def seen(self, at: float) -> None:
        """Take the time of a record."""
        if at:
            self.start = min(self.start or at, at)
            self.end = max(self.end, at)

    def titled(self, text: str, rank: int) -> None:
        """Take a title; one of a higher rank wins, of one rank the last."""
        if text.strip():
            self.titles[rank] = text

    def prompt(self, text: str, at: float, place: str) -> None:
        """Take what a person typed."""
        text = self._clean(text)
        if not text:
            return
        self.close_turn()
        self._end_span()
        self.prompts += 1
        if len(self.turns) < MAX_TURNS:
            self.turns.append(Turn(at, text[:MAX_PROMPT], place, "", at, len(self.segments) - 1))

    def answer(self, text: str, at: float, place: str) -> None:
        """Take what the assistant said; the last of a turn is its answer."""
        if not text.strip():
            return
        if not self.turns:
            self.turns.append(Turn(at, "", place))
        self._answer = text
        self.turns[-1].end = at or self.turns[-1].end
        self.turns[-1].segment = len(self.segments) - 1

    def close_turn(self) -> None:
        """Keep the answer of the turn that is over."""
        if self._answer and self.turns:
            self.turns[-1].answer = self._clean(self._answer)[:MAX_ANSWER]
        self._answer = ""

    def take_back(self, turns: int) -> None:
        """Forget the last turns, which were rolled back; what they edited was edited."""
        self.close_turn()
        if turns > 0:
            del self.turns[-turns:]

    def edit(self, path: str, kind: str, lines: Iterable[bytes], at: float) -> None:
        """Take an edit: the path as the tool names it, its kind, and the lines of its diff from the first hunk on."""
        self.named[path] = None
        self.seen(at)
        self.edits += 1
        path = self.clean(self.inside(whole(path)))
        if not path:
            return
        self._touch(path, kind)
        for check in self.checks.values():
            check.stands = False
            if check.failed and path not in check.since and len(check.since) < _MOST_ITEMS:
                check.since.append(path)
        self._fingerprint(path, lines, at)

    def moved(self, old: str, path: str, lines: Iterable[bytes], at: float) -> None:
        """Take an edit that also moved a file."""
        self.edit(old, "deleted", (), at)
        self.edit(path, "created", lines, at)

    def ran(self, command: str, output: str, at: float, place: str, *, failed: bool | None) -> None:
        """Take a command, whether it failed where that is known, and what it printed."""
        output = output if len(output) <= OUTPUT else output[: OUTPUT // 4] + "\n" + output[-OUTPUT:]
        if _MAKES_COMMIT.search(command):
            for found in _COMMITTED.finditer(output):
                self.committed(found[1], found[2], at, place)
        self._check(command, output, place, failed=failed)

    def committed(self, sha: str, subject: str, at: float, place: str) -> None:
        """Take a commit as it was printed; one that is told twice counts once."""
        if any(one.sha[:7] == sha[:7] for one in self.segments):
            return
        last = self.segments[-1]
        last.sha, last.subject, last.at, last.place = sha, self._clean(subject)[:300], at, place
        self.segments.append(Segment())

    def todo_list(self, items: Iterable[tuple[str, str]], place: str) -> None:
        """Take a to-do list as it is now: texts, each `pending`, `in_progress` or `completed`."""
        self.todos = {}
        for text, status in items:
            self.todo(text, text, status, place)

    def todo(self, key: str, text: str, status: str, place: str) -> None:
        """Take one to-do item as it is now."""
        text = self._clean(text)[:1000]
        if not text or len(self.todos) > _MOST_ITEMS:
            return
        self.edits_at_todo = self.edits
        self.todos[key] = (text, status, place)
        if status == "completed":
            self.done[text] = place
        else:
            self.done.pop(text, None)

    def plan(self, text: str, place: str) -> None:
        """Take a plan that was accepted."""
        summary = plan_summary(self._clean(text))
        if summary:
            self.decided(f"Plan accepted: {summary}", place)

    def chosen(self, question: str, answer: str, place: str) -> None:
        """Take a question that a person answered."""
        if answer.strip() and question.strip() and not (_NO_CHOICE.search(question) or _UNDECIDED.search(answer)):
            self.decided(f"{_line(self._clean(question), 300)} → {_line(self._clean(answer), 300)}", place)

    def decided(self, text: str, place: str) -> None:
        """Take a decision in words that are clean already."""
        if text and len(self.decisions) < _MOST_ITEMS:
            self.decisions.setdefault(text, (place, self.end))

    def link(self, url: str, title: str) -> None:
        """Take a reference."""
        if url.startswith(("https://", "http://")) and len(self.links) < _MOST_ITEMS:
            self.links[self._clean(url)] = self._clean(title)

    def noted(self, note: Note) -> None:
        """Take what another memory holds as an item of its section; what no longer holds is struck through."""
        text = one_line(self._clean(note.text), MAX_PROMPT)
        self.seen(note.at)
        if text and len(self.notes) < _MOST_ITEMS:
            self.notes.append(note._replace(text=f"~~{text.strip('~')}~~" if note.is_over else text))

    # --- what it comes to

    @property
    def title(self) -> str:
        """The title of the highest rank, empty where none was told."""
        return self._clean(self.titles[max(self.titles)]) if self.titles else ""

    @property
    def commits(self) -> list[Segment]:
        """The commits that were printed, oldest first."""
        return [segment for segment in self.segments if segment.sha]

    @property
    def is_small(self) -> bool:
        """Whether nothing came of it: no edit, no commit, and fewer than two prompts."""
        return not (self.edits or self.commits or self.notes) and self.prompts < 2  # noqa: PLR2004 - as it is told to users

    def _clean(self, text: str) -> str:
        return self.clean(whole(text[:_MAX_TEXT])).strip()

    def _touch(self, path: str, kind: str) -> None:
        before = self.files.get(path)
        if kind == "deleted" and before == "created":
            del self.files[path]
        elif before is None or kind == "deleted" or before == "deleted":
            self.files[path] = "modified" if before == "deleted" else kind

    def _end_span(self) -> None:
        spans = self.segments[-1].spans
        if len(spans[-1].keys) >= _FEW and len(spans) < _MOST_SPANS:
            spans[-1].keys = lowest(spans[-1].keys, MAX_UNIT)
            spans.append(Span())

    def _fingerprint(self, path: str, lines: Iterable[bytes], at: float) -> None:
        name = path.encode("utf-8", "replace")
        last = self.segments[-1].spans[-1]
        last.at = max(last.at, at)
        head = (b"diff --git a/%b b/%b" % (name, name),)
        for patch in fingerprints.patches(_chained(head, lines)):
            last.keys |= patch.own
        if len(last.keys) > _MOST_KEYS:
            last.keys = lowest(last.keys, _MOST_KEYS // 2)

    def _check(self, command: str, output: str, place: str, *, failed: bool | None) -> None:
        found = checked(command)
        if not found:
            return
        hides = bool(_HIDES_EXIT.search(command[found.start() :]))
        name = found[0]
        before = self.checks.get(name)
        line = self._clean(telling_line(output)) if failed else ""
        if failed and line:
            since = before.since if before and before.failed else []
            solved = before.solved if before else []
            self.checks[name] = Check(line, place, since, solved, failed=True)
            return
        for check in self.checks.values():
            check.stands = False
        if before and before.failed and not hides and failed is False:
            if before.since:
                before.solved.append((before.line, ", ".join(before.since[:3]), place))
            self.checks[name] = Check("", place, [], before.solved, failed=False)


def lowest(keys: set[int], most: int) -> set[int]:
    """Return so many keys at most, those with the lowest hashes, which is a fair sample."""
    return keys if len(keys) <= most else set(sorted(keys)[:most])


def whole(text: str) -> str:
    """Return a text without halves of characters, which JSON can hold and no file can."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def checked(command: str) -> re.Match[str] | None:
    """Return which test or build a command runs; None where it is neither."""
    found = _CHECK.search(command)
    return None if found and _STYLE.search(found[0]) else found


def telling_line(output: str) -> str:
    """Return the last line of an output that says what went wrong; empty where none does."""
    plain = _ANSI.sub("", output)
    told = [line.strip() for line in plain.split("\n") if _may_tell(line) and _TELLING.match(line)]
    placed = [line for line in told if re.search(r"[\w/.-]+\.\w{1,5}:\d+|::|--- FAIL|^FAIL\s+\S", line)]
    return _line((placed or told or [""])[-1], 200)


def _may_tell(line: str) -> bool:
    if not line.isascii():  # where letters of other scripts count as small ones
        return True
    lower = line.lower()
    return any(sign in lower for sign in _SIGNS)


def plan_summary(text: str) -> str:
    """Return the heading of a plan and the paragraph below it."""
    lines = [line.strip() for line in text.split("\n")]
    heading = next((line.lstrip("# ") for line in lines if line.startswith("#")), "")
    heading = heading.removeprefix("Plan:").strip()
    rest = "\n".join(lines[next((n + 1 for n, line in enumerate(lines) if line.startswith("#")), 0) :])
    plain = re.sub(r"^```.*?^```$", "", rest, flags=re.MULTILINE | re.DOTALL)
    body = next((line for line in plain.split("\n") if line and not line.startswith(("#", "|", "---"))), "")
    return _line(f"{heading}. {body}" if heading and body else heading or body, 500)


def _line(text: str, limit: int) -> str:
    from ocm.base.text import one_line

    return one_line(text, limit)


def _chained(head: Iterable[bytes], lines: Iterable[bytes]) -> Iterable[bytes]:
    yield from head
    yield from lines
