"""Asking Codex to trust ocm's hooks, over the JSON-RPC of its own app server: only after a person has said yes."""

import contextlib
import json
import shutil
import subprocess
import threading
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from ocm import __version__
from ocm.base import processes
from ocm.base.errors import OcmError
from ocm.hosts.config.codex import HOOKS

SECONDS = 30.0
_HELP = "Start codex, type /hooks and trust those of ocm-hook there."


@dataclass(frozen=True, slots=True)
class Waiting:
    """A hook of ocm that Codex does not run yet: its key and hash there, and what a person is shown of it."""

    key: str
    hash: str
    event: str
    command: str


class Client:
    """A running `codex app-server`, asked about the hooks that hold in `folder`."""

    def __init__(self, folder: str) -> None:
        """Find Codex.

        Raises:
            OcmError: when it is not on the PATH.
        """
        found = shutil.which("codex")
        if found is None:
            raise OcmError("codex is not on the PATH, so its hooks cannot be trusted from here.", _HELP)
        self._command = [found, "app-server"]
        self._folder = folder
        self._number = 0

    def __enter__(self) -> Self:
        """Start it; one that answers nothing is ended."""
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(  # noqa: S603 - the program that the person's own PATH names
            self._command,
            stdin=pipe,
            stdout=pipe,
            stderr=subprocess.DEVNULL,
            cwd=self._folder,
            encoding="utf-8",
            start_new_session=processes.OWN_GROUP,
        )
        self._watchdog = threading.Timer(SECONDS, processes.end, [self._process])
        self._watchdog.start()
        about = {"name": "ocm", "title": "ocm", "version": __version__}
        try:
            self._ask("initialize", {"clientInfo": about, "capabilities": {"experimentalApi": True}})
            self._send({"method": "initialized"})
        except OcmError:
            self._end()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End it."""
        self._end()

    def _end(self) -> None:
        self._watchdog.cancel()
        processes.end(self._process)
        with contextlib.suppress(OSError):  # what was not sent yet has nowhere to go
            self._process.communicate()

    def untrusted(self) -> list[Waiting]:
        """Return ocm's hooks that Codex passes over.

        Raises:
            OcmError: when Codex does not answer as expected.
        """
        owns = HOOKS.owns()
        try:
            listed = self._ask("hooks/list", {"cwds": [self._folder]})["data"]
            hooks = [hook for folder in listed for hook in folder["hooks"] if owns({"command": hook.get("command")})]
            waiting = [hook for hook in hooks if hook["trustStatus"] not in ("trusted", "managed")]
            return [Waiting(hook["key"], hook["currentHash"], hook["eventName"], hook["command"]) for hook in waiting]
        except (KeyError, TypeError, AttributeError):
            raise _no_answer() from None

    def trust(self, hooks: list[Waiting]) -> None:
        """Have Codex note that these may run.

        Raises:
            OcmError: when it does not.
        """
        states = {hook.key: {"trusted_hash": hook.hash, "enabled": True} for hook in hooks}
        edit = {"keyPath": "hooks.state", "value": states, "mergeStrategy": "upsert"}
        self._ask("config/batchWrite", {"edits": [edit], "reloadUserConfig": True})
        left = {hook.key for hook in self.untrusted()} & set(states)
        if left:
            raise OcmError(f"Codex still does not trust {', '.join(sorted(left))}.", _HELP)

    def _ask(self, method: str, params: dict[str, Any]) -> Any:  # noqa: ANN401 - what another program answers
        self._number += 1
        self._send({"id": self._number, "method": method, "params": params})
        stream = self._process.stdout
        for line in stream or ():
            try:
                answer = json.loads(line)
            except ValueError:
                continue
            if isinstance(answer, dict) and answer.get("id") == self._number and "method" not in answer:
                if "result" not in answer:
                    raise _no_answer(json.dumps(answer.get("error"))[:200])
                return answer["result"]
        raise _no_answer("it ended or did not answer in time")

    def _send(self, message: dict[str, Any]) -> None:
        stream = self._process.stdin
        try:
            if stream is not None:  # pragma: no branch - for the type alone: it was given a pipe
                stream.write(json.dumps(message) + "\n")
                stream.flush()
        except OSError:
            raise _no_answer("it ended") from None


def _no_answer(why: str = "its answer is of a form that is not known") -> OcmError:
    return OcmError(f"codex app-server could not be asked: {why}.", _HELP)
