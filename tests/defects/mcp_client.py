"""A real MCP client that a test can use without being asynchronous itself."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from anyio.from_thread import BlockingPortal, start_blocking_portal
from mcp import Client, Implementation, StdioServerParameters, stdio_client

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mcp_types import CallToolResult

ANSWER_TIMEOUT = 30.0


@dataclass(frozen=True)
class McpReply:
    """What a tool call came back with."""

    error: bool
    text: str
    data: Any


def _reply(result: CallToolResult) -> McpReply:
    """Reduce the protocol's answer to text and data."""
    text = "\n".join(block.text for block in result.content if block.type == "text")
    data = result.structured_content
    if data is None and not result.is_error:
        data = json.loads(text)
    return McpReply(result.is_error, text, data)


@dataclass(frozen=True)
class Mcp:
    """One connection to a running server."""

    portal: BlockingPortal
    client: Client

    def tools(self) -> set[str]:
        """List the names of the tools that the server offers."""
        return {tool.name for tool in self.portal.call(self.client.list_tools).tools}

    def call(self, tool: str, **arguments: object) -> McpReply:
        """Call one tool."""
        return _reply(self.portal.call(self.client.call_tool, tool, arguments))


@contextmanager
def connect_stdio(server: StdioServerParameters, name: str, log: Path) -> Iterator[Mcp]:
    """Start a server and talk to it over its standard streams."""
    with (
        log.open("a", encoding="utf-8") as errors,
        _connect(Client(stdio_client(server, errors), **_options(name))) as connection,
    ):
        yield connection


@contextmanager
def connect_http(url: str, name: str) -> Iterator[Mcp]:
    """Talk to a server that listens on a port already."""
    with _connect(Client(url, **_options(name))) as connection:
        yield connection


def _options(name: str) -> dict[str, Any]:
    """Name the client as a host would."""
    return {"client_info": Implementation(name=name, version="1.0"), "read_timeout_seconds": ANSWER_TIMEOUT}


@contextmanager
def _connect(client: Client) -> Iterator[Mcp]:
    """Run the client's event loop beside the test."""
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(client) as connected:
        yield Mcp(portal, connected)
