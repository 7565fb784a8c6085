"""What `init`, `install` and `uninstall` share: their options, and carrying out a plan."""

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from ocm.base.errors import BadInputError
from ocm.cli import completion, options
from ocm.ui import output

_PROFILES = click.Choice(["none", "minimal", "full"])

if TYPE_CHECKING:
    from ocm.setup.plan import Plan
    from ocm.store.paths import Store


def profiles(claude: str | None, cursor: str | None, hooks: tuple[str, ...]) -> dict[str, str]:
    """Return the hook profile that each host was given on the command line.

    Raises:
        BadInputError: a pair is not HOST=PROFILE.
    """
    chosen = {name: profile for name, profile in (("claude-code", claude), ("cursor", cursor)) if profile}
    for pair in hooks:
        host, _, profile = pair.partition("=")
        if not profile:
            raise BadInputError(f"--hooks {pair!r} is not HOST=PROFILE.", "Profiles: none, minimal, full.")
        chosen[host] = profile
    return chosen


def carry_out(plan: "Plan", *, dry_run: bool, done: str) -> None:
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
    for line in (*plan.stays, *plan.warnings, *plan.left_out):
        output.notice(line)


def wants_local(project: str | None, hosts: tuple[str, ...], *, dry_run: bool) -> bool:
    """Ask a person at a terminal, the first time, whether the set-up is for all who work here or for them alone."""
    from ocm.setup import install

    titles = [] if dry_run or not output.is_watched() else install.may_be_local(project, os.getcwd(), hosts)
    if not titles:
        return False
    asked = f"Set up for all who share this project, in its own files, or for you alone ({', '.join(titles)})"
    return bool(click.prompt(asked, type=click.Choice(["shared", "local"]), default="shared") == "local")


def tell_whether_it_records(store: "Store", hosts: tuple[str, ...]) -> None:
    """Say that it records, as was just tried out, or the one thing that is missing."""
    from ocm.doctor import proof
    from ocm.setup.scope import Scope

    for line in proof.prove(Scope(store.root, store.path), os.getcwd(), hosts).sentences():
        output.say(line)


def finish(plan: "Plan") -> None:
    """End with exit code 1 where a host was left out."""
    if plan.left_out:
        raise click.exceptions.Exit(1)


def trust_hooks(*, dry_run: bool, wanted: bool, project: str | None, yes: bool) -> None:
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
        if yes or click.confirm("Let Codex run these hooks from now on?"):
            client.trust(waiting)
            output.say("Codex trusts them.")


host_options = [
    click.option(
        "--host",
        "hosts",
        multiple=True,
        metavar="NAME",
        shell_complete=completion.hosts,
        help="This host only; repeatable.",
    ),
    click.option("--all", "everything", is_flag=True, help="All hosts that ocm knows, whether found here or not."),
]


_hook_options = [
    *host_options,
    click.option("--claude-hooks", type=_PROFILES, help="Hooks for Claude Code (default: minimal)."),
    click.option("--cursor-hooks", type=_PROFILES, help="Hooks for Cursor (default: none)."),
    click.option("--hooks", multiple=True, metavar="HOST=PROFILE", help="Hooks for any host; repeatable."),
    click.option("--trust-hooks", is_flag=True, help="Have Codex trust the hooks; shows them and asks first."),
    click.option("-y", "--yes", is_flag=True, help="Ask nothing, neither before --trust-hooks nor whom it is for."),
    options.dry_run_option,
]


def with_hook_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options that choose hosts and hooks."""
    for option in reversed(_hook_options):
        command = option(command)
    return command
