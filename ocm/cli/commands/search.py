"""`ocm search`."""

from typing import Any

import click

from ocm.cli import completion, options, quick_commands


@click.command("search")
@options.project_option
@click.argument("query", nargs=-1, required=True)
@click.option("-n", "--limit", default=5, show_default=True, type=click.IntRange(1, 50), help="How many to show.")
@options.tool_option
@click.option("--status", metavar="S", shell_complete=completion.statuses, help="Only sessions with this status.")
@click.option("--branch", metavar="B", shell_complete=completion.branches, help="Only sessions on this branch.")
@click.option("--since", metavar="D", help="Only sessions that started on this day or later (YYYY-MM-DD).")
@click.option("--until", metavar="D", help="Only sessions that started on this day or earlier.")
@click.option("--file", "path", metavar="PATH", help="Only sessions that touched this file.")
@click.option("--tag", metavar="T", help="Only sessions with this tag.")
@click.option("--archived", is_flag=True, help="Search the archive of `ocm prune` as well.")
@click.option("--all-projects", is_flag=True, help="Search every project that ocm was set up in.")
@click.option("--scope", type=click.Choice(["project", "global"]), hidden=True)
@options.json_option
def command(*, all_projects: bool, scope: str | None, **given: Any) -> None:  # noqa: ANN401 - as above
    """Search earlier sessions in plain words."""
    quick_commands.search(all_projects=all_projects or scope == "global", **given)
