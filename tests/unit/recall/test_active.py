"""Which sessions are at work, by their journals."""

from __future__ import annotations

import os
import time

from ocm.recall import active
from ocm.store import journal
from tests.support.builders import CHECKPOINT_TOOL, Project


def test_active_are_the_sessions_with_a_journal_the_latest_first(project: Project) -> None:
    for age, session_id in ((7200, "early"), (10, "late"), (50_000, "old")):
        project.calls(1, session_id)
        then = time.time() - age
        os.utime(journal.active_path(project.store.path, session_id), (then, then))
    project.calls(1, "taken")
    journal.take_over(project.store.path, "taken")
    project.calls(1, "a/b")
    assert active.ids(project.store) == ["a/b", "late", "early"]


def test_a_session_that_ended_is_not_active(project: Project) -> None:
    project.calls(2)
    project.hook("session-end")
    assert active.ids(project.store) == []


def test_a_tool_use_is_joined_with_the_session_whose_hook_saw_it(project: Project) -> None:
    project.calls(1, "other")
    project.hook("pre-tool-use", tool_name=CHECKPOINT_TOOL, tool_use_id="toolu_1", session_id="a/b")
    assert active.session_of_tool_use(project.store, "toolu_1") == "a/b"
    assert active.session_of_tool_use(project.store, "toolu_2") == ""
    assert active.session_of_tool_use(project.store, "") == ""
