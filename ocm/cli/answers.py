"""What the commands that answer why share: printing an answer, and the two lists of the ledger."""

from collections.abc import Callable, Iterator
from typing import Any

import click

from ocm.cli import options
from ocm.store import paths
from ocm.ui import output

file_option = click.option("--file", "path", metavar="F", help="Only of sessions that touched this file.")


def say(found: Any, lines: Callable[[Any], Iterator[str]], *, as_json: bool, nothing: str = "") -> None:  # noqa: ANN401 - JSON
    """Print an answer as JSON or as lines."""
    if as_json:
        output.as_json(found)
        return
    said = list(lines(found))
    for line in said or [nothing]:
        output.say(line)


def ledger(kind: str, about: str, nothing: str) -> click.Command:
    """Return the command that lists the decisions, or the problems, of a store."""

    @click.command(f"{kind}s", help=about)
    @options.project_option
    @file_option
    @click.option("--all", "everything", is_flag=True, help="Superseded or solved ones as well.")
    @options.json_option
    def command(*, project: str | None, path: str | None, everything: bool, as_json: bool) -> None:
        from ocm.provenance import decision_log
        from ocm.ui import why_view

        store = options.find_store(project)
        name = paths.named(store, path) if path else ""
        asked = {"decision": decision_log.decisions, "problem": decision_log.problems}[kind]
        found = asked(store, name, everything=everything, notice=output.notice)
        say(found, lambda items: why_view.ledger_lines(items, kind), as_json=as_json, nothing=nothing)

    return command


def take_off(project: str | None, number: int, *, done: bool) -> None:
    """Take the item of that number off the list of what is to be done, in every session that holds it."""
    from ocm.base.sanitize import clean_line
    from ocm.recall import todo
    from ocm.sessions import todo_edits

    store = options.find_store(project)
    with options.notices() as notice:
        item = todo.numbered(store, number, notice)
    for session_id, place, text in item.holders:
        todo_edits.finish(store, session_id, place, text, done=done)
    output.notice(f"{'Done' if done else 'Dropped'}: {clean_line(item.text)}")
