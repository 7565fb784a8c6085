"""`ocm resume`."""

import click

from ocm.base.errors import OcmError
from ocm.cli import completion, options
from ocm.store import paths
from ocm.ui import output


@click.command("resume")
@options.project_option
@click.argument("identifier", metavar="[ID]", required=False, shell_complete=completion.sessions)
@click.option(
    "--tokens", type=click.IntRange(1, 4000), help="The most tokens it may have (default: the setting brief.tokens)."
)
@click.option("--copy", is_flag=True, help="Copy it to the clipboard instead of printing it.")
@options.json_option
def command(*, project: str | None, identifier: str | None, tokens: int | None, copy: bool, as_json: bool) -> None:
    """Print a brief to pick the work up from.

    It lists what is to be done, problems not solved, decisions in force and notes of all sessions, the nearest to this
    branch first, with the files and what became of them. With ID it is about that session alone.
    """
    from ocm.recall import brief as briefs
    from ocm.recall import show
    from ocm.store import config
    from ocm.ui import clipboard

    store = options.find_store(project)
    settings = config.load(paths.user_store(), store.path)
    _, branch = paths.git_head(store.root)
    budget = int(settings["brief.tokens"]) if tokens is None else tokens
    with options.notices() as notice:
        session_id = show.show(store, identifier, notice=notice)["session_id"] if identifier else None
        said = briefs.brief(
            store,
            branch=branch,
            session_id=session_id,
            tokens=budget,
            alone=bool(session_id),
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
