"""`ocm stats`."""

import click

from ocm.cli import options
from ocm.ui import layout, output


@click.command("stats")
@options.project_option
@options.json_option
def command(*, project: str | None, as_json: bool) -> None:
    """Show figures about sessions, gate and cost.

    That is what was recorded when and by which assistant, what the gate did, what it cost and what it saves.

    A token is four characters. What is saved is the difference between the brief that a new conversation begins with
    and all sessions read whole.
    """
    from ocm.recall import stats as figures

    store = options.find_store(project)
    found = figures.collect(store, output.notice, output.progress(as_json=as_json))
    if as_json:
        output.as_json(found)
    else:
        layout.stats(found)
