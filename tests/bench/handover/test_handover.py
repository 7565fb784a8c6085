"""The benchmark itself: what its model holds true, that it plays the same thing each time, and that it counts rightly."""

from __future__ import annotations

import itertools
import sys
from pathlib import Path

import pytest

from . import clients, steps
from .__main__ import main, play_all
from .histories import KINDS, histories
from .model import A_LINE, Expected, Fact, Forbidden, Model
from .scene import Scene
from .scoring import score
from .words import COMPONENTS, Component, Pool

ALL = list(histories())
PROGRAMS = Path(sys.executable).parent
IDS = {who: clients.new_id("codex", who) for who in ("s1", "s2")}
ITEM = "write the tests of the proxy"
PARTS = [Component(*part) for part in COMPONENTS]


def expected(*done: steps.Step) -> Expected:
    return Model().play(steps.History("test", "test/0", done, "codex"))


def told(found: Expected) -> set[str]:
    return {fact.key for fact in found.facts}


def forbidden(found: Expected, kind: str) -> list[str]:
    return [one.key for one in found.forbidden if one.kind == kind]


def started(who: str = "s1", host: str = "codex") -> steps.Start:
    return steps.Start(who, host, f"Please look at it, {who}")


def ideal(found: Expected) -> str:
    """Return a brief that says everything as it should be."""
    facts = [f"- {fact.text} · {'session, age, branch'.ljust(A_LINE - 5)}" for fact in found.facts]
    return "\n".join(["<ocm-notes>", "Notes stored by earlier sessions of this project", *facts, "</ocm-notes>"])


@pytest.fixture
def pool() -> Pool:
    return Pool("test")


class TestTheHistories:
    def test_there_are_at_least_sixty_of_one_to_twelve_sessions_on_all_five_hosts(self) -> None:
        counts = [sum(isinstance(step, steps.Start) for step in history.steps) for history in ALL]
        hosts = {step.host for history in ALL for step in history.steps if isinstance(step, steps.Start)}
        assert len(ALL) >= 60
        assert (min(counts), max(counts)) == (1, 12)
        assert hosts == set(clients.HOSTS) == {history.next_host for history in ALL}

    def test_every_step_of_the_language_is_used(self) -> None:
        used = {type(step) for history in ALL for step in history.steps}
        assert used == set(steps.Step.__args__)

    def test_they_are_the_same_each_time(self) -> None:
        assert list(histories()) == ALL

    def test_no_two_of_a_kind_have_the_same_texts(self) -> None:
        for kind, (build, count) in KINDS.items():
            scenes = [Scene(kind, number) for number in range(count)]
            for scene in scenes:
                build(scene)
            assert len({tuple(scene.steps) for scene in scenes}) == count

    @pytest.mark.parametrize("history", ALL, ids=lambda history: history.name)
    def test_what_is_expected_fits_and_no_phrase_holds_another(self, history: steps.History) -> None:
        found = Model().play(history)
        keys = [fact.key for fact in found.facts]
        assert keys
        assert len(ideal(found)) <= 600 * 4
        assert not [pair for pair in itertools.permutations(keys, 2) if pair[0] in pair[1]]

    @pytest.mark.parametrize("history", ALL, ids=lambda history: history.name)
    def test_a_brief_that_says_all_of_it_scores_in_full(self, history: steps.History) -> None:
        found = Model().play(history)
        ids = {who: clients.new_id("codex", who) for who in found.sessions}
        came = score(ideal(found), found, ids)
        assert (came.missed, came.false) == ((), ())


