"""`ocm doctor`: proves that everything works instead of believing the configuration, and mends what is safe to mend."""

import os
import shutil
from dataclasses import dataclass, field
from typing import Any

from ocm.base.errors import OcmError
from ocm.doctor import host_checks, live_checks, store_checks
from ocm.doctor.findings import Finding
from ocm.doctor.host_checks import Checked
from ocm.setup import install
from ocm.setup.scope import Scope, user_scope
from ocm.store import paths
from ocm.store.paths import Store

# There a call that both see is told of once.
_ONCE = frozenset({"claude-code", "gemini-cli", "opencode", "copilot", "cline"})
_INSTALL = "Install ocm-journal with pipx or `uv tool install`, or put the folder it is in on the PATH."


@dataclass(slots=True)
class Report:
    """What was looked at, what is wrong, and what was mended."""

    store: Store | None
    hosts: list[Checked] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    fixed: list[Finding] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """Return it for a script."""
        return {
            "store": self.store.path if self.store else None,
            "hosts": [host.as_json() for host in self.hosts],
            "findings": [finding.as_json() for finding in self.findings],
            "fixed": [finding.as_json() for finding in self.fixed],
        }


def examine(cwd: str) -> Report:
    """Return what is wrong with the set-up that serves a folder."""
    store = paths.find_store(cwd)
    if store is None:
        said = f"There is no session store for {os.path.abspath(cwd)}."
        return Report(None, findings=[Finding("store", said, "Make one with: ocm init")])
    report = Report(store, findings=store_checks.check(store))
    for scope in _scopes(store):
        report.hosts += host_checks.check(scope, store)
    for host in report.hosts:
        report.findings += host.findings
    report.findings += _twice(report.hosts) + _commands(store.root, report.hosts)
    return report


def fix(cwd: str) -> Report:
    """Mend what is safe to mend and return what is left, and what was mended.

    Raises:
        OcmError: when something that should be safe could not be done.
    """
    before = examine(cwd)
    mended = [(finding, finding.fix) for finding in before.findings if finding.fix]
    if not mended:
        return before
    for finding, fix in mended:
        try:
            fix()
        except OSError as error:
            raise OcmError(
                f"{finding.message} That could not be mended: {error.strerror}.", finding.next_step
            ) from None
    after = examine(cwd)
    left = {(finding.check, finding.message) for finding in after.findings}
    after.fixed = [finding for finding, _ in mended if (finding.check, finding.message) not in left]
    return after


def _scopes(store: Store) -> list[Scope]:
    if not paths.user_store():
        return []  # where nothing can be set up, and nothing be known of what was
    user = user_scope()
    return [user] if store.is_user else [Scope(store.root, store.path), user]


def _twice(hosts: list[Checked]) -> list[Finding]:
    """Return the hosts that run the hooks of a project and those of all projects, and so every hook twice."""
    named: dict[str, list[Checked]] = {}
    for host in hosts:
        if host.events and host.host.name not in _ONCE:
            named.setdefault(host.host.name, []).append(host)
    return [
        Finding(
            "twice",
            f"{several[0].host.title} has ocm's hooks for this project and for all, so each call may count twice.",
            f"Take one away, such as with: ocm init --hooks {name}=none",
            name,
        )
        for name, several in named.items()
        if len(several) > 1
    ]


def _commands(root: str, hosts: list[Checked]) -> list[Finding]:
    """Return what is wrong with the programs that hosts start, and whether they do their work."""
    hooked = sorted({host.host.name for host in hosts if "pre-tool-use" in host.events})
    served = any(host.has_server for host in hosts)
    needed = [name for name, wanted in (("ocm-hook", hooked), ("ocm", served)) if wanted]
    missing = [name for name in needed if shutil.which(name) is None]
    found = []
    if missing:
        are = "is" if len(missing) == 1 else "are"
        found.append(
            Finding("commands", f"{' and '.join(missing)} {are} not on the PATH, so no host can start it.", _INSTALL)
        )
    if hooked and "ocm-hook" not in missing:
        found += _hook(hooked)
    if served and "ocm" not in missing:
        found += _server(root)
    return found


def _hook(hooked: list[str]) -> list[Finding]:
    command = str(shutil.which("ocm-hook"))
    found = []
    if install.is_shim(command):
        said = f"{command} is a version manager's shim: it costs every call of a tool some 0.4 s."
        found.append(Finding("slow-hook", said, _INSTALL, path=command))
    elif install.in_environment(command):
        said = f"{command} is on the PATH only while its environment is active."
        found.append(Finding("commands", said, _INSTALL, path=command))
    powerless = [name for name in hooked if not live_checks.gate_denies(name)]
    if powerless:
        said = f"The gate cannot hold anything back in {', '.join(powerless)}: {command} does not deny a call too many."
        found.append(Finding("gate", said, "Install this version of ocm-journal anew.", path=command))
    return found


def _server(root: str) -> list[Finding]:
    why = live_checks.server_answers(root)
    if not why:
        return []
    return [Finding("server", f"The MCP server does not answer: {why}.", "Run ocm serve in a shell to see more.")]
