"""`ocm forget`."""

import click

from ocm.cli import completion, options
from ocm.ui import output


@click.command("forget")
@options.project_option
@click.argument("identifier", metavar="ID", shell_complete=completion.sessions)
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
def command(*, project: str | None, identifier: str, yes: bool) -> None:
    """Remove a session for good.

    That is its file and its journal, and what cache, log, archive and safety copies hold of it.
    """
    from ocm.sessions import forget as forgetting
    from ocm.sessions import lookup, session_files

    store = options.find_store(project)
    forgetting.finish(store)
    place, name = lookup.find_anywhere(store, identifier, notice=output.notice)
    session_id = session_files.load(place, name).session.session_id
    if not yes:
        click.confirm(f"Remove {name} ({session_id}) for good?", abort=True, err=True)
    done = forgetting.forget(store, session_id)
    output.say(f"Forgotten: {', '.join(done.files)}. Commits that hold the store, if you share it, still have it.")
