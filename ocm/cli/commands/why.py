"""`ocm why`."""

import os

import click

from ocm.cli import answers, options
from ocm.store import paths
from ocm.ui import output


@click.command("why")
@options.project_option
@click.argument("place", metavar="FILE[:LINE[-LINE]]")
@options.json_option
def command(*, project: str | None, place: str, as_json: bool) -> None:
    """Show why a line is there.

    That is its commit, the session behind it, and the decision.
    """
    from ocm.provenance import why as reasons
    from ocm.ui import why_view

    store = options.find_store(project)
    exists = os.path.lexists(place) or os.path.lexists(os.path.join(store.root, place))
    path, first, last = reasons.parsed(place, exists=exists)
    found = reasons.why(store, paths.named(store, path), first, last, notice=output.notice)
    answers.say(found, why_view.why_lines, as_json=as_json)
