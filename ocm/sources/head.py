"""What a look at a transcript's beginning tells: whose conversation it is, where it took place, and where it lies."""

from dataclasses import dataclass
from typing import NamedTuple

PROMPTS = "prompts-"  # how a mark begins where only prompts are left of a conversation


class Note(NamedTuple):
    """One thing that another memory holds.

    Attributes:
        kind: The section it belongs to (`decisions`, `problems`, `work_completed`, `work_pending`, `work`), or
            `prompt`, `title`, `tag`, `link`, `edited`.
        text: What it says; of a link its address.
        at: When it was noted, in epoch seconds, 0 where that is not known.
        place: Where in the file or database it stands, without a space.
        is_over: Whether the memory itself says that it no longer holds.
    """

    kind: str
    text: str
    at: float = 0.0
    place: str = "-"
    is_over: bool = False


@dataclass(slots=True)
class Head:
    """One conversation in a history, before it is read.

    Attributes:
        source: The name of the history it is from.
        session_id: The host's own id.
        path: The file that holds it.
        cwd: The folder it took place in, as the host recorded it; of another memory perhaps only a project's name;
            empty where it did not.
        start: When it began, in epoch seconds, 0 where that is not known.
        size: How many bytes will be read.
        mark: What differs once there is more to read.
        parts: Other files of it, such as those of its sub-agents.
        origins: The files that hold records which it begins with a copy of, the first one first.
        repository: The remote of the repository, where the host recorded it.
        first: The id of its first record.
        key: What names it within `path`, where that holds several.
        tool: The host whose conversation it is, where that is another than the history's name.
        notes: What it holds, where another memory is read whole at once.
    """

    source: str
    session_id: str
    path: str
    cwd: str = ""
    start: float = 0.0
    size: int = 0
    mark: str = ""
    parts: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
    repository: str = ""
    first: str = ""
    key: str = ""
    tool: str = ""
    notes: tuple[Note, ...] = ()
