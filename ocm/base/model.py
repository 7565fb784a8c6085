"""The values everything else speaks in: sessions, checkpoints and their parts. No I/O, no clock."""

import re
import unicodedata
from dataclasses import dataclass, field, fields
from typing import Any

from ocm.base.errors import BadInputError, suggestion
from ocm.base.text import MAX_LINE, one_line
from ocm.base.values import CHANGE_TYPES, STATUSES, FileChange

__all__ = [
    "CHANGE_TYPES", "HALF", "MAX_ITEM", "SECTIONS", "STATUSES", "TRIGGERS", "Checkpoint", "FileChange", "PlanFile",
    "Reference", "Session", "WorkEntry", "checkpoint_from", "clean_text", "slugify",
]  # fmt: skip

TRIGGERS = ("context_limit", "git_commit", "task_end", "session_end", "manual")
# what of a session can be asked for, under the names of the checkpoint
SECTIONS = (
    "goal", "work_completed", "work_pending", "work_summary", "decisions", "problems", "plan_files", "references",
    "files", "notes", "diff_summary", "last_words",
)  # fmt: skip
MAX_ITEM = 50_000
_YES = frozenset({"true", "yes", "on", "1"})
HALF = "\ufdd0"  # stands where half a character came in; a code point that is never one


@dataclass(frozen=True, slots=True)
class PlanFile:
    """A plan the session follows: its path and what it is about."""

    path: str
    header: str = ""


@dataclass(frozen=True, slots=True)
class Reference:
    """A link worth keeping; a plain line of a person has no `url`."""

    url: str
    title: str = ""


@dataclass(slots=True)
class WorkEntry:
    """The work of one checkpoint: its heading (`2026-03-03 15:10 · a3f1c99 · git_commit`) and its items."""

    heading: str
    items: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Session:
    """What one session file says. Times are ISO 8601 with offset, absent values are empty strings.

    `last_words` is the closing message of the last turn, as the host gave it to a hook: nobody stored it on purpose.
    """

    session_id: str
    title: str = ""
    slug: str = ""
    tool: str = ""
    project: str = ""
    branch: str = ""
    status: str = "open"
    started_at: str = ""
    updated_at: str = ""
    ended_at: str = ""
    git_sha_start: str = ""
    git_sha_end: str = ""
    trigger: str = ""
    tags: list[str] = field(default_factory=list)
    goal: str = ""
    work_completed: list[str] = field(default_factory=list)
    work_pending: list[str] = field(default_factory=list)
    files: list[FileChange] = field(default_factory=list)
    diff_summary: str = ""
    work: list[WorkEntry] = field(default_factory=list)
    plan_files: list[PlanFile] = field(default_factory=list)
    decisions: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    references: list[Reference] = field(default_factory=list)
    source: str = ""  # of an import: which tool's history it is, its id there, and by which version of the reader
    source_id: str = ""
    source_version: str = ""
    imported_at: str = ""
    model: str = ""
    parent: str = ""
    pinned: str = ""  # "true" where a person wants it in front of the others
    merged_ids: list[str] = field(default_factory=list)  # of sessions that a person found to be this one
    last_words: str = ""
    facts: list[str] = field(default_factory=list)
    notes: str = field(default="", compare=False)

    @property
    def work_summary(self) -> list[str]:
        """Every item of work done, oldest first."""
        return [item for entry in self.work for item in entry.items]

    @property
    def is_pinned(self) -> bool:
        """Whether a person pinned it, however they wrote that."""
        return self.pinned.strip().lower() in _YES

    @property
    def display_title(self) -> str:
        """The title, or the nearest thing to one."""
        return self.title or one_line(self.goal, 80) or self.slug or self.session_id


@dataclass(slots=True)
class Checkpoint:
    """What one checkpoint call says, checked and trimmed; `None` means not given."""

    session_id: str
    goal: str | None = None
    title: str | None = None
    slug: str | None = None
    tool: str | None = None
    status: str | None = None
    trigger: str | None = None
    work_completed: list[str] = field(default_factory=list)
    work_pending: list[str] | None = None
    work_summary: list[str] = field(default_factory=list)
    decisions: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    plan_files: list[PlanFile] = field(default_factory=list)
    references: list[Reference] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)

    @property
    def semantic(self) -> bool:
        """Whether the call says something about the work, and so opens the gate."""
        return bool(
            self.goal
            or self.work_completed
            or self.work_pending
            or self.work_summary
            or self.decisions
            or self.problems
            or self.plan_files
            or self.references
        )


