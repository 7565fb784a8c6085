"""The words that everything else is written in: what a status may be, who an item is from, and a change of a file.

Light, because a list that a person asks for loads nothing else of the values: no class here is a dataclass, whose
module alone takes longer to load than the list to read.
"""

from typing import NamedTuple

STATUSES = ("open", "frozen", "closed")
FRESHNESS = ("unchanged", "changed", "gone")  # what became of a file since it was recorded
# Who an item is from: its session's assistant, somebody's own hands, or a transcript that was read.
ASSISTANT, PERSON, MACHINE = "assistant", "person", "machine"
CHANGE_TYPES = ("created", "modified", "deleted", "renamed")


class FileChange(NamedTuple):
    """One file a session touched: `path` is relative to the project where it lies inside, with forward slashes."""

    path: str
    change_type: str
    old_path: str | None = None
