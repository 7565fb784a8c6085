"""A second source of ocm's hooks or server in what a host reads: a plugin, another level, an entry by hand."""

from collections.abc import Iterator
from typing import Any

from ocm.doctor.findings import Finding
from ocm.hosts.config import client_settings, hook_commands, hook_target
from ocm.hosts.config.claude_code import NAME as CLAUDE
from ocm.hosts.config.host_config import LOCAL, PROJECT, USER, HostConfig, Place
from ocm.hosts.config.server_entries import runs_server
from ocm.hosts.config.targets import SERVER
from ocm.setup.scope import Scope, user_scope

_ASKED = "post-tool-use"  # the event of which a second telling does most harm: each call counts twice
_PLUGIN = "ocm@"  # how an installed plugin of ocm's begins among those that are enabled


def check(host: HostConfig, root: str) -> list[Finding]:
    """Return what tells of the same calls, or serves the same tools, a second time."""
    places = list(_places(host, root))
    found = []
    sources = _hook_sources(host, places)
    if len(sources) > 1:
        named = " and in ".join(dict.fromkeys(sources))
        problem = f"{host.title} has {len(sources)} hooks of ocm that tell of the same call, in {named}."
        found.append(Finding("twice", problem, "Keep one of them, so that a call counts once.", host.name, sources[-1]))
    for path, name in _other_servers(host, places):
        problem = f'{path} starts `ocm serve` a second time, as "{name}".'
        found.append(Finding("twice", problem, "Keep one of the two.", host.name, path))
    return found


def _places(host: HostConfig, root: str) -> Iterator[Place]:
    scopes = {USER: user_scope(), PROJECT: Scope(root, ""), LOCAL: Scope(root, "", LOCAL)}
    for level, scope in scopes.items():
        if level in host.levels:
            yield scope.place(host.name)


def _hook_sources(host: HostConfig, places: list[Place]) -> list[str]:
    """Return where a call is told of more than once: hooks of one wording are run once, whichever files they are in."""
    if host.hooks is None or host.hooks.script:
        return []
    told: dict[str, dict[str, str]] = {}
    plugins: dict[str, str] = {}
    form = host.hooks.form()
    for path in [target.path for place in places for target in host.targets(place) if target.what == "hooks"]:
        settings = client_settings.read(path)
        for slot in hook_target.slots(settings, form):
            if _ASKED in hook_commands.called(slot.handler):
                told.setdefault(slot.event, {}).setdefault(" ".join(hook_commands.strings(slot.handler)), path)
        plugins |= {name: f"{path} (plugin {name})" for name in _plugins(settings) if host.name == CLAUDE}
    most = max((list(wordings.values()) for wordings in told.values()), key=len, default=[])
    return most + list(plugins.values())


def _plugins(settings: dict[str, Any]) -> list[str]:
    enabled = settings.get("enabledPlugins")
    names = enabled.items() if isinstance(enabled, dict) else ()
    return [name for name, on in names if on is True and name.startswith(_PLUGIN)]


def _other_servers(host: HostConfig, places: list[Place]) -> Iterator[tuple[str, str]]:
    """Return the entries under another name that start `ocm serve`, beside one under ocm's name."""
    for place in places:
        for target in host.targets(place):
            if target.server is None or not target.path.endswith((".json", ".jsonc")):
                continue
            for servers in _objects_with(client_settings.read(target.path), SERVER):
                for name, entry in servers.items():
                    if name != SERVER and isinstance(entry, dict) and runs_server(entry):
                        yield target.path, name


def _objects_with(value: object, name: str) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        if name in value:
            yield value
        for inner in value.values():
            yield from _objects_with(inner, name)
