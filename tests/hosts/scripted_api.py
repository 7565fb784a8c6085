"""A stand-in for the Messages API: a script plays the model, and every request it is sent is kept.

A script is a generator. It is started by the first request of its lane, yields what the model answers, and is sent the
request that follows, so that it reacts to what the model has been shown, as a model would. It ends by returning: from
then on the lane answers `END`.
"""

from __future__ import annotations

import json
import sys
import threading
import uuid
from collections.abc import Callable, Generator, Iterator
from dataclasses import asdict, dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, ClassVar, Self

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

Json = dict[str, Any]
MESSAGES = "/v1/messages"


@dataclass(frozen=True)
class Call:
    """One tool call of the model."""

    name: str
    arguments: Json


@dataclass(frozen=True)
class Reply:
    """What the model says, the tools it calls, and how long it says the conversation has become."""

    text: str = ""
    calls: tuple[Call, ...] = ()
    tokens: int = 100


END = Reply("The script has ended.")


def say(text: str) -> Reply:
    """Make a reply without a tool call, which ends the turn."""
    return Reply(text)


def call(tool: str, /, **arguments: object) -> Reply:
    """Make a reply that calls one tool."""
    return Reply(calls=(Call(tool, arguments),))


@dataclass(frozen=True)
class Result:
    """What one tool call gave back."""

    text: str
    is_error: bool


@dataclass(frozen=True)
class Request:
    """One request for an answer of the model: all that the model is shown."""

    body: Json

    @property
    def tools(self) -> list[str]:
        """The names of the tools whose schema the model has."""
        return [tool["name"] for tool in self.body.get("tools") or []]

    @property
    def messages(self) -> list[Json]:
        """The conversation so far."""
        return list(self.body.get("messages", []))

    @property
    def news(self) -> list[Json]:
        """The blocks the model is shown for the first time: all that follows its own last message."""
        messages = self.messages
        own = [number for number, message in enumerate(messages) if message["role"] == "assistant"]
        return [block for message in messages[own[-1] + 1 if own else 0 :] for block in blocks(message["content"])]

    @property
    def results(self) -> list[Result]:
        """The results of the model's last tool calls."""
        return [
            Result(text_of(block.get("content", "")), bool(block.get("is_error")))
            for block in self.news
            if block["type"] == "tool_result"
        ]

    @property
    def error(self) -> str:
        """The text of the last tool calls that failed or were denied, else nothing."""
        return "\n".join(result.text for result in self.results if result.is_error)

    @property
    def new_text(self) -> str:
        """All text the model is shown for the first time."""
        return text_of(self.news)

    @property
    def prompt(self) -> str:
        """The text the conversation begins with."""
        return text_of(self.messages[0]["content"]) if self.messages else ""

    @property
    def all_text(self) -> str:
        """All text the model is shown."""
        return "\n".join([text_of(self.body.get("system") or ""), *(text_of(m["content"]) for m in self.messages)])

    def calls(self, tool: str) -> list[Json]:
        """Return the arguments of each call of a tool in the conversation, as the model made them."""
        found = (block for message in self.messages for block in blocks(message["content"]))
        return [block["input"] for block in found if block["type"] == "tool_use" and block["name"] == tool]


def blocks(content: str | list[Json] | None) -> list[Json]:
    """Return message content as a list of blocks, whichever way it was written."""
    return [{"type": "text", "text": content}] if isinstance(content, str) else content or []


def text_of(content: str | list[Json] | None) -> str:
    """Return the text in message content, tool results included."""
    parts = []
    for block in blocks(content):
        if block["type"] == "text":
            parts.append(block["text"])
        elif block["type"] == "tool_result":
            parts.append(text_of(block.get("content", "")))
    return "\n".join(parts)


Play = Generator[Reply, Request, None]
Script = Callable[[Request], Play]


def in_turn(*replies: Reply) -> Script:
    """Make a script that gives these replies in order, whatever it is shown."""

    def play(_first: Request) -> Play:
        yield from (reply for reply in replies)  # a tuple's own iterator could not be sent the requests

    return play


@dataclass
class Lane:
    """One conversation with the model: the requests it answers, and the script it follows."""

    script: Script
    when: Callable[[Request], bool] = lambda request: bool(request.tools)
    name: str = "main"
    play: Play | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, request: Request) -> Reply:
        """Answer a request with the script's next reply."""
        with self.lock:
            if self.play is None:
                self.play = self.script(request)
                return next(self.play, END)
            try:
                return self.play.send(request)
            except StopIteration:
                return END


@dataclass(frozen=True)
class Exchange:
    """One request and how it was answered."""

    lane: str
    request: Request
    reply: Reply


@dataclass
class ScriptedModel:
    """The model: the first lane that wants a request answers it; what no lane wants gets a short answer."""

    lanes: list[Lane]
    exchanges: list[Exchange] = field(default_factory=list)
    failures: list[BaseException] = field(default_factory=list)

    def answer(self, body: Json) -> Reply:
        """Answer a request and keep both."""
        request = Request(body)
        lane = next((lane for lane in self.lanes if lane.when(request)), Lane(in_turn(say("ok")), name="none"))
        reply = lane.answer(request)
        self.exchanges.append(Exchange(lane.name, request, reply))
        return reply


