"""The doctor's checks of each host's set-up: is it complete, does the host allow it, and have its hooks fired."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ocm.base.errors import OcmError
from ocm.doctor import hook_evidence
from ocm.doctor.findings import Finding
from ocm.edit import plain_text
from ocm.edit.plain_text import EditError
from ocm.hosts.config.all_hosts import HOSTS
from ocm.hosts.config.hook_files import NONE
from ocm.hosts.config.host_config import LOCAL, PROJECT, USER, HostConfig, Place
from ocm.hosts.config.targets import SERVER, Server, Target
from ocm.setup import file_changes, install, left_behind, manifest
from ocm.setup.scope import Scope
from ocm.store.paths import Store

_SET_UP_AGAIN = "Set it up again with --fix, or run: ocm {}"


@dataclass(slots=True)
class Checked:
    """A host as it is set up in one place: its hooks, when each event last fired, and its problems."""

    host: HostConfig
    place: Place
    events: list[str] = field(default_factory=list)
    seen: hook_evidence.Evidence = field(default_factory=hook_evidence.Evidence)
    findings: list[Finding] = field(default_factory=list)
    has_server: bool = False

    def as_json(self) -> dict[str, Any]:
        """Return the host as a script reads it."""
        return {
            "host": self.host.name,
            "level": self.place.level,
            "last_used": hook_evidence.iso_time(self.seen.used),
            "events": {name: hook_evidence.iso_time(self.seen.events.get(name, 0.0)) for name in self.events},
            "to_do": self.to_do(),
        }

    def to_do(self) -> list[str]:
        """Return what a person has to do in the host, until its hooks have been seen to fire."""
        return [] if self.events and self.seen.events else self.host.steps(self.place)


def check(scope: Scope, store: Store) -> list[Checked]:
    """Return every host that is set up in a scope, with its problems; each file is reported once."""
    found = [_checked(host, place, store) for host, place in set_up(scope)]
    reported: set[tuple[str, str]] = set()
    for one in found:
        several, one.findings = one.findings, []
        for finding in several:
            if not finding.path or (finding.check, finding.path) not in reported:
                one.findings.append(finding)
            reported.add((finding.check, finding.path))
    return found


def titles(scope: Scope) -> list[str]:
    """Return the titles of the hosts that are set up."""
    return list(dict.fromkeys(host.title for host, _ in set_up(scope)))


def set_up(scope: Scope) -> Iterator[tuple[HostConfig, Place]]:
    """Return the hosts that were set up here, or whose hooks came with the project."""
    known = manifest.load(scope.root, user=scope.is_user)
    for host in HOSTS.values():
        places = [replace(scope, level=level).place(host.name) for level in _levels(scope) if level in host.levels]
        hooked = [place for place in places if any(is_there(target) for target in _hooks(host.targets(place)))]
        if hooked:
            yield from ((host, place) for place in hooked)
        elif host.name in known.hosts:
            yield host, _likely_place(host, places, known)


def _levels(scope: Scope) -> Sequence[str]:
    return [USER] if scope.is_user else [PROJECT, LOCAL]


def _likely_place(host: HostConfig, places: list[Place], known: manifest.Manifest) -> Place:
    """Return the place whose files were written: the user's own files of a project, where only those were."""
    for place in reversed(places):
        if all(os.path.realpath(target.path) in known.entries for target in host.targets(place)):
            return place
    return places[0]


def _hooks(targets: list[Target]) -> list[Target]:
    return [target for target in targets if target.what == "hooks"]


def text_of(target: Target) -> str | None:
    """Return what a file holds, None where there is none or it cannot be read."""
    try:
        return _text(target.path)
    except (OcmError, EditError):
        return None


def is_readable(target: Target) -> bool:
    """Return whether a file is as it must be for its host, or is not there."""
    try:
        text = _text(target.path)
        if text is not None:
            target.put(text, "")
    except (OcmError, EditError):
        return False
    return True


def server_entry(target: Target) -> Server | None:
    """Return the entry of ocm's server in a file, None where there is none."""
    try:
        return target.server(text_of(target) or target.blank) if target.server else None
    except EditError:
        return None


def _text(path: str) -> str | None:
    data = file_changes.read(path)
    return None if data is None else plain_text.decode(data)[0]


def is_there(target: Target) -> bool:
    """Return whether ocm's part is in a file."""
    try:
        text = _text(target.path)
        return text is not None and _holds(target, text)
    except (OcmError, EditError):
        return False


def _holds(target: Target, text: str) -> bool:
    """Return whether ocm's part is in a text, as ocm wrote it or as a person changed it."""
    return target.take(text, "") != text or bool(target.changed(text))


