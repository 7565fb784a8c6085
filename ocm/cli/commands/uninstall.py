"""`ocm uninstall`."""

import os

import click

from ocm.cli import completion, options, setup_options


@click.command("uninstall")
@options.project_option
@click.option(
    "--host",
    "hosts",
    multiple=True,
    metavar="NAME",
    shell_complete=completion.hosts,
    help="This host only; repeatable.",
)
@click.option("--global", "everywhere", is_flag=True, help="Undo `ocm install` instead.")
@click.option("--purge", is_flag=True, help="Remove the stored sessions too.")
@click.option("-y", "--yes", is_flag=True, hidden=True, help="Accepted for old scripts; nothing is ever asked.")
@options.dry_run_option
def command(  # noqa: PLR0913 - one parameter an option
    *,
    project: str | None,
    hosts: tuple[str, ...],
    everywhere: bool,
    purge: bool,
    yes: bool,  # noqa: ARG001
    dry_run: bool,
) -> None:
    """Remove ocm again; the sessions stay.

    Every file is as it was before, but for what others changed: entries of ocm's that somebody changed are named.
    """
    from ocm.setup import install as installer

    project = project or os.environ.get("OCM_PROJECT_DIR")
    plan = installer.plan_uninstall(project, cwd=os.getcwd(), everywhere=everywhere, purge=purge, hosts=hosts)
    done = "ocm is removed, but for what somebody changed:" if plan.stays else "ocm is removed."
    setup_options.carry_out(plan, dry_run=dry_run, done=done)
