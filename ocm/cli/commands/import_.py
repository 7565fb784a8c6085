"""`ocm import`."""

import os
from typing import TYPE_CHECKING, Any

import click

from ocm.cli import options
from ocm.ui import output

if TYPE_CHECKING:
    from ocm.sources.importer import Report, Wish
    from ocm.store.paths import Store

_ASKED_FROM = 2  # conversations, from which a person at a terminal is asked first
_NAMED = 10


@click.command("import")
@options.project_option
@click.argument("paths", nargs=-1, metavar="[PATH]...", type=click.Path(exists=True))
@click.option("--from", "sources", multiple=True, metavar="SOURCE", help="A history, or `all`; may be repeated.")
@click.option("--since", metavar="D", help="Only conversations that began on this day or later.")
@click.option("--until", metavar="D", help="Only conversations that began on this day or earlier.")
@click.option("--all-projects", is_flag=True, help="For every project that has a store, not only this one.")
@click.option("--include-small", is_flag=True, help="Also those with no edit, no commit and fewer than two prompts.")
@click.option("--map", "maps", multiple=True, metavar="OLD=NEW", help="A folder of old, and where it is now.")
@click.option("--dry-run", is_flag=True, help="Say what would come in, and write nothing.")
@click.option("--replace", is_flag=True, help="Of an export: replace sessions that differ; a copy of them is kept.")
@click.option("--undo", metavar="BATCH", help="Take an import back, but for what was changed since.")
@click.option("--list", "listing", is_flag=True, help="List the imports that can be taken back.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@options.json_option
def command(  # noqa: PLR0913 - one parameter an option
    *, project: str | None, paths: tuple[str, ...], sources: tuple[str, ...], since: str | None, until: str | None,
    all_projects: bool, include_small: bool, maps: tuple[str, ...], dry_run: bool, replace: bool, undo: str | None,
    listing: bool, yes: bool, as_json: bool,
) -> None:  # fmt: skip
    """Add conversations that other tools recorded, or an export.

    A PATH is a transcript, a folder or database of them, or a file that `ocm export --all` wrote. Without one, --from
    reads the places where that assistant keeps its history. Without either: a table of what is there.
    """
    store = options.find_store(project)
    if listing or undo:
        _batches(store, undo, as_json=as_json)
        return
    exports = [path for path in paths if _is_export(path)]
    for path in exports:
        _export(store, path, replace=replace, as_json=as_json)
    if exports and len(exports) == len(paths):
        return
    if not paths and not sources:
        _table(store, as_json=as_json)
        return
    from ocm.sources import importer

    rest = tuple(os.path.abspath(path) for path in paths if path not in exports)
    wish = importer.Wish(
        rest, _sources(sources), _bound(since), _bound(until, after=True), include_small, _maps(maps), dry_run
    )
    stores = _stores(store) if all_projects else [store]
    found = [_import(one, wish, yes=yes or as_json, as_json=as_json) for one in stores]
    _say(found, dry_run=dry_run, as_json=as_json)


def _is_export(path: str) -> bool:
    """Return whether a path is for the import of exports: all that is no history, which says why it is none."""
    from ocm.sources import registry

    return not os.path.isdir(path) and not registry.recognised(path)


def _sources(names: tuple[str, ...]) -> tuple[str, ...]:
    from ocm.sources import registry

    return registry.SOURCES if "all" in names else tuple(name for name in names if registry.reader(name))


def _bound(text: str | None, *, after: bool = False) -> float:
    from ocm.base import times

    try:
        return times.bound(text, after=after) if text else float("inf") if after else 0.0
    except ValueError:
        raise click.BadParameter(f"{text!r} is neither a day (2026-03-01) nor a time.") from None


def _maps(texts: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    pairs = []
    for text in texts:
        old, equals, new = text.partition("=")
        if not (old and equals and new):
            raise click.BadParameter(f"{text!r} is not OLD=NEW.", param_hint="--map")
        pairs.append((old, os.path.abspath(new)))
    return tuple(pairs)


def _stores(store: "Store") -> "list[Store]":
    from ocm.store import registry

    others = [one for one in registry.stores() if os.path.realpath(one.path) != os.path.realpath(store.path)]
    return [store, *others]


def _import(store: "Store", wish: "Wish", *, yes: bool, as_json: bool) -> "Report":
    from ocm.sources import importer
    from ocm.sources.ownership import Project

    if not yes and not wish.dry_run and output.is_watched():
        project = Project.of(store, wish.maps)
        found = importer.find(project, wish, importer.Report())
        size = sum(head.size for head, _ in found)
        if len(found) >= _ASKED_FROM:
            said = f"Read {len(found)} conversations ({size / 1e6:.0f} MB) into {store.path}?"
            click.confirm(said, abort=True, default=True, err=True)
    return importer.run(store, wish, output.progress(as_json=as_json))


def _say(found: "list[Report]", *, dry_run: bool, as_json: bool) -> None:
    if as_json:
        rows = [_row(report, dry_run=dry_run) for report in found]
        output.as_json(rows[0] if len(rows) == 1 else rows)
    for report in found if not as_json else ():
        _say_one(report, dry_run=dry_run)
    options.report_troubles([trouble for report in found for trouble in report.troubles])


def _row(report: "Report", *, dry_run: bool) -> dict[str, Any]:
    return {
        "batch": report.batch or None, "dry_run": dry_run, "written": report.added, "completed": report.completed,
        "same": report.same, "left_out": dict(report.left_out), "elsewhere": dict(report.elsewhere),
        "unknown": report.unknown, "redactions": report.redactions, "bytes": report.read_bytes,
        "stopped": report.stopped, "troubles": report.troubles,
    }  # fmt: skip


def _say_one(report: "Report", *, dry_run: bool) -> None:
    verb = "would be" if dry_run else "were"
    if dry_run:
        for session_id in [*report.added, *report.completed]:
            output.say(f"{session_id}  {report.titles.get(session_id, '')}")
    output.say(
        f"{len(report.added)} sessions {verb} added and {len(report.completed)} completed; "
        f"{len(report.same)} were here already."
    )
    for why, count in sorted(report.left_out.items()):
        output.say(f"{count} left out: {why}.{' --include-small takes them.' if why == 'small' else ''}")
    for folder, count in report.elsewhere.most_common(_NAMED):
        output.say(f"{count} of another project: {folder or 'no folder is named'}. --map OLD=NEW makes it this one.")
    for name, counts in report.unknown.items():
        said = ", ".join(f"{what} ({count})" for what, count in counts.items())
        output.say(f"Not known to the reader of {name}: {said}.")
    if report.redactions:
        output.say(f"{report.redactions} secrets or private passages were left out.")
    if report.stopped:
        output.say("Interrupted: what is written is whole, and the same command goes on.")
    if report.batch:
        output.say(f"Take it back: ocm import --undo {report.batch}")


def _table(store: "Store", *, as_json: bool) -> None:
    from ocm.sources import survey

    rows, report = survey.survey(store)
    if as_json:
        names = ("source", "place", "conversations", "new", "size", "deleted_on")
        output.as_json([{name: getattr(row, name) or None for name in names} for row in rows])
        return
    for row in rows:
        gone = f"; the first is deleted by its host on {row.deleted_on}" if row.deleted_on else ""
        new = f"{row.new} not imported yet ({row.size / 1e6:.1f} MB, about {row.seconds:.0f} s)"
        output.say(f"{row.source}: {row.conversations} conversations of this project, {new}{gone}.")
    for folder, count in report.elsewhere.most_common(_NAMED):
        output.say(f"{count} of another project: {folder or 'no folder is named'}")
    output.say("Import them: ocm import --from SOURCE" if rows else "No history of another tool was found.")


def _batches(store: "Store", undo: str | None, *, as_json: bool) -> None:
    from ocm.sessions import import_batches

    if undo:
        done = import_batches.undo(store, undo)
        if as_json:
            output.as_json({"removed": done.removed, "restored": done.restored, "kept": done.kept})
            return
        output.say(f"{len(done.removed)} sessions were removed and {len(done.restored)} put back as they were.")
        if done.kept:
            output.say(f"{len(done.kept)} were changed since and stay: {', '.join(done.kept[:_NAMED])}.")
        return
    found = {name: import_batches.rows(store, name) for name in import_batches.names(store)}
    if as_json:
        output.as_json([{"batch": name, "sessions": [row.session_id for row in rows]} for name, rows in found.items()])
        return
    for name, rows in found.items():
        sources = ", ".join(sorted({row.source for row in rows}))
        output.say(f"{name}  {len(rows)} sessions from {sources}")
    if not found:
        output.say("Nothing was imported.")


def _export(store: "Store", file: str, *, replace: bool, as_json: bool) -> None:
    from ocm.sessions import export_import

    moved = export_import.import_sessions(store, file, replace=replace, progress=output.progress(as_json=as_json))
    if as_json:
        output.as_json({
            "written": moved.written, "same": moved.same, "kept": moved.kept, "redactions": moved.redactions,
            "troubles": moved.troubles, "forgotten": moved.forgotten, "unreadable": moved.unreadable,
        })  # fmt: skip
    else:
        output.say(f"{len(moved.written)} sessions written, {len(moved.same)} were here already.")
        if moved.kept:
            output.say(f"{len(moved.kept)} differ from what is here and were left out; --replace takes them.")
        if moved.redactions:
            output.say(f"{moved.redactions} secrets were removed.")
        if moved.forgotten:
            output.say(f"{len(moved.forgotten)} were forgotten here, and stay so.")
    for line in moved.unreadable:
        output.notice(f"It came in as it is and cannot be read: {line}. Correct it in an editor.")
    options.report_troubles(moved.troubles)
