"""Cline, Roo and Kilo: a folder a task with `api_conversation_history.json`; newer Cline: `<id>.messages.json`.

Calls of tools are native, or XML in the text of older versions.
"""

import os
import re
import sys
from collections.abc import Iterator

from ocm.sources import hunks, notes
from ocm.sources.head import Head
from ocm.sources.json_lines import Record, Unreadable, part, parts, seconds, text
from ocm.sources.sample import Sample, document
from ocm.sources.story import Story

NAME = "cline"
VERSION = "2"
_HISTORY, _MESSAGES = "api_conversation_history.json", ".messages.json"
_EXTENSIONS = ("saoudrizwan.claude-dev", "rooveterinaryinc.roo-cline", "kilocode.kilo-code")
_APPS = ("Code", "Code - Insiders", "VSCodium", "Cursor", "Windsurf")
_PROMPT = re.compile(r"<(task|feedback|user_message|answer|user_input)(?: [^>\n]{0,100})?>\s*(.*?)\s*</\1>", re.DOTALL)
_DETAILS = re.compile(r"<environment_details>.*?(?:</environment_details>|\Z)", re.DOTALL)
_WORKING = re.compile(r"Current (?:Working|Workspace) Directory \(([^)\n]+)\)")
_TOOLS = (
    "write_to_file", "replace_in_file", "apply_diff", "execute_command", "attempt_completion", "insert_content",
    "search_and_replace", "update_todo_list", "new_task", "ask_followup_question", "edit_file",
)  # fmt: skip
_XML = re.compile(rf"<({'|'.join(_TOOLS)})>(.*?)</\1>", re.DOTALL)
_PARAMETER = re.compile(r"<(\w+)>\n?(.*?)\n?</\1>", re.DOTALL)
_BLOCK = re.compile(
    r"(?:-{3,}|<{3,}) ?SEARCH>?[^\n]*\n(?::start_line:[^\n]*\n|:end_line:[^\n]*\n|-{5,}\n)*"
    r"(.*?)\n?={5,}\n(.*?)\n?(?:\+{3,}|>{3,}) ?REPLACE",
    re.DOTALL,
)
_EXIT = re.compile(r"[Ee]xit code:? (-?\d{1,10})")
_TODO = re.compile(r"\s*[-*]? ?\[([ xX~-])\] (\S.*)")
_FAILED = re.compile(r"\[ERROR\]|The tool execution failed|<error>|The user denied")


def places() -> list[str]:
    """Return the folders in which Cline, Roo and Kilo keep their tasks."""
    moved = os.environ.get("CLINE_DIR") or os.path.join(os.path.expanduser("~"), ".cline")
    data = os.environ.get("CLINE_DATA_DIR") or os.path.join(moved, "data")
    own = [os.environ.get("CLINE_SESSION_DATA_DIR") or os.path.join(data, "sessions"), os.path.join(data, "tasks")]
    inner = [
        os.path.join(user, "globalStorage", extension, "tasks") for user in _user_folders() for extension in _EXTENSIONS
    ]
    return [path for path in (*own, *inner) if os.path.isabs(path)]


def _user_folders() -> list[str]:
    """Return the folders in which editors keep what belongs to their user."""
    home = os.path.expanduser("~")
    if sys.platform == "darwin":  # pragma: no cover - by platform
        root = os.path.join(home, "Library", "Application Support")
    else:
        root = os.environ.get("APPDATA") or os.path.join(home, ".config")
    return [*(os.path.join(root, app, "User") for app in _APPS), os.path.join(home, ".vscode-server", "data", "User")]


def places_in(root: str) -> list[str]:
    """Return where the memory bank of a project lies."""
    return [os.path.join(root, notes.BANK)]


def knows(sample: Sample) -> bool:
    """Return whether a file is one of Cline's."""
    if notes.is_bank(sample.path):
        return True
    if sample.name.endswith(_MESSAGES):
        return bool(parts(sample.document, "messages"))
    tree = sample.document if sample.name == _HISTORY else None
    return isinstance(tree, list) and any(isinstance(one, dict) and "role" in one for one in tree)