def _checked(host: HostConfig, place: Place, store: Store) -> Checked:
    known = manifest.load(place.root, user=place.is_user)
    place = replace(place, refused=host.name in known.refused or host.default == NONE)
    found = Checked(host, place)
    everything = [target for one in HOSTS.values() if place.level in one.levels for target in one.targets(place)]
    for target in host.targets(place):
        moved = left_behind.elsewhere(target, known, everything)
        finding = _moved(found, target, moved) if moved else _file_problem(found, target)
        found.findings += [finding] if finding else []
    if found.findings:
        return found
    found.findings = _switched_off(found)
    warnings = host.warnings(place)
    found.findings += [Finding("host-settings", warning, _next_step(found), host.name) for warning in warnings]
    hooks = next(iter(_hooks(host.targets(place))), None)
    text = _text(hooks.path) if hooks else None
    profile = host.hooks.installed(text) if host.hooks and text else ""
    if host.hooks and hooks and profile:
        found.events = host.hooks.events(profile)
        since = os.stat(hooks.path).st_mtime - 1
        found.seen = hook_evidence.evidence(store, host.name, since)
        doubts = [] if found.seen.events else host.doubts(place)
        found.findings += [Finding("host-settings", doubt, _next_step(found), host.name) for doubt in doubts]
        found.findings = found.findings or _silent_hooks(found)
    return found


def _file_problem(found: Checked, target: Target) -> Finding | None:
    """Return the problem with one file of a host, if there is any."""
    name = found.host.title
    try:
        text = _text(target.path)
        wanted = target.put(target.blank if text is None else text, "")
        is_there = text is not None and _holds(target, text)
        found.has_server |= is_there and "server" in target.what
    except EditError as error:
        problem = f"{name} cannot read {target.path}, line {error.line}: {error.why}."
        return Finding("config-readable", problem, "Correct that in an editor.", found.host.name, target.path)
    except OcmError as error:
        return Finding("config-readable", error.message, error.next_step, found.host.name, target.path)
    if wanted == (target.blank if text is None else text) or (target.whole and text and not is_there):
        return None
    how = "is not what ocm writes" if is_there else "is missing"
    command = "install" if found.place.is_user else "init"
    return Finding(
        "set-up",
        f"{name}: ocm's part of {target.path} ({target.what}) {how}.",
        _SET_UP_AGAIN.format(f"{command} --host {found.host.name}"),
        found.host.name,
        target.path,
        lambda: _set_up_again(found),
    )


def _switched_off(found: Checked) -> list[Finding]:
    """Return what keeps a host from starting the server as its own entry says."""
    problems = []
    for target in found.host.targets(found.place):
        entry = server_entry(target)
        if entry is None:
            continue
        if entry.get("enabled") is False or entry.get("disabled") is True:
            switch = '"enabled": false' if entry.get("enabled") is False else '"disabled": true'
            problems.append(
                Finding(
                    "host-settings",
                    f'{target.path} turns the MCP server "{SERVER}" off ({switch}).',
                    "Turn it on there, or in the assistant's own list of servers.",
                    found.host.name,
                    target.path,
                )
            )
        command = entry.get("command")
        program = command[0] if isinstance(command, list) and command else command
        if isinstance(program, str) and os.path.isabs(program) and not os.access(program, os.X_OK):
            problem = f"{target.path} starts {program}, which is not there."
            problems.append(Finding("commands", problem, "Correct that path.", found.host.name, target.path))
    return problems


def _moved(found: Checked, target: Target, moved: str) -> Finding:
    """Return the finding about a file that was set up where nothing looks for it now."""
    return Finding(
        "moved",
        f"{found.host.title} was set up in {os.path.dirname(moved)}; from here it reads {target.path}.",
        "Set the variable that moves its folder as it was set then, or take the old set-up out with: ocm uninstall",
        found.host.name,
        target.path,
    )


def _set_up_again(found: Checked) -> None:
    place, names = found.place, [found.host.name]
    if place.is_user:
        install.plan_install(hosts=names).apply()
    else:
        install.plan_init(place.root, cwd=place.root, hosts=names, local=place.level == LOCAL).apply()


def _next_step(found: Checked) -> str:
    steps = found.host.steps(found.place)
    return steps[0] if steps else f"Look at the hooks in {found.host.title}, then start a new conversation."


def _silent_hooks(found: Checked) -> list[Finding]:
    """Return the hooks that did not fire although the host was used."""
    if not found.seen.used:
        return []
    name, when = found.host.title, hook_evidence.iso_time(found.seen.used)
    if not found.seen.events:
        problem = f"{name} was used ({when}) and none of its hooks fired."
        return [Finding("firing", problem, _next_step(found), found.host.name)]
    silent = found.seen.silent(found.events)
    if not silent:
        return []
    problem = f"{name} was used ({when}) and {', '.join(silent)} never fired."
    return [Finding("firing", problem, _next_step(found), found.host.name)]
