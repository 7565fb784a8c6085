"""A home and a project for the tests of installing, and what can be seen of them."""

from __future__ import annotations

import os
import stat
from contextlib import contextmanager
from typing import TYPE_CHECKING
from unittest.mock import patch

from ocm.setup import install

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from ocm.setup.plan import Plan

Seen = dict[str, tuple[int, bytes]]


class World:
    """One home and one project below `base`, which the environment names while the tests run."""

    def __init__(self, base: Path) -> None:
        self.base = base
        self.home = base / "home"
        self.project = base / "project"
        self.store = self.project / ".openCodeMemory"
        self.settings = self.project / ".claude" / "settings.json"
        self.servers = self.project / ".mcp.json"
        self.rules = self.project / "CLAUDE.md"
        self.ignored = self.project / ".gitignore"
        self.home.mkdir()
        (self.project / ".git").mkdir(parents=True)

    @contextmanager
    def entered(self) -> Iterator[World]:
        """Let the process live in this home."""
        variables = {
            name: value for name, value in os.environ.items() if not name.startswith(("OCM_", "CLAUDE", "CODEX"))
        }
        with patch.dict(os.environ, variables | {"HOME": str(self.home), "USERPROFILE": str(self.home)}, clear=True):
            yield self

    def plan(self, **profiles: str) -> Plan:
        """Plan to set the project up; `claude="full"` chooses a profile."""
        chosen = {f"{host}-code": profile for host, profile in profiles.items()}
        return install.plan_init(cwd=str(self.project), profiles=chosen, hosts=["claude-code"])

    def plan_hosts(self, *hosts: str, profiles: Mapping[str, str] | None = None, everything: bool = False) -> Plan:
        """Plan to set the project up for some hosts, or for those that are found."""
        return install.plan_init(cwd=str(self.project), profiles=profiles, hosts=hosts, everything=everything)

    def init_hosts(self, *hosts: str, profiles: Mapping[str, str] | None = None, everything: bool = False) -> None:
        """Set the project up for some hosts."""
        self.plan_hosts(*hosts, profiles=profiles, everything=everything).apply()

    def init(self, **profiles: str) -> None:
        """Set the project up."""
        self.plan(**profiles).apply()

    def uninstall(self, *, purge: bool = True) -> None:
        """Take ocm out of the project."""
        install.plan_uninstall(cwd=str(self.project), purge=purge).apply()

    def write(self, path: Path, data: str | bytes) -> Path:
        """Write a file of the user's."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data.encode() if isinstance(data, str) else data)
        return path

    def seen(self) -> Seen:
        """Return every file, folder and link, with its mode and content, and when it was written."""
        found: Seen = {}
        for folder, folders, names in os.walk(self.base):
            for name in folders + names:
                path = os.path.join(folder, name)
                status = os.lstat(path)
                if stat.S_ISLNK(status.st_mode):
                    content = os.fsencode(os.readlink(path))
                else:
                    content = b"" if stat.S_ISDIR(status.st_mode) else _bytes(path)
                found[path] = (status.st_mode, content)
        return found

    def stamps(self) -> dict[str, tuple[int, int]]:
        """Return which inode every path is, and when that was last written."""
        paths = [path for path in self.base.rglob("*") if not path.is_symlink()]
        return {str(path): (path.stat().st_ino, path.stat().st_mtime_ns) for path in paths}


def _bytes(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()
