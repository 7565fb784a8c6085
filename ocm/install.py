"""Setting ocm up for a project or a user, and taking it away again, as a plan made before anything is written.

A file of others gets back, byte for byte, what it held before; what they changed in it meanwhile stays.
"""

import os
import shutil
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch

from ocm import config, file_steps, manifest, paths, registry, textedit, trust
from ocm.errors import BadInputError, OcmError
from ocm.hosts import claude_code_config
from ocm.hosts.targets import Target, ignore_target
from ocm.plan import Call, MakeFolder, Plan, RemoveEntries, WriteFile

HOSTS = {claude_code_config.NAME: claude_code_config}
DEFAULT_HOSTS = (claude_code_config.NAME,)
COMMANDS = ("ocm-hook", "ocm")

# What ocm makes in a store. The user store may be any folder, so nothing else in it is ever removed.
_MADE = (
    *(paths.SESSIONS, "memory.*", "active_*.jsonl", "taken_*", "journal.rejected*"),
    *("hook.log*", "config.json*", "session_*.lock", "names.lock", ".gitignore"),
)


@dataclass(frozen=True, slots=True)
class _Place:
    """What is set up: a project at `root`, or with `user` everything of the user whose home that is."""

    root: str
    store: str
    user: bool

    def targets(self, hosts: Sequence[str], profiles: Mapping[str, str], *, deny_all: bool = False) -> list[Target]:
        """Return the files to set up, those that matter most to a running assistant last."""
        found = [ignore_target(os.path.join(folder, ".gitignore"), paths.STORE) for folder in self.ignoring()]
        for name in hosts:
            of_host = HOSTS[name].user_targets if self.user else HOSTS[name].project_targets
            found += of_host(self.root, profiles.get(name), deny_all=deny_all)
        return found

    def ignoring(self) -> list[str]:
        """Return the folders whose `.gitignore` is to name the store; a bare repository takes none."""
        folders = [] if self.user else dict.fromkeys((self.root, os.path.dirname(self.store)))
        return [path for path in folders if paths.work_tree(path) and not os.path.isfile(os.path.join(path, "HEAD"))]


def plan_init(
    project: str | None = None,
    *,
    cwd: str,
    profiles: Mapping[str, str] | None = None,
    hosts: Sequence[str] = DEFAULT_HOSTS,
) -> Plan:
    """Plan the set-up of a project: exactly the folder `project`, else the nearest one with `.git`, else `cwd`.

    A host without a profile keeps the one it has, or gets its default.

    Raises:
        OcmError: when a file is not of the form it should have; nothing is written then, the store neither.
    """
    root = _folder(project, cwd) if project is not None else paths.work_tree(cwd) or os.path.abspath(cwd)
    place = _Place(root, _store_of(root), user=False)
    if os.path.realpath(place.store) == os.path.realpath(paths.user_store()):
        raise OcmError(
            f"{place.store} is the store of the whole user, so {root} cannot have one of its own.",
            "Run `ocm install` to set ocm up for all projects, or name a project with --project.",
        )
    plan = _set_up(place, profiles or {}, hosts, config.load(paths.user_store(), place.store))
    if trust.came_along(place.store):
        plan.steps.append(
            Call(registry.path(), "note where the store is from", lambda: trust.note(place.store, trust.SEEN))
        )
        plan.warnings.append(f"{place.store} came with sessions not made here: look at them, then run `ocm trust`.")
    if not registry.is_registered(root, place.store):
        plan.steps.append(Call(registry.path(), "register the project", lambda: registry.register(root, place.store)))
    plan.notices += _notices(place, plan)
    plan.warnings += _warnings(place)
    if any(os.path.basename(step.path) == ".mcp.json" for step in plan.steps):
        plan.notices += [HOSTS[name].project_notice() for name in hosts]
    plan.warnings += [warning for name in hosts for warning in HOSTS[name].project_warnings(root)]
    return _checked(plan)


