"""Asking why: from a line to the decision, from a commit to its session and back, and the ledger of decisions."""

import os
from collections.abc import Callable, Iterator
from typing import Any

import click

from ocm.commands import common, complete
from ocm.ui import output

file_option = click.option("--file", "path", metavar="F", help="Only of sessions that touched this file.")


def _said(found: Any, lines: Callable[[Any], Iterator[str]], *, as_json: bool, nothing: str = "") -> None:  # noqa: ANN401 - JSON
    """Print an answer as JSON or as lines."""
    if as_json:
        output.as_json(found)
        return
    said = list(lines(found))
    for line in said or [nothing]:
        output.say(line)


@click.command()
@common.project_option
@click.argument("place", metavar="FILE[:LINE[-LINE]]")
@common.json_option
def why(*, project: str | None, place: str, as_json: bool) -> None:
    """Say why a line is there: its commit, the session behind it, and the decision."""
    from ocm.provenance import summary
    from ocm.provenance import why as reasons

    store = common.find_store(project)
    exists = os.path.lexists(place) or os.path.lexists(os.path.join(store.root, place))
    path, first, last = reasons.parsed(place, exists=exists)
    found = reasons.why(store, common.named(store, path), first, last, notice=output.notice)
    _said(found, summary.why, as_json=as_json)


@click.command()
@common.project_option
@click.argument("commit")
@common.json_option
def explain(*, project: str | None, commit: str, as_json: bool) -> None:
    """Say which sessions a commit comes from, and what they decided."""
    from ocm.provenance import summary
    from ocm.provenance import why as reasons

    found = reasons.explain(common.find_store(project), commit, notice=output.notice)
    _said(found, summary.explained, as_json=as_json)


@click.command()
@common.project_option
@click.argument("identifier", metavar="ID", shell_complete=complete.sessions)
@common.json_option
def commits(*, project: str | None, identifier: str, as_json: bool) -> None:
    """List the commits that a session's work ended in, and what never landed."""
    from ocm.provenance import summary
    from ocm.provenance import why as reasons

    found = reasons.commits(common.find_store(project), identifier, notice=output.notice)
    _said(found, summary.came_of, as_json=as_json)


def _ledger(kind: str, told: str, nothing: str) -> click.Command:
    """Return the command that lists the decisions, or the problems, of a store."""

    @click.command(f"{kind}s", help=told)
    @common.project_option
    @file_option
    @click.option("--all", "everything", is_flag=True, help="Superseded or solved ones as well.")
    @common.json_option
    def command(*, project: str | None, path: str | None, everything: bool, as_json: bool) -> None:
        from ocm.provenance import decision_log, summary

        store = common.find_store(project)
        name = common.named(store, path) if path else ""
        asked = {"decision": decision_log.decisions, "problem": decision_log.problems}[kind]
        found = asked(store, name, everything=everything, notice=output.notice)
        _said(found, lambda items: summary.items(items, kind), as_json=as_json, nothing=nothing)

    return command


decisions = _ledger("decision", "List the decisions in force, newest first.", "No decision is recorded.")
problems = _ledger("problem", "List the problems that are still open, newest first.", "No problem is open.")
