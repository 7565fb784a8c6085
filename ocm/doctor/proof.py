"""The proof that it records: a hook is fired and the server started as each host would, and nothing of it is left."""

import os
import shlex
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ocm.doctor import host_checks, live_checks, reach
from ocm.edit.plain_text import EditError
from ocm.hosts.config.hook_commands import EVENTS, called
from ocm.hosts.config.hook_files import Hooks
from ocm.hosts.config.hook_target import Slot
from ocm.hosts.config.host_config import HostConfig, Place
from ocm.setup.scope import Scope

_CALL = "post-tool-use"
_SH = "/bin/sh"  # which hosts start, whatever is on the PATH
_VARIABLE = "${workspaceFolder}"
_WINDOWS = ("windows", "commandWindows", "powershell")  # where a handler has a line for Windows beside the other
_NO_PROGRAM = "{} is not on the PATH{}: install ocm-journal with pipx or `uv tool install`"


@dataclass(slots=True)
class Proof:
    """Which hosts record, as was tried out, which have a server alone, and what is missing for each of the others."""

    records: list[str] = field(default_factory=list)
    served: list[str] = field(default_factory=list)
    missing: dict[str, str] = field(default_factory=dict)

    def sentences(self) -> list[str]:
        """Return what to say of it: it records, or this is missing."""
        said = [f"{title} does not record yet: {why}" for title, why in self.missing.items()]
        if self.served:
            said.append(f"In {', '.join(self.served)} checkpoints alone are recorded, for there are no hooks of ocm.")
        if self.records:
            said.append(f"It records: a hook of {', '.join(self.records)} was fired, and the server answered.")
        return said


def prove(scope: Scope, cwd: str, names: Sequence[str] = ()) -> Proof:
    """Try out every host that is set up in a scope, or those of `names`."""
    proof = Proof()
    out_of_reach = {} if scope.is_user else {one.host: one for one in reach.in_folder(cwd, scope)}
    answers: dict[tuple[str, ...], str] = {}
    for host, place in host_checks.set_up(scope):
        if names and host.name not in names:
            continue
        why = f"{found.message} {found.next_step}." if (found := out_of_reach.get(host.name)) else ""
        why = why or _missing(host, place, answers)
        kind = proof.records if next(_hooks(host, place), None) else proof.served
        if why:
            proof.missing.setdefault(host.title, why)
        elif host.title not in kind:
            kind.append(host.title)
    return proof


def _missing(host: HostConfig, place: Place, answers: dict[tuple[str, ...], str]) -> str:
    """Return the first thing that keeps a host from recording, empty when it does."""
    search = reach.desktop_path() if host.window else os.environ.get("PATH", "")
    where = " that a desktop gives it" if host.window else ""
    for command, variables in _servers(host, place):
        why = answers.get(command)
        if why is None:
            why = live_checks.server_failure(_folder(place), command, {**variables, "PATH": search})
            answers[command] = why
        if why:
            return f"its MCP server ({command[0]}) does not answer: {why}."
    for words, event in _hooks(host, place):
        if shutil.which("ocm-hook", path=search) is None and _needs_path(words):
            return _NO_PROGRAM.format("ocm-hook", where) + "."
        why = live_checks.hook_failure(host.name, words, event, _folder(place), search)
        if why:
            return f"its hook was fired and recorded nothing: {why}."
    unreadable = [target.path for target in host.targets(place) if not host_checks.is_readable(target)]
    warnings = [f"{path} cannot be read." for path in unreadable] + host.warnings(place)
    return next(iter(warnings), "")


def _folder(place: Place) -> str:
    return os.path.expanduser("~") if place.is_user else place.root


def _needs_path(words: Sequence[str]) -> bool:
    return "/ocm-hook" not in words[-1] and "\\ocm-hook" not in words[-1]


def _servers(host: HostConfig, place: Place) -> Iterator[tuple[tuple[str, ...], dict[str, str]]]:
    """Return the command line of the server as the host's file has it, and its variables."""
    for target in host.targets(place):
        entry = host_checks.server_entry(target)
        if entry is not None:
            command, arguments = entry.get("command"), entry.get("args")
            parts = [command] if isinstance(command, str) else command if isinstance(command, list) else []
            parts = [*parts, *(arguments if isinstance(arguments, list) else [])]
            words = tuple(os.path.expanduser(str(part).replace(_VARIABLE, place.root)) for part in parts)
            if words:
                yield words, _variables(entry, place)


def _variables(entry: Mapping[str, Any], place: Place) -> dict[str, str]:
    held = entry.get("env", entry.get("environment"))
    pairs = held.items() if isinstance(held, dict) else ()
    return {str(name): str(value).replace(_VARIABLE, place.root) for name, value in pairs}


def _hooks(host: HostConfig, place: Place) -> Iterator[tuple[list[str], str]]:
    """Return the command line of the hook that tells of a call, or else of another, as the host's file has it."""
    if host.hooks is None:
        return
    found = {}
    for target in host.targets(place):
        text = host_checks.text_of(target) if target.what == "hooks" else None
        if text and host.hooks.script:
            found[_CALL] = ["ocm-hook", _CALL, "--tool", host.name]
        for slot in _slots(host.hooks, text) if text and not host.hooks.script else ():
            line = _line(slot.handler)
            found |= {event: _shell(line) for event in called(slot.handler) if line and event in EVENTS}
    event = _CALL if _CALL in found else next(iter(found), "")
    if event:
        yield found[event], event


def _slots(hooks: Hooks, text: str) -> list[Slot]:
    try:
        return hooks.held(text)
    except EditError:
        return []


def _line(handler: Mapping[str, Any]) -> str:
    """Return the command line that a handler has for this system."""
    own = [*_WINDOWS, "command", "bash"] if os.name == "nt" else ["command", "bash"]
    inner = handler.get("action")
    holder = {**(inner if isinstance(inner, dict) else {}), **handler}
    line = next((str(holder[name]) for name in own if isinstance(holder.get(name), str)), "")
    arguments = holder.get("args")
    if isinstance(arguments, list) and line:
        return shlex.join([line, *map(str, arguments)])
    return line


def _shell(line: str) -> list[str]:
    if os.name == "nt":  # pragma: no cover - Windows
        return ["powershell", "-NoProfile", "-Command", line] if "Get-Command" in line else ["cmd", "/c", line]
    return [_SH if os.path.exists(_SH) else "sh", "-c", line]
