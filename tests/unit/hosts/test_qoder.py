"""Qoder: what is particular to its payloads and replies; what it has in common is in test_documented_hosts."""

from __future__ import annotations

import os

from ocm.hosts import adapter
from ocm.hosts.qoder import Qoder

qoder = Qoder()


def test_qoders_ide_has_names_of_its_own() -> None:
    ran = qoder.read_call({"tool_name": "run_in_terminal", "tool_input": {"command": "make"}}, "/p")
    assert (ran.command, ran.shell, ran.can_change) == ("make", adapter.SHELL, True)
    assert qoder.read_call({"tool_name": "search_replace", "tool_input": {"file_path": "a.py"}}, os.sep).paths
