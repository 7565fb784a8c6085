"""`ocm export`."""

import os

import click

from ocm.base.errors import BadInputError
from ocm.cli import completion, options
from ocm.store.paths import Store
from ocm.ui import output


@click.command("export")
@options.project_option
@click.argument("identifier", metavar="[ID]", required=False, shell_complete=completion.sessions)
@click.option("--all", "everything", metavar="FILE", help="Write the whole store to one file, for `ocm import`.")
def command(*, project: str | None, identifier: str | None, everything: str | None) -> None:
    """Print a session's path, or write all to one file.

    Such a file is read by `ocm import`.
    """
    from ocm.sessions import lookup

    store = options.find_store(project)
    if everything:
        _export_all(store, everything)
        return
    if not identifier:
        raise BadInputError("There is nothing to export.", "Name a session, or a file with --all.")
    with options.notices() as notice:
        name = lookup.find(store, identifier, notice=notice)
    click.echo(os.path.join(os.path.realpath(store.sessions), name))


def _export_all(store: Store, path: str) -> None:
    from ocm.sessions import export_import

    moved = export_import.export_store(store, path, progress=output.progress())
    secrets = f", {moved.redactions} secrets removed" if moved.redactions else ""
    output.say(f"{len(moved.written)} sessions written to {path}{secrets}.")
    options.report_troubles(moved.troubles)
