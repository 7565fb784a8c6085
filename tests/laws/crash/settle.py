"""The end of a sequence: everyone works once more undisturbed, and then everything must be there, once, and nothing else."""

import difflib
import json
import os
from collections.abc import Iterator
from typing import Any

from tests.laws.crash import process
from tests.laws.crash.model import APPENDED, Conversation, State
from tests.laws.crash.ops import Op
from tests.laws.crash.process import Wish
from tests.laws.crash.words import words_in
from tests.laws.crash.world import ViolationError, World

_LAST = 30_000  # numbers that no generated operation uses
_SEARCHES = 8
_SOME_WORDS = 4
_FORGOTTEN = 8 * 86_400  # after a week even a journal is dropped in which nothing ever happened
_LIST, _STATUS, _REBUILD = (["list"], ["status", "--json"], ["rebuild-index", "--json"])


def settle(world: World) -> None:
    """Let the next runs clear up, and check the laws that hold then.

    Raises:
        ViolationError: one of them does not.
    """
    world.offset, world.zone = 0.0, "UTC"
    world.hang_up()
    (status,) = process.ask(world.place, [_STATUS], Wish())
    world.judge_counts(json.loads(status.out))
    _age_everything(world, _FORGOTTEN)
    _open_another(world)
    for who in list(world.talks):
        if world.talks[who].name or who == 0:
            world.run(Op("semantic", who, _LAST + 50 * who, pick=_SOME_WORDS))
    process.ask(world.place, [_LIST], Wish())  # what a checkpoint left whose journal is lost, too, a reader clears
    _judge_leftovers(world)
    _judge_answers(world)


def _age_everything(world: World, seconds: float) -> None:
    """Let time pass over the whole store."""
    for folder, _, names in os.walk(world.place.store):
        for name in names:
            path = os.path.join(folder, name)
            when = os.stat(path).st_mtime - seconds
            os.utime(path, (when, when))
    for talk in world.talks.values():
        talk.aged = True


def _open_another(world: World) -> None:
    """Start a new conversation, which stores what dead ones left behind."""
    who = len(world.talks) + 7
    world.talks[who] = Conversation("the-last-one")
    world.run(Op("start", who))


def _judge_leftovers(world: World) -> None:
    """Check that nothing is left in the store but what the contract names."""
    odd = [name for name in sorted(os.listdir(world.place.store)) if not _belongs(name, world)]
    odd += [f"sessions/{name}" for name in sorted(os.listdir(world.sessions)) if not name.endswith(".md")]
    if odd:
        raise ViolationError(f"left in the store: {', '.join(odd)}")


def _belongs(name: str, world: World) -> bool:
    if name in {"sessions", "memory.db", "config.json", "id"} or (
        name.startswith("active_") and name.endswith(".jsonl")
    ):
        return True
    if name == "journal.rejected":
        return world.torn
    if name == "hook.log":
        return False
    return name.startswith("memory.db.") and world.broke


def _judge_answers(world: World) -> None:
    """Check what list, show and search say, and that they say the same without the cache, and after a rebuild."""
    questions = list(_questions(world))
    first = _ask(world, questions)
    _judge_list(world, first[1])
    talks = {talk.session_id: talk for talk in world.talks.values()}
    for question, answer in zip(questions, first, strict=True):
        if question[0] == "status":
            world.judge_counts(answer)
        elif question[0] == "show":
            _judge_shown(talks[question[2]], answer)
        elif question[0] == "search":
            _judge_found(world, question[-1], answer)
    for name in os.listdir(world.place.store):
        if name.startswith("memory.db"):
            os.unlink(os.path.join(world.place.store, name))
    again = _ask(world, [*questions[1:], _REBUILD, *questions[1:]])
    _judge_same(questions[1:], first[1:], again[: len(questions) - 1], "deleting memory.db")
    _judge_same(questions[1:], first[1:], again[len(questions) :], "rebuild-index")
    rebuilt = again[len(questions) - 1]
    if rebuilt["read"] != len(world.pages) or rebuilt["unreadable"]:
        raise ViolationError(f"rebuild-index says {rebuilt} of {len(world.pages)} files")


def _questions(world: World) -> Iterator[list[str]]:
    yield _STATUS
    yield ["list", "--json", "-n", "-1"]
    words: list[str] = []
    for who, talk in world.talks.items():
        if talk.name:
            yield ["show", "--json", talk.session_id]
            words += sorted(world._words_of(who))
    for found in world.chooser.sample(words, min(len(words), _SEARCHES)):
        yield ["search", "--json", "--limit", "50", found]


def _ask(world: World, questions: list[list[str]]) -> list[Any]:
    answers = process.ask(world.place, questions, Wish())
    for question, answer in zip(questions, answers, strict=True):
        if answer.code or answer.err:
            raise ViolationError(f"ocm {' '.join(question)} ended with {answer.code}: {answer.err.decode()}")
    return [answer.json for answer in answers]


def _judge_list(world: World, listed: list[dict[str, Any]]) -> None:
    ids = sorted(row["session_id"] for row in listed)
    expected = sorted(found.session_id for found in world.pages.values())
    if ids != expected:
        raise ViolationError(f"list shows {ids}, the folder holds {expected}")


def _judge_found(world: World, query: str, hits: list[dict[str, Any]]) -> None:
    holding = {found.session_id for found in world.pages.values() if query in found.words}
    found = [hit["session_id"] for hit in hits]
    if set(found[: len(holding)]) != holding:
        raise ViolationError(f"search {query} found {found}, and {sorted(holding)} hold it")


def _judge_shown(talk: Conversation, shown: dict[str, Any]) -> None:
    wrong = [list(_shown_objections(state, shown)) for state in talk.possible]
    if all(wrong):
        fewest: list[str] = min(wrong, key=len)
        raise ViolationError(f"show {talk.session_id}: " + "; ".join(fewest))


def _shown_objections(state: State, shown: dict[str, Any]) -> Iterator[str]:
    for name in (*APPENDED, "work_pending"):
        items = sorted(_as_item(item) for item in shown[name])
        expected = sorted(state.pending if name == "work_pending" else state.section(name))
        if items != expected:
            yield f"{name} is {items}, not {expected}"
    if shown["goal"] != state.goal:
        yield f"goal is {shown['goal']!r}, not {state.goal!r}"
    if set(shown["tags"]) != state.tags:
        yield f"tags are {shown['tags']}, not {sorted(state.tags)}"
    if shown["status"] != state.status:
        yield f"status is {shown['status']}, not {state.status}"
    paths = {change["path"] for change in shown["files"] if words_in(change["path"])}
    if not state.files <= paths:
        yield f"files are {sorted(paths)}, not {sorted(state.files)}"


def _as_item(item: Any) -> str:
    return "\n".join(item.values()) if isinstance(item, dict) else str(item)


def _judge_same(questions: list[list[str]], before: list[Any], after: list[Any], what: str) -> None:
    for question, first, second in zip(questions, before, after, strict=True):
        if _without_scores(first) != _without_scores(second):
            told = "\n".join(difflib.unified_diff(_lines(first), _lines(second), lineterm="", n=1))
            raise ViolationError(f"ocm {' '.join(question)} says something else after {what}:\n{told}")


def _without_scores(answer: Any) -> Any:
    """Return an answer without what wanes as time goes by."""
    if isinstance(answer, list):
        return [{name: value for name, value in hit.items() if name != "score"} for hit in answer]
    return answer


def _lines(answer: Any) -> list[str]:
    return json.dumps(answer, indent=1, ensure_ascii=False).split("\n")
