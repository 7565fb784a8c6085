"""The driver for the reference system: its own commands, its table, and, to be fair to it, its own database."""

from __future__ import annotations

import json
import os
import re
import signal
import sqlite3
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from .driver import System
from .mcp_client import Mcp, connect_http
from .values import Facts, Hit, Listed, Seed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from .world import World

CHUNKS = {"work_completed": "work_completed", "work_pending": "work_pending", "work_summary": "work_summary"}
HIT = re.compile(r"^\[(\d+)\] score=\S+ \| \S+ \| .*? \| (.+)$", re.MULTILINE)
NEW_SESSION = """
    INSERT INTO sessions (id, project, tool, started_at, status, markdown_path, goal) VALUES (?, ?, ?, ?, 'open', ?, ?)
"""
NEW_INDEX_ROW = "INSERT INTO sessions_fts (session_id, goal, work_summary) VALUES (?, ?, ?)"
NEW_CHUNK = "INSERT INTO session_chunks (session_id, chunk_type, content, created_at) VALUES (?, 'work_summary', ?, ?)"


class Reference(System):
    """openCodeMemory 0.2.0, with the version of its MCP library that it can start with."""

    def __init__(self, world: World, bin_dir: Path, plain_bin: Path) -> None:
        """Aim at two installations: one that starts, and one as its requirements alone make it."""
        super().__init__(world, bin_dir)
        self.plain_bin = plain_bin

    def as_installed_by_a_user(self) -> System:
        """Aim at what its requirements alone install."""
        return Reference(self.world, self.plain_bin, self.plain_bin)

    def hook_command(self, event: str, threshold: int | None) -> list[str]:
        """Name the command that `ocm init` wires to the host's event."""
        if event == "user-prompt":
            return ["/bin/sh", "-c", self._wired("UserPromptSubmit")]
        limit = [] if threshold is None else ["--threshold", str(threshold)]
        program = self.command("ocm-hook")
        if event == "pre-tool-use":
            return [program, event, *limit]
        if event == "post-tool-use":
            return [program, event, "--tool", "claude-code", *limit]
        return [program, "session-end" if event == "stop" else event, "--tool", "claude-code"]

    def _wired(self, event: str) -> str:
        """Read the host's settings for the command of an event."""
        settings = json.loads((self.world.project / ".claude/settings.json").read_text(encoding="utf-8"))
        command: str = settings["hooks"][event][0]["hooks"][0]["command"]
        return command

    def report_edit(self, session: str, tool: str, tool_input: object, tool_response: object) -> None:
        """Tell of an edit by both hooks of its full profile."""
        self.hook("file-edited", session, tool_name=tool, tool_input=tool_input)
        super().report_edit(session, tool, tool_input, tool_response)

    def journal_edit(self, session: str, name: str) -> None:
        """Tell of an edit by the one hook that only writes the journal."""
        path = str(self.world.write(name, "print()\n"))
        self.hook("file-edited", session, tool_name="Write", tool_input={"file_path": path})

    def listed(self, *, tool: str | None = None, cwd: Path | None = None) -> list[Listed]:
        """Read the table of `ocm list`."""
        chosen = [] if tool is None else ["--tool", tool]
        lines = self.ocm("list", "--limit", "100", *chosen, cwd=cwd).must_work().out.splitlines()
        return [Listed(line[:45].strip(), line[59:71].strip(), line[72:80].strip()) for line in lines[2:]]

    def search(
        self, query: str, *, tool: str | None = None, everywhere: bool = False, cwd: Path | None = None
    ) -> list[Hit]:
        """Read the blocks of `ocm search`."""
        chosen = [] if tool is None else ["--tool", tool]
        scope = ["--scope", "global"] if everywhere else []
        done = self.ocm("search", *chosen, *scope, "--", query, cwd=cwd).must_work()
        return [Hit(session, int(rank)) for rank, session in HIT.findall(done.out)]

    def show(self, session: str) -> Facts | None:
        """Run `ocm show`, and read what it knows from its database, which is its truth."""
        done = self.ocm("show", session)
        if done.exit == 1 and not done.crashed:
            return None
        done.must_work()
        row = self._rows("SELECT id, goal, status, started_at, ended_at FROM sessions WHERE id = ?", session)[0]
        began, ended = (None if moment is None else datetime.fromtimestamp(moment, UTC) for moment in row[3:])
        facts = Facts(row[0], row[1] or "", row[2], began, ended)
        facts.files = dict(self._rows("SELECT file_path, change_type FROM session_files WHERE session_id = ?", session))
        query = "SELECT content FROM session_chunks WHERE chunk_type = ? AND session_id = ? ORDER BY id"
        for section, kind in CHUNKS.items():
            setattr(facts, section, [row[0] for row in self._rows(query, kind, session)])
        return facts

    def session_file(self, session: str) -> Path:
        """Read the file's name from the database."""
        name: str = self._rows("SELECT markdown_path FROM sessions WHERE id = ?", session)[0][0]
        return self.store / name

    def _rows(self, query: str, *values: str) -> list[Any]:
        """Read its database."""
        with closing(sqlite3.connect(self._database)) as database:
            return database.execute(query, values).fetchall()

    @property
    def _database(self) -> Path:
        """Where a command run in the project finds its database."""
        here = self.store / "memory.db"
        return here if here.exists() else self.world.home / ".openCodeMemory/memory.db"

    @contextmanager
    def mcp(self, client: str = "claude-code") -> Iterator[Mcp]:
        """Start its background server, and speak to its port."""
        self.ocm("serve", cwd=self.serving).must_work()
        config = json.loads((self.serving / ".openCodeMemory/server.json").read_text(encoding="utf-8"))
        try:
            with connect_http(config["url"], client) as connection:
                yield connection
        finally:
            self.stop_server()

    def server_pid(self) -> int:
        """Read its own record of the process id."""
        return int((self.serving / ".openCodeMemory/server.pid").read_text())

    def stop_server(self) -> None:
        """End the background server, if one runs."""
        with suppress(FileNotFoundError, ProcessLookupError):
            os.kill(self.server_pid(), signal.SIGTERM)

    def seed(self, sessions: Sequence[Seed]) -> None:
        """Write rows into its database, and index them."""
        with closing(sqlite3.connect(self.store / "memory.db")) as database, database:
            for number, session in enumerate(sessions):
                moment = 1_772_323_200 + 60 * number
                name = f"sessions/{session.session_id}.md"
                values = (session.session_id, "proj", session.tool, moment, name, session.goal)
                database.execute(NEW_SESSION, values)
                rows = [(session.session_id, item, moment) for item in session.summary]
                database.executemany(NEW_CHUNK, rows)
                words = (session.session_id, session.goal, " ".join(session.summary))
                database.execute(NEW_INDEX_ROW, words)

    def begin_ahead(self, session: str, hours: int) -> None:
        """Begin the session, and move its start in the database by hand."""
        self.checkpoint(session, "--goal", "a clock that is ahead").must_work()
        with closing(sqlite3.connect(self.store / "memory.db")) as database, database:
            query = "UPDATE sessions SET started_at = started_at + ? WHERE id = ?"
            database.execute(query, (3600 * hours, session))
