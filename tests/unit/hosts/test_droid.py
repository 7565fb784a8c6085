"""Droid: what is particular to its payloads and replies; what it has in common is in test_documented_hosts."""

from __future__ import annotations

import os

from ocm.hosts.droid import Droid

droid = Droid()


def test_droid_has_names_of_its_own() -> None:
    new = droid.read_call({"tool_name": "Create", "tool_input": {"file_path": "a.py"}}, os.sep + "p")
    assert (new.kind, list(new.paths.values())) == ("created", ["created"])
    assert droid.read_call({"tool_name": "opencodememory___ocm__checkpoint"}, "/p").own_tool == "checkpoint"
    assert droid.read_call({"tool_name": "github___create_issue"}, "/p").can_change
    assert not droid.read_call({"tool_name": "Bash", "tool_input": {"command": "x"}}, "/p").command
