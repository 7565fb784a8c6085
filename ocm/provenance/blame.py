"""Who made a line: from git blame to a commit, from the commit to the session whose recorded work holds the line.

Says nothing rather than something wrong: a session whose recorded work has the line's own fingerprint comes first; one
that is only known for the commit is a possibility; and what could not be known is said in a sentence.
"""

import os
import stat
from dataclasses import dataclass, field

from ocm.base.errors import BadInputError, NotFoundError
from ocm.base.text import one_line
from ocm.base.times import instant
from ocm.git import fingerprints, history, holders, parse
from ocm.git.fingerprints import Match
from ocm.git.history import Line
from ocm.git.holders import Holder
from ocm.index.links import SLACK
from ocm.markdown.fingerprint_lines import MAX_UNIT, Unit
from ocm.provenance import commit_links
from ocm.provenance.commit_links import View
from ocm.store import journal
from ocm.store.paths import Store

_PROBE = 8000
_MAX_ORIGINS = 8  # of a range of lines that are told apart, the largest ones


@dataclass(frozen=True, slots=True)
class Source:
    """A session that a line comes from: its file (or its id, where it has none yet), the unit, and what tells."""

    file: str
    how: str
    sure: bool
    score: float = 0.0
    at: str = ""
    session_id: str = ""


@dataclass(slots=True)
class Origin:
    """Lines that have one origin: where they are, the commit (empty: none yet), and the sessions, the best first."""

    first: int
    last: int
    sha: str
    sources: list[Source] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    committed: str = history.YES
    unknown: str = ""


@dataclass(frozen=True, slots=True)
class Target:
    """The file that is asked about: its name in the project, and what is there: `text`, `binary` or `gone`.

    Questions about it go to the repository that holds it (`held`).
    """

    name: str
    kind: str
    held: Holder
    lines: int = 0

    @property
    def recorded(self) -> str:
        """The path that sessions have of it, which is the same in every work tree of a repository."""
        name = self.name if self.held.inner or self.held.unknown else self.held.path
        return parse.printable(parse.encoded(name))


def target(store: Store, name: str) -> Target:
    """Look at what is asked about.

    Raises:
        BadInputError: it is no file.
    """
    held = holders.holder(store.root, name)
    full = history.on_disk(store.root, name)
    try:
        found = os.lstat(full)
    except (OSError, ValueError):
        return Target(name, "gone", held)
    if stat.S_ISDIR(found.st_mode):
        inside = history.tracked(store.root, name) == "submodule"
        what = "a submodule, with a history of its own" if inside else "a folder"
        raise BadInputError(f"{name} is {what}.", "Name a file in it.")
    if not stat.S_ISREG(found.st_mode):
        return Target(name, "binary", held)
    return _measured(name, full, held)


def _measured(name: str, full: str, held: Holder) -> Target:
    lines, last = 0, b"\n"
    try:
        with open(full, "rb") as file:
            head = file.read(_PROBE)
            if b"\0" in head:
                return Target(name, "binary", held)
            while head:
                lines += head.count(b"\n")
                last = head[-1:]
                head = file.read(1 << 20)
    except OSError:
        return Target(name, "gone", held)
    return Target(name, "text", held, lines + (last != b"\n"))


def checked(found: Target, first: int, last: int) -> tuple[int, int]:
    """Return the range as far as the file goes.

    Raises:
        BadInputError: it begins past the end, or is none.
    """
    if first < 1 or last < first:
        raise BadInputError(f"{first}-{last} is no range of lines.", "Accepted: LINE or FIRST-LAST, from 1.")
    if first > found.lines:
        raise BadInputError(f"{found.name} has {found.lines} lines, so it has no line {first}.", "Name one it has.")
    return first, min(last, found.lines)


