"""Where Codex CLI keeps MCP servers, hooks and rules. Never imported by a hook."""

import hashlib
import json
import os
import re
from dataclasses import replace
from typing import Any

from ocm.edit import json_text, toml_text
from ocm.edit.plain_text import EditError, decode
from ocm.hosts.config import client_settings, hook_target
from ocm.hosts.config.hook_files import MINIMAL, Hooks
from ocm.hosts.config.hook_target import Slot
from ocm.hosts.config.host_config import AGENTS, PROJECT, USER, HostConfig, Place, rules, user_rules
from ocm.hosts.config.targets import PLAIN, SERVER, Target, rules_target, toml_target

NAME = "codex"
KEYS = ("mcp_servers", SERVER)
# Without a person to ask, Codex refuses tools that write, and the one that opens the gate would be among them.
ENTRY = {**PLAIN, "default_tools_approval_mode": "approve"}
HOOKS = Hooks(NAME)
_OVERRIDE = "AGENTS.override.md"  # where it is, Codex does not read AGENTS.md


def folder(place: Place) -> str:
    """Return Codex' own folder; `CODEX_HOME` moves the user's."""
    moved = os.environ.get("CODEX_HOME") if place.is_user else None
    return moved or place.path(".codex")


def targets(place: Place) -> list[Target]:
    """Return the files to set up, and the user's own one, which notes the trust in hooks of projects too."""
    own = folder(place)
    hooks = os.path.join(own, "hooks.json")
    return [
        toml_target(os.path.join(own, "config.toml"), KEYS, ENTRY),
        trust_target(_settings(place), hooks),
        *_instructions(place, own),
        place.hooks(HOOKS, hooks, MINIMAL),
    ]


def own_keys(path: str) -> list[str]:
    """Return the names under which Codex notes the trust in ocm's hooks of a hooks file: they go by position."""
    return list(own_hooks(path))


def own_hooks(path: str) -> dict[str, str]:
    """Return ocm's hooks in a hooks file: by the name that Codex gives each, the hash by which it knows it."""
    return {_key(path, slot): _hash(_event(slot), slot.matcher, slot.handler) for slot in _slots(path)}


def _slots(path: str) -> list[Slot]:
    """Return ocm's hooks in a hooks file, where they are in groups as Codex wants them."""
    try:
        with open(path, "rb") as file:
            found = json_text.parse(decode(file.read())[0])
    except (OSError, EditError):
        return []
    owns, form = HOOKS.owns(), HOOKS.form()
    every = hook_target.slots(found, form) if isinstance(found, dict) else ()
    return [slot for slot in every if slot.path != slot.holder and owns(slot.handler)]


def _event(slot: Slot) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", slot.event).lower()


def _key(path: str, slot: Slot) -> str:
    return f"{path}:{_event(slot)}:{slot.holder[-1]}:{slot.path[-1]}"


def _hash(event: str, matcher: object, handler: dict[str, Any]) -> str:
    """Return the hash by which Codex (0.169) knows a hook; empty for one with what is not known here."""
    if set(handler) - {"type", "command", "commandWindows", "timeout", "async", "statusMessage"}:
        return ""
    if os.name == "nt":  # pragma: no cover - another command is run there
        return ""
    run = {"async": False, **{name: value for name, value in handler.items() if name != "commandWindows"}}
    told: dict[str, Any] = {"event_name": event, "hooks": [run]}
    if matcher is not None:
        told["matcher"] = matcher
    text = json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return "sha256:" + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def doubts(place: Place) -> list[str]:
    """Return which trusted hooks were changed since, as far as that can be told from outside."""
    hooks = os.path.join(folder(place), "hooks.json")
    state = _state(_toml(_settings(place)))
    known = {key.replace(os.path.realpath(hooks), hooks): value for key, value in state.items()}
    noted = {key: value.get("trusted_hash") for key, value in known.items() if isinstance(value, dict)}
    stale = [key for key, own in own_hooks(hooks).items() if own and noted.get(key) not in (None, own)]
    if not stale:
        return []
    return [f"Codex passes over {len(stale)} of ocm's hooks in {hooks}, because they changed since they were trusted."]


def trusted_keys(path: str) -> set[str]:
    """Return under which names the user's settings at `path` note that a hook is trusted."""
    return {key for key, value in _state(_toml(path)).items() if isinstance(value, dict) and value.get("trusted_hash")}


