"""`python -m tests.laws.crash.points`: each operation that rewrites a store dies at every point of it, none is lost.

A point is the moment before, after or within a system call that changes a file (see `faults`). After each death the same
command runs again, as a person or an assistant would have it, and the store must be as if nothing had happened. Once more
with a power cut in the place of the death: only what was synced survives.
"""

import argparse
import json
import os
import random
import shutil
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.laws.crash import campaign, process
from tests.laws.crash.disk import Disk
from tests.laws.crash.process import Place, Result, Wish
from tests.support.transcripts import SESSION, small_change

GONE = "zanzibar"
TOKEN = "ghp_" + "0123456789abcdefghijABCDEFGHIJ012345"
_NOTED = "never on Fridays"
_DONE = {"forget": "no session", "merge": "Both are the session"}  # what is said where it was done before
_BEFORE, _OTHER, _SAID = "written before", "another session", "The greeting is friendlier now."


class Worst(random.Random):
    """Leaves of the disk what was promised, and nothing more."""

    def random(self) -> float:
        return 0.0


@dataclass(frozen=True)
class Operation:
    """What is run, and what must hold of a store that it was finished in, after however many deaths."""

    name: str
    command: list[str]
    holds: Callable[[Place], str]


@dataclass
class Outcome:
    """How many points there were, and what was wrong after which."""

    name: str
    points: int
    tried: int
    wrong: list[str]


def prepared(folder: str) -> Place:
    """Make a store with a session that has a journal, another one, and a file to import."""
    place = Place(os.path.join(folder, "project"), os.path.join(folder, "home"), os.path.join(folder, "disk.log"))
    os.makedirs(os.path.join(place.store, "sessions"), mode=0o700)
    os.makedirs(place.home)
    with open(place.log, "w", encoding="utf-8"):
        pass
    questions = [
        ["checkpoint", "--session-id", "T", "--goal", _OTHER],
        ["checkpoint", "--session-id", "I", "--goal", "to be imported"],
        ["export", "--all", os.path.join(folder, "all.json")],
    ]
    process.ask(place, questions, Wish())
    for name, text in texts(place).items():  # a session that `forget` took away would not be imported
        if "to be imported" in text:
            os.unlink(os.path.join(place.store, "sessions", name))
    questions = [
        ["checkpoint", "--session-id", "S", "--goal", GONE, "--decision", _BEFORE],
        ["rebuild-index"],
    ]
    process.ask(place, questions, Wish())
    small_change(place.project).put(Path(folder, "transcripts"))
    small_change(place.project, "S").put(Path(folder, "transcripts"))
    edit = {"tool_name": "Write", "tool_input": {"file_path": os.path.join(place.project, "a.py")}, "tool_response": {}}
    data = {"session_id": "S", "hook_event_name": "PostToolUse", "cwd": place.project, **edit}
    process.run(place, ["ocm-hook", "post-tool-use", "--tool", "claude-code"], json.dumps(data).encode())
    return place


def plant(place: Place) -> None:
    """Put a secret into each session file, as an editor does."""
    for name, text in texts(place).items():
        with open(os.path.join(place.store, "sessions", name), "w", encoding="utf-8") as file:
            file.write(f"{text}\n## Own\n\nsee {TOKEN} here\n")


def texts(place: Place) -> dict[str, str]:
    """Return the session files."""
    folder = os.path.join(place.store, "sessions")
    found = {}
    for name in sorted(os.listdir(folder)):
        if name.endswith(".md"):
            with open(os.path.join(folder, name), encoding="utf-8") as file:
                found[name] = file.read()
    return found


def listed(place: Place) -> list[str]:
    """Return the ids that the program lists, with the cache as it is and with one made anew."""
    (now,) = process.ask(place, [["list", "--json", "-n", "-1"]], Wish())
    for name in os.listdir(place.store):
        if name.startswith("memory.db"):
            os.unlink(os.path.join(place.store, name))
    (anew,) = process.ask(place, [["list", "--json", "-n", "-1"]], Wish())
    ids = sorted(row["session_id"] for row in now.json)
    return ids if now.json == anew.json else [*ids, "the cache differs from one made anew"]


def anything_left(place: Place) -> str:
    """Return the temporary files, locks and notes that were left behind."""
    names = [name for _, _, files in os.walk(place.store) for name in files]
    left = [name for name in names if name.startswith((".ocm-tmp-", "taken_", "forget_")) or name.endswith(".tmp")]
    return f"left behind: {left}" if left else ""


def holding(place: Place, text: str) -> list[str]:
    """Return the files of the store that hold `text`."""
    found = []
    for folder, _, names in os.walk(place.store):
        for name in names:
            with open(os.path.join(folder, name), "rb") as file:
                if text.encode() in file.read():
                    found.append(name)
    return found


def _checkpointed(place: Place) -> str:
    (text,) = [text for text in texts(place).values() if GONE in text] or [""]
    lost = [part for part in (_BEFORE, "a.py", "acknowledged") if part not in text]
    return f"lost: {lost}" if lost else _same(listed(place), ["S", "T"])


def _rebuilt(place: Place) -> str:
    return _same(listed(place), ["S", "T"])


def _forgotten(place: Place) -> str:
    found = [*holding(place, GONE), *holding(place, _BEFORE), *holding(place, "a.py")]
    return f"still in {found}" if found else _same(listed(place), ["T"])


def _imported(place: Place) -> str:
    return _same(listed(place), ["I", "S", "T"])


