"""`ocm checkpoint`."""

import json
import sys
from typing import Any

import click

from ocm.base.errors import BadInputError
from ocm.cli import options
from ocm.store import journal
from ocm.store.paths import Store
from ocm.ui import output

_LEAST, _LEFT_OUT = 6, 8  # characters of the beginning of a random id, and of what it lacks


@click.command("checkpoint")
@options.project_option
@click.option("--session-id", metavar="ID", help="The session (default: the only active one).")
@click.option("--goal", help="What the user wants.")
@click.option("--title", help="A title for the session.")
@click.option("--slug", help="3-4 words that name the file, the first time.")
@click.option("--status", metavar="S", help="open, frozen or closed.")
@click.option("--trigger", metavar="T", help="context_limit, git_commit, task_end, session_end or manual.")
@click.option("--tool", metavar="T", help="The assistant.")
@click.option("--completed", "work_completed", multiple=True, help="A task that is done; repeatable.")
@click.option("--pending", "work_pending", multiple=True, help="A task that is open; replaces the list; repeatable.")
@click.option("--summary", "work_summary", multiple=True, help="What was done; repeatable.")
@click.option("--decision", "decisions", multiple=True, help="A decision and why; repeatable.")
@click.option("--problem", "problems", multiple=True, help="A problem and what solved it; repeatable.")
@click.option("--tag", "tags", multiple=True, help="A tag; repeatable.")
@click.option("--plan-file", "plan_files", multiple=True, metavar="JSON", help='{"path": …, "header": …}; repeatable.')
@click.option("--reference", "references", multiple=True, metavar="JSON", help='{"url": …, "title": …}; repeatable.')
@click.option("--from-stdin", is_flag=True, help="Read the arguments as one JSON object.")
@click.option("--json", "_as_json", is_flag=True, expose_value=False, help="Print JSON, as it does anyway.")
def command(*, project: str | None, from_stdin: bool, **given: Any) -> None:  # noqa: ANN401 - click gives one keyword an option
    """Save what a session did, decided and left open.

    Prints as JSON where it was stored.
    """
    from ocm.sessions import checkpoints

    store = options.find_store(project)
    given = {name: value for name, value in given.items() if value not in (None, ())}
    for name in ("plan_files", "references"):
        if name in given:
            given[name] = [_object(f"--{name[:-1].replace('_', '-')}", text) for text in given[name]]
    if from_stdin:
        given = {**_from_stdin(), **given}
    if given.get("session_id") is None:
        given["session_id"] = _only_active(store)
    given["session_id"] = _whole_id(store, given["session_id"])
    output.as_json(checkpoints.checkpoint(store, given, tool="cli"))


def _whole_id(store: Store, session_id: object) -> object:
    """Return the id that the beginning of one means, as a list shows it; any other stays as it is, and may be new."""
    if not isinstance(session_id, str) or len(session_id) < _LEAST or journal.size(store.path, session_id):
        return session_id
    from ocm.index import access

    found = {row.session_id for row in access.read(store, lambda cache: cache.starting(session_id))}
    longer = sorted(one for one in found if len(one) >= len(session_id) + _LEFT_OUT)
    if session_id in found or not longer:
        return session_id
    if len(longer) > 1:
        some = ", ".join(longer[:5])
        raise BadInputError(f"{session_id!r} may mean {len(longer)} sessions: {some}.", "Give more of the id.")
    return longer[0]


def _object(option: str, text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise BadInputError(f"{option} is not JSON.", 'Accepted: an object such as {"path": "docs/plan.md"}.') from None


def _from_stdin() -> dict[str, Any]:
    """Return the arguments on stdin: at the top level or under `checkpoint`, the id also as `conversation_id`."""
    try:
        found = json.loads(sys.stdin.buffer.read())
    except (ValueError, RecursionError):
        raise BadInputError(
            "What came on stdin is not JSON.", "Accepted: one object with the checkpoint's arguments."
        ) from None
    if not isinstance(found, dict) or not isinstance(found.get("checkpoint", {}), dict):
        raise BadInputError("What came on stdin is no object.", "Accepted: one object with the checkpoint's arguments.")
    given = {**found, **found.get("checkpoint", {})}
    given.pop("checkpoint", None)
    conversation = given.pop("conversation_id", None)
    if conversation is not None and given.get("session_id") is None:
        given["session_id"] = conversation
        given.setdefault("tool", "cursor")
    return given


def _only_active(store: Store) -> str:
    from ocm.recall import active as active_sessions

    active = active_sessions.ids(store)
    if len(active) != 1:
        which = f"active are: {', '.join(active[:8])}" if active else "no session is active"
        raise BadInputError(f"No --session-id was given, and {which}.", "Name the conversation with --session-id.")
    return active[0]
