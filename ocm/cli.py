"""The command line's entry: one group of commands, one exit door."""

import os
import sys

import click

from ocm import __version__, output
from ocm.commands import care, find, keep, save, setup, why
from ocm.errors import BadInputError


def main() -> None:
    """Run the command line; errors leave through the one exit door."""
    output.prepare_streams()
    sys.excepthook = output.last_resort
    arguments = [_as_utf8(argument) for argument in sys.argv[1:]]
    with output.exit_door():
        sys.exit(ocm.main(arguments, prog_name="ocm", standalone_mode=False) or 0)


def _as_utf8(argument: str) -> str:
    """Return an argument as it was typed, whatever the locale made of it."""
    return os.fsencode(argument).decode("utf-8", "surrogateescape")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="ocm %(version)s")
def ocm() -> None:
    """A journal of what you and your coding assistant did, kept in the project and found again."""


@ocm.command("help")
@click.argument("command", required=False)
@click.pass_context
def help_command(context: click.Context, command: str | None) -> None:
    """Show what a command does."""
    parent = context.parent or context
    found = ocm.get_command(parent, command) if command else ocm
    if found is None:
        raise BadInputError(f"There is no command {command!r}.", f"There are: {', '.join(ocm.list_commands(parent))}.")
    with click.Context(found, info_name=command or "ocm", parent=parent if command else None) as inner:
        click.echo(found.get_help(inner))


for _command in (
    setup.init,
    setup.install,
    setup.uninstall,
    save.checkpoint,
    find.list_command,
    find.search,
    find.show,
    find.timeline,
    find.export,
    find.resume,
    why.why,
    why.explain,
    why.commits,
    why.decisions,
    why.problems,
    care.rebuild_index,
    care.status,
    care.doctor,
    care.serve,
    care.config,
    care.demo,
    keep.redact_scan,
    keep.forget,
    keep.prune,
    keep.import_command,
    keep.trust,
):
    ocm.add_command(_command)
