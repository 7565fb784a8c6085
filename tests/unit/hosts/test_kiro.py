"""Kiro: what is particular to its payloads and replies; what it has in common is in test_documented_hosts."""

from __future__ import annotations

import os

import pytest

from ocm.hosts.kiro import Kiro
from tests.support.dialects import Json

kiro = Kiro()


@pytest.mark.parametrize(("given", "kind"), [
    ({"command": "create", "path": "a.py"}, ""), ({"command": "str_replace", "path": "a.py"}, "modified"), ({"path": "a.py"}, ""),
])  # fmt: skip
def test_kiro_says_how_a_file_changed_in_the_arguments(given: Json, kind: str) -> None:
    assert kiro.read_call({"tool_name": "fs_write", "tool_input": given}, os.sep + "p").kind == kind
    assert kiro.read_call({"tool_name": "delete_file", "tool_input": {"path": "a"}}, os.sep).kind == "deleted"


def test_kiro_says_in_two_ways_that_a_call_failed() -> None:
    assert kiro.failed({"tool_response": {"success": False}})
    assert kiro.failed({"hook_event_name": "PostToolUseFailure"})
    assert not kiro.failed({"tool_response": {"success": True}})
