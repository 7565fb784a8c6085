"""`ocm search`."""

import os
from typing import Any

import click

from ocm.cli import completion, options, quick_commands
from ocm.store import paths
from ocm.store.paths import Store
from ocm.ui import layout, output


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
@click.option("--transcripts", is_flag=True, help="Search what was said, in the assistants' own transcripts.")
@click.option("--scope", type=click.Choice(["project", "global"]), hidden=True)
@options.json_option
def command(*, all_projects: bool, scope: str | None, transcripts: bool, **given: Any) -> None:  # noqa: ANN401 - as above
    """Search earlier sessions in plain words.

    With --transcripts, search everything that you and the assistants said, redacted. That goes through a cache in the
    user store, transcripts.db: it is built when first asked for, and may be deleted at any time.
    """
    everywhere = all_projects or scope == "global"
    if transcripts:
        _said(everywhere=everywhere, **given)
    else:
        quick_commands.search(all_projects=everywhere, **given)


def _said(
    *,
    project: str | None,
    as_json: bool,
    query: tuple[str, ...],
    everywhere: bool,
    path: str | None,
    **given: Any,  # noqa: ANN401 - as above
) -> None:
    """Print what was said that matches a question."""
    from ocm.sources import transcripts

    wish = transcripts.wished({"query": " ".join(query), "file": path, **given}, everywhere=everywhere)
    progress = output.progress(as_json=as_json)
    found = transcripts.search(_store(project, everywhere=everywhere), wish, progress=progress, notice=output.notice)
    if as_json:
        output.as_json(found.rows)
    elif found.rows:
        layout.said(found.rows)
    else:
        output.say("Nothing that was said matches.")


def _store(project: str | None, *, everywhere: bool) -> Store:
    """Return the store at hand; who asks about all projects need not be in one."""
    if everywhere and not project and paths.find_store(os.getcwd()) is None:
        return Store(paths.own_store(), os.getcwd(), is_user=True)
    return options.find_store(project)