class TestTheModel:
    def test_an_item_is_open_until_a_later_session_completed_it(self, pool: Pool) -> None:
        one, other = pool.open(PARTS[0]), pool.open(PARTS[0])
        left: list[steps.Step] = [started(), steps.Checkpoint("s1", pending=(one, other))]
        assert told(expected(*left)) == {one.key, other.key}
        done = expected(*left, started("s2"), steps.Checkpoint("s2", completed=((one, steps.EXACT),)))
        assert told(done) == {other.key}
        assert forbidden(done, "ended open") == [one.key]

    @pytest.mark.parametrize("by", ["tick", "commit", "drop"])
    def test_a_person_a_commit_and_its_own_session_end_an_item_too(self, pool: Pool, by: str) -> None:
        item = pool.shown_by_code(PARTS[0])
        ends: dict[str, steps.Step] = {
            "tick": steps.Tick(item),
            "commit": steps.Commit("Add it", shows=item),
            "drop": steps.Checkpoint("s1", pending=()),
        }
        found = expected(started(), steps.Checkpoint("s1", pending=(item,)), ends[by])
        assert (told(found), forbidden(found, "ended open")) == (set(), [item.key])

    def test_a_decision_holds_until_a_later_one_supersedes_it(self, pool: Pool) -> None:
        first = pool.decision(PARTS[0])
        second = pool.decision(PARTS[0], first)
        found = expected(
            started(),
            steps.Checkpoint("s1", decisions=((first, None),)),
            started("s2"),
            steps.Checkpoint("s2", decisions=((second, first),)),
        )
        assert told(found) == {second.key}
        assert forbidden(found, "ended decision") == [first.key]

    def test_a_problem_holds_until_something_solves_it(self, pool: Pool) -> None:
        problem = pool.problem(PARTS[0])
        solution = pool.solution(problem)
        found = expected(started(), steps.Checkpoint("s1", problems=((problem, None), (solution, problem))))
        assert (told(found), forbidden(found, "ended problem")) == (set(), [problem.key])

    def test_what_a_killed_session_edited_is_not_saved_unless_a_checkpoint_came_after(self) -> None:
        edits: list[steps.Step] = [started(), steps.Edit("src/a.py", "s1")]
        assert "src/a.py" in told(expected(*edits, steps.Crash("s1")))
        assert "src/a.py" not in told(expected(*edits, steps.Checkpoint("s1"), steps.Crash("s1")))
        assert "src/a.py" not in told(expected(*edits, steps.Crash("s1"), steps.Clone()))

    def test_last_words_count_only_where_the_host_tells_them_and_no_checkpoint_does(self, pool: Pool) -> None:
        message, tells = pool.words(PARTS[0])
        keys = {item.key for item in tells}
        stop = steps.Stop("s1", message, tells)
        assert told(expected(started(host="codex"), stop)) == keys
        assert told(expected(started(host="copilot"), stop)) == set()
        saved = steps.Checkpoint("s1", goal=pool.goal(PARTS[0]))
        assert not keys & told(expected(started(host="codex"), saved, stop))

    def test_the_nearest_come_first_where_not_all_fits(self, pool: Pool) -> None:
        items = [pool.open(part) for part in PARTS]
        far: list[steps.Step] = [
            steps.Switch("far", new=True),
            started(),
            steps.Checkpoint("s1", pending=tuple(items[3:])),
        ]
        near: list[steps.Step] = [steps.Switch("main"), started("s2"), steps.Checkpoint("s2", pending=tuple(items[:3]))]
        assert told(expected(*far, *near)) == {item.key for item in items[:3]}

    @pytest.mark.parametrize("how", [steps.Squash("work"), steps.Merge("work"), steps.Rebase("work")])
    def test_what_was_merged_is_near(self, how: steps.Step) -> None:
        model = Model()
        done: list[steps.Step] = [steps.Switch("work", new=True), started(), steps.Switch("main"), how]
        model.play(steps.History("test", "test/0", tuple(done), "codex"))
        assert model.near["main"] == ["s1"]

    def test_a_file_that_was_put_back_or_committed_is_not_called_uncommitted(self) -> None:
        edits: list[steps.Step] = [started(), steps.Edit("src/a.py", "s1")]
        assert forbidden(expected(*edits), "not committed") == []
        assert forbidden(expected(*edits, steps.Reset("src/a.py")), "not committed") == ["src/a.py"]
        assert forbidden(expected(*edits, steps.Commit("all")), "not committed") == ["src/a.py"]

    def test_who_only_asked_is_not_to_be_shown(self) -> None:
        assert forbidden(expected(started()), "only asked") == ["please look at it, s1"]
        assert forbidden(expected(started(), steps.Edit("src/a.py", "s1")), "only asked") == []


