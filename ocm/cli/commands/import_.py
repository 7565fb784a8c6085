"""`ocm import`."""

import click

from ocm.cli import options
from ocm.ui import output


@click.command("import")
@options.project_option
@click.argument("file", type=click.Path(exists=True, dir_okay=False))
@click.option(
    "--replace", is_flag=True, help="Replace sessions that are here already and differ; a copy of them is kept."
)
@options.json_option
def command(*, project: str | None, file: str, replace: bool, as_json: bool) -> None:
    """Add the sessions of an exported file.

    Such a file is written by `ocm export --all`.
    """
    from ocm.sessions import export_import

    moved = export_import.import_sessions(
        options.find_store(project), file, replace=replace, progress=output.progress(as_json=as_json)
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
            output.say(f"{moved.redactions} secrets were removed.")
    options.report_troubles(moved.troubles)
