"""Writing down what git says of a public repository, as fingerprints: `python -m tests.questions.gather REPOSITORY FILE.json`.

The questions were chosen and their answers checked by hand, reading each commit; a commit stands for the session that
made it, the neighbours of the commits stand for other sessions, and the decisions are in words of our own. No line of
the repository is kept, only hashes.
"""

from __future__ import annotations

import base64
import json
import sys
import time
from pathlib import Path
from typing import Any

from ocm import githistory, links, traces

HEAD = "2ac89889f4cc330eabd50f295dcef02828522c69"
NEIGHBOURS = 40
QUESTIONS = [
    ("src/flask/ctx.py", 489, "fbb6f0bc", "**Teardown:** one failing callback must not keep the others from running."),
    ("src/flask/ctx.py", 381, "a411a243", "**Session on push:** it is opened along with the context again."),
    ("src/flask/sessions.py", 46, "c17f3793", "**Accessed:** the context notes that the session was used, not the session."),
    ("src/flask/sansio/app.py", 637, "e82db2ca", "**Automatic OPTIONS:** what a view says wins over the setting."),
    ("src/flask/app.py", 1003, "c77a5203", "**Ignoring errors:** deprecated; teardown handlers see every error."),
    ("src/flask/sansio/app.py", 936, "eca5fd1d", "**303:** a redirect after a form must become a GET."),
    ("src/flask/sansio/app.py", 533, "dbd4c288", "**Autoescape:** a template from a string has no file name, so None is accepted."),
    ("src/flask/sessions.py", 307, "fb541598", "**Key order:** the signer takes the newest key from the end of the list."),
    ("src/flask/testing.py", 243, "53b8f082", "**Preserved contexts:** they are pushed in the order in which they were made."),
    ("src/flask/helpers.py", 66, "9822a035", "**Streaming:** the generator is wrapped so that asynchronous views can use it."),
]  # fmt: skip


def main(repository: str, out: str) -> None:
    """Write the facts."""
    listed = (githistory.since(repository, 1_700_000_000) or [])[:400]
    patches = {patch.sha: patch for patch in links.patches(githistory.patches(repository, listed))}
    chosen = {short: next(sha for sha in patches if sha.startswith(short)) for _, _, short, _ in QUESTIONS}
    decisions = {chosen[short]: decision for _, _, short, decision in QUESTIONS}
    others = [sha for sha in listed if sha not in decisions and patches[sha].own][:NEIGHBOURS]
    sessions = [
        _session(patches[sha], decisions.get(sha, f"**{sha[:7]}:** another session")) for sha in [*decisions, *others]
    ]
    facts = {
        "sessions": sessions,
        "commits": [_commit(patches[sha]) for sha in decisions],
        "questions": [_question(repository, *question) for question in QUESTIONS],
    }
    Path(out).write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")


def _session(patch: links.Patch, decision: str) -> dict[str, Any]:
    at = time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime(patch.at - 60))
    return {"id": patch.sha, "at": at, "fact": traces.unit_fact(at, "", 0, patch.own), "decision": decision}


def _commit(patch: links.Patch) -> dict[str, Any]:
    patch.trim(600)
    keys = {"own": _text(patch.own), "parts": _text(patch.parts - patch.own)}
    return {"sha": patch.sha, "at": patch.at, "whole": patch.whole, "bound": patch.bound, **keys}


def _text(keys: set[int]) -> str:
    return base64.urlsafe_b64encode(traces.packed(keys)).decode()


def _question(repository: str, file: str, line: int, short: str, decision: str) -> dict[str, Any]:
    (found,) = githistory.blame(repository, file, line, line) or []
    if not found.sha.startswith(short):
        raise SystemExit(f"{file}:{line} is of {found.sha}, not of {short}: is HEAD {HEAD}?")
    diff = githistory.patches_in(repository, [(found.sha, found.path)])[found.sha, found.path]
    keys = _text(links.line_keys(diff, found.path, found.number))
    asked = {"file": file, "line": line, "commit": found.sha, "at": found.at, "keys": keys}
    return {**asked, "session": found.sha, "decision": decision}


if __name__ == "__main__":
    main(*sys.argv[1:])
