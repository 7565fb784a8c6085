"""The rows that commands print as JSON and tools return: the keys of each, and what stands under them.

Only the type checker and the tests read this; modules name it under `TYPE_CHECKING`, so that nothing quick pays for it.
"""

from typing import Any, NotRequired, TypedDict

# How many files are unchanged, changed and gone since a session recorded them; None when that is not known.
Freshness = dict[str, int] | None


class SessionRow(TypedDict):
    """A session in a list."""

    session_id: str
    title: str
    goal: str
    date: str
    tool: str
    branch: str
    status: str
    markdown_path: str


class FreshnessRow(TypedDict):
    """How far a record still holds: its files by what became of them, and how many commits came since."""

    freshness: Freshness
    commits_since: int | None


class EndedRow(TypedDict):
    """A decision that was superseded or a problem that was solved, and by what."""

    item: str
    by: str
    date: str
    session_id: str


class StandingRow(TypedDict):
    """What became of the work of a session: `unknown` says why, by the key of what is not known."""

    ended: list[EndedRow]
    landed: str
    branch_state: str
    unknown: NotRequired[dict[str, str]]


class ListedRow(SessionRow, StandingRow):
    """A session in a list, with what became of its work."""


class PersonsRow(ListedRow):
    """The same as a person is shown it: with whether one pinned it."""

    pinned: bool


class HitRow(SessionRow, FreshnessRow, StandingRow):
    """A session that a search found; `project` is there when several stores were searched."""

    rank: int
    score: float
    snippet: str
    top_files: list[str]
    project: NotRequired[str]


class SaidRow(TypedDict):
    """What was said in a conversation and found in the host's own file: where to read on, and what stands around it."""

    rank: int
    score: float
    session_id: str
    tool: str
    role: str
    date: str
    snippet: str
    before: str
    after: str
    project: str
    file: str
    position: str
    markdown_path: str | None


class FoundRow(HitRow, total=False):
    """What a search returns to an assistant: sessions, or what was said in some."""

    role: str
    before: str
    after: str
    file: str
    position: str


class SaidText(TypedDict):
    """One thing that was said in a conversation, and where it stands in the host's file."""

    role: str
    date: str
    position: str
    text: str


class SaidPage(TypedDict):
    """A conversation as the host's own file has it, or the part around a time: `left_out` counts the rest."""

    session_id: str
    tool: str
    date: str
    project: str
    file: str
    said: list[SaidText]
    left_out: int


class FileRow(TypedDict):
    """A file that a session touched."""

    path: str
    change_type: str
    old_path: NotRequired[str]


class PlanRow(TypedDict):
    """A plan file that a session named."""

    path: str
    header: str


class ReferenceRow(TypedDict):
    """A link that a session named."""

    url: str
    title: str


class SessionPage(SessionRow):
    """A whole session."""

    pinned: bool
    merged_ids: list[str]
    slug: str
    project: str
    started_at: str
    updated_at: str
    ended_at: str | None
    git_sha_start: str | None
    git_sha_end: str | None
    trigger: str | None
    tags: list[str]
    work_completed: list[str]
    work_pending: list[str]
    work_summary: list[str]
    decisions: list[str]
    problems: list[str]
    plan_files: list[PlanRow]
    references: list[ReferenceRow]
    files: list[FileRow]
    diff_summary: str
    notes: str
    last_words: str


class Excerpt(FreshnessRow, total=False):
    """A session with some of its sections; `cut` says what was left out of which."""

    session_id: str
    title: str
    goal: str
    date: str
    tool: str
    branch: str
    status: str
    markdown_path: str
    work_completed: list[str]
    work_pending: list[str]
    work_summary: list[str]
    decisions: list[str]
    problems: list[str]
    plan_files: list[PlanRow]
    references: list[ReferenceRow]
    files: list[FileRow]
    notes: str
    diff_summary: str
    last_words: str
    cut: list[str]
    ended: list[EndedRow]
    landed: str
    branch_state: str
    unknown: dict[str, str]


class CheckpointRow(TypedDict):
    """What one checkpoint of a session says was done."""

    at: str
    commit: NotRequired[str]
    trigger: NotRequired[str]
    items: list[str]


class ChangeRow(TypedDict):
    """What a session did to a file, and what became of the file since."""

    path: str
    change_type: str
    state: str | None


class TimelineRow(TypedDict):
    """A session or, in a timeline of a file, a commit with the sessions that its work certainly comes from."""

    title: str
    date: str
    session_id: NotRequired[str]
    goal: NotRequired[str]
    tool: NotRequired[str]
    branch: NotRequired[str]
    status: NotRequired[str]
    markdown_path: NotRequired[str]
    checkpoints: NotRequired[list[CheckpointRow]]
    is_anchor: NotRequired[bool]
    changes: NotRequired[list[ChangeRow]]
    freshness: NotRequired[Freshness]
    commits_since: NotRequired[int | None]
    commit: NotRequired[str]
    author: NotRequired[str]
    sessions: NotRequired[list[str]]


class ActiveRow(TypedDict):
    """A session whose journal is not empty, and how far it is from its gate."""

    session_id: str
    tool: str | None
    calls: int
    threshold: int
    gate_shut: bool
    denials: int
    last_event: str | None


class Status(TypedDict):
    """Where a store stands."""

    store: str
    scope: str
    project_root: str
    sessions: int
    sizes: dict[str, int]
    bounds: dict[str, int | None]
    settings: dict[str, Any]
    active: list[ActiveRow]


class Missing(TypedDict):
    """What keeps work from being recorded or saved, and the next step."""

    message: str
    next_step: str


class Standing(Status):
    """Where a store stands, as a person is told."""

    missing: list[Missing]


class CountsRow(TypedDict):
    """Counts of the sessions of one assistant, or of one branch."""

    sessions: int
    checkpoints: int
    decisions: int
    files: int


class WeekRow(CountsRow):
    """The same of one week, named by its Monday."""

    week: str


class Figures(TypedDict):
    """The figures of a store."""

    sessions: int
    checkpoints: int
    decisions: int
    problems: int
    files: int
    tool_calls: int
    first: str | None
    last: str | None
    by_tool: dict[str, CountsRow]
    by_branch: dict[str, CountsRow]
    by_week: list[WeekRow]
    by_day: dict[str, int]
    gate: dict[str, int]
    cost: dict[str, int]
    saved: dict[str, int]


class Overview(TypedDict):
    """Where one stands, as `ocm` without a command shows it; `next` is pairs of a command and what it is for."""

    store: str | None
    hosts: list[str]
    sessions: int
    last: SessionRow | None
    active: list[ActiveRow]
    next: list[tuple[str, str]]
