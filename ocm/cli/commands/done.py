"""`ocm done`."""

import click

from ocm.cli import answers, options


@click.command("done")
@options.project_option
@click.argument("number", metavar="N", type=int)
def command(*, project: str | None, number: int) -> None:
    """Tick an item off the list of what is to be done.

    N is its number in `ocm todo`. It is changed in the session files that hold it, as a person would.
    """
    answers.take_off(project, number, done=True)