def plan_install(*, profiles: Mapping[str, str] | None = None, hosts: Sequence[str] = DEFAULT_HOSTS) -> Plan:
    """Plan the set-up for every project of the user: the user store and the hosts' own settings.

    Raises:
        OcmError: when a file is not of the form it should have; nothing is written then, the store neither.
    """
    place = _Place(os.path.expanduser("~"), paths.user_store(), user=True)
    return _checked(_set_up(place, profiles or {}, hosts, config.load(place.store)))


def plan_uninstall(
    project: str | None = None,
    *,
    cwd: str,
    everywhere: bool = False,
    purge: bool = False,
    hosts: Sequence[str] = DEFAULT_HOSTS,
) -> Plan:
    """Plan to take ocm out of a project, or with `everywhere` out of the user's settings; `purge` empties the store.

    Raises:
        OcmError: when a file that holds ocm's part is not of the form it should have; nothing is written then.
    """
    if everywhere:
        place = _Place(os.path.expanduser("~"), paths.user_store(), user=True)
    else:
        root = _folder(project, cwd) if project is not None else _installed_root(cwd)
        place = _Place(root, _store_of(root), user=False)
    known = manifest.load(place.root, user=place.user)
    # Backwards: hooks without the tool that opens their gate would be the worst of half-done states.
    targets = reversed(place.targets(hosts, {}))
    writes = [step for target in targets if (step := file_steps.take_step(target, known))]
    plan = Plan([*writes])
    if not place.user and registry.is_registered(place.root):
        plan.steps.append(Call(registry.path(), "forget the project", lambda: registry.unregister(place.root)))
    _leave_store(place, plan, purge=purge)
    if os.path.lexists(known.path) and not known.damaged:
        forget = Call(known.path, "forget what the files held before", lambda: manifest.forget(known))
        plan.steps.append(forget)
    if known.damaged:
        plan.warnings.append(f"{known.path} cannot be read, so ocm's entries are taken out one by one.")
    return _checked(plan)


def path_warnings() -> list[str]:
    """Return what is wrong with the commands that a host will look for on its PATH."""
    advice = "install ocm-journal with pipx or `uv tool install`, or put the folder it is in on the PATH"
    environment = os.environ.get("VIRTUAL_ENV")
    warnings = []
    for name in COMMANDS:
        found = shutil.which(name)
        if found is None:
            warnings.append(f"{name} is not on the PATH, so the assistant cannot start it: {advice}.")
        elif "shims" in os.path.dirname(found).split(os.sep):
            warnings.append(f"{found} is a version manager's shim, which slows every call of a tool: {advice}.")
        elif environment and os.path.abspath(found).startswith(os.path.abspath(environment) + os.sep):
            warnings.append(f"{found} is on the PATH only while its environment is active: {advice}.")
    return warnings


def _set_up(
    place: _Place, profiles: Mapping[str, str], hosts: Sequence[str], settings: Mapping[str, int | str]
) -> Plan:
    _check_profiles(profiles, hosts)
    plan = Plan(warnings=path_warnings())
    known = manifest.load(place.root, user=place.user)
    targets = place.targets(hosts, profiles, deny_all=settings["gate.deny"] == "all")
    mode = 0o600 if place.user else 0o644
    writes = [step for target in targets if (step := file_steps.put_step(target, known, mode))]
    sessions = os.path.join(place.store, paths.SESSIONS)
    if not (_is_private(place.store) and _is_private(sessions)):
        plan.steps.append(MakeFolder(sessions, "create the private store"))
    if writes:
        made = [
            folder
            for path in (*(step.path for step in writes), known.path)
            for folder in file_steps.missing_folders(path)
        ]
        known.folders = sorted({*known.folders, *made})
        plan.steps.append(Call(known.path, "keep what the files held before", known.save))
    plan.steps += writes
    if known.damaged:
        plan.warnings.append(f"{known.path} cannot be read, so what the files held before ocm is no longer known.")
    return plan


def _checked(plan: Plan) -> Plan:
    for step in plan.steps:
        file_steps.check_writable(step.path)
    return plan


