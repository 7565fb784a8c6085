"""`ocm decisions`, and what it shares with `ocm problems`, the other list of the ledger."""

import click

from ocm.cli import answers, options
from ocm.store import paths
from ocm.ui import output


def ledger(kind: str, about: str, nothing: str) -> click.Command:
    """Return the command that lists the decisions, or the problems, of a store."""

    @click.command(f"{kind}s", help=about)
    @options.project_option
    @answers.file_option
    @click.option("--all", "everything", is_flag=True, help="Superseded or solved ones as well.")
    @options.json_option
    def command(*, project: str | None, path: str | None, everything: bool, as_json: bool) -> None:
        from ocm.provenance import decision_log
        from ocm.ui import why_view

        store = options.find_store(project)
        name = paths.named(store, path) if path else ""
        asked = {"decision": decision_log.decisions, "problem": decision_log.problems}[kind]
        found = asked(store, name, everything=everything, notice=output.notice)
        answers.say(found, lambda items: why_view.ledger_lines(items, kind), as_json=as_json, nothing=nothing)

    return command


command = ledger("decision", "List the decisions in force.\n\nThe newest come first.", "No decision is recorded.")
