"""`ocm rebuild-index`."""

import click

from ocm.base.errors import OcmError
from ocm.cli import options
from ocm.ui import output

_NAMED = 10


@click.command("rebuild-index")
@options.project_option
@options.json_option
def command(*, project: str | None, as_json: bool) -> None:
    """Rebuild the cache from the session files.

    The sessions are also linked again with the commits that git has now.
    """
    from ocm.index import sync
    from ocm.provenance import commit_links

    store = options.find_store(project)
    found = sync.rebuild(store, output.progress(as_json=as_json))
    commit_links.read(store, lambda _: None, progress=output.progress(as_json=as_json))
    if as_json:
        output.as_json({"read": found.read, "unreadable": [{"file": f, "error": e} for f, e in found.unreadable]})
    else:
        output.say(f"Read {found.read} sessions.")
    if found.unreadable:
        some = "; ".join(f"{file} ({error})" for file, error in found.unreadable[:_NAMED])
        more = " and others, which --json lists" if len(found.unreadable) > _NAMED else ""
        raise OcmError(
            f"{len(found.unreadable)} of the session files could not be read: {some}{more}.",
            "The rest works; correct them in an editor.",
        )
