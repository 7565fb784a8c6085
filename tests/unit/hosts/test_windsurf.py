"""Windsurf: what is particular to its payloads and replies; what it has in common is in test_documented_hosts."""

from __future__ import annotations

from ocm.hosts.adapter import Call
from ocm.hosts.windsurf import Windsurf

windsurf = Windsurf()


def test_windsurf_knows_our_tools_by_their_server() -> None:
    def named(server: str) -> Call:
        info = {"mcp_server_name": server, "mcp_tool_name": "ocm__checkpoint"}
        return windsurf.read_call({"agent_action_name": "pre_mcp_tool_use", "tool_info": info}, "/p")

    assert named("opencodememory").own_tool == "checkpoint"
    assert (named("other").own_tool, named("other").can_change) == ("", True)
