"""`ocm explain`."""

import click

from ocm.cli import answers, options
from ocm.ui import output


@click.command("explain")
@options.project_option
@click.argument("commit")
@options.json_option
def command(*, project: str | None, commit: str, as_json: bool) -> None:
    """Show which sessions a commit comes from.

    What these sessions decided is shown as well.
    """
    from ocm.provenance import why as reasons
    from ocm.ui import why_view

    found = reasons.explain(options.find_store(project), commit, notice=output.notice)
    answers.say(found, why_view.commit_lines, as_json=as_json)
