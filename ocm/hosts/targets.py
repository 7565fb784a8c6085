"""What the hosts' configuration files have in common: an entry among MCP servers, hooks in groups, a block of rules.

A target knows how to put ocm's part into the text of a file and how to take it out again; it never touches the file.
What it puts and takes is recognised by its exact form, so what others wrote beside it, or inside it, stays.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ocm import jsonedit, textedit
from ocm.textedit import EditError

SERVER = "opencodememory"
EMPTY_JSON = "{}\n"

Owns = Callable[[object], bool]
Hooks = Mapping[str, Sequence[Mapping[str, Any]]]


@dataclass(frozen=True, slots=True)
class Target:
    """A file to set up: its path, what goes into it, and the two edits of its text.

    Both edits are also given the text as it would be without ocm, whose empty containers stay. `blank` is what a new
    file starts from. `marked` says that ocm's part can be told from the same text written by a person. `utf8` says that
    the reader of the file understands no other encoding.
    """

    path: str
    what: str
    put: Callable[[str, str], str]
    take: Callable[[str, str], str]
    blank: str = ""
    marked: bool = True
    utf8: bool = True


def server_target(path: str, entry: Mapping[str, object], owns: Owns) -> Target:
    """Return the target that is the MCP server `entry` in the JSON file at `path`."""

    def put(text: str, _before: str) -> str:
        servers = _member(text, "mcpServers")
        if SERVER not in servers:
            return jsonedit.put(text, ("mcpServers", SERVER), entry)
        present = servers[SERVER]
        if not owns(present):
            line = jsonedit.line_of(text, ("mcpServers", SERVER))
            raise EditError(f'the MCP server "{SERVER}" there is not one that ocm wrote', line)
        if isinstance(present, dict) and all(present.get(name, value) == value for name, value in entry.items()):
            return text
        return jsonedit.put(text, ("mcpServers", SERVER), entry)

    def take(text: str, before: str) -> str:
        if SERVER not in text or not owns(_member(text, "mcpServers").get(SERVER)):
            return text
        text = jsonedit.remove(text, ("mcpServers", SERVER))
        if _member(text, "mcpServers") or "mcpServers" in _document(before or EMPTY_JSON):
            return text
        return jsonedit.remove(text, ("mcpServers",))

    return Target(path, f'MCP server "{SERVER}"', put, take, EMPTY_JSON)


def hooks_target(path: str, what: str, wanted: Callable[[str], Hooks], owns: Owns) -> Target:
    """Return the target that is the hooks `{event: [{matcher, hooks: [handler]}]}` in the JSON file at `path`.

    `wanted` returns the hooks to be there, given the text as it is.
    """

    def put(text: str, before: str) -> str:
        _check_events(text)
        hooks = wanted(text)
        if _own_handlers(_member(text, "hooks"), owns) == _own_handlers(hooks, owns):
            return text
        text = _take_hooks(text, before, owns)
        for event, groups in hooks.items():
            for group in groups:  # at the end: some hosts trust a hook by its position
                text = jsonedit.append(text, ("hooks", event), group)
        return text

    def take(text: str, before: str) -> str:
        if "ocm-hook" not in text and "openCodeMemory" not in text:
            return text  # whatever else may be wrong with it, there is nothing of ocm to take out
        _check_events(text)
        return _take_hooks(text, before, owns)

    return Target(path, what, put, take, EMPTY_JSON)


def rules_target(path: str, body: str) -> Target:
    """Return the target that is the marked block of rules in the text file at `path`."""

    def put(text: str, _before: str) -> str:
        return textedit.put_block(text, body)

    def take(text: str, _before: str) -> str:
        return textedit.take_block(text)

    return Target(path, "rules", put, take, utf8=False)


def ignore_target(path: str, folder: str) -> Target:
    """Return the target that is the line for `folder` in the `.gitignore` at `path`."""

    def put(text: str, _before: str) -> str:
        return textedit.put_ignored(text, folder)

    def take(text: str, _before: str) -> str:
        return textedit.take_ignored(text, folder)

    return Target(path, f"ignore {folder}/", put, take, marked=False)


def handlers(text: str) -> list[tuple[str, object, object]]:
    """Return every hook handler of a JSON settings text, with its event and its matcher."""
    return list(_handlers(_member(text, "hooks")))


def _document(text: str) -> dict[str, Any]:
    found = jsonedit.parse(text)
    if not isinstance(found, dict):
        raise EditError(f"a JSON object is expected there, not {_kind(found)}", 1)
    return found


def _member(text: str, name: str) -> dict[str, Any]:
    """Return the object `name` of the document, empty where it is missing."""
    found = _document(text).get(name, {})
    if not isinstance(found, dict):
        raise EditError(f'"{name}" must be an object, not {_kind(found)}', jsonedit.line_of(text, (name,)))
    return found


def _check_events(text: str) -> None:
    for event, groups in _member(text, "hooks").items():
        if not isinstance(groups, list):
            line = jsonedit.line_of(text, ("hooks", event))
            raise EditError(f'the hooks of "{event}" must be a list, not {_kind(groups)}', line)


def _kind(value: object) -> str:
    kinds = {dict: "an object", list: "a list", str: "a text", type(None): "null", bool: "true or false"}
    return kinds.get(type(value), "a number")


def _handlers(hooks: Hooks) -> "list[tuple[str, object, object]]":
    return [
        (event, group.get("matcher"), handler)
        for event, groups in hooks.items()
        for group in groups
        for handler in _handlers_of(group)
    ]


def _handlers_of(group: object) -> list[object]:
    found = group.get("hooks") if isinstance(group, dict) else None
    return found if isinstance(found, list) else []


def _own_handlers(hooks: Hooks, owns: Owns) -> list[str]:
    own = ((event, matcher, handler) for event, matcher, handler in _handlers(hooks) if owns(handler))
    return sorted(json.dumps(item, sort_keys=True) for item in own)


def _take_hooks(text: str, before: str, owns: Owns) -> str:
    """Return `text` without ocm's handlers, nor the groups, events and object that they leave empty."""
    hooks, former = _member(text, "hooks"), _member(before or EMPTY_JSON, "hooks")
    taken = False
    for event, groups in hooks.items():
        left = len(groups)
        for at in reversed(range(len(groups))):
            held = _handlers_of(groups[at])
            own = [n for n, handler in enumerate(held) if owns(handler)]
            if not own:
                continue
            taken = True
            if len(own) == len(held):
                text, left = jsonedit.remove(text, ("hooks", event, at)), left - 1
                continue
            for n in reversed(own):
                text = jsonedit.remove(text, ("hooks", event, at, "hooks", n))
        if groups and not left and event not in former:
            text = jsonedit.remove(text, ("hooks", event))
    if taken and not _member(text, "hooks") and "hooks" not in _document(before or EMPTY_JSON):
        text = jsonedit.remove(text, ("hooks",))
    return text
