"""What five hosts send to a hook, as they were seen to do, and how words for the model come back."""

from __future__ import annotations

import json
import os
import uuid
from typing import Any

Json = dict[str, Any]
HOSTS = ("claude-code", "codex", "gemini-cli", "opencode", "copilot")
LAST_WORDS = ("claude-code", "codex", "gemini-cli")  # their stop events carry the closing message
_NAMES = {
    "session-start": ("SessionStart", "SessionStart"),
    "user-prompt": ("UserPromptSubmit", "BeforeAgent"),
    "pre-tool-use": ("PreToolUse", "BeforeTool"),
    "post-tool-use": ("PostToolUse", "AfterTool"),
    "stop": ("Stop", "AfterAgent"),
    "session-end": ("SessionEnd", "SessionEnd"),
}
_CHECKPOINT = {
    "claude-code": "mcp__opencodememory__ocm__checkpoint",
    "codex": "mcp__opencodememory__ocm__checkpoint",
    "gemini-cli": "mcp_opencodememory_ocm__checkpoint",
    "opencode": "opencodememory_ocm__checkpoint",
    "copilot": "opencodememory-ocm__checkpoint",
}
_ENDINGS = {"claude-code": "prompt_input_exit", "codex": "other", "gemini-cli": "exit", "copilot": "complete"}


def new_id(host: str, seed: str) -> str:
    """Return an id as the host makes them, the same for the same seed."""
    made = uuid.uuid5(uuid.NAMESPACE_URL, seed)
    return f"ses_{made.hex[:26]}" if host == "opencode" else str(made)


class Client:
    """One conversation of a host: what it sends."""

    def __init__(self, host: str, session_id: str) -> None:
        self.host = host
        self.session_id = session_id
        self._calls = 0

    def _about(self, event: str, cwd: str, **fields: Any) -> Json:
        if self.host == "copilot":
            return {"sessionId": self.session_id, "timestamp": 1795224273788, "cwd": cwd, **fields}
        if self.host == "opencode":
            return {"session_id": self.session_id, "cwd": cwd, **fields}
        name = _NAMES[event][self.host == "gemini-cli"]
        about = {"session_id": self.session_id, "transcript_path": f"/t/{self.session_id}.jsonl", "cwd": cwd}
        return {**about, "hook_event_name": name, **fields}

    def start(self, cwd: str) -> Json:
        """A new conversation."""
        return self._about("session-start", cwd, source="new" if self.host == "copilot" else "startup")

    def prompt(self, cwd: str, words: str) -> Json:
        """The user typed something."""
        return self._about("user-prompt", cwd, prompt=words)

    def stop(self, cwd: str, message: str, *, again: bool) -> Json:
        """A turn is over."""
        if self.host == "gemini-cli":
            return self._about("stop", cwd, prompt="", prompt_response=message, stop_hook_active=again)
        if self.host == "copilot":
            return self._about("stop", cwd, stopReason="end_turn", stop_hook_active=again)
        return self._about("stop", cwd, stop_hook_active=again, last_assistant_message=message)

    def end(self, cwd: str) -> Json:
        """The conversation is over."""
        reason = _ENDINGS.get(self.host)
        return self._about("session-end", cwd, **({"reason": reason} if reason else {}))

    def edit(self, cwd: str, path: str, *, created: bool) -> tuple[Json, Json]:
        """An edit: before the call, and after it."""
        whole = os.path.join(cwd, path)
        name, given, came = {
            "claude-code": (
                "Write" if created else "Edit",
                {"file_path": whole},
                {"filePath": whole, "type": "update"},
            ),
            "codex": ("apply_patch", {"command": _patch(path, created=created)}, "Exit code: 0\nOutput:\nSuccess."),
            "gemini-cli": (
                "write_file" if created else "replace",
                {"file_path": whole},
                {"llmContent": "Successfully modified", "returnDisplay": {"isNewFile": created}},
            ),
            "opencode": ("write" if created else "edit", {"filePath": whole}, None),
            "copilot": ("create" if created else "edit", {"path": whole}, "updated with changes."),
        }[self.host]
        if self.host == "claude-code" and created:
            came = {"type": "create", "filePath": whole}
        return self._pair(cwd, name, given, came, created=created)

    def shell(self, cwd: str, command: str, *, failed: bool = False) -> tuple[Json, Json]:
        """A command: before the call, and after it."""
        name = {"claude-code": "Bash", "codex": "Bash", "gemini-cli": "run_shell_command"}.get(self.host, "bash")
        code = int(failed)
        came: Any = {
            "claude-code": {"stdout": "", "stderr": "", "interrupted": False},
            "codex": "out\n",
            "gemini-cli": {"llmContent": "Output: out" + f"\nExit Code: {code}" * failed, "returnDisplay": "out"},
            "copilot": f"out\n<shellId: 0 completed with exit code {code}>",
        }.get(self.host)
        before, after = self._pair(cwd, name, {"command": command}, came)
        if failed and self.host == "claude-code":
            after = {**after, "hook_event_name": "PostToolUseFailure", "error": "Exit code 1"}
        elif failed and self.host == "opencode":
            after["failed"] = True
        return before, after

    def checkpoint(self, cwd: str, arguments: Json) -> tuple[Json, Json]:
        """A call of the journal's own tool."""
        return self._pair(cwd, _CHECKPOINT[self.host], arguments, "{}")

    def _pair(self, cwd: str, name: str, given: Json, came: Any, **more: Any) -> tuple[Json, Json]:
        self._calls += 1
        if self.host == "copilot":
            before = {"toolName": name, "toolArgs": given}
            result = {"resultType": "success", "textResultForLlm": came}
            return self._about("", cwd, **before), self._about("", cwd, **before, toolResult=result)
        call: Json = {"tool_name": name, "tool_input": given}
        if self.host != "gemini-cli":
            call["tool_use_id"] = f"call_{self.session_id[-8:]}_{self._calls}"
        extra = {} if came is None else {"tool_response": came}
        after = {**call, **extra, **(more if self.host == "opencode" else {})}
        return self._about("pre-tool-use", cwd, **call), self._about("post-tool-use", cwd, **after)


def _patch(path: str, *, created: bool) -> str:
    change = f"*** Add File: {path}\n+x" if created else f"*** Update File: {path}\n@@\n-x\n+y"
    return f"*** Begin Patch\n{change}\n*** End Patch\n"


def told(answer: Json) -> str:
    """Return the words for the model in a reply of any host."""
    inner = answer.get("hookSpecificOutput", answer)
    return str(inner.get("additionalContext") or inner.get("context") or "")


def denied(answer: Json) -> str:
    """Return why a call is held back, empty when it is not."""
    inner = answer.get("hookSpecificOutput", answer)
    if inner.get("permissionDecision") == "deny":
        return str(inner.get("permissionDecisionReason", ""))
    if answer.get("decision") in {"deny", "block"}:
        return str(answer.get("reason", ""))
    return str(answer.get("deny", ""))


def ready_made(reason: str) -> Json:
    """Return the arguments of the call that a denial holds, ready to send; empty when it holds none."""
    place = reason.find("ocm__checkpoint")
    while place >= 0 and (place := reason.find("{", place)) >= 0:
        try:
            found, _ = json.JSONDecoder().raw_decode(reason, place)
        except ValueError:
            place += 1
            continue
        return dict(found)
    return {}