def heads(path: str, unread: Unreadable) -> Iterator[Head]:
    """Yield the conversations in a file, or in a folder and those below it."""
    if os.path.isfile(path):
        is_bank = notes.is_bank(path)
        folder = os.path.dirname(os.path.abspath(path))
        yield from notes.memory_bank(NAME, folder, unread) if is_bank else _peek(path, unread)
        return
    for folder, folders, names in os.walk(path):
        folders.sort()
        if os.path.basename(folder) == notes.BANK:
            yield from notes.memory_bank(NAME, folder, unread)
        for name in sorted(names):
            if name == _HISTORY or name.endswith(_MESSAGES):
                yield from _peek(os.path.join(folder, name), unread)


def _peek(path: str, unread: Unreadable) -> Iterator[Head]:
    tree = document(path)
    if tree is None:
        unread.note(f"unreadable: {os.path.basename(os.path.dirname(path))}")
        return
    found = os.stat(path)
    folder = os.path.dirname(path)
    about = _about(path)
    messages = _messages(tree)
    first = next((text(one, "text") for message in messages[:1] for one in _blocks(message)), "")
    working = next((w for m in messages[:2] for one in _blocks(m) if (w := _WORKING.search(text(one, "text")))), None)
    cwd = text(about, "cwdOnTaskInitialization") or text(about, "workspace") or text(about, "workspace_root")
    name = text(tree, "sessionId") or os.path.basename(folder)
    start = seconds(about.get("ts")) or seconds(about.get("created_at")) or seconds(name)
    if messages and (first or len(messages) > 1):
        cwd = cwd or text(about, "cwd") or (working[1] if working else "")
        mark = f"{found.st_size}.{found.st_mtime_ns}"
        yield Head(NAME, name, path, cwd, start, found.st_size, mark)


def _about(path: str) -> Record:
    """Return what the client notes of a task beside its messages."""
    folder = os.path.dirname(path)
    if path.endswith(_MESSAGES):
        return part(document(path.removesuffix(_MESSAGES) + ".json"))
    item = part(document(os.path.join(folder, "history_item.json")))
    if item:
        return item
    state = os.path.join(os.path.dirname(os.path.dirname(folder)), "state", "taskHistory.json")
    listed = document(state)
    rows = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    return next((one for one in rows if text(one, "id") == os.path.basename(folder)), {})


def _messages(tree: object) -> list[Record]:
    found = tree.get("messages") if isinstance(tree, dict) else tree
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _blocks(message: Record) -> list[Record]:
    content = message.get("content")
    return [{"type": "text", "text": content}] if isinstance(content, str) else parts(message, "content")


def read(head: Head, story: Story) -> None:
    """Tell the story of one conversation.

    Raises:
        OSError: it cannot be read.
    """
    if head.notes:
        notes.read(head, story)
        return
    about = _about(head.path)
    story.model = text(about, "modelId") or text(about, "model")
    story.titled(text(about, "metadata", "title"), 2)
    story.parent = text(about, "parentTaskId")
    times = [seconds(one.get("ts")) for one in parts({"all": document(_beside(head.path))}, "all")]
    story.seen(head.start)
    story.seen(max(times, default=0.0))
    reader = _Reader(story, head.start)
    for place, message in enumerate(_messages(document(head.path)), 1):
        reader.take(message, str(place))
    story.close_turn()


def _beside(path: str) -> str:
    return os.path.join(os.path.dirname(path), "ui_messages.json")