def _leave_store(place: _Place, plan: Plan, *, purge: bool) -> None:
    """Plan what becomes of the store: emptied, or kept and then kept out of git."""
    if not os.path.isdir(place.store):
        return
    own = place.user or (os.path.dirname(place.store) == place.root and not os.path.islink(place.store))
    if purge and own:
        names = sorted(os.listdir(place.store))
        names = [name for name in names if not place.user or any(fnmatch(name, made) for made in _MADE)]
        plan.steps.append(RemoveEntries(place.store, "remove the store", tuple(names)))
        return
    if purge:
        plan.warnings.append(f"{place.store} stays: it is a link, or other worktrees use it too.")
    else:
        plan.notices.append(f"{place.store} stays, with every session.")
    for step in plan.steps:
        if isinstance(step, WriteFile) and step.path == os.path.join(os.path.dirname(place.store), ".gitignore"):
            inner = os.path.join(place.store, ".gitignore")
            if not os.path.lexists(inner):
                plan.steps.insert(0, WriteFile(inner, "keep the sessions out of git", None, b"*\n", 0o600))
            return


def _notices(place: _Place, plan: Plan) -> list[str]:
    """Return what may surprise in where things lie."""
    home = os.path.dirname(place.store)
    notices = []
    if home != place.root:
        notices.append(f"This is a linked git worktree: the store of the main one, {place.store}, serves it too.")
    if os.path.islink(place.store):
        notices.append(f"{place.store} is a symbolic link: the sessions lie in {os.path.realpath(place.store)}.")
    inside = tuple(os.path.realpath(folder) + os.sep for folder in (place.root, home))
    files = [(step.path, os.path.realpath(step.path)) for step in plan.steps if isinstance(step, WriteFile)]
    outside = [(path, real) for path, real in files if not real.startswith(inside)]
    return notices + [f"{path} leads out of the project: {real} is what changes." for path, real in outside]


def _warnings(place: _Place) -> list[str]:
    """Return what else in the project keeps ocm from doing its work, or its store from staying private."""
    warnings = []
    if registry.damaged():
        warnings.append(f"{registry.path()} cannot be read; it is moved aside and a new one begun.")
    for folder in place.ignoring():
        path = os.path.join(folder, ".gitignore")
        text, _ = textedit.decode(file_steps.read(path) or b"")
        if textedit.ignored(text, paths.STORE) is False:
            warnings.append(f'{path} takes {paths.STORE} back with a "!" line: sessions can be committed.')
    return warnings


def _check_profiles(profiles: Mapping[str, str], hosts: Sequence[str]) -> None:
    for name in (*hosts, *profiles):
        if name not in HOSTS:
            raise BadInputError(f"The host {name!r} is not known.", f"Accepted: {', '.join(HOSTS)}.")
    for name, profile in profiles.items():
        accepted = HOSTS[name].PROFILES
        if profile not in accepted:
            raise BadInputError(f"{name} has no hook profile {profile!r}.", f"Accepted: {', '.join(accepted)}.")


def _folder(project: str, cwd: str) -> str:
    path = os.path.abspath(os.path.join(cwd, os.path.expanduser(project)))
    if not os.path.isdir(path):
        raise OcmError(f"{path} is not a folder.", "Name the project's folder.")
    return path


def _store_of(root: str) -> str:
    """Return where the store of `root` is to be: a linked worktree has the main one's, unless only it has one."""
    own = os.path.join(root, paths.STORE)
    main = paths.main_worktree(root)
    if main is None:
        return own
    shared = os.path.join(main, paths.STORE)
    return own if os.path.isdir(own) and not os.path.isdir(shared) else shared


def _installed_root(cwd: str) -> str:
    """Return the project that `cwd` is in: the nearest with a store, but not beyond the git repository."""
    tree = paths.work_tree(cwd)
    found = paths.find_store(cwd)
    if found is None or found.is_user:
        return tree or os.path.abspath(cwd)
    return tree if tree and len(tree) > len(found.root) else found.root


def _is_private(folder: str) -> bool:
    """Return whether `folder` is there, and for its user alone where the platform knows that."""
    return os.path.isdir(folder) and (os.name == "nt" or stat.S_IMODE(os.stat(folder).st_mode) == stat.S_IRWXU)
