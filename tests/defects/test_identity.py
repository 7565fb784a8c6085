"""One conversation is one session, in one store, whoever asks and from wherever."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .driver import CHECKPOINT_TOOL

if TYPE_CHECKING:
    from .driver import System
    from .world import World

TOOLS = {"ocm__checkpoint", "ocm__search_sessions", "ocm__list_sessions", "ocm__get_session_files"}
CONVERSATION = "0f6c1f7e-6f0f-4f0e-9f0d-2f6f3d1c9a10"


def test_d01_what_a_user_installs_serves_its_tools(system: System) -> None:
    """The reference's requirements had no upper bound, and its server died of a renamed module."""
    with system.as_installed_by_a_user().mcp() as server:
        assert server.tools() >= TOOLS


def test_d08_the_assistants_checkpoint_has_its_session_id(system: System) -> None:
    """The reference printed an environment variable that no host sets for a hook; here a hook fills the id in."""
    asked = system.hook("user-prompt", CONVERSATION, prompt="Please move the embeddings")
    called = system.before(CONVERSATION, CHECKPOINT_TOOL, goal="move the embeddings")
    assert CONVERSATION in asked.out + called.out


def test_d08_hooks_and_tools_mean_the_same_session(system: System) -> None:
    """In the reference the model had to make an id up, and its checkpoints went to a session of their own."""
    system.hook("session-start", CONVERSATION, source="startup")
    given: dict[str, Any] = {"session_id": "embedding-work", "goal": "move the embeddings"}
    reply = system.before(CONVERSATION, CHECKPOINT_TOOL, **given)
    sent: dict[str, Any] = reply.specific.get("updatedInput", given)
    with system.mcp() as server:
        assert not server.call("ocm__checkpoint", **sent).error
    assert [session.session_id for session in system.listed()] == [CONVERSATION]


def _works_below(system: System, world: World, place: str) -> None:
    """Let the host's current directory be another one, and look from the project's root."""
    inside = world.root / place
    system.hook("session-start", "S", cwd=inside, source="startup")
    system.edit("S", "src/shut.py")
    system.read_files("S", 4, cwd=inside)
    assert system.before_edit("S").denied
    system.hook("session-end", "S", cwd=inside, reason="other")
    assert [session.session_id for session in system.listed()] == ["S"]


def test_d09_a_subdirectory_belongs_to_its_project(system: System, world: World) -> None:
    """A host's directory follows `cd`; in the reference the hooks lost the project's store there."""
    _works_below(system, world, "proj/src")


def test_d09_a_submodule_belongs_to_the_project_around_it(system: System, world: World) -> None:
    """In the reference the work in a submodule was recorded elsewhere, or nowhere."""
    library = world.new_repository("library")
    world.git("submodule", "add", "-q", str(library), "library")
    world.commit("with a submodule")
    _works_below(system, world, "proj/library")


def test_d09_the_hosts_project_decides_when_the_assistant_is_elsewhere(system: System, world: World) -> None:
    """The host names its project in the environment; the reference looked at the current directory alone."""
    (world.root / "elsewhere").mkdir()
    system.hook_environment["CLAUDE_PROJECT_DIR"] = str(world.project)
    _works_below(system, world, "elsewhere")


def test_d43_a_linked_worktree_finds_the_memory_of_its_repository(system: System, world: World) -> None:
    """In the reference a worktree had no memory at all."""
    system.checkpoint("S", "--goal", "the wombat migration").must_work()
    world.git("worktree", "add", "-q", "../wt")
    assert [hit.session_id for hit in system.search("wombat", cwd=world.root / "wt")] == ["S"]


def test_d43_init_in_a_linked_worktree_makes_no_second_memory(system: System, world: World) -> None:
    """In the reference it made an empty one, which then hid the repository's."""
    system.checkpoint("S", "--goal", "the wombat migration").must_work()
    world.git("worktree", "add", "-q", "../wt")
    system.init(cwd=world.root / "wt").must_work()
    assert [hit.session_id for hit in system.search("wombat", cwd=world.root / "wt")] == ["S"]


def test_d43_work_in_a_linked_worktree_is_remembered_by_the_repository(system: System, world: World) -> None:
    """In the reference the hooks of a worktree stored nothing, or in a second store."""
    world.git("worktree", "add", "-q", "../wt")
    _works_below(system, world, "wt")


def test_d46_a_session_is_labelled_with_the_host_that_wrote_it(system: System) -> None:
    """The reference called everything that came over MCP claude-code."""
    with system.mcp(client="cursor-vscode") as server:
        assert not server.call("ocm__checkpoint", session_id="C", goal="in another editor").error
    assert [session.session_id for session in system.listed(tool="cursor")] == ["C"]


def test_d53_init_says_what_it_did(bare: System) -> None:
    """The reference printed `True` for its first step, its arguments being swapped."""
    done = bare.init().must_work()
    assert ".openCodeMemory" in done.out
    assert "True" not in done.out


def test_d53_serve_is_the_stdio_server_of_the_documentation(system: System) -> None:
    """The reference's manual told hosts to start `ocm serve` and speak to it; it went to the background instead."""
    assert system.serves_stdio()
