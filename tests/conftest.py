"""No test reaches the real home or the host it may be started from; how hard the laws try."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from ocm.store import gate
from tests.support.builders import Project, repository
from tests.support.core import pytest_collection_modifyitems, pytest_ignore_collect

__all__ = ["pytest_collection_modifyitems", "pytest_ignore_collect"]  # hooks of pytest

# The same examples each time, so that a change is judged by what it did; .ci/under-fire looks for new ones.
settings.register_profile("dev", deadline=None, derandomize=True)
settings.register_profile("ci", max_examples=2000, deadline=None, derandomize=True)
settings.register_profile("explore", max_examples=2000, deadline=None, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "dev"))

# What could lead to the user's own store, git configuration or conversation.
_FOREIGN = ("CLAUDE", "OCM_", "GIT_", "XDG_")
_OF_THE_TESTS = ("OCM_TEST_CACHE", "OCM_REQUIRE_CLIENTS", "OCM_CLAUDE_BIN")
_CACHE = os.environ.get("OCM_TEST_CACHE") or str(Path.home() / ".cache" / "ocm-tests")

GIT_CONFIG = """\
[user]
    name = Tester
    email = tester@example.org
[init]
    defaultBranch = main
[commit]
    gpgsign = false
[core]
    autocrlf = false
"""


@pytest.fixture(scope="session", autouse=True)
def private_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Give the whole run a home of its own."""
    home = tmp_path_factory.mktemp("home")
    (home / ".gitconfig").write_text(GIT_CONFIG, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        for name in os.environ:
            if name.startswith(_FOREIGN) and name not in _OF_THE_TESTS:
                patch.delenv(name)
        patch.setenv("HOME", str(home))
        patch.setenv("USERPROFILE", str(home))
        patch.setenv("OCM_HOME", str(home / ".openCodeMemory"))
        patch.setenv("OCM_TEST_CACHE", _CACHE)
        patch.setenv("GIT_CONFIG_GLOBAL", str(home / ".gitconfig"))
        patch.setenv("GIT_CONFIG_NOSYSTEM", "1")
        yield home


@pytest.fixture
def steps_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take each call that is held back for a step of its own, however quickly the test makes them."""
    monkeypatch.setattr(gate, "STEP_SECONDS", 0)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Return a project with a store and without a repository."""
    root = tmp_path / "project"
    root.mkdir()
    return Project(root)


@pytest.fixture
def repo(tmp_path: Path) -> Project:
    """Return a git repository with a store."""
    return Project(repository(tmp_path / "repo"))
