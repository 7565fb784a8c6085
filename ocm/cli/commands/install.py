"""`ocm install`."""

import click

from ocm.cli import setup_options


@click.command("install")
@setup_options.with_hook_options
def command(  # noqa: PLR0913 - one parameter an option
    *,
    hosts: tuple[str, ...],
    everything: bool,
    claude_hooks: str | None,
    cursor_hooks: str | None,
    hooks: tuple[str, ...],
    trust_hooks: bool,
    yes: bool,
    dry_run: bool,
) -> None:
    """Set up ocm for all your projects.

    That is one store in your home directory, and the MCP server, hooks and rules for the assistants found here.
    """
    from ocm.setup import install as installer

    profiles = setup_options.profiles(claude_hooks, cursor_hooks, hooks)
    plan = installer.plan_install(profiles=profiles, hosts=hosts, everything=everything)
    setup_options.carry_out(plan, dry_run=dry_run, done="ocm is set up for all your projects.")
    setup_options.trust_hooks(dry_run=dry_run, wanted=trust_hooks, project=None, yes=yes)
    setup_options.finish(plan)
