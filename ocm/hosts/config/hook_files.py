"""Hooks of a host: the profile files that are shipped, and which handlers in a file of others are ocm's."""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from ocm.base import resources
from ocm.edit import json_text
from ocm.edit.plain_text import EditError
from ocm.hosts.config.targets import EMPTY_JSON, Owns, Target, document, drop, file_target, kind, member, plain_ends

NONE, MINIMAL, FULL = PROFILES = ("none", "minimal", "full")
# The events of minimal; those of a call are answered by the running server, so that no process starts.
MCP = "mcp"
_TOOL = "ocm__hook"  # the server's tool that such hooks call

Groups = Mapping[str, Sequence[Any]]

# What openCodeMemory 0.2 wrote: bare commands, and a line of shell that echoed the session id.
_REFERENCE = (
    re.compile(
        r"ocm-hook (?:session-start|pre-tool-use|post-tool-use|file-edited|session-end)"
        r"(?: --(?:tool|threshold) [\w-]+)*"
    ),
    re.compile(
        r'(?:SESSION_ID="\$\{CLAUDE_SESSION_ID:-\}"; )?'
        r'echo ["\']\{\\?"additionalContext\\?": ?\\?"openCodeMemory session_id: [^\n;|&<>`]*\}["\']'
    ),
)
_THRESHOLD = re.compile(r" --threshold \d+")
EVENTS = (
    *("session-start", "user-prompt", "pre-tool-use", "post-tool-use"),
    *("file-edited", "pre-compact", "stop", "session-end"),
)


@dataclass(frozen=True, slots=True)
class Hooks:
    """The hooks of the host `name`, which lie in the object `within` of its file, or are a `script` of ocm's.

    `every` is the matcher with which it shows each call to the gate, where reads are to be denied too. `all_but_own` is
    that matcher beside a group that is for the journal's own tools alone, of a host that has the profile `MCP`.
    """

    name: str
    within: str = "hooks"
    every: str = "*"
    comments: bool = False
    script: str = ""
    all_but_own: str = ""

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
        """Return the test whether a handler is one that ocm, or the reference system, writes."""
        patterns = (*commands(self), *_REFERENCE)

        def owns(handler: object) -> bool:
            texts = list(_strings(handler)) if isinstance(handler, dict) and "hooks" not in handler else []
            return any(pattern.fullmatch(text) for text in texts for pattern in patterns)

        return owns

    def profile_in(self, text: str) -> str:
        """Return which profile a file has, empty for none."""
        own = self.owns()
        held = [item for _, _, item in handlers(member(text, (self.within,), comments=self.comments)) if own(item)]
        found = set(events_in(json.dumps(held)))
        if not found:
            return ""
        if _TOOL in _strings(held):
            return MCP
        return FULL if found & (set(self.events(FULL)) - set(self.events(MINIMAL))) else MINIMAL

    def installed(self, text: str) -> str:
        """Return which profile a file has, one of ocm's own or one that others share; empty for none."""
        for profile in (FULL, MINIMAL):
            if plain_ends(text) in (self.text(profile), self.text(profile, deny_all=True)):
                return profile
        try:
            return self.profile_in(text)
        except EditError:
            return ""

    def target(self, path: str, profile: str | None, default: str, *, deny_all: bool = False) -> Target:
        """Return the target that is the hooks among those of others; without a `profile` the one there stays."""

        def wanted(text: str) -> dict[str, Any]:
            chosen = profile or self.profile_in(text) or default
            return self._with_thresholds(self.profile(chosen, deny_all=deny_all), text)

        return hooks_target(path, self.within, wanted, self.owns(), comments=self.comments)

    def own_file(self, path: str, profile: str | None, default: str, *, deny_all: bool = False) -> Target:
        """Return the target that is the hooks in a file of their own, exactly as it is shipped."""
        texts = {name: self.text(name, deny_all=deny_all) for name in PROFILES}
        present = {text: name for name, text in reversed(texts.items()) if text}

        def wanted(text: str) -> str:
            return texts[profile or present.get(text, default)]

        shipped = (self.text(name, deny_all=every) for name in (MINIMAL, FULL) for every in (False, True))
        return file_target(path, "hooks", wanted, tuple(shipped))

    def text(self, profile: str, *, deny_all: bool = False) -> str:
        """Return a profile as the text of a file; empty for none."""
        if profile == NONE:
            return ""
        if self.script:
            return shipped(self.name, self.script)
        if deny_all:
            return json.dumps(self.profile(profile, deny_all=True), indent=2) + "\n"
        return shipped(self.name, f"{profile}.json")

    def _with_thresholds(self, found: dict[str, Any], text: str) -> dict[str, Any]:
        """Carry over the thresholds that a person wrote into ocm's own commands."""
        present = list(_strings(member(text, (self.within,), comments=self.comments)))
        rendered = json.dumps(found)
        for command in (one for one in present if any(form.fullmatch(one) for form in commands(self))):
            added = _THRESHOLD.search(command)
            plain = json.dumps(_THRESHOLD.sub("", command))
            if added:
                rendered = rendered.replace(plain, json.dumps(command))
        carried: dict[str, Any] = json.loads(rendered)
        return carried


