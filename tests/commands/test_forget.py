"""`ocm forget`: it asks first."""

from __future__ import annotations

from tests.support.builders import Project, run_ocm
from tests.support.session_store import filled, ids


def test_the_command_asks_first(project: Project) -> None:
    filled(project)
    assert run_ocm(project.root, "forget", "gone", stdin="n\n").returncode != 0
    assert ids(project.store) == ["gone", "stays"]
    assert run_ocm(project.root, "forget", "nobody", "--yes").returncode == 1
    assert "Forgotten" in run_ocm(project.root, "forget", "gone", stdin="y\n").stdout
    assert ids(project.store) == ["stays"]