class TestTheCount:
    @pytest.mark.parametrize(
        ("kind", "key", "line"),
        [
            ("ended open", ITEM, "To be done:\n- Write the tests of the proxy"),
            ("ended open", ITEM, "Open, not finished by anyone:\n- Write the tests of the proxy"),
            ("ended decision", "sqlite: one file", "- **SQLite:** one file"),
            ("holds", ITEM, "Done:\n- Write the tests of the proxy"),
            ("holds", ITEM, "- [x] Write the tests of the proxy"),
            ("not committed", "src/a.py", "Not committed: src/b.py, src/a.py"),
            ("not saved", "src/a.py", "Not saved: edited src/a.py"),
            ("gone", "docs/new.md", "Files gone since: docs/new.md"),
            ("not merged", "feature/a", "From feature/a, not merged"),
            ("only asked", "where is it configured", "- 2026-12-01 · Where is it configured?"),
            ("other's file", "src/a.py", f"Session · codex · {IDS['s2'][:8]}\nFiles changed since: src/a.py"),
        ],
    )
    def test_a_planted_false_statement_is_counted(self, kind: str, key: str, line: str) -> None:
        one = Forbidden(kind, key, "s1")
        assert score(line, Expected((), (one,), ()), IDS).false == (one,)

    @pytest.mark.parametrize(
        ("kind", "key", "line"),
        [
            ("ended open", ITEM, "Done, latest first:\n- Write the tests of the proxy"),
            ("ended open", ITEM, "- Write the tests of the proxy · finished by a1b2c3d4"),
            ("ended open", ITEM, "Commits since, 1, latest first:\n- 313e771 Write the tests of the proxy"),
            ("ended decision", "sqlite: one file", "- **SQLite:** one file (superseded by Redis)"),
            ("holds", ITEM, "To be done:\n- Write the tests of the proxy"),
            ("not committed", "src/a.py", "Not committed: src/b.py\nFiles unchanged since: src/a.py"),
            ("not merged", "feature/a", "From feature/a, merged"),
            ("other's file", "src/a.py", f"Session · codex · {IDS['s1'][:8]}\nFiles changed since: src/a.py"),
        ],
    )
    def test_a_true_statement_is_not(self, kind: str, key: str, line: str) -> None:
        assert score(line, Expected((), (Forbidden(kind, key, "s1"),), ()), IDS).false == ()

    def test_a_fact_that_is_told_as_ended_is_not_told(self) -> None:
        fact = Fact("open", ITEM)
        lines = {"Done:\n- Write the tests of the proxy": 0, "Open:\n- Write the **tests** of  the proxy": 1, "": 0}
        for brief, count in lines.items():
            assert len(score(brief, Expected((fact,), (), ()), {}).told) == count

    def test_the_words_of_an_item_say_nothing_of_how_it_stands(self) -> None:
        text = "**A backoff in the proxy:** fixed delays are done with; a fixed delay was rejected."
        fact = Fact("decision", "a backoff in the proxy: fixed delays", text=text)
        for brief in (f"- {text} · s1", f"- {text[:70]}… · s1"):
            assert score(brief, Expected((fact,), (), ()), {}).told == (fact,)
        assert score(f"- {text} · superseded by s2", Expected((fact,), (), ()), {}).missed == (fact,)

    def test_tokens_are_characters_over_four(self) -> None:
        assert score("x" * 41, Expected((), (), ()), {}).tokens == 11


class TestTheClients:
    @pytest.mark.parametrize("host", clients.HOSTS)
    def test_each_event_has_the_conversation_and_its_folder(self, host: str) -> None:
        client = clients.Client(host, clients.new_id(host, "x"))
        payloads = [
            client.start("/p"),
            client.prompt("/p", "words"),
            client.stop("/p", "bye", again=False),
            client.end("/p"),
            *client.edit("/p", "a.py", created=True),
            *client.shell("/p", "make", failed=True),
            *client.checkpoint("/p", {"goal": "x"}),
        ]
        for payload in payloads:
            assert client.session_id in payload.values()
            assert payload["cwd"] == "/p"

    def test_the_ready_made_call_is_taken_out_of_a_denial(self) -> None:
        reason = 'Send this, {better}: mcp__x__ocm__checkpoint {"work_summary": ["Edited {a}"]} (load it). Or: ocm checkpoint'
        assert clients.ready_made(reason) == {"work_summary": ["Edited {a}"]}
        assert clients.ready_made("no call here") == {}

    def test_words_and_denials_are_read_in_each_dialect(self) -> None:
        nested = {"hookSpecificOutput": {"additionalContext": "words"}}
        assert [
            clients.told(answer) for answer in (nested, {"additionalContext": "words"}, {"context": "words"}, {})
        ] == [
            *["words"] * 3,
            "",
        ]
        answers: list[clients.Json] = [
            {"hookSpecificOutput": {"permissionDecision": "deny", "permissionDecisionReason": "no"}},
            {"permissionDecision": "deny", "permissionDecisionReason": "no"},
            {"decision": "deny", "reason": "no"},
            {"deny": "no"},
        ]
        assert [clients.denied(answer) for answer in answers] == ["no"] * 4
        assert clients.denied({"permissionDecision": "allow"}) == ""


class TestPlayedForReal:
    def test_the_short_form_plays_with_the_programs_that_are_installed_here(self) -> None:
        results = play_all(histories(short=True), PROGRAMS, jobs=4)
        assert [result.history.name for result in results] == ["one branch/0", "new branch/1", "crash/0", "finished/0"]
        assert all(0 < result.score.tokens <= 600 for result in results)
        assert not results[0].score.missed

    def test_a_brief_can_be_shown(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["--bin", str(PROGRAMS), "--show", "one branch/0"]) == 0
        shown = capsys.readouterr().out
        for words in ("Checkpoint(who='s1'", "```text", "told    open: ", "| one branch | 1 | 1 |", "| **all** | 1 |"):
            assert words in shown
