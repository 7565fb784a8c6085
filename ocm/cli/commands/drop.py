"""`ocm drop`."""

import click

from ocm.cli import options
from ocm.cli.commands import done


@click.command("drop")
@options.project_option
@click.argument("number", metavar="N", type=int)
def command(*, project: str | None, number: int) -> None:
    """Take an item off the list without its being done.

    N is its number in `ocm todo`. It is changed in the session files that hold it, as a person would.
    """
    done.take_off(project, number, done=False)
