"""`ocm resume`."""

import shlex
import shutil
import subprocess
from typing import TYPE_CHECKING

import click

from ocm.base.errors import NotFoundError, OcmError
from ocm.cli import completion, handing_over, options
from ocm.store import paths
from ocm.store.paths import Store
from ocm.ui import output

if TYPE_CHECKING:
    from ocm.base.rows import SessionPage


@click.command("resume")
@options.project_option
@click.argument("identifier", metavar="[ID]", required=False, shell_complete=completion.sessions)
@click.option(
    "--tokens", type=click.IntRange(1, 4000), help="The most tokens it may have (default: the setting brief.tokens)."
)
@click.option("--copy", is_flag=True, help="Copy it to the clipboard instead of printing it.")
@click.option(
    "--to",
    "host",
    type=click.Choice(list(handing_over.OPENINGS)),
    help="Print the command that opens this assistant with it.",
)
@click.option("--run", is_flag=True, help="With --to: open the assistant here instead of printing the command.")
@options.json_option
def command(  # noqa: PLR0913 - each is an option
    *,
    project: str | None,
    identifier: str | None,
    tokens: int | None,
    copy: bool,
    host: str | None,
    run: bool,
    as_json: bool,
) -> None:
    """Print a brief to pick the work up from.

    With --to it is handed to another assistant, together with what the last one said at the end.

    It lists what is to be done, problems not solved, decisions in force and notes of all sessions, the nearest to this
    branch first, with the files and what became of them. With ID it is about that session alone.
    """
    if run and not host:
        raise click.UsageError("--run is for --to HOST, which says what to open.")
    from ocm.recall import brief as briefs
    from ocm.recall import show
    from ocm.store import config
    from ocm.ui import clipboard

    store = options.find_store(project)
    settings = config.load(paths.user_store(), store.path)
    _, branch = paths.git_head(store.root)
    budget = int(settings["brief.tokens"]) if tokens is None else tokens
    with options.notices() as notice:
        page = show.show(store, identifier, notice=notice) if identifier else None
        session_id = page["session_id"] if page else None
        said = briefs.brief(
            store,
            branch=branch,
            session_id=session_id,
            tokens=budget,
            alone=bool(session_id),
            notice=notice,
        )
        words = _opening(host, said, _last_words(store, page)) if host else []
    if run:
        _run(words, store.root)
    if host and not as_json:
        output.say(shlex.join(words))
        return
    copied = clipboard.copy(said) if copy and said else ""
    if as_json:
        output.as_json({"brief": said, "session_id": session_id, **({"command": words} if host else {})})
    elif not copied:
        for line in (said or "Nothing is stored yet that could be picked up.").split("\n"):
            output.say(line)
    if copy and said:
        if not copied:
            raise OcmError("There is no clipboard here, so nothing was copied.", "Take it from what was printed.")
        output.notice(f"The brief, {len(said):,} characters, {copied}.")


def _last_words(store: Store, page: "SessionPage | None") -> str:
    """Return what the assistant of a session said last, without one that of the latest."""
    from ocm.recall import show

    try:
        return (page or show.show(store, "latest"))["last_words"]
    except NotFoundError:
        return ""


def _opening(host: str, said: str, last_words: str) -> list[str]:
    return handing_over.opening(host, handing_over.prompt(said, last_words))


def _run(words: list[str], folder: str) -> None:
    """Open an assistant in the project's folder, wait for its end, and end as it ended.

    Raises:
        OcmError: it is not installed.
    """
    program = shutil.which(words[0])
    if program is None:
        raise OcmError(f"{words[0]} is not on the PATH.", "Install it, or print the command: leave --run out.")
    raise SystemExit(subprocess.run([program, *words[1:]], cwd=folder, check=False).returncode)  # noqa: S603 - asked for
