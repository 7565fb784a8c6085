"""Finding what is stored: list, search, show, export, resume."""

import os
from typing import Any

import click

from ocm import looking
from ocm.base.errors import BadInputError, OcmError
from ocm.commands import common, complete
from ocm.store import paths
from ocm.store.paths import Store
from ocm.ui import layout, output

_EVERYTHING = 10_000_000


@click.command("list")
@common.project_option
@click.option("-n", "--limit", default=10, show_default=True, help="-1 for all.")
@common.tool_option
@common.json_option
def list_command(**given: Any) -> None:  # noqa: ANN401 - click gives one keyword an option
    """List the newest sessions."""
    looking.list_sessions(**given)


@click.command()
@common.project_option
@click.argument("query", nargs=-1, required=True)
@click.option("-n", "--limit", default=5, show_default=True, type=click.IntRange(1, 50))
@common.tool_option
@click.option("--status", metavar="S", shell_complete=complete.statuses, help="Only sessions with this status.")
@click.option("--branch", metavar="B", shell_complete=complete.branches, help="Only sessions on this branch.")
@click.option("--since", metavar="D", help="Only sessions that started on this day or later (YYYY-MM-DD).")
@click.option("--until", metavar="D", help="Only sessions that started on this day or earlier.")
@click.option("--file", "path", metavar="PATH", help="Only sessions that touched this file.")
@click.option("--tag", metavar="T", help="Only sessions with this tag.")
@click.option("--archived", is_flag=True, help="Also sessions that `ocm prune` moved away.")
@click.option("--all-projects", is_flag=True, help="Search every project that ocm was set up in.")
@click.option("--scope", type=click.Choice(["project", "global"]), hidden=True)
@common.json_option
def search(*, all_projects: bool, scope: str | None, **given: Any) -> None:  # noqa: ANN401 - as above
    """Search earlier sessions in plain words."""
    looking.search(all_projects=all_projects or scope == "global", **given)


@click.command()
@common.project_option
@click.argument("identifier", metavar="ID", shell_complete=complete.sessions)
@click.option(
    "--section",
    "sections",
    multiple=True,
    metavar="S",
    shell_complete=complete.sections,
    help="Only this part, such as decisions; repeatable.",
)
@click.option("--max-tokens", type=click.IntRange(50, 100_000), help="No longer than this; what is cut is said.")
@common.json_option
def show(
    *, project: str | None, identifier: str, sections: tuple[str, ...], max_tokens: int | None, as_json: bool
) -> None:
    """Show one session: an id, a unique prefix, a slug, a file name, or `latest`."""
    from ocm.provenance import decision_log, summary, why
    from ocm.recall import show

    store = common.find_store(project)
    with common.notices() as notice:
        if sections or max_tokens:
            wanted = show.sections_of(list(sections))
            found = show.excerpt(store, identifier, wanted, max_tokens or _EVERYTHING, notice=notice)
            found = decision_log.with_ended(store, found)
            output.as_json(found) if as_json else output.excerpt(found, wanted)
            return
        shown = show.show(store, identifier, notice=notice)
        came_of = why.commits(store, identifier)
        ended = decision_log.ended(store, os.path.basename(shown["markdown_path"]))
        if as_json:
            landed = {name: came_of[name] for name in ("commits", "not_landed")}
            output.as_json({**shown, **landed, "ended": ended})
        else:
            lines = list(summary.marked(show.text(store, identifier), ended))
            still = show.holds_still(store, identifier) if layout.is_watched() else {}
            layout.session({**shown, **still}, lines, summary.outcome(came_of))


@click.command()
@common.project_option
@click.argument("identifier", metavar="[ID]", required=False, shell_complete=complete.sessions)
@click.option("--file", "path", metavar="PATH", help="What was done to this file, instead of around a session.")
@click.option("-n", "--limit", default=10, show_default=True, type=click.IntRange(1, 100))
@common.json_option
def timeline(*, project: str | None, identifier: str | None, path: str | None, limit: int, as_json: bool) -> None:
    """Show what was done when: around a session (the latest one if none is named), or to a file."""
    from ocm.recall import timeline as timelines

    store = common.find_store(project)
    name = common.named(store, path) if path else None
    found = timelines.timeline(store, session_id=identifier, file=name, limit=limit, notice=output.notice)
    if as_json:
        output.as_json(found)
    elif found:
        layout.timeline(found)
    else:
        output.say("Nothing was done there." if path else "No sessions yet.")


@click.command()
@common.project_option
@click.argument("identifier", metavar="[ID]", required=False, shell_complete=complete.sessions)
@click.option("--all", "everything", metavar="FILE", help="Write the whole store to one file, for `ocm import`.")
def export(*, project: str | None, identifier: str | None, everything: str | None) -> None:
    """Print the path of a session's file, or write the whole store to one file."""
    from ocm.recall import show

    store = common.find_store(project)
    if everything:
        _export_all(store, everything)
        return
    if not identifier:
        raise BadInputError("There is nothing to export.", "Name a session, or a file with --all.")
    with common.notices() as notice:
        name = show.find(store, identifier, notice=notice)
    click.echo(os.path.join(os.path.realpath(store.sessions), name))


def _export_all(store: Store, path: str) -> None:
    from ocm.commands import keep
    from ocm.sessions import export_import

    moved = export_import.export(store, path, progress=output.progress())
    secrets = f", {moved.redactions} secrets taken out" if moved.redactions else ""
    output.say(f"{len(moved.written)} sessions written to {path}{secrets}.")
    keep.report_troubles(moved.troubles)


@click.command()
@common.project_option
@click.argument("identifier", metavar="[ID]", required=False, shell_complete=complete.sessions)
@click.option("--tokens", type=click.IntRange(1, 4000), help="How long it may be; brief.tokens when left out.")
@click.option("--copy", is_flag=True, help="Put it on the clipboard instead of printing it.")
@common.json_option
def resume(*, project: str | None, identifier: str | None, tokens: int | None, copy: bool, as_json: bool) -> None:
    """Print a brief that lets any assistant, or you, pick the work up: of this branch, or of one session.

    It says the goal, what is done and what is left, problems and decisions, the files with what became of them, and
    what git did since. Without ID it is the session of the branch of this work tree that was worked on last.
    """
    from ocm.recall import brief as briefs
    from ocm.recall import show
    from ocm.store import config
    from ocm.ui import clipboard

    store = common.find_store(project)
    settings = config.load(paths.user_store(), store.path)
    _, branch = paths.git_head(store.root)
    budget = int(settings["brief.tokens"]) if tokens is None else tokens
    with common.notices() as notice:
        session_id = show.show(store, identifier, notice=notice)["session_id"] if identifier else None
        said = briefs.brief(
            store,
            branch=branch,
            session_id=session_id,
            tokens=budget,
            alone=bool(session_id),
            whole=True,
            notice=notice,
        )
    copied = clipboard.copy(said) if copy and said else ""
    if as_json:
        output.as_json({"brief": said, "session_id": session_id})
    elif not copied:
        for line in (said or "Nothing is stored yet that could be picked up.").split("\n"):
            output.say(line)
    if copy and said:
        if not copied:
            raise OcmError("There is no clipboard here, so nothing was copied.", "Take it from what was printed.")
        output.notice(f"The brief, {len(said):,} characters, {copied}.")