class ScriptedApi(ThreadingHTTPServer):
    """The HTTP server the client talks to, on a free port of loopback."""

    daemon_threads = True

    def __init__(self, model: ScriptedModel) -> None:
        """Listen for the requests of one model."""
        super().__init__(("127.0.0.1", 0), Handler)
        self.model = model

    @property
    def url(self) -> str:
        """The base URL to give to the client."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def __enter__(self) -> Self:
        """Serve in a thread."""
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop serving."""
        self.shutdown()
        self.server_close()

    def handle_error(self, request: object, client_address: object) -> None:
        """Keep what went wrong in a script, for the test; a client that hung up is no failure."""
        del request, client_address
        error = sys.exception()
        if error is not None and not isinstance(error, OSError):
            self.model.failures.append(error)


class Handler(BaseHTTPRequestHandler):
    """The few routes a client asks for."""

    protocol_version = "HTTP/1.1"
    server: ScriptedApi
    quiet: ClassVar[Json] = {"data": [], "has_more": False, "first_id": None, "last_id": None}

    def log_message(self, *_: object) -> None:
        """Keep the test's output clean."""

    def do_HEAD(self) -> None:
        """Answer a reachability check."""
        self.send_json({})

    def do_GET(self) -> None:
        """Answer a list of models, or any check."""
        self.send_json(self.quiet)

    def do_POST(self) -> None:
        """Answer a request for a message."""
        body = json.loads(self.rfile.read(int(self.headers.get("content-length") or 0)) or b"{}")
        path = self.path.partition("?")[0]
        if path != MESSAGES:
            self.send_json({"input_tokens": len(json.dumps(body)) // 4})
            return
        message = as_message(self.server.model.answer(body), body.get("model", "scripted"))
        if body.get("stream"):
            self.send_stream(message)
        else:
            self.send_json(message)

    def send_json(self, answer: Json) -> None:
        """Send one JSON body."""
        data = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def send_stream(self, message: Json) -> None:
        """Send a message as server-sent events."""
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("connection", "close")
        self.end_headers()
        for event in as_events(message):
            self.wfile.write(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode())
        self.wfile.flush()
        self.close_connection = True


def as_message(reply: Reply, model: str) -> Json:
    """Return a reply in the shape of the Messages API."""
    content: list[Json] = [{"type": "text", "text": reply.text}] if reply.text else []
    content += [
        {"type": "tool_use", "id": f"toolu_{uuid.uuid4().hex[:24]}", "name": made.name, "input": made.arguments}
        for made in reply.calls
    ]
    return {
        "id": f"msg_{uuid.uuid4().hex[:24]}",
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": content,
        "stop_reason": "tool_use" if reply.calls else "end_turn",
        "stop_sequence": None,
        "usage": {
            "input_tokens": reply.tokens,
            "output_tokens": 20,
            "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": 0,
        },
    }


def as_events(message: Json) -> Iterator[Json]:
    """Yield a message as the events of a stream."""
    yield {"type": "message_start", "message": message | {"content": [], "stop_reason": None}}
    for index, block in enumerate(message["content"]):
        start, delta = as_deltas(block)
        yield {"type": "content_block_start", "index": index, "content_block": start}
        yield {"type": "content_block_delta", "index": index, "delta": delta}
        yield {"type": "content_block_stop", "index": index}
    stop = {"stop_reason": message["stop_reason"], "stop_sequence": None}
    yield {"type": "message_delta", "delta": stop, "usage": {"output_tokens": message["usage"]["output_tokens"]}}
    yield {"type": "message_stop"}


def as_deltas(block: Json) -> tuple[Json, Json]:
    """Return a block as an empty start and one delta that fills it."""
    if block["type"] == "text":
        return block | {"text": ""}, {"type": "text_delta", "text": block["text"]}
    return block | {"input": {}}, {"type": "input_json_delta", "partial_json": json.dumps(block["input"])}


def dump(exchanges: list[Exchange], path: Path) -> None:
    """Write every request and its reply to a file, one line each."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        for exchange in exchanges:
            file.write(json.dumps(asdict(exchange)) + "\n")


def story(exchanges: list[Exchange], width: int = 400) -> str:
    """Return what the model was shown and what it did, in short."""
    lines = []
    for exchange in exchanges:
        for block in exchange.request.news:
            kind = "error" if block.get("is_error") else block["type"]
            lines.append(f"[{exchange.lane}] {kind}: {text_of([block])[:width]}")
        made = [f"{made.name} {json.dumps(made.arguments)[:width]}" for made in exchange.reply.calls]
        lines.append(f"[{exchange.lane}] --> {' + '.join([exchange.reply.text[:width], *made])}")
    return "\n".join(lines)
