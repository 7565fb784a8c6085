"""`ocm trust`."""

import click

from ocm.cli import options
from ocm.ui import output


@click.command("trust")
@options.project_option
def command(*, project: str | None) -> None:
    """Accept a session store that was not made here.

    Its sessions are shown to new conversations from then on. Session files that git tracks, which a checkout can bring,
    are accepted with it, and left out before.
    """
    from ocm.store import trust as trusting

    store = options.find_store(project)
    if trusting.accept(store):
        output.say(f"{store.path} is trusted from now on: its sessions are shown to new conversations.")
    else:
        output.say(f"{store.path} is trusted already.")
