"""`ocm prune`."""

import click

from ocm.base.notices import reported
from ocm.cli import options
from ocm.ui import output

_DAYS = 180


@click.command("prune")
@options.project_option
@click.option(
    "--older-than",
    "days",
    default=_DAYS,
    show_default=True,
    metavar="DAYS",
    help="Sessions that were last updated so long ago.",
    type=click.IntRange(1, 36_500),
)
@click.option("--unfinished", is_flag=True, help="Also sessions that were never closed.")
@click.option("--apply", is_flag=True, help="Move them; without it nothing is changed.")
@click.option("--restore", metavar="ID", help="Restore one session from the archive.")
@options.json_option
def command(  # noqa: PLR0913 - one parameter an option
    *, project: str | None, days: int, unfinished: bool, apply: bool, restore: str | None, as_json: bool
) -> None:
    """Move old sessions into the archive.

    Searches leave the archive out unless --archived is given.
    """
    from ocm.sessions import archive

    store = options.find_store(project)
    if restore:
        output.say(f"Restored: {archive.restore(store, restore)}")
        return
    old = archive.old_sessions(store, days, unfinished=unfinished, progress=output.progress(as_json=as_json))
    if apply:
        for one in reported(old, output.progress(as_json=as_json)):
            archive.archive_session(store, one.session_id, one.name)
    if as_json:
        rows = [{"session_id": one.session_id, "file": one.name, "updated_at": one.updated_at} for one in old]
        output.as_json({"moved" if apply else "would_move": rows})
        return
    for one in old:
        output.say(f"{output.day(one.updated_at)}  {one.name}")
    size = sum(one.size for one in old) / 1024
    rest = "moved to the archive; `ocm search --archived` includes them" if apply else "to move; move them with --apply"
    output.say(f"{len(old)} sessions, {size:.0f} kB, {rest}." if old else f"No session is older than {days} days.")
