"""Installs ocm for a project or a user, and uninstalls it, as a plan that is complete before anything is written.

Uninstalling restores other people's files byte for byte; what they changed in them meanwhile stays.
"""

import os
import shutil
import stat
from collections.abc import Mapping, Sequence
from fnmatch import fnmatch

from ocm.base.errors import OcmError
from ocm.edit import plain_text
from ocm.hosts.config.all_hosts import HOSTS
from ocm.hosts.config.hook_files import NONE
from ocm.hosts.config.host_config import LOCAL, PROJECT
from ocm.hosts.config.targets import Target
from ocm.setup import changed_entries, file_changes, left_behind, manifest
from ocm.setup.file_changes import UnfitFileError
from ocm.setup.manifest import Manifest
from ocm.setup.plan import Call, MakeFolder, Plan, RemoveEntries, WriteFile
from ocm.setup.scope import (
    DEFAULT_HOST,
    HookChoice,
    Scope,
    by_file,
    check_names,
    choose,
    found_hosts,
    installed_scope,
    project_scope,
    user_scope,
)
from ocm.store import config, paths, registry, trust

COMMANDS = ("ocm-hook", "ocm")

# What ocm creates in a store. The user store may be any folder, so nothing else in it is ever removed.
_CREATED_NAMES = (
    *(paths.SESSIONS, "memory.*", "transcripts.*", "active_*.jsonl", "taken_*", "journal.rejected*"),
    *("hook.log*", "config.json*", "session_*.lock", "names.lock", "import.lock", ".gitignore", "forgotten", "imports"),
)


def plan_init(  # noqa: PLR0913 - each is an option of its own
    project: str | None = None,
    *,
    cwd: str,
    profiles: Mapping[str, str] | None = None,
    hosts: Sequence[str] = (),
    everything: bool = False,
    local: bool = False,
) -> Plan:
    """Plan the set-up of a project: exactly the folder `project`, else the nearest one with `.git`, else `cwd`.

    Without names of `hosts` those found are set up. A host without a profile keeps the one it has, or gets its default.
    `local` writes only files that are the user's alone.

    Raises:
        OcmError: when a file is not of the form it should have; nothing is written then, the store neither.
    """
    scope = project_scope(project, cwd, LOCAL if local else PROJECT)
    root = scope.root
    if os.path.realpath(scope.store) == os.path.realpath(paths.own_store()):
        raise OcmError(
            f"{scope.store} is the store of the whole user, so {root} cannot have one of its own.",
            "Run `ocm install` to set ocm up for all projects, or name a project with --project.",
        )
    names = choose(hosts, profiles or {}, everything=everything, scope=scope)
    trust.settle(paths.Store(scope.store, root))
    plan = _set_up(scope, profiles or {}, names, config.load(paths.user_store(), scope.store))
    _plan_trust(scope, plan)
    if not registry.is_registered(root, scope.store):
        plan.steps.append(Call(registry.path(), "register the project", lambda: registry.register(root, scope.store)))
    plan.notices = _notices(scope, plan) + _folders_not_reached(scope, cwd, names) + plan.notices
    plan.warnings += _project_warnings(scope)
    return _checked(plan)


def host_titles() -> dict[str, str]:
    """Return every host that can be set up, each with what it is called."""
    return {name: host.title for name, host in HOSTS.items()}


def _plan_trust(scope: Scope, plan: Plan) -> None:
    """Plan to know a new store for one of this user; one that came along is only noted, until it is accepted."""
    if trust.came_along(scope.store):
        if not trust.is_noted(scope.store):
            noted = lambda: trust.note(scope.store, trust.SEEN)  # noqa: E731
            plan.steps.append(Call(trust.path(), "note where the store is from", noted))
        plan.warnings.append(f"{scope.store} came with sessions not made here: look at them, then run `ocm trust`.")
    elif not trust.is_bound(scope.store):
        plan.steps.append(Call(trust.path(), "know the store again", lambda: trust.bind(scope.store)))


def may_be_local(project: str | None, cwd: str, hosts: Sequence[str]) -> list[str]:
    """Return which hosts could be set up for one user alone, while it is open for whom: nothing is set up yet."""
    scope = project_scope(project, cwd, LOCAL)
    fit = scope.supported(hosts or found_hosts(HOSTS, scope) or [DEFAULT_HOST])
    return [] if manifest.load(scope.root, user=False).hosts else [HOSTS[name].title for name in fit]


