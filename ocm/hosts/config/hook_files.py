"""Hooks of a host: the profile files that are shipped, and which handlers in a file of others are ocm's."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from ocm.base import resources
from ocm.edit.plain_text import EditError
from ocm.hosts.config import hook_commands, hook_target
from ocm.hosts.config.hook_commands import events_in, strings
from ocm.hosts.config.hook_target import Form, Slot
from ocm.hosts.config.targets import Owns, Target, document, file_target, plain_ends

NONE, MINIMAL, FULL = PROFILES = ("none", "minimal", "full")
# The events of minimal; those of a call are answered by the running server, so that no process starts.
MCP = "mcp"
_TOOL = "ocm__hook"  # the server's tool that such hooks call


@dataclass(frozen=True, slots=True)
class Hooks:
    """The hooks of the host `name`, which lie in the object (or `listed`) `within` of its file, or are a `script`.

    `every` is the matcher with which it shows each call to the gate, where reads are to be denied too. `all_but_own` is
    that matcher beside a group that is for the journal's own tools alone, of a host that has the profile `MCP`.
    """

    name: str
    within: str = "hooks"
    every: str = "*"
    comments: bool = False
    script: str = ""
    all_but_own: str = ""
    listed: bool = False

    @property
    def profiles(self) -> tuple[str, ...]:
        """The profiles there are."""
        return (*PROFILES, MCP) if self.all_but_own else PROFILES

    def profile(self, profile: str, *, deny_all: bool = False) -> dict[str, Any]:
        """Return a profile file as it is to be installed; empty for none."""
        if profile == NONE:
            return {}
        found: dict[str, Any] = json.loads(shipped(self.name, f"{profile}.json"))
        if deny_all:  # reads are denied too, so they must reach the gate
            for item in _items(found[self.within]):
                if "matcher" in item and "pre-tool-use" in json.dumps(item) and "${tool_input}" not in json.dumps(item):
                    item["matcher"] = self.all_but_own if profile == MCP else self.every
        return found

    def events(self, profile: str) -> list[str]:
        """Return the names of the events, as `ocm-hook` knows them, that a profile brings."""
        return events_in(self.text(profile))

    def owns(self) -> Owns:
        """Return the test whether a handler is one that ocm, or the reference system, writes, or a person's form."""
        return hook_commands.owner(commands(self))

    def held(self, text: str) -> list[Slot]:
        """Return ocm's handlers in the text of a file.

        Raises:
            EditError: when it is not valid.
        """
        form, owns = self.form(), self.owns()
        found = document(text, comments=self.comments)
        return [slot for slot in hook_target.slots(found, form) if owns(slot.handler)]

    def profile_in(self, text: str) -> str:
        """Return which profile a file has, empty for none."""
        held = self.held(text)
        found = {event for slot in held for event in hook_commands.called(slot.handler)}
        if not found:
            return ""
        if any(_TOOL in strings(slot.handler) for slot in held):
            return MCP
        only_full = set(self.events(FULL)) - set(self.events(MINIMAL))
        return FULL if found & only_full or any(_asks(slot.handler) for slot in held) else MINIMAL

    def installed(self, text: str) -> str:
        """Return which profile a file has, one of ocm's own or one that others share; empty for none."""
        for profile in (FULL, MINIMAL):
            if plain_ends(text) in (self.text(profile), self.text(profile, deny_all=True)):
                return profile
        if self.script:
            return ""
        try:
            return self.profile_in(text)
        except EditError:
            return ""

    def target(self, path: str, profile: str | None, default: str, *, deny_all: bool = False) -> Target:
        """Return the target that is the hooks among those of others; without a `profile` the one there stays."""

        def wanted(text: str) -> dict[str, Any]:
            return self.profile(profile or self.profile_in(text) or default, deny_all=deny_all)

        return hook_target.hooks_target(path, self.form(), wanted)

    def own_file(self, path: str, profile: str | None, default: str, *, deny_all: bool = False) -> Target:
        """Return the target that is the hooks in a file of their own, exactly as it is shipped."""
        texts = {name: self.text(name, deny_all=deny_all) for name in PROFILES}
        shipped = {self.text(name, deny_all=every): name for name in (FULL, MINIMAL) for every in (True, False)}

        def wanted(text: str) -> str:
            return texts[profile or shipped.get(text, default)]

        if self.script:
            return file_target(path, "hooks", wanted, tuple(shipped))
        lenient = replace(self, comments=True)  # a person's own file of that name may hold some
        return hook_target.own_file(lenient.target(path, profile, default, deny_all=deny_all), wanted, tuple(shipped))

    def form(self) -> Form:
        """Return how its file holds hooks."""
        shipped = [self.profile(name, deny_all=every) for name in self.profiles for every in (False, True)]
        return Form(self.within, self.owns(), hook_commands.is_former, shipped, self.listed, comments=self.comments)

    def text(self, profile: str, *, deny_all: bool = False) -> str:
        """Return a profile as the text of a file; empty for none."""
        if profile == NONE:
            return ""
        if self.script:
            return shipped(self.name, self.script)
        if deny_all:
            return json.dumps(self.profile(profile, deny_all=True), indent=2) + "\n"
        return shipped(self.name, f"{profile}.json")


def _asks(handler: Mapping[str, Any]) -> bool:
    """Return whether a handler is for the end of a turn, and may ask for a checkpoint there: minimal only notes it."""
    return "stop" in hook_commands.called(handler) and not any("--quiet" in text for text in strings(handler))


@cache
def commands(hooks: Hooks) -> tuple[re.Pattern[str], ...]:
    """Return the commands of all profiles of a host; a person may have added a threshold to one."""
    profiles = [hooks.profile(name) for name in hooks.profiles]
    found = (text for profile in profiles for text in strings(profile) if "ocm-hook" in text or text == _TOOL)
    return hook_commands.forms(found, hooks.name)


@cache
def shipped(name: str, file: str) -> str:
    """Return a hooks file as it is shipped."""
    return resources.read("hooks", name, file)


def _items(value: object) -> Iterator[dict[str, Any]]:
    """Return every object inside `value`, the outer ones first."""
    if isinstance(value, dict):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else []:
        yield from _items(inner)
