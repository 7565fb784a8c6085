"""Whether what was set up reaches the folder and the PATH with which a host works: that is not always this shell's."""

import os
import shutil
import sys

from ocm.doctor import host_checks
from ocm.doctor.findings import Finding
from ocm.doctor.host_checks import Checked
from ocm.hosts.config.host_config import LOCAL, PROJECT, HostConfig, Place
from ocm.setup.scope import Scope, user_scope
from ocm.store import paths
from ocm.store.paths import Store

_UNIX = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")
_OWN = (".local/bin", "bin")  # which most distributions put on the PATH of a desktop, where they are there
_MAC = ("/usr/bin", "/bin", "/usr/sbin", "/sbin")


def check(cwd: str, store: Store) -> list[Finding]:
    """Return which hosts pass over the set-up because of the folder they are started in."""
    if not paths.user_store() or store.is_user:
        return []
    found = in_folder(cwd, Scope(store.root, store.path))
    main = paths.main_worktree(store.root)
    return found + (_in_worktree(main, store, _everywhere()) if main else [])


def in_folder(cwd: str, scope: Scope) -> list[Finding]:
    """Return which hosts do not look upwards from the folder `cwd` to the project that was set up."""
    here, root = os.path.realpath(cwd), os.path.realpath(scope.root)
    if here == root or not here.startswith(root + os.sep):
        return []
    everywhere = _everywhere()
    return [
        Finding(
            "folder",
            f"{host.title} started in {here} does not read the settings in {root}, so no hook fires there.",
            f"Start it in {root}, or set it up for all folders with: ocm install --host {host.name}",
            host.name,
        )
        for host, place in host_checks.set_up(scope)
        if host.here_only and place.level == PROJECT and host.name not in everywhere
    ]


def _everywhere() -> set[str]:
    """Return the hosts that are set up for all folders of this user."""
    return {host.name for host, _ in host_checks.set_up(user_scope())}


def _in_worktree(main: str, store: Store, everywhere: set[str]) -> list[Finding]:
    """Return the hosts that are set up in the main worktree, by files that are not in this one."""
    found: dict[str, Finding] = {}
    here = {(host.name, place.level) for host, place in host_checks.set_up(Scope(store.root, store.path))}
    for host, place in host_checks.set_up(Scope(main, store.path)):
        missing = _missing(host, place, store.root)
        if missing and (host.name, place.level) not in here and host.name not in everywhere:
            advice = "Commit them" if place.level == PROJECT else "Set this worktree up too"
            found[host.name] = Finding(
                "worktree",
                f"{host.title} is set up in {main}, and what it reads is not in this worktree: {', '.join(missing)}.",
                f"{advice}, or run here: ocm init{' --local' * (place.level == LOCAL)} --host {host.name}",
                host.name,
            )
    return list(found.values())


def _missing(host: HostConfig, place: Place, root: str) -> list[str]:
    inside = os.path.join(place.root, "")
    own = [target for target in host.targets(place) if target.path.startswith(inside) and host_checks.is_there(target)]
    names = [os.path.relpath(target.path, place.root) for target in own]
    return sorted({name for name in names if not os.path.lexists(os.path.join(root, name))})


def desktop_path() -> str:
    """Return the PATH that a desktop gives to what is started from it, as far as that is known."""
    if sys.platform == "win32":  # pragma: no cover - there the registry has one for all
        return os.environ.get("PATH", "")
    if sys.platform == "darwin":  # pragma: no cover - macOS
        return os.pathsep.join(_MAC)
    own = [os.path.join(os.path.expanduser("~"), name) for name in _OWN]
    return os.pathsep.join([*filter(os.path.isdir, own), *_UNIX])


def from_desktop(hosts: list[Checked]) -> list[Finding]:
    """Return which programs a host with a window cannot find, because a desktop's PATH is not the shell's."""
    path = desktop_path()
    concerned = [host for host in hosts if host.host.window and (host.events or host.has_server)]
    needed = [("ocm-hook", any(host.events for host in concerned)), ("ocm", any(one.has_server for one in concerned))]
    missing = [found for name, wanted in needed if wanted and (found := _only_here(name, path))]
    if not missing:
        return []
    titles = ", ".join(dict.fromkeys(host.host.title for host in concerned))
    return [
        Finding(
            "desktop-path",
            f"{' and '.join(missing)} cannot be found on the PATH that a desktop gives to {titles}.",
            "Start it from this shell, or link both programs into /usr/local/bin.",
            path=missing[0],
        )
    ]


def _only_here(name: str, path: str) -> str:
    """Return where a program is that this shell finds and that `path` does not lead to."""
    here = shutil.which(name)
    return here if here and shutil.which(name, path=path) is None else ""
