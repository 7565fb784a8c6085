"""What the adapters share: texts out of payloads of any shape, a call as plain facts, the names of the journal's tools.

Light, because every hook imports it.
"""

import os

SERVER = "opencodememory"
POSIX_SHELL, POWERSHELL = "Bash", "PowerShell"
# The shell that a host runs commands in where its payload does not say which.
SHELL = POWERSHELL if os.name == "nt" else POSIX_SHELL
OWN = frozenset({
    "checkpoint", "search_sessions", "list_sessions", "get_session_files", "get_session", "timeline", "why",
})  # fmt: skip

# How a session starts where a host tells of each request to the model alike; it may tell of the first one twice.
FIRST_REQUEST = "first request"

Payload = dict[str, object]


class Call:
    """One tool call: what it is, whether it can change something, and what it touches.

    `shell` is `POSIX_SHELL` or another shell's name where the call is a command for one. `paths` is every file that the
    call edits with the kind of change, empty where that is not known; `path` and `kind` are the first of them.
    """

    __slots__ = ("agent", "asks", "changes", "command", "id", "input", "kind", "name", "own", "path", "paths", "shell")

    def __init__(self, name: str, given: object = None, call_id: str = "", agent: str = "") -> None:
        """Start as a call that touches nothing."""
        self.name = name
        self.input: Payload = given if isinstance(given, dict) else {}
        self.id = call_id
        self.agent = agent
        self.asks = self.changes = False
        self.command = self.kind = self.own = self.path = self.shell = ""
        self.paths: dict[str, str] = {}

    def edits(self, cwd: str, path: str, kind: str = "") -> None:
        """Note a file that the call edits; a relative one is meant from `cwd`."""
        if not path:
            return
        whole = os.path.normpath(os.path.join(cwd, path))
        self.paths[whole] = kind
        if not self.path:
            self.path, self.kind = whole, kind


def text(payload: object, name: str) -> str:
    """Return the text under `name`, empty when there is none."""
    value = payload.get(name) if isinstance(payload, dict) else None
    return value if isinstance(value, str) else ""


def own_tool(name: str, prefix: str) -> str:
    """Return which of the journal's own tools `name` is where the host spells it `prefix` and the tool; else empty."""
    tool = name[len(prefix) + 5 :] if name.startswith(prefix + "ocm__") else ""
    return tool if tool in OWN else ""
