"""Where a host is set up, and what every configuration module says about its host. Never imported by a hook."""

import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass

from ocm.base import resources
from ocm.hosts.config import hook_files, rules_files
from ocm.hosts.config.hook_files import Hooks
from ocm.hosts.config.targets import SERVER, Target, rules_target

PROJECT, USER, LOCAL = "project", "user", "local"
AGENTS = "AGENTS.md"


@dataclass(frozen=True, slots=True)
class Place:
    """One host in a project at `root`, or in all projects of the user whose home that is.

    Local is a project as only this user has it. Without a `profile` the hooks there stay; where there are none, the
    default is taken, unless they were refused before.
    """

    root: str
    level: str = PROJECT
    profile: str | None = None
    deny_all: bool = False
    refused: bool = False

    @property
    def is_user(self) -> bool:
        """Whether this is about all projects of the user."""
        return self.level == USER

    def path(self, *parts: str) -> str:
        """Return a path below the project, or below the user's home."""
        return os.path.join(self.root, *parts)

    def first(self, folder: str, *names: str) -> str:
        """Return the first of some files in a folder that is there, else the path of the first."""
        paths = [os.path.join(folder, name) for name in names]
        return next((path for path in paths if os.path.lexists(path)), paths[0])

    def agents(self) -> list[Target]:
        """Return the rules that every host which reads AGENTS.md shares in a project."""
        return [rules_target(rules_files.followed(self.path(AGENTS)), rules("agents"), top=True)]

    def own_rules(self, file: str, name: str, *, top: bool = False) -> list[Target]:
        """Return the rules of a host with a file of its own: where that leads to AGENTS.md, they go there alone."""
        own, shared = rules_files.followed(self.path(file)), rules_files.followed(self.path(AGENTS))
        if os.path.realpath(own) == os.path.realpath(shared):
            return self.agents()
        if rules_files.imports(own, AGENTS):
            return [rules_files.without_rules(own), *self.agents()]
        return [rules_target(own, rules(name), top=top)]

    def hooks(self, hooks: Hooks, path: str, default: str, *, own: bool = False) -> Target:
        """Return the hooks in a file that others share, or in one of their `own`."""
        put = hooks.own_file if own else hooks.target
        return put(path, self.profile, hook_files.NONE if self.refused else default, deny_all=self.deny_all)


def nothing(_place: Place) -> list[str]:
    """Return nothing to say."""
    return []


@dataclass(frozen=True, slots=True)
class HostConfig:
    """How one host is configured: how it is found, which files it reads, and what a person must do in it.

    `commands` are on the PATH where it is installed; `homes` are its folders in the user's home, `folders` those in a
    project. `steps` are what only a person can do, `warnings` what in its settings keeps ocm from working,
    `doubts` what may, while no hook has been seen to fire. A host with a `window` is started from a desktop, whose PATH
    is not the shell's; one that reads the project's hooks `here_only` looks for them in the folder it is started in.
    """

    name: str
    title: str
    targets: Callable[[Place], list[Target]]
    commands: tuple[str, ...] = ()
    homes: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    hooks: Hooks | None = None
    default: str = hook_files.MINIMAL
    steps: Callable[[Place], list[str]] = nothing
    warnings: Callable[[Place], list[str]] = nothing
    doubts: Callable[[Place], list[str]] = nothing
    window: bool = False
    here_only: bool = False
    levels: tuple[str, ...] = (PROJECT, USER)

    @property
    def profiles(self) -> tuple[str, ...]:
        """The hook profiles it has."""
        return self.hooks.profiles if self.hooks else hook_files.PROFILES[:1]

    def is_found(self, project: str | None) -> bool:
        """Return whether the host is on this machine, or a folder of it in the project."""
        home = os.path.expanduser("~")
        places = [os.path.join(home, *name.split("/")) for name in self.homes]
        places += [os.path.join(project, *name.split("/")) for name in self.folders] if project else []
        return any(map(os.path.isdir, places)) or any(map(shutil.which, self.commands))


def rules(name: str) -> str:
    """Return a rules text."""
    return resources.read("rules", f"{name}.md")


def user_rules(path: str, name: str) -> Target:
    """Return the target that is the block of rules in the user's own instructions for one host."""
    return rules_target(path, rules(name), top=True)


def code_user_folder(home: str) -> str:
    """Return where VS Code keeps the settings of its user."""
    if sys.platform == "darwin":  # pragma: no cover - macOS
        return os.path.join(home, "Library", "Application Support", "Code", "User")
    if os.name == "nt":  # pragma: no cover - Windows
        return os.path.join(os.environ.get("APPDATA") or os.path.join(home, "AppData", "Roaming"), "Code", "User")
    return os.path.join(os.environ.get("XDG_CONFIG_HOME") or os.path.join(home, ".config"), "Code", "User")


def config_folder(home: str, name: str) -> str:
    """Return the folder of a program that keeps to `~/.config` on every platform but follows `XDG_CONFIG_HOME`."""
    return os.path.join(os.environ.get("XDG_CONFIG_HOME") or os.path.join(home, ".config"), name)


def approve(title: str, what: str) -> str:
    """Return the sentence that tells a person to let a host start ocm's server."""
    return f'{title}: {what} the MCP server "{SERVER}".'
