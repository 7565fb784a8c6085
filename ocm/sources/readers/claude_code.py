"""Claude Code: `projects/<folder>/<session>.jsonl` below its configuration, one record a line.

Prompts, answers, edits with their hunks, commands, tasks, plans and answered questions are taken; thinking, what tools
read, and the progress of hooks are not.
"""

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import replace

from ocm.sources import hunks, notes
from ocm.sources.head import Head
from ocm.sources.json_lines import Record, Unreadable, number, part, parts, records, seconds, text
from ocm.sources.sample import Sample, beginning
from ocm.sources.story import Story

NAME = "claude-code"
VERSION = "1"
ASIDE = ("subagents", "tool-results", "workflows")  # folders that hold no conversation of their own
_START = '{"parentUuid"'
_MOST_KIN = 8  # of a fork whose records are compared
_PEEKED, _ENOUGH = 61, 15  # records that a look at the beginning reads at most, and where they tell all
_ID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
_EDITORS = ("Edit", "MultiEdit", "Write", "NotebookEdit", "Update")
_SHELLS = ("Bash", "PowerShell", "BashOutput")
_INJECTED = re.compile(
    r"<(system-reminder|ide_opened_file|ide_selection|ide_diagnostics|user-prompt-submit-hook)>.*?</\1>", re.DOTALL
)
_COMMAND = re.compile(r"<command-name>\s*(/?[^<\s]+)\s*</command-name>")
_ARGUMENTS = re.compile(r"<command-args>(.*?)</command-args>", re.DOTALL)
_NOT_TYPED = (
    "<local-command", "<bash-", "<task-notification", "<teammate-message", "<command-", "<agent-notification",
    "<environment_context", "[Request interrupted", "[SYSTEM", "Caveat: The messages below", "Stop hook feedback",
    "This session is being continued", "Base directory for this skill",
)  # fmt: skip
_BUILT_IN = frozenset(
    {
        "/add-dir", "/agents", "/bashes", "/branch", "/bug", "/clear", "/color", "/compact", "/config", "/context",
        "/continue", "/copy", "/cost", "/doctor", "/effort", "/exit", "/export", "/extra-usage", "/fast", "/feedback",
        "/fork", "/help", "/hooks", "/ide", "/login", "/logout", "/mcp", "/memory", "/model", "/output-style",
        "/permissions", "/plugin", "/plugins", "/privacy-settings", "/quit", "/rate-limit-options", "/release-notes",
        "/rename", "/resume", "/rewind", "/sandbox", "/skills", "/stats", "/status", "/statusline", "/tasks",
        "/terminal-setup", "/theme", "/todos", "/upgrade", "/usage", "/vim",
    }
)  # fmt: skip
_SAID = re.compile(r"the user said:\s*(.+)", re.DOTALL)
_PARENT = re.compile(r"full transcript at: \S*?([0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12})\.jsonl")
_TIMED = ("user", "assistant", "system", "attachment")  # not the hooks at its start, which run before anything is said
_KNOWN = frozenset(
    {
        "agent-name", "ai-title", "api-request", "api-request-blob", "api-request-shape", "api-request-start",
        "api-response", "assistant", "atis-latch", "attachment",
        "bridge-session", "cost-state", "custom-title", "file-history-snapshot", "frame-link", "last-prompt", "mode",
        "permission-mode", "pr-link", "progress", "prompt_snapshot", "queue-operation", "summary", "system", "tag",
        "tools-used", "user", "worktree-state",
    }
)  # fmt: skip


# --- where they lie


def places() -> list[str]:
    """Return the folders in which Claude Code keeps its conversations."""
    moved = os.environ.get("CLAUDE_CONFIG_DIR")
    home = os.path.expanduser("~")
    roots = [moved] if moved else [os.path.join(home, ".claude"), os.path.join(home, ".config", "claude")]
    inside = ("projects", notes.HISTORY)
    return [os.path.join(root, name) for name in inside for root in roots if os.path.isabs(root)]


def heads(path: str, unread: Unreadable) -> Iterator[Head]:
    """Yield the conversations in a file, or in a folder and those below it."""
    if os.path.isfile(path):
        yield from _in_file(path, unread)
        return
    for folder, folders, names in os.walk(path):
        folders.sort()
        if os.path.basename(folder) in ASIDE:
            folders.clear()
            continue
        if os.path.basename(folder) == notes.FOLDER:
            yield from notes.memory_folder(NAME, folder, unread)
            folders.clear()
            continue
        if notes.HISTORY in names:
            yield from _in_file(os.path.join(folder, notes.HISTORY), unread)
        files = [os.path.join(folder, name) for name in sorted(names) if name.endswith(".jsonl")]
        agents = [one for one in files if os.path.basename(one).startswith("agent-")]
        found = [head for one in files if one not in agents and (head := _peek(one, unread))]
        set_origins(sorted(found, key=lambda head: (os.path.getmtime(head.path), head.path)))
        yield from (_with_parts(head, agents) for head in found)


