"""The scope of a set-up: a project, a project for one user alone, or all projects of a user; and for which hosts."""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from ocm.base.errors import BadInputError, OcmError, suggestion
from ocm.hosts.config import claude_code
from ocm.hosts.config.all_hosts import HOSTS
from ocm.hosts.config.hook_files import NONE
from ocm.hosts.config.host_config import LOCAL, PROJECT, USER, HostConfig, Place
from ocm.hosts.config.targets import Target, combined, ignore_target
from ocm.store import paths

DEFAULT_HOST = claude_code.NAME


@dataclass(frozen=True, slots=True)
class HookChoice:
    """Which hooks are wanted: a profile for some hosts, none for those where they were refused before."""

    profiles: Mapping[str, str] = field(default_factory=dict)
    deny_all: bool = False
    refused: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Scope:
    """A project at `root`, or all projects of the user whose home that is, and the store that serves it."""

    root: str
    store: str
    level: str = PROJECT

    @property
    def is_user(self) -> bool:
        """Whether this is about all projects of a user."""
        return self.level == USER

    def place(self, name: str, chosen: "HookChoice | None" = None) -> Place:
        """Return where one host is set up here."""
        chosen = chosen or HookChoice()
        return Place(self.root, self.level, chosen.profiles.get(name), chosen.deny_all, name in chosen.refused)

    def targets(self, hosts: Sequence[str], chosen: "HookChoice | None" = None) -> list[Target]:
        """Return the files to set up, one target a file, those that matter most to a running assistant last."""
        found = self._ignore_targets(hosts)
        for name in hosts:
            found += HOSTS[name].targets(self.place(name, chosen))
        return sorted(by_file(found), key=lambda target: "hooks" in target.what)

    def levels(self) -> list["Scope"]:
        """Return every level at which something may have been set up here."""
        return [self] if self.is_user else [self, replace(self, level=LOCAL)]

    def supported(self, hosts: Iterable[str]) -> list[str]:
        """Return the hosts that have files of this level."""
        return [name for name in hosts if self.level in HOSTS[name].levels]

    def ignoring_folders(self) -> list[str]:
        """Return the folders whose `.gitignore` is to name the store; a bare repository takes none."""
        folders = [] if self.level != PROJECT else dict.fromkeys((self.root, os.path.dirname(self.store)))
        return [path for path in folders if paths.work_tree(path) and not os.path.isfile(os.path.join(path, "HEAD"))]

    def _ignore_targets(self, hosts: Sequence[str]) -> list[Target]:
        """Return the targets that keep the store, and files that are the user's alone, out of git."""
        shared = [ignore_target(os.path.join(folder, ".gitignore"), paths.STORE) for folder in self.ignoring_folders()]
        tree = paths.work_tree(self.root)
        if self.level != LOCAL or tree is None:
            return shared
        own = [target.path for name in hosts for target in HOSTS[name].targets(self.place(name))]
        names = [os.path.relpath(path, tree) for path in own if path.startswith(tree + os.sep)]
        exclude = _exclude_file(tree)
        files = [ignore_target(exclude, name.replace(os.sep, "/"), is_folder=False) for name in names]
        return [ignore_target(exclude, paths.STORE), *files]


def by_file(targets: Iterable[Target]) -> list[Target]:
    """Return one target for each file, whichever links lead to it."""
    files: dict[str, list[Target]] = {}
    for target in targets:
        files.setdefault(os.path.realpath(target.path), []).append(target)
    return [combined(parts) for parts in files.values()]


def project_scope(project: str | None, cwd: str, level: str = PROJECT) -> Scope:
    """Return the scope that is exactly the folder `project`, else the nearest one with `.git`, else `cwd`.

    Raises:
        OcmError: when there is no such folder.
    """
    root = _folder(project, cwd) if project is not None else paths.work_tree(cwd) or os.path.abspath(cwd)
    return Scope(root, _store_of(root), level)


