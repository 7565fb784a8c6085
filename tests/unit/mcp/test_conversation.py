"""Which store a server's checkpoint goes into: the one whose hooks tell of the session."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ocm.base.errors import NoStoreError
from ocm.mcp.conversation import Caller, Conversation
from ocm.mcp.tools import TOOLS
from ocm.store import registry
from tests.support.builders import Project


@pytest.fixture
def other(tmp_path: Path, project: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    """Return the project of another folder, which the server is started in."""
    monkeypatch.setenv("OCM_HOME", str(tmp_path / "home" / ".openCodeMemory"))
    found = Project(tmp_path / "other")
    for one in (project, found):
        registry.register(str(one.root), one.store.path)
    monkeypatch.chdir(found.root)
    return found


def checkpoint(session: object = "S", named: Path | None = None) -> str:
    arguments = {"session_id": session, "goal": "g"}
    result = TOOLS["ocm__checkpoint"].call(Conversation(str(named) if named else None), Caller(), arguments)
    return os.path.dirname(os.path.dirname(str(dict(result)["markdown_path"])))


def test_a_checkpoint_goes_where_the_hooks_of_its_session_write(project: Project, other: Project) -> None:
    project.calls(1)
    assert checkpoint() == os.path.realpath(project.store.path)
    assert checkpoint("T") == os.path.realpath(other.store.path)
    other.calls(1, "U")
    assert checkpoint("U") == os.path.realpath(other.store.path)


@pytest.mark.usefixtures("other")
def test_it_goes_there_from_a_folder_without_a_store(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    project.calls(1)
    assert checkpoint() == os.path.realpath(project.store.path)
    with pytest.raises(NoStoreError):
        checkpoint("never told of")


def test_a_project_that_was_named_on_purpose_is_the_one(project: Project, other: Project) -> None:
    project.calls(1)
    assert checkpoint(named=other.root) == os.path.realpath(other.store.path)


def test_the_workspace_that_a_client_names_comes_before_the_folder_of_the_server(
    project: Project, other: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORKSPACE_FOLDER_PATHS", f"{tmp_path / 'gone'},{project.root}")
    assert checkpoint("T") == os.path.realpath(project.store.path)
    monkeypatch.setenv("WORKSPACE_FOLDER_PATHS", str(tmp_path))
    assert checkpoint("V") == os.path.realpath(other.store.path)
