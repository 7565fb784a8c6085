"""Homes and repositories as people have them, made from a number: files of many hosts, each odd in its own way."""

from __future__ import annotations

import json
import os
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ocm.hosts.config.all_hosts import HOSTS
from ocm.hosts.config.host_config import PROJECT, USER, Place

if TYPE_CHECKING:
    from pathlib import Path

    from ocm.hosts.config.targets import Target
    from tests.support.install_world import World

HOOKS, COMMENTS, ENCODING, LINK, READ_ONLY, CRLF = ODD = (
    *("existing hooks", "comments", "odd encoding", "symbolic link", "read-only", "CRLF"),
)
SERVERS, RULES, NO_END, DEEP_LINK = MORE = ("existing servers", "existing rules", "no last line end", "link in a link")


@dataclass(frozen=True)
class File:
    """One file of a person: where, what is in it, and how it lies there."""

    path: str
    data: bytes
    mode: int
    oddities: frozenset[str]


class Home:
    """A home and a repository: which hosts are set up there and what is in their files before."""

    def __init__(self, number: int) -> None:
        self.random = random.Random(f"home {number}")  # noqa: S311 - the same homes every time
        self.everything = number % 25 == 0
        self.hosts = sorted(HOSTS) if self.everything else self.random.sample(sorted(HOSTS), self.random.randint(1, 4))
        self.levels = self.random.choice([(PROJECT,), (USER,), (PROJECT, USER)])
        self.is_git = self.random.random() < 0.8
        self.profiles = [self._profiles() for _ in range(2)]
        self.oddities: set[str] = set()

    def _profiles(self) -> dict[str, str]:
        hooked = [name for name in self.hosts if HOSTS[name].hooks]
        return {name: self.random.choice(["none", "minimal", "full"]) for name in hooked if self.random.random() < 0.6}

    def build(self, world: World) -> None:
        """Write the files of the person."""
        if not self.is_git:
            (world.project / ".git").rmdir()
        elif self.random.random() < 0.5:
            world.write(world.project / ".gitignore", self.random.choice([b"build/\n", b"*.log\r\n", b"# nothing"]))
        for level in self.levels:
            root = world.home if level == USER else world.project
            for name in self.hosts:
                for target in HOSTS[name].targets(Place(str(root), level)):
                    self._file(world, name, target)
        for name in self.random.sample([".bashrc", "notes/a.md", ".config/x.ini"], 2):
            world.write(world.home / name, b"\x00\xff theirs\r\n")

    def _file(self, world: World, host: str, target: Target) -> None:
        path = world.base / target.path
        if target.whole or os.path.lexists(path) or self.random.random() < 0.25:
            return
        text, oddities = self._text(host, path)
        if self.random.random() < 0.3 and "\n" in text:
            text = text.replace("\n", "\r\n")
            oddities.add(CRLF)
        if self.random.random() < 0.2:
            text = text.rstrip("\r\n")
            oddities.add(NO_END)
        data = self._encoded(path, text, oddities)
        self._place(world, path, data, oddities)
        self.oddities |= oddities

    def _text(self, host: str, path: Path) -> tuple[str, set[str]]:
        """Return what a person and other programs have in a file already."""
        if path.suffix == ".toml":
            return self._toml()
        if path.suffix in {".json", ".jsonc"}:
            return self._json(host, path)
        lines = self.random.sample(["# Rules", "", "Build with make.", "漢字 é", "- be brief", "<!-- x -->"], 4)
        return "\n".join(lines) + "\n", {RULES}

    def _toml(self) -> tuple[str, set[str]]:
        parts = ['model = "x"  # the fast one\n', "# about a\n[mcp_servers.a]\ncommand = 'a'\n", "[tui]\n\n\n"]
        return "\n".join(self.random.sample(parts, 2)), {COMMENTS, SERVERS}

    def _json(self, host: str, path: Path) -> tuple[str, set[str]]:
        oddities = set()
        document: dict[str, Any] = {"theirs": {"é": [1, 2.5, None, {}]}, "漢": "字 \\u"}
        hooks = HOSTS[host].hooks
        if self.random.random() < 0.5:
            document = {"first": True, **document}
        if hooks and not hooks.script and "hooks" in path.name + path.parent.name + "settings.json":
            document.update(self._hooks(host))
            oddities.add(HOOKS)
        for within in ("mcpServers", "servers", "mcp", "context_servers"):
            if self.random.random() < 0.2:
                document[within] = {"theirs": {"command": "theirs", "args": []}}
                oddities.add(SERVERS)
        if path.name == "opencode.json" or self.random.random() < 0.2:
            document.pop("漢")
        text = json.dumps(
            document, indent=self.random.choice([2, 4, "\t", None]), ensure_ascii=self.random.random() < 0.3
        )
        if _takes_comments(host, path) and self.random.random() < 0.7:
            text = f"// theirs\n{text.replace('{', '{ /* one */', 1)} // end"
            oddities.add(COMMENTS)
        return text + "\n", oddities

    def _hooks(self, host: str) -> dict[str, Any]:
        """Return hooks of another program in the host's own form."""
        hooks = HOSTS[host].hooks
        assert hooks
        profile = json.dumps(hooks.profile("full"))
        found: dict[str, Any] = json.loads(profile.replace("ocm-hook", "their-hook"))
        if hooks.within == "opencodememory":
            return {"theirs": found[hooks.within]}
        groups = found[hooks.within]
        if isinstance(groups, dict):
            kept = self.random.sample(sorted(groups), min(3, len(groups)))
            found[hooks.within] = {event: groups[event] for event in kept}
        return found

    def _encoded(self, path: Path, text: str, oddities: set[str]) -> bytes:
        if self.random.random() > 0.3:
            return text.encode()
        oddities.add(ENCODING)
        if path.suffix == ".md":
            coding = self.random.choice(["utf-16-le", "latin-1", "utf-8-sig"])
            mark = "\ufeff" if coding == "utf-16-le" else ""
            return (mark + text).encode(coding, "replace")
        return text.encode("utf-8-sig")

    def _place(self, world: World, path: Path, data: bytes, oddities: set[str]) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        where = path
        if self.random.random() < 0.25:
            where = world.base / "dotfiles" / f"{len(oddities)}-{self.random.randrange(10**9)}-{path.name}"
            where.parent.mkdir(exist_ok=True)
            oddities.add(LINK)
            between = path.with_name(f"{path.name}.link") if self.random.random() < 0.2 else None
            if between:
                between.symlink_to(os.path.relpath(where, path.parent))
                path.symlink_to(between.name)
                oddities.add(DEEP_LINK)
            else:
                path.symlink_to(os.path.relpath(where, path.parent))
        where.write_bytes(data)
        mode = self.random.choice([0o644, 0o644, 0o600, 0o444, 0o400])
        if not mode & 0o200:
            oddities.add(READ_ONLY)
        where.chmod(mode)


def _takes_comments(host: str, path: Path) -> bool:
    hooks = HOSTS[host].hooks
    servers = host in {"opencode", "vscode-copilot", "zed", "amp", "gemini-cli"}
    return servers and path.suffix == ".json" and (not hooks or hooks.comments or path.name != "hooks.json")
