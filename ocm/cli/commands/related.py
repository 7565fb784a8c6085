"""`ocm related`."""

from collections.abc import Iterator
from typing import Any

import click

from ocm.cli import answers, completion, options
from ocm.ui import output

_MOST_FILES = 3


@click.command("related")
@options.project_option
@click.argument("asked", metavar="ID|PATH", shell_complete=completion.sessions)
@click.option("-n", "--limit", default=5, show_default=True, type=click.IntRange(1, 50), help="How many to show.")
@options.json_option
def command(*, project: str | None, asked: str, limit: int, as_json: bool) -> None:
    """Show which sessions have to do with one, or with a file.

    Each with the reasons: files that both touched, the rarer the more, commits, what one ended of the other, where it
    came from, tags, and what was worked on just before and after. ID is a session id or the unique beginning of one, a
    slug, a file name, or `latest`.
    """
    from ocm.provenance import related

    found = related.related(options.find_store(project), asked, limit, notice=output.notice)
    answers.say(found, _lines, as_json=as_json, nothing="Nothing is tied to it.")


def _lines(found: list[dict[str, Any]]) -> Iterator[str]:
    from ocm.provenance.summary import cut, day

    for one in found:
        yield f"{day(one['date'])[:10]}  {cut(one['title'], 90)}"
        yield f"            {one['session_id']} · {one['tool']}"
        yield from (f"            {cut(reason)}" for reason in _reasons(one["ties"]))


def _reasons(ties: list[dict[str, Any]]) -> Iterator[str]:
    """Yield why a session is in the list, a line a kind of tie."""
    paths = [f"{tie['path']} ({tie['sessions']} sessions)" for tie in ties if tie["kind"] == "file"]
    if paths:
        more = f" and {len(paths) - _MOST_FILES} more" if len(paths) > _MOST_FILES else ""
        yield f"touched {', '.join(paths[:_MOST_FILES])}{more}"
    yield from (_reason(tie) for tie in ties if tie["kind"] != "file")


def _reason(tie: dict[str, Any]) -> str:
    said = {
        "commit": "made the same commit {commit:.9}",
        "ends": "decided what was ended here: {item}",
        "ended_by": "ended what was decided here: {by}",
        "parent": "where it came from",
        "child": "came from it",
        "tag": "tagged {tag} as well",
        "before": "worked on just before, at place {apart}",
        "after": "worked on just after, at place {apart}",
    }
    return said[tie["kind"]].format(**tie)
