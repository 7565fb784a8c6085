"""`ocm doctor`."""

import os

import click

from ocm.cli import options
from ocm.ui import output


@click.command("doctor")
@options.project_option
@click.option("--fix", is_flag=True, help="Mend what is safe: only what is ocm's own.")
@options.json_option
def command(*, project: str | None, fix: bool, as_json: bool) -> None:
    """Prove that hosts, hooks, server and store work, and say what does not."""
    from ocm.doctor import doctor as checks

    where = project or os.environ.get("OCM_PROJECT_DIR") or os.getcwd()
    report = checks.fix(where) if fix else checks.examine(where)
    if as_json:
        output.as_json(report.as_json())
    else:
        output.report(report.as_json())
    if report.findings:
        raise click.exceptions.Exit(1)
