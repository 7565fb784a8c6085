"""A hook that is answered by the running server: Claude Code's hooks of type `mcp_tool` call it, and no process starts.

The client fills the arguments in from the hook's input, every one as text: what is missing is empty, what is no text is
JSON. The tool is not among those that a model is told of. Whatever goes wrong, the answer says nothing, which lets a
call run.
"""

import json
from typing import Any

from ocm.hook import main

NAME = "ocm__hook"
_NOTHING = "{}"  # of an empty answer to a prompt the client tells the model that a hook is completed
# What the hook wants of a call: a part of what it was given, for the rest may be as long as a file.
_INPUT = ("file_path", "notebook_path", "command")
_NO_TEXT = ("tool_input", "background_tasks", "stop_hook_active")


def answer(arguments: dict[str, Any]) -> str:
    """Return what the hook of one event has to say."""
    event = arguments.get("event")
    command = [event if isinstance(event, str) else "", "--tool", main.DEFAULT_HOST, main.QUIET]
    printed, _ = main.guarded(command, lambda: json.dumps(payload(arguments)).encode())
    return printed.decode() or _NOTHING


def payload(arguments: dict[str, Any]) -> dict[str, Any]:
    """Return the hook's input as far as the arguments hold it."""
    texts = ((name, value) for name, value in arguments.items() if isinstance(value, str) and value)
    given: dict[str, Any] = {name: value for name, value in texts if name != "event"}
    for name in _NO_TEXT:
        if name in given:
            given[name] = _value(given[name])
    parts = {name: given.pop(name) for name in _INPUT if name in given}
    if parts:
        given["tool_input"] = parts
    if "response_type" in given:
        given["tool_response"] = {"type": given.pop("response_type")}
    return given


def _value(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
