"""Setting ocm up and taking it away: init, install, uninstall."""

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from ocm.base.errors import BadInputError
from ocm.commands import common, complete
from ocm.ui import output

if TYPE_CHECKING:
    from ocm.setup.plan import Plan

_PROFILES = click.Choice(["none", "minimal", "full"])


def _profiles(claude: str | None, cursor: str | None, hooks: tuple[str, ...]) -> dict[str, str]:
    chosen = {name: profile for name, profile in (("claude-code", claude), ("cursor", cursor)) if profile}
    for pair in hooks:
        host, _, profile = pair.partition("=")
        if not profile:
            raise BadInputError(f"--hooks {pair!r} is not HOST=PROFILE.", "Profiles: none, minimal, full.")
        chosen[host] = profile
    return chosen


def _carry_out(plan: "Plan", *, dry_run: bool, done: str) -> None:
    """Show a plan, or do it and say what came of it."""
    if dry_run:
        output.say(plan.diff().rstrip() or "Nothing would change.")
    else:
        changed = bool(plan.steps)
        for step in plan.steps:
            output.say(f"  {step}")
        plan.apply()
        output.say(done if changed else "Nothing to change.")
    for line in plan.notices:
        output.say(line)
    for line in plan.warnings:
        output.notice(line)


def _trust(*, dry_run: bool, wanted: bool, project: str | None, yes: bool) -> None:
    """Ask, and then let Codex trust the hooks that were just set up."""
    if dry_run or not wanted:
        return
    from ocm.setup import codex_trust

    with codex_trust.Client(project or os.getcwd()) as client:
        waiting = client.untrusted()
        if not waiting:
            output.say("Codex has no hook of ocm that is waiting to be trusted.")
            return
        for hook in waiting:
            output.say(f"  {hook.event}: {hook.command}")
        if yes or click.confirm("Shall Codex run these hooks from now on?"):
            client.trust(waiting)
            output.say("Codex trusts them.")


_host_options = [
    click.option(
        "--host",
        "hosts",
        multiple=True,
        metavar="NAME",
        shell_complete=complete.hosts,
        help="This host only; repeatable.",
    ),
    click.option("--all", "everything", is_flag=True, help="Every host there is, whether found here or not."),
]
_hook_options = [
    *_host_options,
    click.option("--claude-hooks", type=_PROFILES, help="Hooks for Claude Code (default: minimal)."),
    click.option("--cursor-hooks", type=_PROFILES, help="Hooks for Cursor (default: none)."),
    click.option("--hooks", multiple=True, metavar="HOST=PROFILE", help="Hooks for any host; repeatable."),
    click.option("--trust-hooks", is_flag=True, help="Have Codex trust the hooks; shows them and asks first."),
    click.option("-y", "--yes", is_flag=True, help="Answer yes to what --trust-hooks asks; nothing else is asked."),
    common.dry_run_option,
]


def _with_hook_options(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in reversed(_hook_options):
        command = option(command)
    return command


@click.command()
@common.project_option
@click.option("--local", is_flag=True, help="Write only files that are yours alone, none that the project shares.")
@_with_hook_options
def init(  # noqa: PLR0913 - one parameter an option
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
    """Set up this project for the assistants found: store, MCP server, hooks and rules. Twice changes nothing."""
    from ocm.index import access
    from ocm.setup import install

    project = project or os.environ.get("OCM_PROJECT_DIR")
    profiles = _profiles(claude_hooks, cursor_hooks, hooks)
    plan = install.plan_init(
        project, cwd=os.getcwd(), profiles=profiles, hosts=hosts, everything=everything, local=local
    )
    _carry_out(
        plan, dry_run=dry_run, done="ocm is set up here. Start your assistant; `ocm doctor` shows what it records."
    )
    if not dry_run:
        store = common.find_store(project)
        access.read(store, lambda _: None, notice=output.notice)
    _trust(dry_run=dry_run, wanted=trust_hooks, project=project, yes=yes)


@click.command()
@_with_hook_options
def install(  # noqa: PLR0913 - one parameter an option
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
    """Set up ocm for every project of yours: one store in your home, hooks and rules for the assistants found."""
    from ocm.setup import install as installer

    profiles = _profiles(claude_hooks, cursor_hooks, hooks)
    plan = installer.plan_install(profiles=profiles, hosts=hosts, everything=everything)
    _carry_out(plan, dry_run=dry_run, done="ocm is set up for all your projects.")
    _trust(dry_run=dry_run, wanted=trust_hooks, project=None, yes=yes)


@click.command()
@common.project_option
@click.option(
    "--host", "hosts", multiple=True, metavar="NAME", shell_complete=complete.hosts, help="This host only; repeatable."
)
@click.option("--global", "everywhere", is_flag=True, help="Take back `ocm install` instead.")
@click.option("--purge", is_flag=True, help="Remove the stored sessions too.")
@click.option("-y", "--yes", is_flag=True, hidden=True, help="Accepted for old scripts; nothing is ever asked.")
@common.dry_run_option
def uninstall(  # noqa: PLR0913 - one parameter an option
    *,
    project: str | None,
    hosts: tuple[str, ...],
    everywhere: bool,
    purge: bool,
    yes: bool,  # noqa: ARG001
    dry_run: bool,
) -> None:
    """Take ocm out again; every file is as it was before. The sessions stay."""
    from ocm.setup import install as installer

    project = project or os.environ.get("OCM_PROJECT_DIR")
    plan = installer.plan_uninstall(project, cwd=os.getcwd(), everywhere=everywhere, purge=purge, hosts=hosts)
    _carry_out(plan, dry_run=dry_run, done="ocm is taken out.")