def installed_scope(project: str | None, cwd: str, level: str = PROJECT) -> Scope:
    """Return the scope that `cwd` is in: the nearest folder with a store, but not beyond the git repository.

    Raises:
        OcmError: when the folder that `project` names is none.
    """
    root = _folder(project, cwd) if project is not None else _installed_root(cwd)
    return Scope(root, _store_of(root), level)


def user_scope() -> Scope:
    """Return the scope that is all projects of the user.

    Raises:
        NoStoreError: there is no user store.
    """
    return Scope(os.path.expanduser("~"), paths.own_store(), USER)


def choose(names: Sequence[str], profiles: Mapping[str, str], *, everything: bool = False, scope: Scope) -> list[str]:
    """Return the hosts to set up: those named, or all, else those found on this machine or in the project.

    A host for which hooks are chosen is one of them.

    Raises:
        BadInputError: when a name is not known, or has no files of the kind that are to be set up.
    """
    check_names(names)
    check_profiles(profiles)
    unfit = [name for name in names if scope.level not in HOSTS[name].levels]
    if unfit:
        fit = ", ".join(name for name, host in HOSTS.items() if scope.level in host.levels)
        raise BadInputError(f"{unfit[0]} has no files that are one user's alone in a project.", f"These have: {fit}.")
    fit_hosts = [name for name, host in HOSTS.items() if scope.level in host.levels]
    hooked = [name for name, profile in profiles.items() if profile != NONE]
    if everything or names:
        return [name for name in fit_hosts if everything or name in names or name in hooked]
    found = found_hosts(fit_hosts, scope)
    return [name for name in fit_hosts if name in found or name in hooked] or [DEFAULT_HOST]


def found_hosts(names: Iterable[str], scope: Scope) -> list[str]:
    """Return which hosts are on this machine, or have a folder in the project."""
    project = None if scope.is_user else scope.root
    return [name for name in names if HOSTS[name].is_found(project)]


def check_names(names: Iterable[str]) -> None:
    """Let the names of hosts pass.

    Raises:
        BadInputError: naming those there are.
    """
    for name in names:
        if name not in HOSTS:
            raise BadInputError(
                f"The host {name!r} is not known.", f"{suggestion(name, HOSTS)}Accepted: {', '.join(HOSTS)}."
            )


def check_profiles(profiles: Mapping[str, str]) -> None:
    """Let the hook profiles that the hosts have pass.

    Raises:
        BadInputError: naming what is accepted.
    """
    check_names(profiles)
    for name, profile in profiles.items():
        accepted = host(name).profiles
        if profile not in accepted:
            raise BadInputError(
                f"{name} has no hook profile {profile!r}.",
                f"{suggestion(profile, accepted)}Accepted: {', '.join(accepted)}.",
            )


def host(name: str) -> HostConfig:
    """Return what is known of a host."""
    return HOSTS[name]


def _exclude_file(tree: str) -> str:
    """Return the file in which a clone of a repository has what it alone ignores."""
    git_dir = paths.shared_git_dir(tree) or paths.linked_git_dir(tree) or os.path.join(tree, ".git")
    return os.path.join(git_dir, "info", "exclude")


def _folder(project: str, cwd: str) -> str:
    path = os.path.abspath(os.path.join(cwd, os.path.expanduser(project)))
    if not os.path.isdir(path):
        raise OcmError(f"{path} is not a folder.", "Name the project's folder.")
    return path


def _store_of(root: str) -> str:
    """Return where the store of `root` is to be: where its repository has one already, so that none is hidden.

    Else a linked worktree has the main one's, and what lies around a bare repository its own.
    """
    own = os.path.join(root, paths.STORE)
    shared = [os.path.join(home, paths.STORE) for home in paths.shared_homes(root)]
    there = next((path for path in [*shared, own] if os.path.isdir(path)), None)
    return there or (shared[0] if shared and paths.main_worktree(root) else own)


def _installed_root(cwd: str) -> str:
    """Return the project that `cwd` is in: the nearest with a store, but not beyond the git repository."""
    tree = paths.work_tree(cwd)
    found = paths.find_store(cwd)
    if found is None or found.is_user:
        return tree or os.path.abspath(cwd)
    return tree if tree and len(tree) > len(found.root) else found.root