def _in_file(path: str, unread: Unreadable) -> Iterator[Head]:
    if notes.is_memory(path):
        yield from notes.memory_folder(NAME, os.path.dirname(os.path.abspath(path)), unread)
    elif os.path.basename(path) == notes.HISTORY:
        yield from notes.deleted(NAME, path, unread, lambda said: said.split(" ")[0] not in _BUILT_IN)
    elif head := _peek(path, unread):
        yield _with_parts(head, [])


def knows(sample: Sample) -> bool:
    """Return whether a file is one of Claude Code's."""
    if sample.name == notes.HISTORY:
        return any(map(notes.is_prompt, sample.records))
    return notes.is_memory(sample.path) or any(map(_is_ours, sample.records))


def _is_ours(record: Record) -> bool:
    return "parts" not in part(record, "message") and (
        ("sessionId" in record and ("uuid" in record or "operation" in record or "leafUuid" in record))
        or (record.get("type") == "summary" and "leafUuid" in record)
        or (record.get("type") == "file-history-snapshot" and "messageId" in record)
        or (record.get("type") in ("user", "assistant") and "content" in part(record, "message"))
    )


def _peek(path: str, unread: Unreadable) -> Head | None:
    """Return what the first records of a file say; None where it is no conversation, or only a sub-agent's."""
    stem = os.path.basename(path).removesuffix(".jsonl")
    head = Head(NAME, stem if _ID.fullmatch(stem) else "", path)
    is_ours = False
    loose = 0
    first = (record for _, record in records(path, Unreadable(), _START))
    for count, record in enumerate(beginning(head, first, _PEEKED, unread), 1):
        is_ours = is_ours or _is_ours(record)
        head.session_id = head.session_id or text(record, "sessionId")
        head.cwd = head.cwd or text(record, "cwd")
        head.start = head.start or seconds(record.get("timestamp"))
        head.first = head.first or text(record, "uuid")
        loose += bool(head.first) and not text(record, "uuid")
        if count > _ENOUGH and head.cwd and head.start and head.first:
            break
    head.key = "original" if loose else ""
    head.session_id = head.session_id or (stem if head.start else "")
    return head if is_ours and head.session_id else None


def set_origins(found: list[Head]) -> None:
    """Name for each fork the files that may hold what it begins with a copy of: those of its kin that are older.

    The oldest comes first in what is given, but that only the original has records without an id among the copied ones.
    """
    groups: dict[str, list[Head]] = {}
    for head in found:
        groups.setdefault(head.first or head.session_id, []).append(head)
    for group in groups.values():
        group.sort(key=lambda head: not head.key)
        for older, fork in enumerate(group):
            fork.origins = tuple(head.path for head in group[:older][:_MOST_KIN])


def _with_parts(head: Head, agents: list[str]) -> Head:
    """Add the files of a conversation's sub-agents: in a folder of its own, or of old beside it."""
    folder = os.path.join(head.path.removesuffix(".jsonl"), "subagents")
    own = []
    for place, _, names in os.walk(folder):
        own += [os.path.join(place, name) for name in sorted(names) if name.endswith(".jsonl")]
    own += [path for path in agents if _belongs(path, head.session_id)]
    sizes = [os.path.getsize(path) for path in own]
    return replace(head, parts=tuple(own), mark="+".join(map(str, [head.size, *sizes])), size=head.size + sum(sizes))


def _belongs(path: str, session_id: str) -> bool:
    return next((text(record, "sessionId") for _, record in records(path, Unreadable(), _START)), "") == session_id


# --- reading one


def read(head: Head, story: Story) -> None:
    """Tell the story of one conversation, and what its sub-agents edited and ran.

    Raises:
        OSError: a file of it cannot be read.
    """
    if head.notes:
        notes.read(head, story)
        return
    reader = _Reader(story)
    for path in head.origins:
        reader.skip_copied(path)
        ids = (text(record, "sessionId") for _, record in records(path, Unreadable(), _START))
        story.parent = story.parent or next(filter(None, ids), "")
    for line, record in records(head.path, story.unread, _START, story.position):
        reader.take(record, str(line))
        story.position.waiting = len(reader.calls)
    for path in head.parts:
        for line, record in records(path, story.unread, _START):
            reader.take({**record, "isSidechain": True}, f"{os.path.basename(path)}:{line}")
    reader.finish()


