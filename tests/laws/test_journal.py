"""The law of the journal: whatever is appended, taken over, torn or dropped, nothing is lost, doubled or miscounted."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from ocm.store import gate, journal

pytestmark = pytest.mark.timeout(3600)  # thousands of examples
SESSIONS = ("S", "S2", "a/b", "ü")
sessions = st.sampled_from(SESSIONS)
_torn = st.sampled_from((b'{"e":"call","m":1,"t":17', b'{"e":', b"\xff\xfe", b"\x00" * 8, b'{"e":"call"'))
_foreign = st.sampled_from(
    (b"null\n", b"[]\n", b"7\n", b"\n", b"   \n", b'"call"\n', b"\xff\n", b"{'e': 'call'}\n", b'{"e":"carry"\n')
)  # fmt: skip


@dataclass
class Model:
    """What should be known of one session."""

    pending: list[int] = field(default_factory=list)
    taken: dict[str, list[int]] = field(default_factory=dict)
    rejected: int = 0
    calls: int = 0
    due: int = 0
    denials: int = 0


class Journals(RuleBasedStateMachine):
    """Several sessions in one store, and one way to keep the books about each."""

    def __init__(self) -> None:
        super().__init__()
        self.store = tempfile.mkdtemp()
        self.models = {session: Model() for session in SESSIONS}
        self.number = 0

    @initialize()
    def leave_something_else_there(self) -> None:
        """Put files into the store that are no journals."""
        for name in ("memory.db", "taken_S.jsonl", "active_S.jsonl~", "taken_S.1-1.jsonl.bak"):
            with open(f"{self.store}/{name}", "wb") as file:
                file.write(b'{"e":"call","m":1}\n')

    def append(self, session: str, kind: str, **fields: object) -> None:
        self.number += 1
        header: dict[str, object] = {"e": "open", "session": session}
        journal.append(self.store, session, [journal.event(kind, **fields, n=self.number)], header)
        self.models[session].pending.append(self.number)

    @rule(session=sessions, changes=st.booleans())
    def call(self, session: str, changes: bool) -> None:
        self.append(session, "call", m=int(changes), path="x" * 50 * changes)
        model = self.models[session]
        model.calls += 1
        model.due += 1

    @rule(
        session=sessions, kind=st.sampled_from(("sub", "edit", "prompt", "stop", "ask", "end", "compact", "unheard of"))
    )
    def another_event(self, session: str, kind: str) -> None:
        self.append(session, kind)

    @precondition(lambda self: not any(model.taken for model in self.models.values()))
    @rule(session=sessions)
    def deny(self, session: str) -> None:
        self.append(session, "deny", t=1_000.0 + 10 * self.number)  # each one another step of the assistant
        self.models[session].denials += 1

    @precondition(lambda self: not any(model.taken for model in self.models.values()))
    @rule(session=sessions)
    def release(self, session: str) -> None:
        self.append(session, "release")
        self.models[session].due = self.models[session].denials = 0

    @rule(session=sessions, data=_torn | _foreign)
    def something_that_is_no_event(self, session: str, data: bytes) -> None:
        with open(journal.active_path(self.store, session), "ab") as file:
            file.write(data)

    @rule(session=sessions)
    def take_over(self, session: str) -> None:
        model = self.models[session]
        fresh = model.pending[sum(map(len, model.taken.values())) :]
        take = journal.take_over(self.store, session)
        if take is None:
            assert fresh == []
        else:
            assert take not in model.taken
            model.taken[take] = fresh

    @rule(session=sessions, semantic=st.booleans(), meanwhile=st.integers(0, 2), drops=st.integers(0, 9))
    def checkpoint(self, session: str, semantic: bool, meanwhile: int, drops: int) -> None:
        """Take over, carry the count and drop what was taken, or die between two of the drops."""
        self.take_over(session)
        model = self.models[session]
        taken = journal.taken(self.store, session)
        for _ in range(meanwhile):
            self.call(session, changes=True)
        assert [take for take, _ in taken] == list(model.taken)
        carry = gate.count([] if semantic else taken)
        line = journal.event(
            "carry", calls=carry.calls, due=carry.due, denials=carry.denials, takes=[take for take, _ in taken]
        )
        journal.append(self.store, session, [journal.event("open", session=session), line])
        if semantic:
            gone = gate.count(taken)
            model.calls, model.due = model.calls - gone.calls, model.due - gone.due
            model.denials -= gone.denials
        for take in list(model.taken)[:drops]:
            journal.drop(self.store, session, take)
            for number in model.taken.pop(take):
                model.pending.remove(number)

    @invariant()
    def nothing_is_lost_or_doubled(self) -> None:
        for session, model in self.models.items():
            numbers = [event["n"] for event in journal.read_events(self.store, session) if "n" in event]
            assert numbers == model.pending

    @invariant()
    def the_count_is_right(self) -> None:
        for session, model in self.models.items():
            tally = gate.tally(self.store, session)
            assert (tally.calls, tally.due, tally.denials) == (model.calls, model.due, model.denials)

    @invariant()
    def the_sessions_are_known(self) -> None:
        known = {journal.key(session) for session, model in self.models.items() if model.pending}
        assert known <= set(journal.session_keys(self.store)) <= {journal.key(session) for session in SESSIONS}

    def teardown(self) -> None:
        shutil.rmtree(self.store)


TestJournals = Journals.TestCase
# An example is up to fifty steps in files on the disk.
TestJournals.settings = settings(max_examples=min(400, settings().max_examples), deadline=None)

WRITER = """
import sys
from ocm.store import journal
store, writer, lines = sys.argv[1], sys.argv[2], int(sys.argv[3])
for n in range(lines):
    journal.append(store, "S", [journal.event("call", m=n % 2, id=f"{writer}.{n}", path="p" * (n % 50 * 20))], {"e": "open"})
"""


def test_many_processes_and_a_taker_lose_and_double_nothing() -> None:
    with tempfile.TemporaryDirectory() as store:
        command = [sys.executable, "-c", WRITER, store]
        writers = [subprocess.Popen([*command, str(writer), "300"]) for writer in range(4)]
        seen: list[object] = []
        counted = 0
        while (
            any(writer.poll() is None for writer in writers)
            or journal.taken_paths(store, "S")
            or not journal.is_new(store, "S")
        ):
            journal.take_over(store, "S")
            counted += gate.count(journal.taken(store, "S")).calls
            for take, data in journal.taken(store, "S"):
                events, rejected = journal.parse(data)
                assert rejected == []
                seen += [event["id"] for event in events if event["e"] == "call"]
                journal.drop(store, "S", take)
        assert [writer.returncode for writer in writers] == [0] * 4
        expected = sorted(f"{writer}.{n}" for writer in range(4) for n in range(300))
        assert sorted(map(str, seen)) == expected
        assert counted == len(expected)
        assert json.dumps(seen)
