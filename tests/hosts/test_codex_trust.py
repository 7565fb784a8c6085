"""Trust in hooks, with the real Codex CLI: without it nothing fires and the doctor says so; asked for, it is given."""

from __future__ import annotations

import json
import os
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from .bench import Bench
from .codex_and_gemini import Codex
from .others import OtherBench, make_other
from .scripted_api import say

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .headless import Headless
    from .network import Network
    from .scripted_api import Play, Request

pytestmark = [pytest.mark.client, pytest.mark.timeout(300)]


class Careful(Codex):
    """Codex as a person has it: it runs only hooks that are trusted."""

    trusted = ()

    def prepare(self, url: str) -> None:
        """Name the model and trust the project, and keep what else the client has noted."""
        path = self.home / ".codex/config.toml"
        noted = path.read_text(encoding="utf-8") if path.exists() else ""
        super().prepare(url)
        at = noted.find("[hooks.state")
        if at >= 0:
            path.write_text(f"{path.read_text(encoding='utf-8')}\n{noted[at:]}", encoding="utf-8")


@pytest.fixture
def careful(network: Network, tmp_path: Path) -> Iterator[OtherBench]:
    if not Codex.client.binary.exists():
        missing = f"there is no Codex CLI at {Codex.client.binary}"
        if os.environ.get("OCM_REQUIRE_CLIENTS") == "1" and not Codex.client.gone.exists():
            pytest.fail(missing)
        pytest.skip(missing)
    made = make_other(Careful, tmp_path, network)
    made.claude.search_path = os.pathsep.join([str(Codex.client.binary.parent), made.claude.search_path])
    yield made
    made.client.close()


def stored(client: Headless, goal: str) -> Play:
    """Make the model store a checkpoint as soon as the server, which Codex does not wait for, is there."""
    for _ in range(10):
        yield client.shell("sleep 1")
        request = yield client.checkpoint(goal=goal)
        if "markdown_path" in request.results[0].text:
            return
    pytest.fail(request.results[0].text)


def findings(bench: Bench) -> list[tuple[str, str]]:
    return [(found["check"], found["message"]) for found in bench.doctor()["findings"]]


def test_untrusted_hooks_stay_silent_and_are_named_until_codex_is_asked_to_trust_them(careful: OtherBench) -> None:
    careful.set_up()
    client = careful.client
    client.prepare("http://127.0.0.1:9")
    ((check, message),) = findings(careful)
    assert check == "host-settings"
    assert "nobody trusted" in message

    def unseen(_: Request) -> Play:
        assert careful.ocm("status")["active"] == []
        yield from stored(client, "No hook saw this")
        yield say("Done.")

    client.run(unseen)
    said = careful.command("ocm", "init", "--host", "codex", "--trust-hooks", "--yes")
    assert "ocm-hook pre-tool-use --tool codex" in said
    assert "Codex trusts them." in said
    assert "waiting to be trusted" in careful.command("ocm", "init", "--host", "codex", "--trust-hooks")
    assert findings(careful)[0][0] == "firing"
    ids = []

    def seen(_: Request) -> Play:
        ids.append(careful.at_work())
        yield from stored(client, "The hooks saw this")
        yield say("Done.")

    client.run(seen)
    assert careful.show(ids[0])["goal"] == "The hooks saw this"
    ((check, message),) = findings(careful)  # the conversation that no hook saw, and that one alone
    assert check == "unrecorded"
    assert message.count(" (20") == 1
    assert ids[0] not in message
    careful.command("ocm", "uninstall")
    noted = tomllib.loads((client.home / ".codex/config.toml").read_text(encoding="utf-8"))
    assert "hooks" not in noted
    assert json.dumps(noted).count("ocm") == 0