@cache
def commands(hooks: Hooks) -> tuple[re.Pattern[str], ...]:
    """Return the commands of all profiles of a host; a person may have added a threshold to one."""
    profiles = [hooks.profile(name) for name in hooks.profiles]
    found = {text for profile in profiles for text in _strings(profile) if "ocm-hook" in text or text == _TOOL}
    tool = re.escape(f"--tool {hooks.name}")
    forms = (re.escape(text).replace(tool, tool + r"(?: --threshold \d+)?", 1) for text in sorted(found))
    return tuple(re.compile(form) for form in forms)


@cache
def shipped(name: str, file: str) -> str:
    """Return a hooks file as it is shipped."""
    return resources.read("hooks", name, file)


def events_in(text: str) -> list[str]:
    """Return which events a text names."""
    return [event for event in EVENTS if re.search(rf"(?<![\w-]){event}(?![\w-])", text)]


def hooks_target(
    path: str, within: str, wanted: Callable[[str], Mapping[str, Any]], owns: Owns, *, comments: bool = False
) -> Target:
    """Return the target that is hooks `{event: [handler or {matcher, hooks: [handler]}]}` in the JSON file at `path`.

    `wanted` returns the whole file as it would be without others, given the text as it is.
    """

    def put(text: str, before: str) -> str:
        _check_events(text, within, comments=comments)
        profile = wanted(text)
        hooks: Groups = profile.get(within, {})
        if _own(member(text, (within,), comments=comments), owns) == _own(hooks, owns):
            return text
        text = _take_hooks(text, within, before, owns, comments=comments)
        for name, value in profile.items():
            if name != within and name not in document(text, comments=comments):
                text = json_text.put(text, (name,), value)
        for event, groups in hooks.items():
            for group in groups:  # at the end: some hosts trust a hook by its position
                text = json_text.append(text, (within, event), group)
        return text

    def take(text: str, before: str) -> str:
        if "ocm-hook" not in text and "openCodeMemory" not in text:
            return text  # whatever else may be wrong with it, there is nothing of ocm to take out
        _check_events(text, within, comments=comments)
        return _take_hooks(text, within, before, owns, comments=comments)

    return Target(path, "hooks", put, take, EMPTY_JSON)


def handlers(hooks: Groups) -> Iterator[tuple[str, object, object]]:
    """Return every handler with its event and its matcher, whether a host groups them or not."""
    for event, groups in hooks.items():
        for group in groups if isinstance(groups, list) else []:
            for handler in _held(group):
                yield event, group.get("matcher") if isinstance(group, dict) else None, handler


def _held(group: object) -> list[object]:
    if not isinstance(group, dict):
        return []
    found = group.get("hooks", [group])
    return found if isinstance(found, list) else []


def _items(value: object) -> Iterator[dict[str, Any]]:
    """Return every object inside `value`, the outer ones first."""
    if isinstance(value, dict):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else []:
        yield from _items(inner)


def _strings(value: object) -> Iterator[str]:
    """Return every text that `value` is or holds."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _strings(inner)


def _check_events(text: str, within: str, *, comments: bool) -> None:
    for event, groups in member(text, (within,), comments=comments).items():
        if not isinstance(groups, list):
            line = json_text.line_of(text, (within, event))
            raise EditError(f'the hooks of "{event}" must be a list, not {kind(groups)}', line)


def _own(hooks: Groups, owns: Owns) -> list[str]:
    own = ([event, matcher, handler] for event, matcher, handler in handlers(hooks) if owns(handler))
    return sorted(json.dumps(item, sort_keys=True) for item in own)


def _take_hooks(text: str, within: str, before: str, owns: Owns, *, comments: bool) -> str:
    """Return `text` without ocm's handlers, nor the groups, events and object that they leave empty."""
    former = member(before or EMPTY_JSON, (within,), comments=comments)
    taken = False
    for event, groups in member(text, (within,), comments=comments).items():
        left = len(groups)
        for at in reversed(range(left)):
            held = _held(groups[at])
            own = [n for n, handler in enumerate(held) if owns(handler)]
            if len(own) == len(held) and own:
                text, left = json_text.remove(text, (within, event, at)), left - 1
            else:
                for n in reversed(own):
                    text = json_text.remove(text, (within, event, at, "hooks", n))
            taken = taken or bool(own)
        if groups and not left and event not in former:
            text = json_text.remove(text, (within, event))
    if taken and not member(text, (within,), comments=comments):
        text = _drop_rest(text, within, before, comments=comments)
    return text


def _drop_rest(text: str, within: str, before: str, *, comments: bool) -> str:
    """Return `text` without what only a file of hooks needs, once there are no hooks any more."""
    former = document(before or EMPTY_JSON, comments=comments)
    if within not in former:
        text = json_text.remove(text, (within,))
    left = document(text, comments=comments)
    if "version" in left and "version" not in former and (before or len(left) == 1):
        text = drop(text, ("version",), before, comments=comments)
    return text