class _Reader:
    """One conversation on its way in: the calls of the last answer, and which of them are native."""

    def __init__(self, story: Story, at: float) -> None:
        self.story = story
        self.at = at
        self.calls: dict[str, tuple[str, Record]] = {}
        self.spoken: list[tuple[str, Record]] = []

    def take(self, message: Record, place: str) -> None:
        """Take one message."""
        self.at = seconds(message.get("ts")) or self.at
        self.story.seen(self.at)
        for block in _blocks(message):
            kind, said = block.get("type"), text(block, "text")
            if message.get("role") == "user" and kind == "text":
                self.user_text(said, place)
            elif message.get("role") == "user" and kind == "tool_result":
                name, given = self.calls.pop(text(block, "tool_use_id"), ("", {}))
                told = text(block, "content") or "\n".join(text(one, "text") for one in parts(block, "content"))
                self.ended(name, given, told, place)
            elif kind == "tool_use":
                self.calls[text(block, "id")] = (text(block, "name"), part(block, "input"))
                self.said(text(block, "input", "result"), place)
            elif kind == "text":
                self.model_text(said, place)

    def user_text(self, said: str, place: str) -> None:
        """Take a prompt, or what the calls in the answer before returned."""
        said = _DETAILS.sub("", said).strip()
        if said.startswith("[") and "] Result:" in said[:2000] and self.spoken:
            name, given = self.spoken.pop(0)
            self.ended(name, given, said.split("] Result:", 1)[1], place)
        found = [one[2] for one in _PROMPT.finditer(said)]
        is_result = said.startswith("[") and "Result:" in said[:2000]
        for prompt in found or ([] if is_result or said.startswith(("<", "[ERROR]", "[TASK")) else [said]):
            self.story.prompt(prompt, self.at, place)

    def model_text(self, said: str, place: str) -> None:
        """Take an answer, with the calls that are written into it."""
        self.spoken = [(one[1], {p[1]: p[2] for p in _PARAMETER.finditer(one[2])}) for one in _XML.finditer(said)]
        plain = re.sub(r"<thinking>.*?</thinking>", "", _XML.sub("", said), flags=re.DOTALL).strip()
        final = next((text(given, "result") for name, given in self.spoken if name == "attempt_completion"), "")
        self.said(final or plain, place)

    def said(self, answer: str, place: str) -> None:
        """Take what the model said."""
        self.story.answer(answer, self.at, place)

    def ended(self, name: str, given: Record, told: str, place: str) -> None:
        """Take how a call ended."""
        failed = bool(_FAILED.search(told[:2000]))
        path = text(given, "path") or text(given, "file_path") or text(given, "target_file")
        todos = text(given, "todos") or text(given, "task_progress")
        if todos:
            self.todos(todos, place)
        if name in ("execute_command", "bash", "run_commands"):
            found = _EXIT.search(told)
            code = int(found[1]) if found else None
            is_over = code is not None or failed
            self.story.ran(
                text(given, "command"), told, self.at, place, failed=(failed or code != 0) if is_over else None
            )
        elif path and not failed:
            self.edited(name, given, path)
        elif name == "ask_followup_question":
            answers = [one[2] for one in _PROMPT.finditer(told)]
            self.story.chosen(text(given, "question"), "; ".join(answers), place)

    def edited(self, name: str, given: Record, path: str) -> None:
        """Take an edit."""
        if name in ("write_to_file", "insert_content"):
            self.story.edit(path, "modified", hunks.added(text(given, "content")), self.at)
        elif name in ("replace_in_file", "apply_diff", "edit_file", "search_and_replace", "editor"):
            diff = text(given, "diff")
            pairs = [(one[1], one[2]) for one in _BLOCK.finditer(diff)]
            pairs = pairs or [
                (text(given, "old_text") or text(given, "search"), text(given, "new_text") or text(given, "replace"))
            ]
            self.story.edit(path, "modified", [line for old, new in pairs for line in hunks.between(old, new)], self.at)

    def todos(self, listed: str, place: str) -> None:
        """Take a checklist."""
        found = [_TODO.fullmatch(line) for line in listed.split("\n")]
        status = {"x": "completed", "X": "completed", " ": "pending"}
        self.story.todo_list(((one[2], status.get(one[1], "in_progress")) for one in found if one), place)
