"""Files that a set-up wrote where nothing looks for them now: a variable that had moved a host's folder is not set.

The manifest names them. What they hold of ocm is taken out as in any file of that name.
"""

import os
from collections.abc import Collection, Sequence
from dataclasses import replace

from ocm.hosts.config import codex
from ocm.hosts.config.all_hosts import HOSTS
from ocm.hosts.config.targets import Target, combined
from ocm.setup.manifest import Manifest
from ocm.setup.scope import Scope

_CODEX = "config.toml"


def targets(
    scope: Scope, known: Manifest, here: Sequence[Target], hosts: Sequence[str], left: Sequence[str]
) -> list[Target]:
    """Return a target for each file of the manifest that is not among `here`, and that no host of `left` may need."""
    found = []
    for path in _missing_from(here, known):
        stays = any(_named(path, scope, [name]) for name in left)
        parts = [] if stays else _named(path, scope, hosts)
        if parts or not (left or stays):
            found.append(combined([*parts, _as_it_was(path)]))
    return found


def elsewhere(target: Target, known: Manifest, here: Sequence[Target]) -> str:
    """Return where the manifest has a file like `target` that nothing looks for now; empty when there is none."""
    if os.path.realpath(target.path) in known.entries:
        return ""
    name = os.path.basename(target.path)
    found = [path for path in _missing_from(here, known) if os.path.basename(path) == name and os.path.isfile(path)]
    return found[0] if found else ""


def _missing_from(here: Sequence[Target], known: Manifest) -> list[str]:
    looked_at: Collection[str] = {os.path.realpath(target.path) for target in here}
    return [path for path in known.entries if path not in looked_at]


def _named(path: str, scope: Scope, hosts: Sequence[str]) -> list[Target]:
    """Return what hosts have in files of the same name, as targets for this one."""
    name = os.path.basename(path)
    of_all = [
        target
        for level in scope.levels()
        for host in level.supported(hosts)
        for target in HOSTS[host].targets(level.place(host))
    ]
    found = [replace(target, path=path) for target in of_all if os.path.basename(target.path) == name]
    if name == _CODEX and found:
        found.append(codex.trust_target(path, os.path.join(os.path.dirname(path), "hooks.json")))
    return found


def _as_it_was(path: str) -> Target:
    """Return the target that restores a file which nobody touched since."""
    return Target(path, "ocm's part", _same, _same)


def _same(text: str, _before: str) -> str:
    return text
