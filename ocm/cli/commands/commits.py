"""`ocm commits`."""

import click

from ocm.cli import answers, completion, options
from ocm.ui import output


@click.command("commits")
@options.project_option
@click.argument("identifier", metavar="ID", shell_complete=completion.sessions)
@options.json_option
def command(*, project: str | None, identifier: str, as_json: bool) -> None:
    """List the commits that a session's work ended in.

    Files of the session that no commit changed since are listed as well.
    """
    from ocm.provenance import why as reasons
    from ocm.ui import why_view

    found = reasons.commits(options.find_store(project), identifier, notice=output.notice)
    answers.say(found, why_view.outcome_lines, as_json=as_json)
