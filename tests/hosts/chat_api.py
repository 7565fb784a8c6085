"""A stand-in for the chat completions API: the same scripts and lanes as for the Messages API, in another dialect.

A request is turned into the shape of the Messages API, so that a script sees one kind of conversation whichever client
it talks to. This dialect does not say whether a call failed, so `Request.error` stays empty here: look at the text.
"""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, ClassVar

from .scripted_api import Handler, Json, Reply, ScriptedApi, ScriptedModel

if TYPE_CHECKING:
    from collections.abc import Iterator

COMPLETIONS = "/chat/completions"
MODEL = "scripted"
INSTRUCTIONS = frozenset({"system", "developer"})


class ChatApi(ScriptedApi):
    """The HTTP server a client of the chat completions API talks to."""

    def __init__(self, model: ScriptedModel) -> None:
        """Listen for the requests of one model."""
        super().__init__(model)
        self.RequestHandlerClass = ChatHandler

    @property
    def url(self) -> str:
        """The base URL to give to the client."""
        return f"{super().url}/v1"


class ChatHandler(Handler):
    """The routes such a client asks for."""

    quiet: ClassVar[Json] = {
        "object": "list",
        "data": [{"id": MODEL, "object": "model", "created": 1, "owned_by": "tests"}],
    }

    def do_POST(self) -> None:  # noqa: N802 - the name http.server looks for
        """Answer a request for a completion."""
        body = json.loads(self.read_body() or b"{}")
        if not self.path.partition("?")[0].endswith(COMPLETIONS):
            self.send_json({})
            return
        reply = self.server.model.answer(as_messages(body))
        if body.get("stream"):
            self.send_chunks(as_chunks(reply))
        else:
            message = {"role": "assistant", "content": reply.text, **tool_calls(reply)}
            choice = {"index": 0, "message": message, "finish_reason": finish(reply)}
            self.send_json({**head("chat.completion"), "choices": [choice], "usage": usage(reply)})

    def read_body(self) -> bytes:
        """Read the body, in chunks or whole."""
        if "chunked" not in (self.headers.get("transfer-encoding") or ""):
            return self.rfile.read(int(self.headers.get("content-length") or 0))
        body = b""
        while size := int(self.rfile.readline().strip() or b"0", 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def send_chunks(self, chunks: Iterator[Json]) -> None:
        """Send the chunks of a completion as server-sent events."""
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("connection", "close")
        self.end_headers()
        for chunk in chunks:
            self.wfile.write(f"data: {json.dumps(chunk)}\n\n".encode())
        self.wfile.write(b"data: [DONE]\n\n")
        self.wfile.flush()
        self.close_connection = True


def as_messages(body: Json) -> Json:
    """Return the body of a request in the shape of the Messages API."""
    system = [part for message in body["messages"] if message["role"] in INSTRUCTIONS for part in texts(message)]
    return {
        "system": system,
        "messages": [as_message(message) for message in body["messages"] if message["role"] not in INSTRUCTIONS],
        "tools": [{**tool["function"]} for tool in body.get("tools") or []],
    }


def as_message(message: Json) -> Json:
    """Return one message in the shape of the Messages API."""
    if message["role"] == "tool":
        result = {"type": "tool_result", "tool_use_id": message["tool_call_id"], "content": texts(message)}
        return {"role": "user", "content": [result]}
    calls = [
        {
            "type": "tool_use",
            "id": call["id"],
            "name": call["function"]["name"],
            "input": json.loads(call["function"]["arguments"] or "{}"),
        }
        for call in message.get("tool_calls") or []
    ]
    return {"role": message["role"], "content": [*texts(message), *calls]}


def texts(message: Json) -> list[Json]:
    """Return the text of a message as blocks, whichever way it was written."""
    content = message.get("content") or []
    parts = [{"type": "text", "text": content}] if isinstance(content, str) else content
    return [{"type": "text", "text": part["text"]} for part in parts if part.get("type") == "text"]


def as_chunks(reply: Reply) -> Iterator[Json]:
    """Yield a reply as the chunks of a stream."""
    for delta in ({"role": "assistant", "content": reply.text}, tool_calls(reply)):
        if delta:
            yield {**head(), "choices": [{"index": 0, "delta": delta, "finish_reason": None}]}
    yield {**head(), "choices": [{"index": 0, "delta": {}, "finish_reason": finish(reply)}], "usage": usage(reply)}


def tool_calls(reply: Reply) -> Json:
    """Return the tools a reply calls, empty when it calls none."""
    calls = [
        {
            "index": index,
            "id": f"call_{uuid.uuid4().hex[:24]}",
            "type": "function",
            "function": {"name": made.name, "arguments": json.dumps(made.arguments)},
        }
        for index, made in enumerate(reply.calls)
    ]
    return {"tool_calls": calls} if calls else {}


def usage(reply: Reply) -> Json:
    """Return how long the conversation has become."""
    return {"prompt_tokens": reply.tokens, "completion_tokens": 20, "total_tokens": reply.tokens + 20}


def finish(reply: Reply) -> str:
    """Return why the model stopped."""
    return "tool_calls" if reply.calls else "stop"


def head(kind: str = "chat.completion.chunk") -> Json:
    """Return what every answer begins with."""
    return {"id": f"chatcmpl-{uuid.uuid4().hex[:24]}", "object": kind, "created": 1, "model": MODEL}
