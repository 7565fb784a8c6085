"""Hosts that cannot be run here: the payloads their documentation shows in, answers as it says they are read out."""

from __future__ import annotations

import json

import pytest

from ocm.hook import main
from ocm.hosts import adapters
from ocm.hosts.claude_code import ClaudeCode
from tests.support.builders import Project
from tests.support.dialects import ACTS, ANTIGRAVITY, CURSOR, DIALECTS, EDIT, ID, READ, Act, Answer, Dialect, Json, own

LISTED = pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.host)


class Talk:
    """A conversation of one host in one project."""

    def __init__(self, project: Project, dialect: Dialect, monkeypatch: pytest.MonkeyPatch) -> None:
        """Begin; a host may start a hook in the project's folder and say nowhere which that is."""
        monkeypatch.chdir(project.root)
        self.project = project
        self.dialect = dialect
        self.said: list[str] = []
        monkeypatch.setattr("ocm.hook.io.show_reason", self.said.append)

    @property
    def root(self) -> str:
        """The project's folder."""
        return str(self.project.root)

    def send(self, event: str, payload: Json) -> Answer:
        """Run one hook."""
        self.said.clear()
        printed, code = main.run([event, "--tool", self.dialect.host], json.dumps(payload).encode(), [])
        return Answer(printed.decode() or self.silence(event), code, "".join(self.said))

    def silence(self, event: str) -> str:
        """Return what the command prints where the hook has nothing to say."""
        return main._silence([event, "--tool", self.dialect.host]).decode()

    def before(self, act: Act) -> Answer:
        """Tell of a call before it runs."""
        return self.send("pre-tool-use", self.dialect.before(self.root, act))

    def after(self, act: Act) -> Answer:
        """Tell of a call that has run."""
        return self.send("post-tool-use", self.dialect.after(self.root, act))

    def shut(self) -> Answer:
        """Read and edit until the gate is shut, and return the last answer."""
        answers = [self.after(act) for act in (READ, READ, READ, READ, EDIT)]
        return answers[-1]


@pytest.fixture
def talk(project: Project, dialect: Dialect, monkeypatch: pytest.MonkeyPatch) -> Talk:
    return Talk(project, dialect, monkeypatch)


@LISTED
def test_one_conversation_is_one_session_under_the_hosts_own_id(talk: Talk, dialect: Dialect) -> None:
    if dialect.start:
        talk.send("session-start", dialect.start(talk.root))
    if dialect.prompt:
        talk.send("user-prompt", dialect.prompt(talk.root, "Do the thing"))
    talk.after(EDIT)
    if dialect.end:
        talk.send("session-end", dialect.end(talk.root))
    else:
        talk.project.checkpoint(ID)
    session = talk.project.session()
    assert (session.session_id, session.tool) == (ID, dialect.host)
    assert session.status == ("closed" if dialect.end else "open")
    assert [change.path for change in session.files] == ["src/a.py"]
    assert session.title == ("Do the thing" if dialect.prompt else "")
    assert talk.project.log() == []


@LISTED
def test_the_gate_denies_in_words_that_the_host_reads(talk: Talk, dialect: Dialect) -> None:
    reminder = dialect.told(talk.shut())
    assert ("ocm__checkpoint" in reminder) is dialect.reminds
    answer = talk.before(EDIT)
    reason = dialect.denied(answer)
    assert answer.code == dialect.deny_code
    assert "ocm__checkpoint {" in reason
    assert (ID in reason.partition("Without that tool")[0]) is not dialect.rewrites
    talk.project.checkpoint(ID, goal="g")
    assert not dialect.denied(talk.before(EDIT))


@LISTED
@pytest.mark.parametrize("act", ACTS, ids=lambda act: act.kind)
def test_what_can_change_something_is_denied_and_nothing_else(talk: Talk, dialect: Dialect, act: Act) -> None:
    talk.shut()
    assert bool(dialect.denied(talk.before(act))) is (act is not READ)


@LISTED
def test_the_checkpoint_tool_passes_a_shut_gate_under_the_true_id(talk: Talk, dialect: Dialect) -> None:
    talk.shut()
    answer = talk.before(own(goal="g", session_id="made up"))
    assert not dialect.denied(answer)
    assert dialect.changed(answer) == ({"goal": "g", "session_id": ID} if dialect.rewrites else {})
    talk.after(own(goal="g"))
    assert talk.project.tally(ID).calls == 5


@LISTED
@pytest.mark.usefixtures("steps_apart")
def test_after_three_denials_the_gate_lets_go_in_every_dialect(talk: Talk, dialect: Dialect) -> None:
    talk.shut()
    assert [bool(dialect.denied(talk.before(EDIT))) for _ in range(5)] == [True, True, True, False, False]


@LISTED
def test_a_command_is_known_by_its_program_alone(talk: Talk) -> None:
    talk.after(Act("run"))
    assert talk.project.lines(ID)[-1]["cmd"] == "make test"