def _state(document: dict[str, Any]) -> dict[str, Any]:
    """Return what Codex noted about hooks, by their names."""
    hooks = document.get("hooks")
    state = hooks.get("state") if isinstance(hooks, dict) else None
    return state if isinstance(state, dict) else {}


def warnings(place: Place) -> list[str]:
    """Return what Codex passes over because nobody trusted it."""
    hooks = os.path.join(folder(place), "hooks.json")
    settings = _settings(place)
    if place.level == PROJECT and os.path.isfile(hooks) and not _trusts(settings, place.root):
        return [f"Codex does not trust {place.root}, so it reads nothing in {folder(place)}."]
    off = _switched_off(settings, os.path.join(folder(place), "config.toml"), hooks)
    if off:
        return off
    trusted = trusted_keys(settings)
    left = [key for key in own_keys(hooks) if not {key, key.replace(hooks, os.path.realpath(hooks))} & trusted]
    return [f"Codex passes over ocm's hooks in {hooks}, because nobody trusted {len(left)} of them."] if left else []


def _switched_off(settings: str, own: str, hooks: str) -> list[str]:
    """Return what in the settings turns hooks off."""
    found = []
    for path in dict.fromkeys((settings, own)):
        features = client_settings.at(_toml(path), "features")
        names = [
            name for name in ("hooks", "codex_hooks") if isinstance(features, dict) and features.get(name) is False
        ]
        found += [f"{path} turns hooks off: take {name} = false out of [features]." for name in names]
    state = _state(_toml(settings))
    real = {key.replace(hooks, os.path.realpath(hooks)) for key in own_keys(hooks)} | set(own_keys(hooks))
    off = [key for key in real if client_settings.at(state, key, "enabled") is False]
    return found + [f"Codex has {len(off)} of ocm's hooks turned off: type /hooks in it."] * bool(off)


def _settings(place: Place) -> str:
    """Return the user's own settings, which also note what is trusted."""
    return os.path.join(folder(replace(place, root=os.path.expanduser("~"), level=USER)), "config.toml")


def _trusts(settings: str, root: str) -> bool:
    """Return whether Codex trusts a project, or a folder around it."""
    projects = _toml(settings).get("projects", {})
    for around in {root, os.path.realpath(root)}:
        held = projects.get(around) if isinstance(projects, dict) else None
        if isinstance(held, dict) and held.get("trust_level") == "trusted":
            return True
    return False


def _toml(path: str) -> dict[str, Any]:
    try:
        with open(path, "rb") as file:
            return toml_text.parse(decode(file.read())[0])
    except (OSError, EditError):
        return {}


def trust_target(path: str, hooks: str) -> Target:
    """Return the target that takes out what Codex noted about ocm's hooks, which nothing here puts in.

    What it noted about one that a person changed stays, as that does.
    """
    gone = [slot for slot in _slots(hooks) if HOOKS.form().is_written(slot)]
    keys = [_key(real, slot) for real in {hooks, os.path.realpath(hooks)} for slot in gone]

    def take(text: str, _before: str) -> str:
        held = _state(toml_text.parse(text)) if any(key in text for key in keys) else {}
        own = [key for key in keys if key in held]
        for key in own:
            text = toml_text.take(text, ("hooks", "state", key))
        return toml_text.take(text, ("hooks", "state")) if own and len(own) == len(held) else text

    return Target(path, "trust in hooks", lambda text, _before: text, take)


def _instructions(place: Place, own: str) -> list[Target]:
    override = os.path.join(own if place.is_user else place.root, _OVERRIDE)
    if place.is_user:
        return [user_rules(override if os.path.lexists(override) else os.path.join(own, AGENTS), NAME)]
    instead = [rules_target(override, rules("agents"), top=True)] if os.path.lexists(override) else []
    return [*place.agents(), *instead]


def steps(place: Place) -> list[str]:
    """Return what a person must do in the client."""
    trusted = "Codex skips hooks that nobody trusted, and says nothing: type /hooks in it and trust those of ocm-hook"
    first = [f"{trusted}, or let ocm ask Codex to: add --trust-hooks to the command."]
    if place.level == PROJECT:
        first.append(f"Codex reads .codex/ only where it trusts the project: say yes when it asks about {place.root}.")
    return first


CONFIG = HostConfig(
    name=NAME,
    title="Codex CLI",
    targets=targets,
    commands=("codex",),
    homes=(".codex",),
    folders=(".codex",),
    hooks=HOOKS,
    steps=steps,
    warnings=warnings,
    doubts=doubts,
)