def plan_install(
    *, profiles: Mapping[str, str] | None = None, hosts: Sequence[str] = (), everything: bool = False
) -> Plan:
    """Plan the set-up for every project of the user: the user store and the hosts' own settings.

    Raises:
        OcmError: when a file is not of the form it should have; nothing is written then, the store neither.
    """
    scope = user_scope()
    names = choose(hosts, profiles or {}, everything=everything, scope=scope)
    return _checked(_set_up(scope, profiles or {}, names, config.load(scope.store)))


def plan_uninstall(
    project: str | None = None,
    *,
    cwd: str,
    everywhere: bool = False,
    purge: bool = False,
    hosts: Sequence[str] = (),
) -> Plan:
    """Plan to take ocm out of a project, or with `everywhere` out of the user's settings; `purge` empties the store.

    With names of `hosts` it stays in the files that others of the same set-up read.

    Raises:
        OcmError: when a file that holds ocm's part is not of the form it should have; nothing is written then.
    """
    check_names(hosts)
    scope = user_scope() if everywhere else installed_scope(project, cwd)
    if not scope.is_user:
        trust.settle(paths.Store(scope.store, scope.root))
    known = manifest.load(scope.root, user=scope.is_user)
    left = [name for name in known.hosts if name in HOSTS and name not in hosts] if hosts else []
    # Backwards: hooks without the tool that opens their gate would be the worst of half-done states.
    targets = _targets_to_remove(scope, hosts or list(HOSTS), left)
    targets += left_behind.targets(scope, known, targets, hosts or list(HOSTS), left)
    plan = Plan([step for target in reversed(targets) if (step := file_changes.uninstall_step(target, known))])
    stays = changed_entries.named(targets, plan.steps, known)
    plan.stays = [sentence for said in stays.values() for sentence in said]
    if known.damaged:
        plan.warnings.append(f"{known.path} cannot be read, so ocm's entries are taken out one by one.")
    if left:
        known.hosts = left
        if plan.steps:
            keep = Call(known.path, "keep what the other files held before", lambda: manifest.keep(known))
            plan.steps.append(keep)
        return _checked(plan)
    if not scope.is_user and registry.is_registered(scope.root):
        if not purge and trust.is_trusted(paths.Store(scope.store, scope.root)):
            known_here = "remember that the sessions were made here"
            plan.steps.append(Call(trust.path(), known_here, lambda: trust.bind(scope.store)))
        plan.steps.append(Call(registry.path(), "forget the project", lambda: registry.unregister(scope.root)))
    _plan_store_removal(scope, plan, purge=purge)
    known.folders += [scope.store] * (scope.is_user and purge)
    kept = {path: known.entries[path] for path in stays if path in known.entries}
    if kept:
        if plan.steps or known.entries != kept:
            known.hosts, known.entries = [], kept
            plan.steps.append(Call(known.path, "keep what stays in mind", lambda: manifest.keep(known)))
    elif manifest.is_there(known) and not known.damaged:
        forget = Call(known.path, "forget what the files held before", lambda: manifest.forget(known))
        plan.steps.append(forget)
    return _checked(plan)


def plan_ignore(root: str) -> Plan:
    """Plan to have git ignore the store of a project."""
    scope = Scope(root, os.path.join(root, paths.STORE))
    known = manifest.load(root, user=False)
    targets = [target for target in scope.targets([]) if os.path.dirname(target.path) == root]
    plan = Plan()
    writes = [step for target in targets if (step := file_changes.install_step(target, known, 0o644))]
    _remember(plan, known, writes, {}, [])
    plan.steps += writes
    return _checked(plan)


def path_warnings() -> list[str]:
    """Return the problems of the commands that a host will look for on its PATH."""
    advice = "install ocm-journal with pipx or `uv tool install`, or put the folder it is in on the PATH"
    warnings = []
    for name in COMMANDS:
        found = shutil.which(name)
        if found is None:
            warnings.append(f"{name} is not on the PATH, so the assistant cannot start it: {advice}.")
        elif is_shim(found):
            warnings.append(f"{found} is a version manager's shim, which slows every call of a tool: {advice}.")
        elif in_environment(found):
            warnings.append(f"{found} is on the PATH only while its environment is active: {advice}.")
    return warnings