def checkpoint_from(arguments: dict[str, Any]) -> Checkpoint:
    """Check the arguments of a checkpoint call; unknown ones are an error.

    Raises:
        BadInputError: naming the argument and what is accepted.
    """
    known = {f.name for f in fields(Checkpoint)}
    for name in arguments:
        if name not in known:
            raise BadInputError(
                f"checkpoint has no argument {name!r}.",
                f"{suggestion(name, known)}Accepted: {', '.join(sorted(known))}.",
            )
    given = {name: value for name, value in arguments.items() if value is not None}
    if "\0" in str(given.get("session_id")):  # hooks refuse it, and without it the id would be another one
        raise BadInputError("session_id contains NUL.", "Give the id of the conversation, as the host names it.")
    session_id = _text("session_id", given.get("session_id", ""), MAX_LINE)
    if not session_id:
        raise BadInputError("session_id is empty.", "Give the id of the conversation, as the host names it.")
    return Checkpoint(
        session_id=session_id,
        goal=_text("goal", given.get("goal", "")) or None,
        title=one_line(_text("title", given.get("title", ""))) or None,
        slug=_text("slug", given.get("slug", "")) or None,
        tool=_text("tool", given.get("tool", ""), MAX_LINE) or None,
        status=_choice("status", given.get("status", ""), STATUSES),
        trigger=_choice("trigger", given.get("trigger", ""), TRIGGERS),
        work_completed=_items("work_completed", given.get("work_completed", [])),
        work_pending=_items("work_pending", given["work_pending"]) if "work_pending" in given else None,
        work_summary=_items("work_summary", given.get("work_summary", [])),
        decisions=_items("decisions", given.get("decisions", [])),
        problems=_items("problems", given.get("problems", [])),
        plan_files=[PlanFile(*pair) for pair in _pairs("plan_files", given.get("plan_files", []), "path", "header")],
        references=[Reference(*pair) for pair in _pairs("references", given.get("references", []), "url", "title")],
        tags=_tags(given.get("tags", [])),
    )


def clean_text(text: str) -> str:
    """Return `text` with one kind of line end, without NUL, trimmed."""
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "").strip()


def _text(name: str, value: object, limit: int = MAX_ITEM) -> str:
    if not isinstance(value, str):
        raise BadInputError(f"{name} is {type(value).__name__}.", f"{name} must be text of at most {limit} characters.")
    try:
        whole = HALF.encode() not in value.encode()
    except UnicodeEncodeError:
        whole = False
    if not whole:
        raise BadInputError(f"{name} contains a lone surrogate.", "Send it as valid Unicode.")
    text = clean_text(value)
    if len(text) > limit:
        raise BadInputError(f"{name} has {len(text)} characters.", f"At most {limit} are kept; split it.")
    return text


def _choice(name: str, value: object, accepted: tuple[str, ...]) -> str | None:
    text = _text(name, value)
    if text and text not in accepted:
        raise BadInputError(
            f"{name} {one_line(text, 40)!r} is not known.",
            f"{suggestion(text, accepted)}Accepted: {', '.join(accepted)}.",
        )
    return text or None


def _list(name: str, value: object) -> list[object]:
    if not isinstance(value, list | tuple):
        raise BadInputError(f"{name} is {type(value).__name__}.", f"{name} must be a list.")
    return list(value)


def _items(name: str, value: object) -> list[str]:
    texts = (_text(f"{name}[{n}]", item) for n, item in enumerate(_list(name, value)))
    return list(dict.fromkeys(text for text in texts if text))


def _pairs(name: str, value: object, first: str, second: str) -> list[tuple[str, str]]:
    pairs = []
    for n, item in enumerate(_list(name, value)):
        if not isinstance(item, dict) or set(item) - {first, second}:
            raise BadInputError(f"{name}[{n}] is not an object of that form.", f'Accepted: {{"{first}", "{second}"}}.')
        key = one_line(_text(f"{name}[{n}].{first}", _or_empty(item.get(first))), MAX_ITEM)
        if not key:
            raise BadInputError(f"{name}[{n}] has no {first}.", f'Accepted: {{"{first}", "{second}"}}.')
        pairs.append((key, one_line(_text(f"{name}[{n}].{second}", _or_empty(item.get(second))), MAX_ITEM)))
    return list(dict.fromkeys(pairs))


def _or_empty(value: object) -> object:
    return "" if value is None else value


def _tags(value: object) -> list[str]:
    tags = (one_line(_text(f"tags[{n}]", item), 100) for n, item in enumerate(_list("tags", value)))
    return list(dict.fromkeys(tag for tag in tags if tag))


def slugify(text: str, limit: int = 60) -> str:
    """Reduce `text` to `[a-z0-9-]`, at most `limit` characters; empty when nothing is left."""
    ascii_text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", ascii_text).strip("-")[:limit].strip("-")
