"""Keeping it safe: redact-scan, forget, prune, import, trust."""

from typing import TYPE_CHECKING

import click

from ocm.base.errors import OcmError
from ocm.base.notices import told
from ocm.commands import common, complete
from ocm.ui import output

if TYPE_CHECKING:
    from ocm.sessions.redact_scan import Found

_DAYS = 180
_NAMED = 10


@click.command("redact-scan")
@common.project_option
@click.option("--apply", is_flag=True, help="Take out what is found; without it nothing is changed.")
@common.json_option
def redact_scan(*, project: str | None, apply: bool, as_json: bool) -> None:
    """Look for secrets in what is stored already, and take them out."""
    from ocm.sessions import redact_scan

    found = redact_scan.scan(common.find_store(project), apply=apply, progress=output.progress(as_json=as_json))
    if as_json:
        rows = [{"file": one.file, "rules": one.rules, "trouble": one.trouble} for one in found.files]
        output.as_json({"scanned": found.scanned, "found": found.total, "applied": apply, "files": rows})
    else:
        for one in found.files:
            output.say(_line(one))
        output.say(_summary(found.total, found.scanned, apply=apply))
    troubles = [f"{one.file}: {one.trouble}" for one in found.files if one.trouble]
    if troubles:
        raise OcmError(
            f"{len(troubles)} files keep theirs: {'; '.join(troubles[:_NAMED])}.", "Take these out in an editor."
        )


def _line(found: "Found") -> str:
    rules = ", ".join(f"{count} {rule}" for rule, count in sorted(found.rules.items()))
    return f"{found.file}: {rules}{f' ({found.trouble})' if found.trouble else ''}"


def _summary(total: int, scanned: int, *, apply: bool) -> str:
    if not total:
        return f"No secret in {scanned} files."
    done = "taken out. What was in them is known to whoever could read this store: change these secrets."
    return f"{total} secrets {done if apply else 'found; to take them out: ocm redact-scan --apply'}"


@click.command()
@common.project_option
@click.argument("identifier", metavar="ID", shell_complete=complete.sessions)
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
def forget(*, project: str | None, identifier: str, yes: bool) -> None:
    """Remove a session for good: file, journal, cache, log, archive and safety copies."""
    from ocm.recall import show
    from ocm.sessions import forget as forgetting
    from ocm.sessions import session_files

    store = common.find_store(project)
    forgetting.finish(store)
    place, name = show.find_anywhere(store, identifier, notice=output.notice)
    session_id = session_files.load(place, name).session.session_id
    if not yes:
        click.confirm(f"Remove {name} ({session_id}) for good?", abort=True, err=True)
    done = forgetting.forget(store, session_id)
    output.say(f"Forgotten: {', '.join(done.files)}. Commits that hold the store, if you share it, still have it.")


@click.command()
@common.project_option
@click.option("--older-than", "days", default=_DAYS, show_default=True, metavar="DAYS", type=click.IntRange(1, 36_500))
@click.option("--unfinished", is_flag=True, help="Also sessions that were never closed.")
@click.option("--apply", is_flag=True, help="Move them; without it nothing is changed.")
@click.option("--restore", metavar="ID", help="Move one session back out of the archive.")
@common.json_option
def prune(  # noqa: PLR0913 - one parameter an option
    *, project: str | None, days: int, unfinished: bool, apply: bool, restore: str | None, as_json: bool
) -> None:
    """Move old sessions into the archive, which searches leave out unless asked."""
    from ocm.sessions import archive

    store = common.find_store(project)
    if restore:
        output.say(f"Back: {archive.take_out(store, restore)}")
        return
    old = archive.old_sessions(store, days, unfinished=unfinished, progress=output.progress(as_json=as_json))
    if apply:
        for one in told(old, output.progress(as_json=as_json)):
            archive.put_away(store, one.session_id, one.name)
    if as_json:
        rows = [{"session_id": one.session_id, "file": one.name, "updated_at": one.updated_at} for one in old]
        output.as_json({"moved" if apply else "would_move": rows})
        return
    for one in old:
        output.say(f"{output.day(one.updated_at)}  {one.name}")
    size = sum(one.size for one in old) / 1024
    rest = "moved to the archive; `ocm search --archived` includes them" if apply else "to move; do it with --apply"
    output.say(f"{len(old)} sessions, {size:.0f} kB, {rest}." if old else f"No session is older than {days} days.")


@click.command("import")
@common.project_option
@click.argument("file", type=click.Path(exists=True, dir_okay=False))
@click.option("--replace", is_flag=True, help="Let sessions of the file replace those that are here; a copy is kept.")
@common.json_option
def import_command(*, project: str | None, file: str, replace: bool, as_json: bool) -> None:
    """Add the sessions of a file that `ocm export --all` wrote."""
    from ocm.sessions import export_import

    moved = export_import.bring_in(
        common.find_store(project), file, replace=replace, progress=output.progress(as_json=as_json)
    )
    if as_json:
        output.as_json({
            "written": moved.written, "same": moved.same, "kept": moved.kept, "redactions": moved.redactions,
            "troubles": moved.troubles,
        })  # fmt: skip
    else:
        output.say(f"{len(moved.written)} sessions written, {len(moved.same)} were here already.")
        if moved.kept:
            output.say(f"{len(moved.kept)} differ from what is here and were left out; --replace takes them.")
        if moved.redactions:
            output.say(f"{moved.redactions} secrets were taken out.")
    report_troubles(moved.troubles)


def report_troubles(troubles: list[str]) -> None:
    """End with what could not be carried along, if there is anything.

    Raises:
        OcmError: naming it.
    """
    if troubles:
        some = "; ".join(troubles[:_NAMED])
        raise OcmError(f"{len(troubles)} sessions were left out: {some}.", "The rest is done; correct these files.")


@click.command()
@common.project_option
def trust(*, project: str | None) -> None:
    """Accept a session store that was not made on this machine."""
    from ocm.store import trust as trusting

    store = common.find_store(project)
    if trusting.accept(store):
        output.say(f"{store.path} is trusted from now on: its sessions are shown to new conversations.")
    else:
        output.say(f"{store.path} is trusted already.")