def is_shim(command: str) -> bool:
    """Return whether a command is a version manager's stand-in for the real one."""
    return "shims" in os.path.dirname(command).split(os.sep)


def in_environment(command: str) -> bool:
    """Return whether a command belongs to the environment that is active in this shell alone."""
    environment = os.environ.get("VIRTUAL_ENV")
    return bool(environment) and os.path.abspath(command).startswith(os.path.abspath(environment or "") + os.sep)


def _set_up(scope: Scope, profiles: Mapping[str, str], hosts: Sequence[str], settings: Mapping[str, int | str]) -> Plan:
    plan = Plan(warnings=path_warnings())
    known = manifest.load(scope.root, user=scope.is_user)
    chosen = HookChoice(profiles, settings["gate.deny"] == "all", tuple(known.refused))
    mode = 0o600 if scope.is_user else 0o644
    hosts = _fit(scope, hosts, chosen, plan)
    targets = scope.targets(hosts, chosen)
    writes = [step for target in targets if (step := file_changes.install_step(target, known, mode))]
    sessions = os.path.join(scope.store, paths.SESSIONS)
    if not (is_private(scope.store) and is_private(sessions)):
        plan.steps.append(MakeFolder(sessions, "create the private store"))
    _remember(plan, known, writes, profiles, hosts)
    plan.steps += writes
    if known.damaged:
        plan.warnings.append(f"{known.path} cannot be read, so what the files held before ocm is no longer known.")
    plan.warnings += _foreign_files(targets)
    changed = {os.path.realpath(step.path) for step in writes}
    for name in hosts:
        place = scope.place(name, chosen)
        if any(os.path.realpath(target.path) in changed for target in HOSTS[name].targets(place)):
            plan.notices += HOSTS[name].steps(place)
        plan.warnings += HOSTS[name].warnings(place)
    return plan


def _fit(scope: Scope, hosts: Sequence[str], chosen: HookChoice, plan: Plan) -> list[str]:
    """Return the hosts whose files can take ocm's part, and have the plan name the others.

    Raises:
        OcmError: when none of them can, or a file is not valid.
    """
    fit: list[str] = []
    first: UnfitFileError | None = None
    for name in hosts:
        try:
            _try(HOSTS[name].targets(scope.place(name, chosen)), manifest.load(scope.root, user=scope.is_user))
            fit.append(name)
        except UnfitFileError as error:
            first = first or error
            advice = error.next_step.partition(";")[0].rstrip(".")
            plan.left_out.append(f"{HOSTS[name].title} is not set up: {error.message} {advice}.")
    if first and not fit:
        raise first
    return fit


def _try(targets: Sequence[Target], known: Manifest) -> None:
    for target in targets:
        if file_changes.install_step(target, known, 0o644):
            file_changes.check_writable(target.path)


def _remember(
    plan: Plan, known: Manifest, writes: Sequence[WriteFile], profiles: Mapping[str, str], hosts: Sequence[str]
) -> None:
    """Plan to keep what the files held before, which folders are made, for which hosts, and what was refused."""
    none = {name for name, profile in profiles.items() if profile == NONE}
    refused = sorted((none | set(known.refused)) - (set(profiles) - none))
    if not writes and refused == known.refused:
        return
    made = [folder for path in (*(step.path for step in writes), known.path) for folder in _missing(path)]
    known.folders = sorted({*known.folders, *made})
    known.hosts = sorted({*known.hosts, *hosts})
    known.refused = refused
    plan.steps.append(Call(known.path, "keep what the files held before", known.save))


def _missing(path: str) -> list[str]:
    return file_changes.missing_folders(os.path.realpath(path) if os.path.islink(path) else path)


def _foreign_files(targets: Sequence[Target]) -> list[str]:
    """Return a warning for each file of ocm's own that somebody else wrote or changed."""
    warnings = []
    for target in targets:
        now = file_changes.read(target.path) if target.whole else None
        if now and target.take(plain_text.decode(now)[0], ""):
            warnings.append(f"{target.path} is not what ocm wrote, so it stays: move it away to get ocm's.")
    return warnings