@LISTED
def test_a_model_whose_calls_no_hook_can_change_is_told_the_id(talk: Talk, dialect: Dialect) -> None:
    told = ""
    if dialect.start:
        told += dialect.told(talk.send("session-start", dialect.start(talk.root)))
    if dialect.prompt:
        told += dialect.told(talk.send("user-prompt", dialect.prompt(talk.root, "x")))
    assert dialect.rewrites or (ID in told) is dialect.tells


@LISTED
@pytest.mark.parametrize("payload", [{}, {"tool_name": 7, "toolCall": [], "tool_info": "x", "workspace_roots": 7}])
@pytest.mark.parametrize("event", main.HANDLERS)
def test_a_payload_of_any_shape_breaks_nothing(talk: Talk, event: str, payload: Json) -> None:
    named = dict.fromkeys(("session_id", "sessionId", "conversation_id", "conversationId", "trajectory_id"), ID)
    answer = talk.send(event, {**payload, **named, "hookEventName": event})
    assert answer.code == 0
    assert talk.dialect.host == "kiro" or isinstance(answer.json, dict)


@LISTED
def test_a_payload_that_is_no_json_is_logged_whoever_sent_it(talk: Talk) -> None:
    assert main.run(["stop", "--tool", talk.dialect.host], b"no JSON", []) == (b"", 0)
    assert len(talk.project.log()) == 1


def test_a_host_that_must_hear_something_hears_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for dialect in (CURSOR, ANTIGRAVITY):
        for event in (*main.HANDLERS, "no-such-event"):
            spoken = main._silence([event, "--tool", dialect.host])
            decision = {"decision": "allow"} if (dialect.host, event) == ("antigravity", "pre-tool-use") else {}
            assert json.loads(spoken) == decision
    assert main._silence(["pre-tool-use"]) == b""
    assert main._silence(["--tool", "cursor"]) == b""
    assert main._silence(["x", "--tool=cursor"]) == b"{}"
    assert not [name for name, _ in adapters.EMPTY_REPLIES if name not in adapters.ADAPTERS]
    monkeypatch.setattr("sys.argv", ["ocm-hook", "pre-tool-use", "--tool", "cursor"])
    written: list[bytes] = []
    monkeypatch.setattr("ocm.hook.io.read_input", lambda: b"no JSON")
    monkeypatch.setattr("ocm.hook.io.leave", lambda answer, code: written.append(answer + bytes(code)))
    main.main()
    assert written == [b"{}"]


# --- double firing: hosts that run each other's hooks


@pytest.mark.parametrize(("payload", "host"), [
    ({"cursor_version": "2.1", "session_id": "S", "hook_event_name": "PreToolUse"}, "claude-code"),
    ({"sessionId": "S", "hookEventName": "PreToolUse", "timestamp": "2026-02-09T10:30:00.000Z"}, "claude-code"),
    ({"session_id": "S", "hook_event_name": "PreToolUse", "timestamp": "2026-11-21T01:25:55Z"}, "claude-code"),
    (
        {"session_id": "S", "hook_event_name": "Stop", "timestamp": "x", "transcript_path": "/h/.copilot/s/e.jsonl"},
        "claude-code",
    ),
    ({"session_id": "S", "hook_event_name": "PreToolUse", "timestamp": "2026-11-21T01:25:55Z"}, "vscode-copilot"),
    ({"sessionId": "S", "timestamp": 1795224273788, "toolName": "bash"}, "vscode-copilot"),
    ({"sessionId": "S", "hookEventName": "PreToolUse", "timestamp": "2026-02-09T10:30:00.000Z"}, "copilot"),
])  # fmt: skip
def test_a_call_that_reaches_the_entry_of_another_host_is_dropped(project: Project, payload: Json, host: str) -> None:
    event = json.dumps({**payload, "cwd": str(project.root), "tool_name": "Edit"}).encode()
    assert main.run(["post-tool-use", "--tool", host], event, []) == (b"", 0)
    assert project.journals() == []
    assert project.log() == []


@pytest.mark.parametrize("payload", [
    {"session_id": "S", "hook_event_name": "SessionStart", "transcript_path": "/h/.claude/projects/p/S.jsonl"},
    {"session_id": "S", "hook_event_name": "PreToolUse", "timestamp": "x", "transcript_path": "/h/.claude/projects/p/S.jsonl"},
])  # fmt: skip
def test_a_call_of_claude_code_itself_is_its_own_whatever_is_added_to_it(payload: Json) -> None:
    assert not ClaudeCode().from_other_host(payload)


def test_one_call_in_cursor_with_both_hooks_is_counted_once(project: Project) -> None:
    theirs = CURSOR.after(str(project.root), READ)
    project.answer("cursor", "post-tool-use", theirs)
    as_claude = {"session_id": ID, "cwd": str(project.root), "cursor_version": "2.1", "tool_name": "Read"}
    project.answer("claude-code", "post-tool-use", as_claude)
    assert project.tally(ID).calls == 1
