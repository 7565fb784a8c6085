"""Input that is not what it should be is refused or ignored, never answered with a traceback."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .driver import System
    from .world import World

NOT_PAYLOADS = ("not json", "", "[1]", "null", '"s"', "5")
NOT_CHECKPOINTS = ("123", "[]", '"s"')
ODD_PAYLOADS = (
    ("session-start", {"session_id": {"a": 1}}),
    ("post-tool-use", {"session_id": {"a": 1}, "tool_name": "Read"}),
    ("post-tool-use", {"session_id": "S", "cwd": {"a": 1}, "tool_name": "Read"}),
    ("session-start", {"session_id": "S", "cwd": 5}),
    ("file-edited", {"session_id": "S", "tool_name": "Edit", "tool_input": "text"}),
)


@pytest.mark.parametrize("stdin", NOT_PAYLOADS)
def test_d38_a_hook_without_a_payload_does_nothing(system: System, stdin: str) -> None:
    """The reference made a session named `unknown` and gated it, or died with exit 1."""
    reply = system.raw_hook("post-tool-use", stdin)
    assert not reply.crashed
    assert reply.exit == 0
    assert system.listed() == []


@pytest.mark.parametrize(("event", "payload"), ODD_PAYLOADS)
def test_d61_a_hook_survives_a_payload_of_other_types(system: System, event: str, payload: dict[str, object]) -> None:
    """The reference died of them, or printed an error of its database."""
    reply = system.raw_hook(event, json.dumps(payload))
    assert reply.exit == 0
    assert not reply.crashed


@pytest.mark.parametrize("stdin", NOT_CHECKPOINTS)
def test_d61_a_checkpoint_that_is_no_object_is_refused(system: System, stdin: str) -> None:
    """The reference died with a traceback."""
    done = system.checkpoint("S", stdin=stdin)
    assert done.exit in (1, 2)
    assert not done.crashed
    assert done.err.strip()
    assert system.listed() == []


def test_d61_a_nul_in_an_id_does_no_harm(system: System) -> None:
    """The reference died with a traceback, since no file can be named so."""
    assert not system.checkpoint("", stdin='{"session_id": "a\\u0000b", "goal": "a goal"}').crashed


def test_d62_an_ascii_locale_changes_nothing(system: System, world: World) -> None:
    """Under such a locale no command of the reference could read its own schema."""
    world.environment |= {"PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "LC_ALL": "POSIX", "LANG": "POSIX"}
    system.checkpoint("S", stdin=json.dumps({"goal": "müde Wombats"})).must_work()
    assert [hit.session_id for hit in system.search("wombats")] == ["S"]
    assert "müde Wombats" in system.session_file("S").read_text(encoding="utf-8")