def _taken_in(place: Place) -> str:
    """Say what a transcript did not bring, or what taking the imports back leaves of it."""
    if sum(_SAID in text and "greet.py" in text for text in texts(place).values()) != len(("S", SESSION)):
        return "a conversation is not whole"
    wrong = _same(listed(place), [SESSION, "S", "T"])
    (batches,) = process.ask(place, [["import", "--list", "--json"]], Wish())
    process.ask(place, [["import", "--undo", one["batch"], "--json"] for one in reversed(batches.json)], Wish())
    left = [name for name, text in texts(place).items() if _SAID in text]
    return wrong or (f"not taken back: {left}" if left else _same(listed(place), ["S", "T"]))


def _noted(place: Place) -> str:
    """Say where a note is not there once; with it, its session is."""
    many = sum(text.count(f"- {_NOTED}\n") for text in texts(place).values())
    found = [name for name in listed(place) if not name.startswith("note-")]
    return f"noted {many} times" if many != 1 else _same(found, ["S", "T"])


def _merged(place: Place) -> str:
    """Say what of two sessions that were merged is not in the one that stays."""
    held = "\n".join(texts(place).values())
    lost = [part for part in (_BEFORE, _OTHER, "a.py") if part not in held]
    return f"lost: {lost}" if lost else _same(listed(place), ["S"])


def _redacted(place: Place) -> str:
    found = holding(place, TOKEN)
    kept = sum(text.endswith("## Own\n\nsee [REDACTED:github-token] here\n") for text in texts(place).values())
    return f"still in {found}" if found else _same([str(kept), *listed(place)], ["2", "S", "T"])


def _same(found: list[str], expected: list[str]) -> str:
    return "" if found == expected else f"found {found}"


def operations(folder: str) -> list[Operation]:
    """Return the operations, for a store that was prepared in `folder`."""
    checkpoint = ["checkpoint", "--session-id", "S", "--summary", "acknowledged"]
    return [
        Operation("checkpoint", checkpoint, _checkpointed),
        Operation("rebuild", ["rebuild-index"], _rebuilt),
        Operation("forget", ["forget", "S", "--yes"], _forgotten),
        Operation("import", ["import", os.path.join(folder, "all.json")], _imported),
        Operation("transcripts", ["import", os.path.join(folder, "transcripts"), "-y"], _taken_in),
        Operation("note", ["note", _NOTED], _noted),
        Operation("merge", ["merge", "S", "T"], _merged),
        Operation("redact-scan", ["redact-scan", "--apply"], _redacted),
    ]


def try_all(name: str, *, power: bool, step: int = 1) -> Outcome:
    """Let one operation die at every point (or every `step`th), and once not at all; return what was wrong."""
    campaign.preload()
    with tempfile.TemporaryDirectory() as folder:
        place = prepared(folder)
        operation = next(one for one in operations(folder) if one.name == name)
        if name == "redact-scan":
            plant(place)
        shutil.copytree(place.project, os.path.join(folder, "kept"))
        count = _run(place, operation, folder, 0, power=False)[0].points
        outcome = Outcome(name, count, 0, [])
        for point in [*range(1, count + 1, step), 0]:
            outcome.tried += 1
            result, wrong = _run(place, operation, folder, point, power=power)
            if wrong:
                outcome.wrong.append(f"{name}, point {point} ({result.label or 'done'}): {wrong}")
        return outcome


def _run(place: Place, operation: Operation, folder: str, point: int, *, power: bool) -> tuple[Result, str]:
    """Run the operation on a fresh store, to its end or to its death at `point`; return what is wrong afterwards."""
    shutil.rmtree(place.project)
    shutil.copytree(os.path.join(folder, "kept"), place.project)
    os.chmod(place.store, 0o700)
    with open(place.log, "w", encoding="utf-8"):
        pass
    disk = Disk(os.path.realpath(place.store), place.log)
    disk.sync()
    result = process.run(place, ["ocm", *operation.command], wish=Wish(kill_at=point))
    if power:
        chooser = Worst()
        disk.cut(disk.remains(chooser), chooser)
    if result.died:
        again = process.run(place, ["ocm", *operation.command])
        told = again.err.decode(errors="replace")
        if again.code and _DONE.get(operation.name, "\0") not in told:
            return result, f"cannot be done again: {told.strip()}"
        process.ask(place, [["checkpoint", "--session-id", "T", "--goal", _OTHER]], Wish())
    elif result.code:
        return result, f"it failed: {result.err.decode(errors='replace').strip()}"
    return result, operation.holds(place) or anything_left(place)


def main() -> int:
    """Print what came of it; 1 when something was lost."""
    parser = argparse.ArgumentParser(prog="python -m tests.laws.crash.points", description=__doc__)
    parser.add_argument("--step", type=int, default=1, help="only every so many points")
    parser.add_argument(
        "names", nargs="*", help="checkpoint, rebuild, forget, import, transcripts, note, merge, redact-scan"
    )
    wanted = parser.parse_args()
    failed = 0
    for name in wanted.names or [one.name for one in operations("")]:
        for power in (False, True):
            outcome = try_all(name, power=power, step=wanted.step)
            how = "power cuts" if power else "deaths"
            print(f"{name:12} {outcome.points:4} points, {outcome.tried:4} {how}, {len(outcome.wrong)} with a loss")
            for line in outcome.wrong[:10]:
                print(f"    {line}")
            failed += len(outcome.wrong)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
