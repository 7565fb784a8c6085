"""Copilot in VS Code: what is particular to its payloads and replies; what it has in common is in test_documented_hosts."""

from __future__ import annotations

import os

import pytest

from ocm.hosts.copilot import Copilot
from ocm.hosts.vscode_copilot import VsCodeCopilot
from tests.support.dialects import Json

vscode_copilot = VsCodeCopilot()
copilot = Copilot()


@pytest.mark.parametrize(("tool", "given", "expected"), [
    ("editFiles", {"files": ["a.py", "b.py"]}, {"a.py": "modified", "b.py": "modified"}),
    ("create_file", {"filePath": "a.py"}, {"a.py": "created"}),
    ("multi_replace_string_in_file", {"replacements": [{"filePath": "a.py"}, {"filePath": "b.py"}, 7]}, {"a.py": "modified", "b.py": "modified"}),
    ("apply_patch", {"input": "*** Begin Patch\n*** Delete File: a.py\n*** End Patch"}, {"a.py": "deleted"}),
    ("read_file", {"filePath": "a.py"}, {}), ("editFiles", {"files": 7}, {}),
])  # fmt: skip
def test_vscode_names_the_files_of_an_edit_in_many_ways(tool: str, given: Json, expected: dict[str, str]) -> None:
    found = vscode_copilot.read_call({"tool_name": tool, "tool_input": given}, os.sep + "p").paths
    assert {os.path.basename(path): kind for path, kind in found.items()} == expected


def test_vscode_holds_a_turn_inside_its_own_object() -> None:
    assert vscode_copilot.block_stop("r") == {
        "hookSpecificOutput": {"hookEventName": "Stop", "decision": "block", "reason": "r"}
    }
    assert not copilot.from_other_host({"sessionId": "S", "toolName": "bash"})
