"""`ocm timeline`."""

import click

from ocm.cli import completion, options
from ocm.store import paths
from ocm.ui import layout, output


@click.command("timeline")
@options.project_option
@click.argument("identifier", metavar="[ID]", required=False, shell_complete=completion.sessions)
@click.option("--file", "path", metavar="PATH", help="What was done to this file, instead of around a session.")
@click.option("-n", "--limit", default=10, show_default=True, type=click.IntRange(1, 100), help="How many to show.")
@options.json_option
def command(*, project: str | None, identifier: str | None, path: str | None, limit: int, as_json: bool) -> None:
    """Show what was done when.

    That is around a session, the latest one if none is named, or to a file.
    """
    from ocm.recall import timeline as timelines

    store = options.find_store(project)
    name = paths.named(store, path) if path else None
    found = timelines.timeline(store, session_id=identifier, file=name, limit=limit, notice=output.notice)
    if as_json:
        output.as_json(found)
    elif found:
        layout.timeline(found)
    else:
        output.say("Nothing was done there." if path else "No sessions yet.")
