"""A part of a file that is ocm's: put among what others wrote, and taken out of it."""

from __future__ import annotations

import json

from ocm.hosts.config.targets import PLAIN, server_target

TARGET = server_target("mcp.json", {**PLAIN, "alwaysLoad": True})


def test_what_an_entry_of_ocm_lacks_is_added_and_the_rest_of_it_stays() -> None:
    text = '{"mcpServers": {"opencodememory": {"command": "/x/ocm", "args": ["serve"], "mine": 1}}}'
    assert json.loads(TARGET.put(text, ""))["mcpServers"]["opencodememory"] == {
        "command": "/x/ocm",
        "args": ["serve"],
        "mine": 1,
        "alwaysLoad": True,
    }


def test_where_something_else_stands_for_the_servers_there_is_nothing_to_take_out() -> None:
    text = '{"mcpServers": ["opencodememory"]}'
    assert TARGET.take(text, "") == text
    assert TARGET.server is not None
    assert TARGET.server(text) is None
