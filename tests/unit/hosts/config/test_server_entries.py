"""Which entries among MCP servers are ocm's, however a person wrote them, and what ocm would change in one."""

from __future__ import annotations

from typing import Any

import pytest

from ocm.hosts.config import server_entries
from ocm.hosts.config.targets import PLAIN

OURS: list[dict[str, Any]] = [
    {"command": "ocm", "args": ["serve"]},
    {"command": "ocm", "args": ["serve", "--project", "${workspaceFolder}"], "env": {"A": "b"}, "alwaysLoad": True},
    {"command": "/home/u/.local/bin/ocm", "args": ["serve"]},
    {"command": "C:\\Users\\u\\ocm.EXE", "args": ["serve"]},
    {"command": ["/opt/ocm", "serve"], "type": "local"},
    {"command": "uvx", "args": ["--from", "ocm-journal", "ocm", "serve"]},
    {"command": "sh", "args": ["-lc", "exec ocm serve"]},
    {"command": "python3", "args": ["-m", "ocm", "serve"]},
    {"url": "http://127.0.0.1:8765/mcp", "type": "http"},
]
THEIRS: list[Any] = [
    {"command": "other", "args": ["serve"]},
    {"command": "ocm", "args": ["list"]},
    {"command": "ocm"},
    {"command": "ocm-proxy", "args": ["serve", 5]},
    {"command": "serve", "args": ["ocm"]},
    {"url": "https://example.org/mcp"},
    {"url": "http://["},
    {"command": "node", "url": "http://localhost:1"},
    None,
    "ocm serve",
]


@pytest.mark.parametrize("entry", OURS)
def test_an_entry_that_starts_ocm_serve_is_ours(entry: dict[str, Any]) -> None:
    assert server_entries.owns_server(entry)


@pytest.mark.parametrize("entry", THEIRS)
def test_an_entry_of_anything_else_is_not(entry: object) -> None:
    assert not server_entries.owns_server(entry)


@pytest.mark.parametrize("entry", OURS[:-1])
def test_in_an_entry_that_works_nothing_is_to_be_changed(entry: dict[str, Any]) -> None:
    assert server_entries.changes(entry, PLAIN) == {}


def test_what_an_entry_lacks_is_added_and_arguments_of_an_older_ocm_are_exchanged() -> None:
    wanted = {
        "type": "stdio",
        "command": "ocm",
        "args": ["serve", "--project", "${workspaceFolder}"],
        "mode": "approve",
    }
    assert server_entries.changes({"command": "ocm", "args": ["serve"]}, wanted) == {
        "mode": "approve",
        "args": wanted["args"],
    }
    assert server_entries.changes({"command": "/x/ocm", "args": ["serve"], "mode": "ask"}, wanted) == {}


def test_the_reference_systems_address_is_replaced_and_what_a_person_added_stays() -> None:
    former = {"url": "http://localhost:1", "type": "http", "headers": {}, "alwaysLoad": True}
    assert server_entries.replaced(former, PLAIN) == {**PLAIN, "alwaysLoad": True}
