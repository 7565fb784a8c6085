"""Asking Codex' app server: what it answers counts, and whatever else comes is an error with the way by hand."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING, Any

import pytest

from ocm.base.errors import OcmError
from ocm.hosts.config.codex import HOOKS
from ocm.setup import codex_trust

if TYPE_CHECKING:
    from pathlib import Path

COMMAND = HOOKS.profile("minimal")["hooks"]["PreToolUse"][0]["hooks"][0]["command"]
OURS = {"key": "k:1", "currentHash": "h", "eventName": "preToolUse", "command": COMMAND, "trustStatus": "untrusted"}
THEIRS = {**OURS, "key": "k:2", "command": "theirs"}
TRUSTED = {**OURS, "trustStatus": "trusted"}
# It answers each request with the next thing it was given, after a line that is none and a request of its own.
SERVER = """\
import json, sys
answers = iter(json.loads({answers!r}))
for line in sys.stdin:
    asked = json.loads(line)
    print(json.dumps(asked), file=open({log!r}, "a"))
    if "id" not in asked:
        continue
    answer = next(answers, None)
    if answer is None:
        break
    print("starting up")
    print(json.dumps({{"id": asked["id"], "method": "ask/back"}}))
    print(json.dumps({{"id": asked["id"], **answer}}), flush=True)
"""

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the stand-in is a script")


def listed(*hooks: dict[str, Any]) -> dict[str, Any]:
    return {"result": {"data": [{"cwd": "/", "hooks": list(hooks)}]}}


@pytest.fixture
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return what puts a `codex` on the PATH that gives these answers, and the log of what it is asked."""

    def make(*answers: dict[str, Any]) -> Path:
        log = tmp_path / "log"
        script = SERVER.format(answers=json.dumps([{"result": {}}, *answers]), log=str(log))
        program = tmp_path / "codex"
        program.write_text(f"#!{sys.executable}\n{script}")
        program.chmod(0o755)
        monkeypatch.setenv("PATH", str(tmp_path))
        return log

    return make


def test_only_hooks_of_ocm_that_are_not_trusted_are_waiting(stand_in: Any, tmp_path: Path) -> None:
    stand_in(listed(OURS, THEIRS, {**TRUSTED, "key": "k:3"}, {"key": "k:4", "trustStatus": "untrusted"}))
    with codex_trust.Client(str(tmp_path)) as client:
        (waiting,) = client.untrusted()
    assert (waiting.key, waiting.hash, waiting.command) == ("k:1", "h", COMMAND)


def test_trust_is_written_by_codex_and_looked_at_again(stand_in: Any, tmp_path: Path) -> None:
    log = stand_in(listed(OURS, THEIRS), {"result": {}}, listed(TRUSTED, THEIRS))
    with codex_trust.Client(str(tmp_path)) as client:
        client.trust(client.untrusted())
    asked = [json.loads(line) for line in log.read_text().splitlines()]
    assert [one["method"] for one in asked] == [
        "initialize", "initialized", "hooks/list", "config/batchWrite", "hooks/list",
    ]  # fmt: skip
    (edit,) = asked[3]["params"]["edits"]
    assert edit == {
        "keyPath": "hooks.state",
        "value": {"k:1": {"trusted_hash": "h", "enabled": True}},
        "mergeStrategy": "upsert",
    }


@pytest.mark.parametrize(
    ("answers", "why"),
    [
        ([listed(OURS), {"result": {}}, listed(OURS)], "still does not trust k:1"),
        ([{"error": {"message": "no"}}], '{"message": "no"}'),
        ([{"result": []}], "of a form that is not known"),
        ([{"result": {"data": [{"hooks": [{**OURS, "eventName": None} | {"trustStatus": 1}]}]}}, {}], "error|null"),
        ([], "it ended or did not answer in time"),
    ],
)
def test_what_codex_does_not_do_is_an_error_with_the_way_by_hand(
    stand_in: Any, tmp_path: Path, answers: list[dict[str, Any]], why: str
) -> None:
    stand_in(*answers)
    with codex_trust.Client(str(tmp_path)) as client, pytest.raises(OcmError, match=why) as error:
        client.trust(client.untrusted())
    assert "type /hooks" in str(error.value)


def test_a_codex_that_ends_at_once_or_never_answers_is_an_error(
    stand_in: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in()
    for line in ("exit 0", "sleep 60"):
        (tmp_path / "codex").write_text(f"#!/bin/sh\n{line}\n")
        monkeypatch.setattr(codex_trust, "SECONDS", 0.5)
        monkeypatch.setenv("PATH", os.pathsep.join([str(tmp_path), "/usr/bin", "/bin"]))
        with pytest.raises(OcmError, match="could not be asked"), codex_trust.Client(str(tmp_path)):
            pass  # pragma: no cover - it never gets here


def test_without_codex_the_way_by_hand_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(OcmError, match="codex is not on the PATH.*type /hooks"):
        codex_trust.Client(str(tmp_path))
