"""The doctor's checks of a store: private, out of git, a cache in step, no orphans, every session file readable."""

import os
import shlex
import time
from collections.abc import Sequence
from dataclasses import replace

from ocm.base.errors import OcmError, UnreadableSessionError
from ocm.doctor.findings import Finding
from ocm.index import access, scan
from ocm.sessions import archive, checkpoints, copies, session_files
from ocm.setup import install
from ocm.store import files, journal, paths, registry, trust
from ocm.store.paths import Store

_NAMED = 5


def check(store: Store) -> list[Finding]:
    """Return the problems of a store."""
    checks = (_is_trusted, _private, _git, _out_of_git, _cache, _orphans, _unreadable, _below, _copies, _conflicts)
    return [finding for one in checks if (finding := one(store))] + _registry()


def _is_trusted(store: Store) -> Finding | None:
    if not paths.user_store():
        return Finding("user-store", paths.NO_HOME, "Set HOME, or OCM_HOME, to a folder of your own.")
    problem = trust.finding(store)
    return (
        Finding("store-trust", problem, "If you know where it comes from, accept it with: ocm trust", path=store.path)
        if problem
        else None
    )


def _private(store: Store) -> Finding | None:
    readable = [folder for folder in (store.path, store.sessions) if not install.is_private(folder)]
    if not readable:
        return None
    return Finding(
        "store-private",
        f"Others on this machine can read {' and '.join(readable)}.",
        "Allow access to yourself only: mode 700.",
        path=readable[0],
        fix=lambda: _close(readable),
    )


def _close(folders: list[str]) -> None:
    for folder in folders:
        files.make_private_dir(folder)


def _git(store: Store) -> Finding | None:
    """Ask git once, whose answers everything about commits and branches is made of."""
    from ocm.git import refusal

    why = refusal.reason(store.root)
    if why in {"", refusal.NO_REPOSITORY}:
        return None
    steps = {
        refusal.OTHER_OWNER: f"If you trust it: git config --global --add safe.directory {shlex.quote(store.root)}",
        refusal.NO_PROGRAM: "Install git, or put it on the PATH.",
    }
    said = f"Whether work is committed is not known in {store.root}: {why}."
    return Finding("git", said, steps.get(why, "See what git says there: git status"), path=store.root)


def _out_of_git(store: Store) -> Finding | None:
    from ocm.git import worktree

    came = trust.foreign(store.path)
    if came:
        return Finding(
            "store-tracked",
            f"git tracks {len(came)} files in {store.path}: a checkout can bring such files, so they do not count.",
            "If they are shared on purpose, accept them with: ocm trust",
            path=store.path,
        )
    if store.is_user or trust.is_shared(store.path) or not worktree.can_be_committed(store.path):
        return None
    root = os.path.dirname(store.path)
    return Finding(
        "store-ignored",
        f"git does not ignore {store.path}, so sessions can be committed.",
        f"Add the line {paths.STORE}/ to {os.path.join(root, '.gitignore')}.",
        path=os.path.join(root, ".gitignore"),
        fix=lambda: install.plan_ignore(root).apply(),
    )


def _cache(store: Store) -> Finding | None:
    state = access.health(store)
    if not state:
        return None
    problem = "is damaged" if state == "damaged" else "is behind the session files"
    return Finding(
        "cache",
        f"{store.database} {problem}.",
        "The next search fixes that, or run: ocm rebuild-index",
        path=store.database,
        fix=lambda: access.read(store, lambda _: None),
    )


def _orphans(store: Store) -> Finding | None:
    finding = Finding(
        "orphans",
        "Journals of conversations that have ended hold work that is not in a session file yet",
        "The next conversation stores it automatically, or --fix does it now.",
        path=store.path,
        fix=lambda: _recover(store),
    )
    return _naming(journal.orphans(store.path, time.time() - journal.ORPHAN_SECONDS), finding)


def _recover(store: Store) -> None:
    troubles = checkpoints.recover(store)
    if troubles:
        raise OcmError(troubles[0])


def _unreadable(store: Store) -> Finding | None:
    broken = []
    for name in sorted(os.listdir(store.sessions)) if os.path.isdir(store.sessions) else []:
        if paths.is_session_file(name):
            try:
                session_files.load(store, name)
            except UnreadableSessionError as error:
                broken.append(error)
            except OSError as error:
                broken.append(UnreadableSessionError(error.strerror or str(error), path=name))
    finding = Finding(
        "sessions-readable",
        "Session files that cannot be read",
        "Correct them in an editor; ocm leaves them as they are.",
        path=broken[0].path if broken else "",
    )
    return _naming([f"{error.path}, line {error.line}: {error.why}" for error in broken], finding, "; ")


def _below(store: Store) -> Finding | None:
    """Name the session files in folders within the one that is read."""
    finding = Finding(
        "sessions-below",
        f"Session files in a folder within {paths.SESSIONS}/, where none is read",
        f"Move them up into {store.sessions}.",
        path=store.sessions,
    )
    return _naming(scan.below(store), finding)


def _copies(store: Store) -> Finding | None:
    found = [names for place, _ in archive.places(store) for names in copies.several(place)]
    finding = Finding(
        "session-copies",
        "Sessions in several files, of which the one updated last counts",
        f"Delete what you do not need, or --fix merges them and loses no line; a safety copy goes to {paths.COPIES}/.",
        path=store.sessions,
        fix=lambda: copies.merge_all(store),
    )
    return _naming([f"{', '.join(others)} beside {first}" for first, *others in found], finding, "; ")


def _conflicts(store: Store) -> Finding | None:
    finding = Finding(
        "session-conflicts",
        "Session files with git's conflict markers, of which both sides are read",
        f"Resolve them in an editor, or --fix merges both sides; a safety copy goes to {paths.COPIES}/.",
        path=store.sessions,
        fix=lambda: copies.merge_all(store),
    )
    return _naming([name for place, _ in archive.places(store) for name in copies.conflicted(place)], finding)


def _naming(found: Sequence[str], finding: Finding, between: str = ", ") -> Finding | None:
    """Return a finding whose message ends with the first of what was `found`, None where nothing was."""
    if not found:
        return None
    more = f" and {len(found) - _NAMED} more" if len(found) > _NAMED else ""
    return replace(finding, message=f"{finding.message}: {between.join(found[:_NAMED])}{more}.")


def _registry() -> list[Finding]:
    if not registry.damaged():
        return []
    problem = f"{registry.path()} cannot be read, so searches over all projects may miss some."
    return [
        Finding("registry", problem, "The next `ocm init` moves it aside and starts a new one.", path=registry.path())
    ]
