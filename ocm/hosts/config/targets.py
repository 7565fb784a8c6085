"""What the hosts' configuration files have in common: an entry among MCP servers, a block of rules, a file of ours.

A target knows how to put ocm's part into the text of a file and how to take it out again; it never touches the file.
What it puts and takes is recognised by its exact form, so what others wrote beside it, or inside it, stays.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from typing import Any

from ocm.edit import json_text, plain_text, toml_text
from ocm.edit.plain_text import ShapeError
from ocm.hosts.config.server_entries import changes, is_written, owns_server, replaced, runs_server

SERVER = "opencodememory"
EMPTY_JSON = "{}\n"
STDIO: Mapping[str, object] = {"type": "stdio", "command": "ocm", "args": ["serve"]}
PLAIN: Mapping[str, object] = {"command": "ocm", "args": ["serve"]}
# For hosts that start a server in the user's home, and put the folder that is open in the place of this.
IN_WORKSPACE = ["serve", "--project", "${workspaceFolder}"]

Server = Mapping[str, object]
Owns = Callable[[object], bool]
Edit = Callable[[str, str], str]
FindServer = Callable[[str], Server | None]


@dataclass(frozen=True, slots=True)
class Changed:
    """An entry of ocm's that a person changed, so that it is theirs: the line on which it is, and what it is.

    An `event` tells that it is a hook, and of which; a `guarded` one does nothing once ocm is gone.
    """

    line: int
    event: str = ""
    guarded: bool = False


def _nothing(_text: str) -> list[Changed]:
    return []


@dataclass(frozen=True, slots=True)
class Target:
    """A file to set up: its path, what goes into it, and the two edits of its text.

    Both edits are also given the text as it would be without ocm, whose empty containers stay. `blank` is what a new
    file starts from. `marked` says that ocm's part can be told from the same text written by a person. `utf8` says that
    the reader of the file understands no other encoding. `whole` says that the file is ocm's alone, or not at all.
    `server` returns the entry of ocm's MCP server in a text, None where there is none. `changed` returns the entries
    that a person changed: `take` leaves them.
    """

    path: str
    what: str
    put: Edit
    take: Edit
    blank: str = ""
    marked: bool = True
    utf8: bool = True
    whole: bool = False
    server: FindServer | None = None
    changed: Callable[[str], list[Changed]] = _nothing


def server_target(
    path: str, entry: Mapping[str, object], *, within: Sequence[str] = ("mcpServers",), comments: bool = False
) -> Target:
    """Return the target that is ocm's MCP server in the JSON file at `path`, in the object `within`."""
    above = tuple(within)

    def put(text: str, _before: str) -> str:
        servers = member(text, above, comments=comments)
        if SERVER not in servers:
            return json_text.put(text, (*above, SERVER), entry)
        present = servers[SERVER]
        if not owns_server(present):
            line = json_text.line_of(text, (*above, SERVER))
            raise ShapeError(f'the MCP server "{SERVER}" there is not one that ocm wrote', line)
        if not runs_server(present):
            return json_text.put(text, (*above, SERVER), replaced(present, entry))
        for name, value in changes(present, entry).items():
            text = json_text.put(text, (*above, SERVER, name), value)
        return text

    def server(text: str) -> Server | None:
        return _own(_lenient(text, above, comments=comments).get(SERVER))

    def without(text: str, before: str) -> str:
        left = drop(text, (*above, SERVER), before, comments=comments)
        return text if json_text.comments_in(left) < json_text.comments_in(text) else left

    target = Target(path, f'MCP server "{SERVER}"', put, without, EMPTY_JSON, server=server)
    return _as_written(target, server, entry, lambda text: json_text.line_of(text, (*above, SERVER)))


def toml_target(path: str, keys: tuple[str, ...], entry: Mapping[str, object]) -> Target:
    """Return the target that is ocm's MCP server as the table `keys` in the TOML file at `path`."""

    def present(text: str) -> object:
        found: object = toml_text.parse(text)
        for key in keys:
            found = found.get(key) if isinstance(found, dict) else None
        return found

    def put(text: str, _before: str) -> str:
        found = present(text)
        if found is not None and not owns_server(found):
            line = toml_text.line_of(text, keys)
            raise ShapeError(f'the MCP server "{SERVER}" there is not one that ocm wrote', line)
        if not isinstance(found, dict):
            return toml_text.put(text, keys, entry)
        if not runs_server(found):
            return toml_text.put(text, keys, replaced(found, entry))
        added = changes(found, entry)
        return toml_text.add(text, keys, added) if added else text

    def server(text: str) -> Server | None:
        return _own(present(text))

    def without(text: str, _before: str) -> str:
        left = toml_text.take(text, keys)
        return text if toml_text.comments_in(left) < toml_text.comments_in(text) else left

    target = Target(path, f'MCP server "{SERVER}"', put, without, server=server)
    return _as_written(target, server, entry, lambda text: toml_text.line_of(text, keys))


