"""Setting ocm up and taking it away: init, install, uninstall."""

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from ocm import output
from ocm.commands import common
from ocm.errors import BadInputError

if TYPE_CHECKING:
    from ocm.plan import Plan

_PROFILES = click.Choice(["none", "minimal", "full"])


def _profiles(claude: str | None, cursor: str | None, hooks: tuple[str, ...]) -> dict[str, str]:
    chosen = {"claude-code": claude} if claude else {}
    if cursor and cursor != "none":
        raise BadInputError("Hooks for Cursor are not part of this version.", "Leave --cursor-hooks out, or give none.")
    for pair in hooks:
        host, _, profile = pair.partition("=")
        if profile not in _PROFILES.choices:
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


_hook_options = [
    click.option("--claude-hooks", type=_PROFILES, help="Hooks for Claude Code (default: minimal)."),
    click.option("--cursor-hooks", type=_PROFILES, help="Hooks for Cursor (default: none)."),
    click.option("--hooks", multiple=True, metavar="HOST=PROFILE", help="Hooks for any host; repeatable."),
    click.option("-y", "--yes", is_flag=True, hidden=True, help="Accepted for old scripts; nothing is ever asked."),
    common.dry_run_option,
]


def _with_hook_options(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in reversed(_hook_options):
        command = option(command)
    return command


@click.command()
@common.project_option
@_with_hook_options
def init(  # noqa: PLR0913 - one parameter an option
    *,
    project: str | None,
    claude_hooks: str | None,
    cursor_hooks: str | None,
    hooks: tuple[str, ...],
    yes: bool,  # noqa: ARG001
    dry_run: bool,
) -> None:
    """Set up this project: store, MCP server, hooks and rules. Running it twice changes nothing."""
    from ocm import index, install

    project = project or os.environ.get("OCM_PROJECT_DIR")
    plan = install.plan_init(project, cwd=os.getcwd(), profiles=_profiles(claude_hooks, cursor_hooks, hooks))
    _carry_out(
        plan, dry_run=dry_run, done="ocm is set up here. Start your assistant; `ocm status` shows what it records."
    )
    if not dry_run:
        store = common.find_store(project)
        index.read(store, lambda _: None, notice=output.notice)


@click.command()
@_with_hook_options
def install(
    *,
    claude_hooks: str | None,
    cursor_hooks: str | None,
    hooks: tuple[str, ...],
    yes: bool,  # noqa: ARG001
    dry_run: bool,
) -> None:
    """Set up ocm for every project of yours: one store in your home, hooks and rules for all of them."""
    from ocm import install as installer

    plan = installer.plan_install(profiles=_profiles(claude_hooks, cursor_hooks, hooks))
    _carry_out(plan, dry_run=dry_run, done="ocm is set up for all your projects.")


@click.command()
@common.project_option
@click.option("--global", "everywhere", is_flag=True, help="Take back `ocm install` instead.")
@click.option("--purge", is_flag=True, help="Remove the stored sessions too.")
@click.option("-y", "--yes", is_flag=True, hidden=True, help="Accepted for old scripts; nothing is ever asked.")
@common.dry_run_option
def uninstall(
    *,
    project: str | None,
    everywhere: bool,
    purge: bool,
    yes: bool,  # noqa: ARG001
    dry_run: bool,
) -> None:
    """Take ocm out again; every file is as it was before. The sessions stay."""
    from ocm import install as installer

    project = project or os.environ.get("OCM_PROJECT_DIR")
    plan = installer.plan_uninstall(project, cwd=os.getcwd(), everywhere=everywhere, purge=purge)
    _carry_out(plan, dry_run=dry_run, done="ocm is taken out.")
