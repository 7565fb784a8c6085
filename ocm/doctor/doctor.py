"""`ocm doctor`: tries out whether everything works, never trusting the configuration, and fixes what is safe to fix."""

import os
import shutil
from dataclasses import dataclass, field
from typing import Any

from ocm.base.errors import OcmError
from ocm.doctor import (
    duplicates,
    history_checks,
    host_checks,
    live_checks,
    reach,
    said_checks,
    store_checks,
    transcripts,
)  # fmt: skip
from ocm.doctor.findings import Finding
from ocm.doctor.host_checks import Checked
from ocm.doctor.said_checks import CacheRow
from ocm.doctor.transcripts import Conversation
from ocm.hosts.config.all_hosts import HOSTS
from ocm.setup import install
from ocm.setup.scope import Scope, user_scope
from ocm.store import paths, trust
from ocm.store.paths import Store

# These hosts run a hook that is in both places once.
_RUN_ONCE = frozenset({"claude-code", "gemini-cli", "opencode", "copilot", "cline"})
_NAMED = 5
_NO_HOST = Finding("hosts", "No assistant is set up here, so nothing is recorded.", "Run: ocm init")
_INSTALL = "Install ocm-journal with pipx or `uv tool install`, or put the folder it is in on the PATH."


@dataclass(slots=True)
class Report:
    """What was checked, which problems were found, and which of them were fixed."""

    store: Store | None
    hosts: list[Checked] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    unrecorded: list[Conversation] = field(default_factory=list)
    fixed: list[Finding] = field(default_factory=list)
    transcripts: CacheRow | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the report as a script reads it."""
        return {
            "store": self.store.path if self.store else None,
            "hosts": [host.as_json() for host in self.hosts],
            "findings": [finding.as_json() for finding in self.findings],
            "unrecorded": [one.as_json() for one in self.unrecorded],
            "fixed": [finding.as_json() for finding in self.fixed],
            "transcripts": self.transcripts,
        }


def examine(cwd: str) -> Report:
    """Return the problems of the set-up that serves a folder."""
    store = paths.find_store(cwd)
    if store is None:
        problem = f"There is no session store for {os.path.abspath(cwd)}."
        return Report(None, findings=[Finding("store", problem, "Create one with: ocm init")])
    trust.settle(store)
    report = Report(store, findings=[*store_checks.check(store), *history_checks.check(store), *said_checks.check()])
    report.transcripts = said_checks.cache()
    for scope in _scopes(store):
        report.hosts += host_checks.check(scope, store)
    for host in report.hosts:
        report.findings += host.findings
    report.findings += _hooked_twice(report.hosts) + _commands(store.root, report.hosts)
    twice = {finding.host for finding in report.findings if finding.check == "twice"}
    hosts = {host.host.name: host.host for host in report.hosts}
    for name, config in hosts.items():
        report.findings += [] if name in twice else duplicates.check(config, store.root)
    report.findings += reach.check(cwd, store) + reach.from_desktop(report.hosts)
    report.unrecorded = transcripts.unrecorded(store)
    report.findings += _unrecorded(report.unrecorded)
    if not report.hosts and not report.findings:
        report.findings.append(_NO_HOST)
    return report


def not_recorded(cwd: str, store: Store) -> list[Finding]:
    """Return why what is done in a folder is not recorded or cannot be saved, as far as shows without trying it out."""
    hosts = [host for scope in _scopes(store) for host in host_checks.check(scope, store)]
    found = [*reach.check(cwd, store), *_absent(_needed(hosts)), *(one for host in hosts for one in host.findings)]
    return found if hosts or found else [_NO_HOST]


def _unrecorded(found: list[Conversation]) -> list[Finding]:
    """Return findings for each host that had conversations here of which nothing, or checkpoints alone, were kept."""
    named: dict[tuple[str, bool], list[Conversation]] = {}
    for one in found:
        named.setdefault((one.host, bool(one.kept_as)), []).append(one)
    findings = []
    for (name, is_kept), several in named.items():
        ids = ", ".join(_named(one) for one in several[:_NAMED])
        more = f" and {len(several) - _NAMED} more" if len(several) > _NAMED else ""
        what = "only the checkpoints were recorded, for no hook fired" if is_kept else "nothing was recorded"
        problem = f"{HOSTS[name].title} had conversations here of which {what}: {ids}{more}."
        advice = "The other problems may say why; else start a new one here, and look again."
        findings.append(Finding("unrecorded", problem, advice, name, several[0].path))
    return findings


def _named(one: Conversation) -> str:
    kept = f", kept as {one.kept_as}" if one.kept_as else ""
    return f"{one.session_id} ({one.began[:10]}{kept})"


def fix(cwd: str) -> Report:
    """Fix what is safe to fix; return the problems that are left, and those that were fixed.

    Raises:
        OcmError: when something that should be safe could not be done.
    """
    before = examine(cwd)
    fixable = [(finding, finding.fix) for finding in before.findings if finding.fix]
    if not fixable:
        return before
    for finding, fix in fixable:
        try:
            fix()
        except OSError as error:
            raise OcmError(f"{finding.message} That could not be fixed: {error.strerror}.", finding.next_step) from None
    after = examine(cwd)
    left = {(finding.check, finding.message) for finding in after.findings}
    after.fixed = [finding for finding, _ in fixable if (finding.check, finding.message) not in left]
    return after


def _scopes(store: Store) -> list[Scope]:
    if not paths.user_store():
        return []  # without a user store nothing can be set up, and what was set up is unknown
    user = user_scope()
    return [user] if store.is_user else [Scope(store.root, store.path), user]


def _hooked_twice(hosts: list[Checked]) -> list[Finding]:
    """Return a finding for each host that runs every hook twice: once for the project, once for all projects."""
    named: dict[str, list[Checked]] = {}
    for host in hosts:
        if host.events and host.host.name not in _RUN_ONCE:
            named.setdefault(host.host.name, []).append(host)
    return [
        Finding(
            "twice",
            f"{several[0].host.title} has ocm's hooks for this project and for all, so each call may be counted twice.",
            f"Remove one of the two, for example with: ocm init --hooks {name}=none",
            name,
        )
        for name, several in named.items()
        if len(several) > 1
    ]


def _commands(root: str, hosts: list[Checked]) -> list[Finding]:
    """Return the problems of the programs that hosts start, after trying them out."""
    needed = _needed(hosts)
    there = [name for name in needed if shutil.which(name)]
    found = _absent(needed)
    if "ocm-hook" in there:
        found += _hook_command(sorted({host.host.name for host in hosts if "pre-tool-use" in host.events}))
    if "ocm" in there:
        found += _server(root)
    return found


def _needed(hosts: list[Checked]) -> list[str]:
    """Return the programs that the hosts start."""
    wanted = (
        ("ocm-hook", any("pre-tool-use" in host.events for host in hosts)),
        ("ocm", any(one.has_server for one in hosts)),
    )
    return [name for name, is_wanted in wanted if is_wanted]


def _absent(needed: list[str]) -> list[Finding]:
    missing = [name for name in needed if shutil.which(name) is None]
    are = "is" if len(missing) == 1 else "are"
    problem = f"{' and '.join(missing)} {are} not on the PATH, so no host can start it."
    return [Finding("commands", problem, _INSTALL)] if missing else []


def _hook_command(hooked: list[str]) -> list[Finding]:
    command = str(shutil.which("ocm-hook"))
    found = []
    if install.is_shim(command):
        problem = f"{command} is a version manager's shim: it adds about 0.4 s to every tool call."
        found.append(Finding("slow-hook", problem, _INSTALL, path=command))
    elif install.in_environment(command):
        problem = f"{command} is on the PATH only while its environment is active."
        found.append(Finding("commands", problem, _INSTALL, path=command))
    failing = [name for name in hooked if not live_checks.gate_denies(name)]
    if failing:
        problem = f"The gate does not work in {', '.join(failing)}: {command} did not deny a call it had to deny."
        found.append(Finding("gate", problem, "Reinstall this version of ocm-journal.", path=command))
    return found


def _server(root: str) -> list[Finding]:
    why = live_checks.server_failure(root)
    if not why:
        return []
    return [
        Finding("server", f"The MCP server does not answer: {why}.", "Run `ocm serve` in a shell to see its error.")
    ]
