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

    That is its file and its journal, and what caches, log, archive and safety copies hold of it. The assistant's own
    transcript stays; ocm neither searches nor shows it any more.
    """
    from ocm.sessions import archive, copies, lookup, session_files
    from ocm.sessions import forget as forgetting

    store = options.find_store(project)
    forgetting.finish(store)
    place, name = lookup.find_anywhere(store, identifier, notice=output.notice)
    session_id = session_files.load(place, name).session.session_id
    every = [one for there, _ in archive.places(store) for one in copies.of_session(there, session_id)]
    if len(every) > 1 and identifier in {name, name.removesuffix(".md")}:
        others = ", ".join(one for one in every if one != name)
        _confirm(f"Remove {name} for good? The session {session_id} stays, in {others}.", yes=yes)
        forgetting.forget_file(store, place, name)
        output.say(f"Removed: {name}. Its session is in {others}.")
        return
    _confirm(f"Remove {', '.join(every or [name])} ({session_id}) for good?", yes=yes)
    done = forgetting.forget(store, session_id)
    output.say(f"Forgotten: {', '.join(done.files)}. Commits that hold the store, if you share it, still have it.")
    for path in done.unread:
        output.notice(f"{path} cannot be read, so it was left as it is and may hold the session still.")


def _confirm(question: str, *, yes: bool) -> None:
    if not yes:
        click.confirm(question, abort=True, err=True)