def _targets_to_remove(scope: Scope, hosts: Sequence[str], left: Sequence[str]) -> list[Target]:
    """Return the targets to take ocm out of: what `hosts` have and those that are `left` do not need."""
    found = []
    for one in scope.levels():
        stays = {os.path.realpath(target.path) for target in one.targets(one.supported(left))} if left else set()
        found += [t for t in one.targets(one.supported(hosts)) if os.path.realpath(t.path) not in stays]
    return by_file(found)


def _checked(plan: Plan) -> Plan:
    for step in plan.steps:
        file_changes.check_writable(step.path)
    return plan


def _plan_store_removal(scope: Scope, plan: Plan, *, purge: bool) -> None:
    """Plan to remove the store, or to keep it and keep it out of git."""
    if not os.path.isdir(scope.store):
        return
    own = scope.is_user or (os.path.dirname(scope.store) == scope.root and not os.path.islink(scope.store))
    if purge and own:
        names = sorted(os.listdir(scope.store))
        if not scope.is_user and trust.is_recorded(scope.store):
            plan.steps.append(Call(trust.path(), "forget the store", lambda: trust.drop(scope.store)))
        names = [name for name in names if not scope.is_user or any(fnmatch(name, made) for made in _CREATED_NAMES)]
        plan.steps.append(RemoveEntries(scope.store, "remove the store", tuple(names)))
        return
    if purge:
        plan.warnings.append(f"{scope.store} stays: it is a link, or other worktrees use it too.")
    else:
        plan.notices.append(f"{scope.store} stays, with every session.")
    for step in plan.steps:
        if isinstance(step, WriteFile) and os.path.basename(step.path) in (".gitignore", "exclude"):
            inner = os.path.join(scope.store, ".gitignore")
            if not os.path.lexists(inner):
                plan.steps.insert(0, WriteFile(inner, "keep the sessions out of git", None, b"*\n", 0o600))
            return


def _notices(scope: Scope, plan: Plan) -> list[str]:
    """Return what may be surprising about where files are."""
    home = os.path.dirname(scope.store)
    notices = []
    if home != scope.root:
        notices.append(f"This is a linked git worktree: the store of the main one, {scope.store}, serves it too.")
    if os.path.islink(scope.store):
        notices.append(f"{scope.store} is a symbolic link: the sessions lie in {os.path.realpath(scope.store)}.")
    inside = tuple(os.path.realpath(folder) + os.sep for folder in (scope.root, home))
    named = [step.path for step in plan.steps if isinstance(step, WriteFile)]
    files = [(path, os.path.realpath(path)) for path in named if path.startswith((scope.root + os.sep, home + os.sep))]
    outside = [(path, real) for path, real in files if not real.startswith(inside)]
    return notices + [f"{path} leads out of the project: {real} is the file that changes." for path, real in outside]


def _folders_not_reached(scope: Scope, cwd: str, hosts: Sequence[str]) -> list[str]:
    """Return in which folders hosts will not read what is written: below the project, and in other worktrees."""
    notices = []
    here, root = os.path.realpath(cwd), os.path.realpath(scope.root)
    titles = [HOSTS[name].title for name in hosts if HOSTS[name].here_only]
    if titles and scope.level == PROJECT and here.startswith(root + os.sep):
        notices.append(f"{scope.root} is set up, not {here}: start {' and '.join(titles)} in {scope.root} itself.")
    tree = paths.work_tree(scope.root)
    if scope.level == PROJECT and tree and os.path.isdir(os.path.join(tree, ".git", "worktrees")):
        notices.append("Other worktrees have none of this until it is committed, or `ocm init` is run in them.")
    return notices


def _project_warnings(scope: Scope) -> list[str]:
    """Return what in the project keeps ocm from working, or its store from staying private."""
    warnings = []
    if registry.damaged():
        warnings.append(f"{registry.path()} cannot be read; it is moved aside and a new one started.")
    for folder in scope.ignoring_folders():
        path = os.path.join(folder, ".gitignore")
        text, _ = plain_text.decode(file_changes.read(path) or b"")
        if plain_text.ignored(text, paths.STORE) is False:
            warnings.append(f'{path} includes {paths.STORE} again with a "!" line: sessions can be committed.')
    return warnings


def is_private(folder: str) -> bool:
    """Return whether `folder` is there, and for its user alone where the platform knows that."""
    return os.path.isdir(folder) and (os.name == "nt" or stat.S_IMODE(os.stat(folder).st_mode) == stat.S_IRWXU)
