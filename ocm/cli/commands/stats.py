"""`ocm stats`."""

import click

from ocm.cli import options
from ocm.ui import layout, output


@click.command("stats")
@options.project_option
@options.json_option
def command(*, project: str | None, as_json: bool) -> None:
    """Show figures about sessions, gate and cost.

    That is what was recorded when and by which assistant, what the gate did, what it cost and what it saves.

    A token is four characters. Each conversation carries the rules and the tools, which a host may load only when one
    is called. What is saved is the difference between the brief that a new conversation begins with and all sessions
    read whole.
    """
    from ocm.recall import stats as figures

    store = options.find_store(project)
    found = figures.collect(store, output.notice, output.progress(as_json=as_json), carried=_carried())
    if as_json:
        output.as_json(found)
    else:
        layout.stats(found)


def _carried() -> str:
    """Return the words that a conversation with Claude Code carries from its start."""
    import json

    from ocm.base import resources
    from ocm.mcp.tools import TOOLS

    tools = [
        {"name": tool.name, "description": tool.description, "input_schema": tool.accepts} for tool in TOOLS.values()
    ]
    return resources.read("rules", "claude-code.md") + json.dumps(tools, separators=(",", ":"))
