"""The driver for this project's own commands, by the contract: `--json`, exit codes, the session file, hook replies."""

from __future__ import annotations

import json
import re
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from mcp import StdioServerParameters

from .driver import System
from .mcp_client import Mcp, connect_stdio
from .values import Facts, Hit, Listed, Seed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

SEEDED = """\
---
ocm: 1
session_id: {session}
title: {goal}
slug: {slug}
tool: {tool}
project: proj
branch: main
status: open
started_at: 2026-03-{day:02}T{hour:02}:{minute:02}:00+00:00
updated_at: 2026-03-{day:02}T{hour:02}:{minute:02}:30+00:00
ended_at: null
git_sha_start: null
git_sha_end: null
trigger: manual
tags: []
---

# {goal}

## Goal

{goal}
"""
SEEDED_WORK = """
## Work Done

### 2026-03-{day:02} {hour:02}:{minute:02}

{items}
"""


class Ours(System):
    """This project."""

    def hook_command(self, event: str, threshold: int | None) -> list[str]:
        """Name the event and the host."""
        options = [] if threshold is None else ["--threshold", str(threshold)]
        return [self.command("ocm-hook"), event, "--tool", "claude-code", *options]

    def _json(self, *arguments: str, cwd: Path | None = None) -> Any:
        """Run a command for its JSON."""
        return json.loads(self.ocm(*arguments, cwd=cwd).must_work().out)

    def listed(self, *, tool: str | None = None, cwd: Path | None = None) -> list[Listed]:
        """Run `ocm list --json`."""
        chosen = [] if tool is None else ["--tool", tool]
        rows = self._json("list", "--json", "--limit", "100", *chosen, cwd=cwd)
        return [Listed(row["session_id"], row["tool"], row["status"]) for row in rows]

    def search(
        self, query: str, *, tool: str | None = None, everywhere: bool = False, cwd: Path | None = None
    ) -> list[Hit]:
        """Run `ocm search --json`."""
        chosen = [] if tool is None else ["--tool", tool]
        scope = ["--all-projects"] if everywhere else []
        rows = self._json("search", "--json", *chosen, *scope, "--", query, cwd=cwd)
        return [Hit(row["session_id"], row["rank"]) for row in rows]

    def show(self, session: str) -> Facts | None:
        """Run `ocm show --json`."""
        done = self.ocm("show", session, "--json")
        if done.exit == 1 and not done.crashed:
            return None
        found = json.loads(done.must_work().out)
        facts = Facts(found["session_id"], found.get("goal") or "", found["status"])
        facts.files = {row["path"]: row["change_type"] for row in found.get("files", [])}
        facts.renamed = {row["path"]: row["old_path"] for row in found.get("files", []) if row.get("old_path")}
        for section in ("work_completed", "work_pending", "work_summary"):
            setattr(facts, section, found.get(section, []))
        facts.started_at = self._moment(session, "started_at")
        facts.ended_at = self._moment(session, "ended_at")
        return facts

    def _moment(self, session: str, key: str) -> datetime | None:
        """Read a time from the session's file, where every time has its offset."""
        written = self.front_matter(session)[key]
        return None if written == "null" else datetime.fromisoformat(written)

    def session_file(self, session: str) -> Path:
        """Ask where the session's file is."""
        path: str = self._json("show", session, "--json")["markdown_path"]
        return self.store / "sessions" / path

    @contextmanager
    def mcp(self, client: str = "claude-code") -> Iterator[Mcp]:
        """Start `ocm serve` and speak to its standard streams."""
        script = 'echo $$ > "$0"; exec "$@"'
        arguments = ["-c", script, str(self._pid_file), self.command("ocm"), "serve"]
        environment = self.world.environment
        server = StdioServerParameters(command="/bin/sh", args=arguments, env=environment, cwd=self.serving)
        with connect_stdio(server, client, self.world.root / "server.log") as connection:
            yield connection

    @property
    def _pid_file(self) -> Path:
        """Where the running server's process id is."""
        return self.world.root / "server.pid"

    def server_pid(self) -> int:
        """Read what the server's own process wrote."""
        return int(self._pid_file.read_text())

    def seed(self, sessions: Sequence[Seed]) -> None:
        """Write session files, as their format is published."""
        for number, session in enumerate(sessions):
            slug = re.sub("[^a-z0-9]+", "-", session.session_id.lower())
            when = {"day": 1 + number // 1440 % 28, "hour": number // 60 % 24, "minute": number % 60}
            text = SEEDED.format(session=session.session_id, goal=session.goal, slug=slug, tool=session.tool, **when)
            if session.summary:
                items = "\n".join(f"- {item}" for item in session.summary)
                text += SEEDED_WORK.format(items=items, **when)
            name = "2026-03-{day:02}_{hour:02}-{minute:02}_".format(**when) + f"{session.tool}_{slug}.md"
            (self.store / "sessions" / name).write_text(text, encoding="utf-8")

    def begin_ahead(self, session: str, hours: int) -> None:
        """Begin the session, and move its start in the file by hand."""
        self.checkpoint(session, "--goal", "a clock that is ahead").must_work()
        path = self.session_file(session)
        text = path.read_text(encoding="utf-8")
        started = re.search(r"^started_at: (\S+)$", text, re.MULTILINE)
        assert started is not None, "the session file does not say when it started"
        later = datetime.fromisoformat(started[1]) + timedelta(hours=hours)
        path.write_text(text.replace(f"started_at: {started[1]}", f"started_at: {later.isoformat()}"), encoding="utf-8")
