"""`ocm doctor`."""

import os

import click

from ocm.cli import options
from ocm.ui import output


@click.command("doctor")
@options.project_option
@click.option("--fix", is_flag=True, help="Fix what is safe to fix: only what belongs to ocm.")
@options.json_option
def command(*, project: str | None, fix: bool, as_json: bool) -> None:
    """Check that hosts, hooks, server and store work.

    Each problem is named with the next safe step; if there is one, the exit code is 1.
    """
    from ocm.doctor import doctor as checks

    where = project or os.environ.get("OCM_PROJECT_DIR") or os.getcwd()
    report = checks.fix(where) if fix else checks.examine(where)
    if as_json:
        output.as_json(report.as_json())
    else:
        output.report(report.as_json())
    if report.findings:
        raise click.exceptions.Exit(1)