def origins(view: View, asked: Target, first: int, last: int, lines: list[Line] | None) -> list[Origin]:
    """Return where these lines come from, those with the same commit together, in order; `lines` is what blame said."""
    if lines is None:
        return [_from_journal_alone(view, asked, first, last)]
    groups: list[list[tuple[int, Line]]] = []
    for number, line in enumerate(lines, first):
        if not groups or groups[-1][-1][1].sha != line.sha:
            groups.append([])
        groups[-1].append((number, line))
    chosen = sorted(sorted(groups, key=lambda group: -len(group))[:_MAX_ORIGINS], key=lambda group: group[0][0])
    firsts = {(group[0][1].sha, group[0][1].path) for group in chosen if group[0][1].sha}
    patches = history.patches_in(view.root, firsts)
    return [one for group in chosen for one in _of_group(view, asked, group, patches)]


def _from_journal_alone(view: View, asked: Target, first: int, last: int) -> Origin:
    """Answer from the journal alone where git cannot say who changed a line."""
    found = Origin(first, last, "", committed=history.UNKNOWN, unknown=asked.held.unknown)
    if not found.unknown:
        found.committed, found.unknown = history.committed(asked.held.root, asked.held.path)
    there = history.tracked(asked.held.root, asked.held.path)
    said = "has no commit of" if there else "does not track"
    if found.unknown:
        said = "could not read the history of" if there else "could not be asked about"
    found.notes.append(f"Git {said} {asked.name}, so this is from the journal alone.")
    name = history.name_of(asked.held.root, asked.held.path) or parse.encoded(asked.name)
    lines = [line.rstrip(b"\n") for line in _window(history.on_disk(view.store.root, asked.name), first)]
    begin = max(1, first - fingerprints.WINDOW)
    diff = [b"@@ -0,0 +%d @@" % begin, *(b"+" + line for line in lines)]
    found.texts = [lines[first - begin].decode("utf-8", "replace")] if len(lines) > first - begin else []
    _from_journal(view, asked, found, fingerprints.line_keys(diff, name, first))
    return found


def _window(path: str, number: int) -> list[bytes]:
    """Return the lines around one, as many as a key can reach."""
    found = []
    with open(path, "rb") as file:
        for at, line in enumerate(file, 1):
            if at >= number - fingerprints.WINDOW:
                found.append(line[:65_536])
            if at >= number + fingerprints.WINDOW:
                break
    return found


def _of_group(
    view: View, asked: Target, group: list[tuple[int, Line]], patches: dict[tuple[str, bytes], list[bytes]]
) -> list[Origin]:
    """Return where lines of one commit, or of none yet, come from: line by line where several sessions are in it."""
    first, line = group[0]
    if not line.sha:
        found = Origin(first, group[-1][0], "", texts=_texts(group), committed=history.NO)
        name = history.name_of(asked.held.root, asked.held.path)
        keys = fingerprints.line_keys(history.uncommitted(asked.held.root, [asked.held.path]), name, first)
        _from_journal(view, asked, found, keys)
        return [found]
    made = view.links.commit(line.sha)
    matches = commit_links.sessions_of(view.links, made) if made else []
    diff = patches.get((line.sha, line.path), [])
    parts = _by_session(view, group, diff, matches) if len(matches) > 1 else [_of_line(view, *group[0], diff, matches)]
    if len(matches) <= 1:
        parts[0].last, parts[0].texts = group[-1][0], _texts(group)
    if line.edge and history.is_shallow(view.root):
        parts[0].notes.append("History is cut off here (a shallow clone): an older commit may have made this line.")
    return parts


def _by_session(view: View, group: list[tuple[int, Line]], diff: list[bytes], matches: list[Match]) -> list[Origin]:
    """Return where the lines of a commit of several sessions come from; a blank line goes with the one above it."""
    parts: list[Origin] = []
    for number, line in group:
        goes_on = bool(parts) and (len(parts) == _MAX_ORIGINS or not line.text.strip())
        one = parts[-1] if goes_on else _of_line(view, number, line, diff, matches)
        if parts and (goes_on or _same(parts[-1], one)):
            parts[-1].last = number
            parts[-1].texts += _texts([(number, line)])
        else:
            parts.append(one)
    return parts


def _of_line(view: View, number: int, line: Line, diff: list[bytes], matches: list[Match]) -> Origin:
    found = Origin(number, number, line.sha, texts=_texts([(number, line)]))
    from_commit(view, found, fingerprints.line_keys(diff, line.path, line.number), line.at, matches)
    return found


def _texts(group: list[tuple[int, Line]]) -> list[str]:
    return [line.text.decode("utf-8", "replace") for _, line in group]


def _same(one: Origin, other: Origin) -> bool:
    """Return whether two neighbouring lines come from the same sessions, for the same reason."""
    return [(each.file, each.sure) for each in one.sources] == [(each.file, each.sure) for each in other.sources]


def _from_journal(view: View, asked: Target, found: Origin, keys: set[int]) -> None:
    """Find who made lines that no commit holds: recorded work, else an edit that no checkpoint has taken yet."""
    holders = _holders(view.links.units_with(keys), keys, float("inf"))
    for file, unit in holders.items():
        found.sources.append(Source(file, "work", sure=True, score=1.0, at=unit.at))
    if not found.sources:
        for session_id in editing(view.store, asked.name):
            found.sources.append(Source("", "journal", sure=False, session_id=session_id))
    if not found.sources:
        found.notes.append("No session is known to have written this line.")


def editing(store: Store, name: str) -> list[str]:
    """Return the ids of the sessions whose journals say that they edited a file since their last checkpoint."""
    from ocm.sessions.gather import relative
    from ocm.store.events import edited_path, session_of

    found = []
    for key in journal.session_keys(store.path):
        events = journal.read_events(store.path, key)
        if any(relative(path, store.root) == name for path in map(edited_path, events) if path):
            found.append(session_of(events, key))
    return found


def from_commit(view: View, found: Origin, keys: set[int], at: int, matches: list[Match]) -> None:
    """Find the sessions behind a line of a commit.

    Args:
        view: What is known.
        found: The line, and where what is found goes.
        keys: The line's own.
        at: When the commit was made.
        matches: The sessions that the commit comes from.
    """
    holders = _holders(view.links.units_with(keys), keys, at + SLACK if at else float("inf"))
    named = [match for match in matches if match.session in holders]
    if named:  # who wrote the line first; who committed it later may have squashed it
        named.sort(key=lambda match: (not match.sure, instant(holders[match.session].at), match.session))
        found.sources = [_source(match, holders[match.session].at) for match in named]
    elif holders:
        found.sources = [Source(file, "lines", sure=False, at=unit.at) for file, unit in holders.items()]
    else:
        found.sources = [_source(match, "", doubted=bool(keys) and _lists_every_line(view, match)) for match in matches]
    if not found.sources:
        found.notes.append(f"No session is known for commit {found.sha[:9]}.")


def _lists_every_line(view: View, match: Match) -> bool:
    """Return whether it says something that a session has no key of a line: not where only a sample was kept."""
    units = view.links.units(match.session) if match.how == "content" else ()
    return any(unit.number == match.unit and len(unit.keys) < MAX_UNIT for unit in units)


def _source(match: Match, at: str, *, doubted: bool = False) -> Source:
    return Source(match.session, match.how, match.sure and not doubted, match.score, at)


def _holders(units: list[tuple[str, Unit]], keys: set[int], before: float) -> dict[str, Unit]:
    """Return the sessions that recorded one of these keys until an instant, the first of them first, with the unit."""
    first_units: dict[str, Unit] = {}
    for file, unit in sorted(units, key=lambda pair: (instant(pair[1].at), pair[0], pair[1].number)):
        if unit.keys & keys and instant(unit.at) <= before:
            first_units.setdefault(file, unit)
    return first_units


def unknown_file(name: str) -> NotFoundError:
    """Return what to say of a file that nobody has heard of."""
    return NotFoundError(
        f"Neither git nor any session knows {one_line(name, 300)}.", "Give a path from the project's top."
    )