def _as_written(target: Target, server: FindServer, entry: Server, line_of: Callable[[str], int]) -> Target:
    """Return the target of a server that takes its entry out only where nothing of a person's is in it."""
    without = target.take

    def take(text: str, before: str) -> str:
        present = server(text) if SERVER in text else None  # whatever else may be wrong with the text
        return without(text, before) if present is not None and is_written(present, entry) else text

    def changed(text: str) -> list[Changed]:
        is_theirs = SERVER in text and server(text) is not None and take(text, "") == text
        return [Changed(line_of(text))] if is_theirs else []

    return replace(target, take=take, changed=changed)


def rules_target(path: str, body: str, *, top: bool = False) -> Target:
    """Return the target that is the marked block of rules in the text file at `path`, at its `top` or its end."""

    def put(text: str, _before: str) -> str:
        return plain_text.put_block(text, body, top=top)

    def take(text: str, _before: str) -> str:
        return plain_text.take_block(text, top=top)

    return Target(path, "rules", put, take, utf8=False)


def file_target(path: str, what: str, wanted: Callable[[str], str], ours: Sequence[str]) -> Target:
    """Return the target that is a whole file; one that holds nothing of `ours` is somebody else's and stays.

    `wanted` returns what is to be there, given what is, and nothing for no file.
    """

    def put(text: str, before: str) -> str:
        is_ours = not text or plain_ends(text) in ours or not before
        return wanted(plain_ends(text)) if is_ours else text

    def take(text: str, _before: str) -> str:
        return "" if plain_ends(text) in ours else text

    return Target(path, what, put, take, whole=True)


def ignore_target(path: str, name: str, *, is_folder: bool = True) -> Target:
    """Return the target that is the line for the folder (or file) `name` in the file of ignored names at `path`."""
    end = "/" * is_folder

    def put(text: str, _before: str) -> str:
        return plain_text.put_ignored(text, name, end)

    def take(text: str, _before: str) -> str:
        return plain_text.take_ignored(text, name, end)

    return Target(path, f"ignore {name}{end}", put, take, marked=False)


def combined(targets: Sequence[Target]) -> Target:
    """Return one target for several parts of the same file."""
    first, *others = targets
    return reduce(_both, others, first)


def _both(one: Target, two: Target) -> Target:
    def put(text: str, before: str) -> str:
        return two.put(one.put(text, before), before)

    def take(text: str, before: str) -> str:
        return one.take(two.take(text, before), before)

    def changed(text: str) -> list[Changed]:
        return list(dict.fromkeys((*one.changed(text), *two.changed(text))))

    what = one.what if two.what in one.what else f"{one.what}, {two.what}"
    utf8, server = one.utf8 or two.utf8, one.server or two.server
    return replace(one, what=what, put=put, take=take, utf8=utf8, server=server, changed=changed)


def _own(entry: object) -> Server | None:
    return entry if isinstance(entry, dict) and owns_server(entry) else None


def document(text: str, *, comments: bool = False) -> dict[str, Any]:
    """Return a JSON text as an object.

    Raises:
        EditError: when it is not valid JSON, a `ShapeError` when it is no object.
    """
    found = json_text.parse(text, comments=comments)
    if not isinstance(found, dict):
        raise ShapeError(f"a JSON object is expected there, not {kind(found)}", 1)
    return found


def member(text: str, path: Sequence[str], *, comments: bool = False) -> dict[str, Any]:
    """Return the object at `path` of a JSON text, empty where it is missing.

    Raises:
        EditError: when the text is not valid JSON, a `ShapeError` when something else is there.
    """
    found = document(text, comments=comments)
    for number, name in enumerate(path):
        inner = found.get(name, {})
        if not isinstance(inner, dict):
            line = json_text.line_of(text, tuple(path[: number + 1]))
            raise ShapeError(f'"{name}" must be an object, not {kind(inner)}', line)
        found = inner
    return found


def _lenient(text: str, path: Sequence[str], *, comments: bool) -> dict[str, Any]:
    """Return the object at `path`, empty where there is something else: that holds nothing of ocm."""
    try:
        return member(text, path, comments=comments)
    except ShapeError:
        return {}


def drop(text: str, path: tuple[str, ...], before: str, *, comments: bool = False) -> str:
    """Return a JSON text without the member at `path`, nor the objects above that this leaves empty and others made."""
    text = json_text.remove(text, path)
    above = path[:-1]
    while above and not member(text, above, comments=comments):
        if above[-1] in member(before or EMPTY_JSON, above[:-1], comments=comments):
            break
        text = json_text.remove(text, above)
        above = above[:-1]
    return text


def kind(value: object) -> str:
    """Return in words what a JSON value is."""
    kinds = {dict: "an object", list: "a list", str: "a text", type(None): "null", bool: "true or false"}
    return kinds.get(type(value), "a number")


def plain_ends(text: str) -> str:
    """Return `text` with LF line ends, as git may have changed them."""
    return text.replace("\r\n", "\n")
