"""Antigravity: what is particular to its payloads and replies; what it has in common is in test_documented_hosts."""

from __future__ import annotations

from ocm.hosts.antigravity import Antigravity
from tests.support.builders import Project
from tests.support.dialects import ID

antigravity = Antigravity()


def test_antigravity_begins_once_whether_it_counts_from_nought_or_one(project: Project) -> None:
    begun = []
    for number in (0, 1, 2, 7):
        payload = {"conversationId": ID, "workspacePaths": [str(project.root)], "invocationNum": number}
        begun.append(bool(project.answer("antigravity", "session-start", payload)))
    assert begun == [True, False, False, False]
    assert antigravity.start_source({"invocationNum": 1}) == antigravity.start_source({}) != ""


def test_antigravity_counts_a_call_that_it_does_not_name_afterwards(project: Project) -> None:
    payload = {"conversationId": ID, "workspacePaths": [str(project.root)], "stepIdx": 4, "error": ""}
    project.answer("antigravity", "post-tool-use", payload)
    assert project.tally(ID).calls == 1
