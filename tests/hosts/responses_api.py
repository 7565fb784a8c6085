"""A stand-in for the Responses API: the same scripts and lanes as for the Messages API, in another dialect.

A request is turned into the shape of the Messages API, so that a script sees one kind of conversation whichever client
it talks to. What the client tells the model in a `developer` message counts as shown to it, beside the user's words.
"""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any, ClassVar

from .scripted_api import Call, Handler, Json, Reply, ScriptedApi, ScriptedModel

if TYPE_CHECKING:
    from collections.abc import Iterator

RESPONSES = "/responses"
MODEL = "gpt-5.5"
# Tools of this kind take a text instead of arguments.
CUSTOM = frozenset({"apply_patch"})


class ResponsesApi(ScriptedApi):
    """The HTTP server a client of the Responses API talks to."""

    def __init__(self, model: ScriptedModel) -> None:
        """Listen for the requests of one model."""
        super().__init__(model)
        self.RequestHandlerClass = ResponsesHandler

    @property
    def url(self) -> str:
        """The base URL to give to the client."""
        return f"{super().url}/v1"


class ResponsesHandler(Handler):
    """The routes such a client asks for."""

    quiet: ClassVar[Json] = {"object": "list", "data": [{"id": MODEL, "object": "model"}], "models": []}

    def do_POST(self) -> None:  # noqa: N802 - the name http.server looks for
        """Answer a request for a response."""
        body = json.loads(self.rfile.read(int(self.headers.get("content-length") or 0)) or b"{}")
        if not self.path.partition("?")[0].endswith(RESPONSES):
            self.send_json({})
            return
        reply = self.server.model.answer(as_messages(body))
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("connection", "close")
        self.end_headers()
        for number, event in enumerate(as_events(reply)):
            data = json.dumps({**event, "sequence_number": number})
            self.wfile.write(f"event: {event['type']}\ndata: {data}\n\n".encode())
        self.wfile.flush()
        self.close_connection = True


def as_messages(body: Json) -> Json:
    """Return the body of a request in the shape of the Messages API."""
    messages = [message for item in body["input"] for message in as_message(item)]
    return {
        "system": body.get("instructions") or "",
        "messages": with_one_beginning(messages),
        "tools": list(tools(body.get("tools") or [])),
    }


def with_one_beginning(messages: list[Json]) -> list[Json]:
    """Return messages whose first one holds all that is said before the model's own first words."""
    begun = next((n for n, message in enumerate(messages) if message["role"] == "assistant"), len(messages))
    content = [block for message in messages[:begun] for block in message["content"]]
    return [{"role": "user", "content": content}, *messages[begun:]]


def tools(given: list[Json], prefix: str = "") -> Iterator[Json]:
    """Yield the tools, those of a namespace with its name before theirs."""
    for tool in given:
        name = tool.get("name") or tool["type"]
        if tool["type"] == "namespace":
            yield from tools(tool["tools"], f"{name}__")
        else:
            yield {"name": prefix + name}


def as_message(item: Json) -> Iterator[Json]:
    """Yield one item of the input in the shape of the Messages API; what is none of these is left out."""
    kind = item.get("type", "message")
    if kind == "message":
        role = "assistant" if item["role"] == "assistant" else "user"
        yield {"role": role, "content": texts(item["content"])}
    elif kind.endswith("_call_output"):
        result = {"type": "tool_result", "tool_use_id": item["call_id"], "content": texts(item["output"])}
        yield {"role": "user", "content": [result]}
    elif kind in {"function_call", "custom_tool_call"}:
        name = "__".join(part for part in (item.get("namespace"), item["name"]) if part)
        given = {"input": item["input"]} if "input" in item else json.loads(item["arguments"])
        yield {
            "role": "assistant",
            "content": [{"type": "tool_use", "id": item["call_id"], "name": name, "input": given}],
        }


def texts(content: Any) -> list[Json]:
    """Return content as blocks of text, whichever way it was written."""
    if isinstance(content, str):
        return [{"type": "text", "text": content}]
    return [{"type": "text", "text": part["text"]} for part in content if "text" in part]


def as_events(reply: Reply) -> Iterator[Json]:
    """Yield a reply as the events of a stream."""
    items = [*map(as_item, reply.calls), *([as_text(reply.text)] if reply.text else [])]
    head = {"id": f"resp_{uuid.uuid4().hex[:24]}", "object": "response", "model": MODEL}
    yield {"type": "response.created", "response": {**head, "status": "in_progress", "output": []}}
    for index, item in enumerate(items):
        yield {"type": "response.output_item.added", "output_index": index, "item": item}
        yield {"type": "response.output_item.done", "output_index": index, "item": item}
    usage = {
        "input_tokens": 100,
        "input_tokens_details": {"cached_tokens": 0},
        "output_tokens": 20,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": 120,
    }
    yield {"type": "response.completed", "response": {**head, "status": "completed", "output": items, "usage": usage}}


def as_item(made: Call) -> Json:
    """Return a tool call as an item of the output."""
    head = {"id": f"fc_{uuid.uuid4().hex[:24]}", "call_id": f"call_{uuid.uuid4().hex[:24]}", "status": "completed"}
    if made.name in CUSTOM:
        return {**head, "type": "custom_tool_call", "name": made.name, "input": made.arguments["input"]}
    namespace, name = "", made.name
    if "__" in name:
        head_of = "mcp__" if name.startswith("mcp__") else ""
        server, _, name = name.removeprefix(head_of).partition("__")
        namespace = head_of + server
    item = {**head, "type": "function_call", "name": name, "arguments": json.dumps(made.arguments)}
    return {**item, "namespace": namespace} if namespace else item


def as_text(text: str) -> Json:
    """Return a text as an item of the output."""
    content = [{"type": "output_text", "text": text, "annotations": []}]
    return {
        "type": "message",
        "id": f"msg_{uuid.uuid4().hex[:24]}",
        "status": "completed",
        "role": "assistant",
        "content": content,
    }
