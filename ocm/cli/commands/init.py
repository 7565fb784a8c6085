"""`ocm init`."""

import os

import click

from ocm.cli import options, setup_options
from ocm.store import paths
from ocm.ui import output


@click.command("init")
@options.project_option
@click.option(
    "--local", is_flag=True, help="Write only to files that are yours alone, not to those that the project shares."
)
@setup_options.with_hook_options
def command(  # noqa: PLR0913 - one parameter an option
    *,
    project: str | None,
    local: bool,
    hosts: tuple[str, ...],
    everything: bool,
    claude_hooks: str | None,
    cursor_hooks: str | None,
    hooks: tuple[str, ...],
    trust_hooks: bool,
    yes: bool,
    dry_run: bool,
) -> None:
    """Set up this project for the assistants found here.

    That is the store, the MCP server, hooks and rules. Safe to run again.
    """
    from ocm.index import access
    from ocm.setup import install

    project = project or os.environ.get("OCM_PROJECT_DIR")
    profiles = setup_options.profiles(claude_hooks, cursor_hooks, hooks)
    local = local or setup_options.wants_local(project, hosts, dry_run=dry_run or everything or yes)
    plan = install.plan_init(
        project, cwd=os.getcwd(), profiles=profiles, hosts=hosts, everything=everything, local=local
    )
    is_new = paths.find_store(project or os.getcwd()) is None
    setup_options.carry_out(plan, dry_run=dry_run, done="ocm is set up here.")
    if not dry_run:
        store = options.find_store(project)
        access.read(store, lambda _: None, notice=output.notice)
        if is_new:
            _tell_of_histories(store)
    setup_options.trust_hooks(dry_run=dry_run, wanted=trust_hooks, project=project, yes=yes)
    if not dry_run:
        setup_options.tell_whether_it_records(store, hosts)
    setup_options.finish(plan)


def _tell_of_histories(store: paths.Store) -> None:
    """Say once what other tools recorded of this project before."""
    from ocm.sources import survey

    rows = [row for row in survey.survey(store)[0] if row.new]
    if rows:
        count, seconds = sum(row.new for row in rows), sum(row.seconds for row in rows)
        names = ", ".join(row.source for row in rows)
        output.say(f"{count} earlier conversations of this project are there ({names}); `ocm import --from all` takes")
        output.say(f"about {max(1, round(seconds))} s and makes them searchable.")
