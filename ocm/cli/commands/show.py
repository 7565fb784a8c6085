"""`ocm show`."""

import os
from typing import TYPE_CHECKING

import click

from ocm.base.errors import BadInputError
from ocm.cli import completion, options
from ocm.ui import layout, output

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ocm.store.paths import Store

_EVERYTHING = 10_000_000


@click.command("show")
@options.project_option
@click.argument("identifier", metavar="ID", shell_complete=completion.sessions)
@click.option(
    "--section",
    "sections",
    multiple=True,
    metavar="S",
    shell_complete=completion.sections,
    help="Only this part, such as decisions; repeatable.",
)
@click.option(
    "--max-tokens", type=click.IntRange(50, 100_000), help="Show no more than this; what is left out is named."
)
@click.option("--transcript", is_flag=True, help="The conversation itself, from the file that the assistant keeps.")
@click.option("--around", metavar="TIME", default="", help="Of a transcript, what was said around this time.")
@options.json_option
def command(  # noqa: PLR0913 - one parameter an option
    *, project: str | None, identifier: str, sections: tuple[str, ...], max_tokens: int | None, transcript: bool,
    around: str, as_json: bool,
) -> None:  # fmt: skip
    """Show one session.

    ID is a session id or the unique beginning of one, a slug, a file name, or `latest`. With --transcript it may
    also be the id of a conversation of which no session was kept.
    """
    if transcript or around:
        if sections or max_tokens or not transcript:
            raise BadInputError("--around goes with --transcript, and neither with a part of a session.")
        _conversation(options.find_store(project), identifier, around, as_json=as_json)
        return
    from ocm.provenance import decision_log, landed, summary, why
    from ocm.recall import show
    from ocm.ui import why_view

    store = options.find_store(project)
    with options.notices() as notice:
        if sections or max_tokens:
            wanted = show.sections_of(list(sections))
            found = show.excerpt(store, identifier, wanted, max_tokens or _EVERYTHING, notice=notice)
            found = landed.with_standing(store, found)
            output.as_json(found) if as_json else output.excerpt(found, wanted)
            return
        shown = show.show(store, identifier, notice=notice)
        outcome = why.commits(store, identifier)
        name = os.path.basename(shown["markdown_path"])
        ended = decision_log.ended(store, name)
        if as_json:
            kept = {name: outcome[name] for name in ("commits", "not_landed", "not_known")}
            output.as_json({**shown, **kept, **landed.of_session(store, name).as_json(), "ended": ended})
        else:
            outcome["standing"] = summary.standing_text({"branch_state": landed.of_session(store, name).branch_state})
            lines = list(why_view.session_file_lines(show.text(store, identifier), ended))
            still: Mapping[str, object] = show.freshness_of(store, identifier) if layout.is_watched() else {}
            layout.session({**shown, **still}, lines, why_view.outcome_section(outcome))


def _conversation(store: "Store", identifier: str, around: str, *, as_json: bool) -> None:
    from ocm.sources import spoken

    found = spoken.conversation(store, identifier, around)
    if as_json:
        output.as_json(found)
    else:
        layout.conversation(found)
