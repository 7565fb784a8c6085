"""The checkpoint that a denial offers, ready to send: what was done and why, as far as the journal knows."""

import os

from ocm.base.text import cut
from ocm.store import journal, paths
from ocm.store.events import Event, edited_path, moment, of_kind, text_of
from ocm.store.paths import Store

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypedDict

    class Arguments(TypedDict, total=False):
        """Arguments of a checkpoint."""

        goal: str
        work_summary: list[str]


_GOAL, _NAMED = 160, 8  # characters of a goal; files or commands that a sentence names
_VERBS = {"created": "Created", "modified": "Changed", "renamed": "Renamed", "deleted": "Deleted"}
_GOAL_HEADING = b"\n## Goal"


def arguments(store: Store, session_id: str) -> "Arguments":
    """Return the arguments of a checkpoint that says what a session did since its last one.

    The goal is what was asked first; a session that has a goal already keeps it.
    """
    events = journal.read_events(store.path, session_id)
    goal = "" if _has_goal(store, events) else _first_prompt(events)
    summary = [*_files(events, store.root), *_commands(store, events)]
    found: Arguments = {"goal": goal} if goal else {}
    found["work_summary"] = summary or [_ran(events) or "Looked around, changed nothing yet"]
    return found


def _has_goal(store: Store, events: list[Event]) -> bool:
    """Return whether the session's file, if it has one, says a goal."""
    name = next((name for event in reversed(events) if (name := text_of(event, "file"))), "")
    if not paths.is_session_file(name):
        return False
    try:
        data = paths.read_regular(os.path.join(store.sessions, name), paths.MAX_SESSION_FILE)
    except OSError:
        return False
    return _GOAL_HEADING in data


def _first_prompt(events: list[Event]) -> str:
    titles = (text_of(event, "title") for event in of_kind(events, "prompt"))
    return next((cut(title, _GOAL) for title in titles if title), "")


def _files(events: list[Event], root: str) -> list[str]:
    """Return one sentence about the files that were edited, by what happened to them."""
    kinds: dict[str, str] = {}
    for event in events:
        path, kind = edited_path(event), text_of(event, "kind") or "modified"
        if path and (kind == "deleted" or path not in kinds):
            kinds[path] = kind
    parts = []
    for kind, verb in _VERBS.items():
        names = [_short(path, root) for path, found in kinds.items() if found == kind]
        if names:
            parts.append(f"{verb} {_listed(names)}")
    return ["; ".join([*parts[:1], *(part[0].lower() + part[1:] for part in parts[1:])])] if parts else []


def _commands(store: Store, events: list[Event]) -> list[str]:
    """Return what commands came to: those that failed and then passed, tests, commits."""
    from ocm.git import changes
    from ocm.redaction import redact, user_rules
    from ocm.sessions import auto_summary

    shell = [moment(event) for event in events if text_of(event, "cmd")]
    start = next((sha for event in of_kind(events, "open") if (sha := text_of(event, "sha"))), "")
    commits = changes.commit_titles(store.root, start, shell) if shell else []
    rules = user_rules.load(paths.user_store(), store.path)
    return auto_summary.items(events, [redact.redact(commit, rules)[0] for commit in commits])


def _ran(events: list[Event]) -> str:
    used = (text_of(event, "cmd") or text_of(event, "tool") for event in events if event.get("m") == 1)
    names = dict.fromkeys(filter(None, used))
    return f"Ran {_listed(list(names))}" if names else ""


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more


def _short(path: str, root: str) -> str:
    return path[len(root) + 1 :] if path.startswith(root + os.sep) else paths.shown(path)