class _Reader:
    """One conversation on its way in: what its records refer to of each other."""

    def __init__(self, story: Story) -> None:
        self.story = story
        self.calls: dict[str, tuple[str, Record]] = {}
        self.seen: set[int] = set()
        self.summaries: dict[str, str] = {}
        self.takers: dict[str, Callable[[Record, str, float], None]] = {
            "user": self.user, "assistant": self.assistant, "attachment": self.attachment, "summary": self.summary,
            "custom-title": self.custom_title, "ai-title": self.own_title, "agent-name": self.own_title,
            "pr-link": self.pr_link,
        }  # fmt: skip

    def skip_copied(self, path: str) -> None:
        """Pass over the records that are copies of another file's."""
        for _, record in records(path, Unreadable(), _START):
            if uuid := text(record, "uuid"):
                self.seen.add(hash(uuid))

    def take(self, record: Record, place: str) -> None:
        """Take one record."""
        kind = text(record, "type")
        uuid = text(record, "uuid")
        if uuid:
            if hash(uuid) in self.seen:
                return
            self.seen.add(hash(uuid))
        at = seconds(record.get("timestamp"))
        if kind not in _KNOWN:
            self.story.unread.note(f"type {kind}")
        if kind in _TIMED and not record.get("isSidechain"):
            self.story.seen(at)
            self.story.version = text(record, "version") or self.story.version
            self.story.branch = text(record, "gitBranch").removeprefix("HEAD") or self.story.branch
        taker = self.takers.get(kind)
        if taker:
            taker(record, place, at)

    def finish(self) -> None:
        """Take what only the end of the file decides."""
        for leaf, title in self.summaries.items():
            if hash(leaf) in self.seen:
                self.story.titled(title, 1)
        self.story.close_turn()

    def assistant(self, record: Record, place: str, at: float) -> None:
        """Take what the model said, and remember what it called."""
        message = part(record, "message")
        model = text(message, "model")
        is_aside = bool(record.get("isSidechain"))
        if model and model != "<synthetic>" and not is_aside:
            self.story.model = model
        said = []
        for block in parts(message, "content"):
            if block.get("type") == "text" and not record.get("isApiErrorMessage"):
                said.append(text(block, "text"))
            elif block.get("type") == "tool_use" and len(self.calls) < 10_000:  # noqa: PLR2004 - none waits that long
                self.calls[text(block, "id")] = (text(block, "name"), part(block, "input"))
        said.append(text(message, "content"))
        if not is_aside:
            self.story.answer("\n".join(filter(None, said)), at, place)

    def user(self, record: Record, place: str, at: float) -> None:
        """Take a prompt, or what tools returned."""
        content = part(record, "message").get("content")
        results = [block for block in parts(record, "message", "content") if block.get("type") == "tool_result"]
        for block in results:
            self.result(record, block, place, at)
        kind = text(record, "origin", "kind")
        is_made = record.get("isMeta") or record.get("isCompactSummary") or record.get("isVisibleInTranscriptOnly")
        if results or is_made or record.get("isSidechain") or kind not in ("", "human"):
            return
        blocks = parts(record, "message", "content")
        typed = content if isinstance(content, str) else "\n".join(
            text(block, "text") for block in blocks if block.get("type") == "text"
        )  # fmt: skip
        self.typed(typed, at, place, plan=text(record, "planContent"))

    def typed(self, said: str, at: float, place: str, *, plan: str = "") -> None:
        """Take a text of a person, without what the client put into it."""
        command = _COMMAND.search(said)
        if command:
            arguments = _ARGUMENTS.search(said)
            name = "/" + command[1].lstrip("/")
            if name not in _BUILT_IN:
                self.story.prompt(f"{name} {arguments[1].strip() if arguments else ''}".strip(), at, place)
            return
        said = _INJECTED.sub("", said).strip()
        if not said or said.startswith(_NOT_TYPED):
            return
        if said.startswith("Implement the following plan:") and (parent := _PARENT.search(said)):
            self.story.parent = parent[1]
        self.story.prompt(said if not plan or plan[:40] in said else f"{said}\n\n{plan}", at, place)

    def result(self, record: Record, block: Record, place: str, at: float) -> None:
        """Take what one call returned."""
        name, given = self.calls.pop(text(block, "tool_use_id"), ("", {}))
        found = record.get("toolUseResult")
        is_error = block.get("is_error") is True or (isinstance(found, str) and found.startswith("Error"))
        told = text(block, "content") or "\n".join(text(one, "text") for one in parts(block, "content"))
        refused = _SAID.search(found if isinstance(found, str) else told) if is_error else None
        if refused and not record.get("isSidechain"):
            self.story.prompt(refused[1], at, place)
        elif name in _SHELLS or (not name and "stdout" in part(found)):
            self.shell(given, part(found), told, at, place, failed=is_error)
        elif not is_error and (name in _EDITORS or "structuredPatch" in part(found)):
            self.edited(given, part(found), at)
        elif not is_error and not record.get("isSidechain"):
            self.planned(name, given, part(found), place)

    def shell(  # noqa: PLR0913 - each is one part of what a call and its answer say
        self, given: Record, found: Record, told: str, at: float, place: str, *, failed: bool
    ) -> None:
        """Take a command that ran."""
        output = told if failed else text(found, "stdout") + "\n" + text(found, "stderr") if found else told
        command = text(given, "command")
        is_open = bool(found.get("backgroundTaskId")) or bool(found.get("interrupted"))
        self.story.ran(command, output, at, place, failed=None if is_open else failed)
        sha = text(found, "gitOperation", "commit", "sha")
        if sha:
            self.story.committed(sha, text(found, "gitOperation", "commit", "subject"), at, place)

    def edited(self, given: Record, found: Record, at: float) -> None:
        """Take an edit that was made: with its hunks, else with the texts that the call named."""
        path = text(found, "filePath") or text(given, "file_path") or text(given, "notebook_path")
        patch = parts(found, "structuredPatch")
        if not path:
            return
        if patch:
            lines = hunks.of_hunks(_texts(hunk.get("lines")) for hunk in patch)
        elif "content" in found or "content" in given:
            lines = hunks.added(text(found, "content") or text(given, "content"))
        else:
            lines = hunks.between(text(given, "old_string"), text(given, "new_string"))
        kind = "created" if found.get("type") == "create" else "modified"
        self.story.edit(path, kind, lines, at)

    def planned(self, name: str, given: Record, found: Record, place: str) -> None:
        """Take tasks, accepted plans and answered questions."""
        if name == "TodoWrite":
            todos = parts(found, "newTodos") or parts(given, "todos")
            self.story.todo_list(((text(one, "content"), text(one, "status")) for one in todos), place)
        elif name == "TaskCreate":
            title = text(found, "task", "subject") or text(given, "subject")
            key = text(found, "task", "id") or f"{number(found, 'task', 'id'):.0f}"
            self.story.todo(key, title, "pending", place)
        elif name == "TaskUpdate":
            key = text(given, "taskId") or text(found, "taskId")
            status = text(found, "statusChange", "to") or text(given, "status")
            if status == "deleted":
                self.story.todos.pop(key, None)
            elif status and key in self.story.todos:
                self.story.todo(key, self.story.todos[key][0], status, place)
        elif name == "ExitPlanMode":
            self.story.plan(text(found, "plan") or text(given, "plan"), place)
        elif name == "AskUserQuestion":
            for question, answer in part(found, "answers").items():
                self.story.chosen(question, answer if isinstance(answer, str) else "", place)

    def attachment(self, record: Record, place: str, at: float) -> None:
        """Take a prompt that was typed while a tool ran."""
        found = part(record, "attachment")
        if found.get("type") == "queued_command" and found.get("commandMode", "prompt") == "prompt":
            prompt = text(found, "prompt") or "\n".join(text(one, "text") for one in parts(found, "prompt"))
            self.typed(prompt, at, place)

    def summary(self, record: Record, _place: str, _at: float) -> None:
        """Remember a title, which may belong to another conversation."""
        self.summaries[text(record, "leafUuid")] = text(record, "summary")

    def custom_title(self, record: Record, _place: str, _at: float) -> None:
        """Take the title that a person gave."""
        self.story.titled(text(record, "customTitle"), 3)

    def own_title(self, record: Record, _place: str, _at: float) -> None:
        """Take the title that the client gave."""
        self.story.titled(text(record, "aiTitle") or text(record, "title") or text(record, "agentName"), 2)

    def pr_link(self, record: Record, _place: str, _at: float) -> None:
        """Take a pull request."""
        title = f"{text(record, 'prRepository')} pull request {number(record, 'prNumber'):.0f}".strip()
        self.story.link(text(record, "prUrl"), title)


def _texts(value: object) -> list[str]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []
