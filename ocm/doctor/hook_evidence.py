"""Which hooks have really fired, by what journals and session files say and never by what is configured."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field

from ocm.base import times
from ocm.base.errors import UnreadableSessionError
from ocm.base.model import slugify
from ocm.sessions import session_files
from ocm.store import journal
from ocm.store.events import hook_event, moment, of_kind, text_of
from ocm.store.paths import Store

_NEWEST_FILES = 20  # session files of one host that are looked at
_MANY_CALLS = 10  # calls among which the gate would have had something to say
_ALWAYS_FIRE = ("session-start", "user-prompt")


@dataclass(slots=True)
class Evidence:
    """What is known of a host's use since some time: when it was last used, and when each event last fired."""

    used: float = 0.0
    events: dict[str, float] = field(default_factory=dict)
    calls: int = 0
    checkpoints: int = 0

    def note_fired(self, name: str, when: float) -> None:
        """Note that an event fired."""
        self.events[name] = max(when, self.events.get(name, 0.0))

    def silent(self, installed: list[str]) -> list[str]:
        """Return which of the installed events should have fired by now and never did."""
        expected = [name for name in _ALWAYS_FIRE if name in installed]
        if "pre-tool-use" in self.events:
            expected.append("post-tool-use")
        if self.calls >= _MANY_CALLS and self.checkpoints:
            expected.append("pre-tool-use")
        return [name for name in expected if name in installed and name not in self.events]


def evidence(store: Store, tool: str, since: float) -> Evidence:
    """Return what the conversations of `tool` that began after `since` left behind."""
    found = Evidence()
    for when, events, calls, checkpoints in (*_of_files(store, tool, since), *_of_journals(store, tool, since)):
        found.used = max(found.used, when)
        found.calls += calls
        found.checkpoints += checkpoints
        for name, at in events:
            found.note_fired(name, at)
    return found


_Found = tuple[float, list[tuple[str, float]], int, int]


def _of_files(store: Store, tool: str, since: float) -> Iterator[_Found]:
    part = f"_{slugify(tool, 30)}_"
    try:
        names = sorted((name for name in os.listdir(store.sessions) if part in name), reverse=True)
    except OSError:
        names = []
    for name in names[:_NEWEST_FILES]:
        try:
            known = session_files.load(store, name)
        except (UnreadableSessionError, OSError):
            continue
        session, facts = known.session, known.facts
        if session.tool != tool or times.instant(session.started_at) < since:
            continue
        events = [(name, times.instant(when)) for name, when in facts.fired.items()]
        semantic = "semantic" in facts.taken.values()
        yield times.instant(session.updated_at), events, facts.counts.get("calls", 0), int(semantic)


def _of_journals(store: Store, tool: str, since: float) -> Iterator[_Found]:
    for key in journal.session_keys(store.path):
        lines = journal.read_events(store.path, key)
        opened = of_kind(lines, "open")
        began = min((moment(line, "since") or moment(line) for line in opened), default=0.0)
        if began < since or all(text_of(line, "tool") != tool for line in opened):
            continue
        events = [(hook_event(line), moment(line)) for line in lines]
        calls = len(of_kind(lines, "call"))
        yield max(map(moment, lines)), [event for event in events if event[0]], calls, 0


def iso_time(when: float) -> str | None:
    """Return a time as ISO text, or None for no time."""
    return times.iso(when) or None
