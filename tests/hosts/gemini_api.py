"""A stand-in for the Gemini API: the same scripts and lanes as for the Messages API, in another dialect."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING

from .scripted_api import Handler, Json, Reply, ScriptedApi, ScriptedModel, say

if TYPE_CHECKING:
    from collections.abc import Iterator

MODEL = "gemini-2.5-flash"
# What the client asks a model beside the conversation: who speaks next, how hard a task is.
ASIDE = say(json.dumps({"reasoning": "none", "next_speaker": "user", "model_choice": "flash"}))


class GeminiApi(ScriptedApi):
    """The HTTP server a client of the Gemini API talks to."""

    def __init__(self, model: ScriptedModel) -> None:
        """Listen for the requests of one model."""
        super().__init__(model)
        self.RequestHandlerClass = GeminiHandler


class GeminiHandler(Handler):
    """The routes such a client asks for."""

    def do_POST(self) -> None:  # noqa: N802 - the name http.server looks for
        """Answer a request for content."""
        body = json.loads(self.rfile.read(int(self.headers.get("content-length") or 0)) or b"{}")
        if "countTokens" in self.path:
            self.send_json({"totalTokens": 100})
            return
        request = as_messages(body)
        reply = self.server.model.answer(request) if request["tools"] else ASIDE
        if "streamGenerateContent" in self.path:
            self.send_event(as_content(reply))
        else:
            self.send_json(as_content(reply))

    def send_event(self, content: Json) -> None:
        """Send one answer as a stream of one event."""
        data = f"data: {json.dumps(content)}\r\n\r\n".encode()
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


def as_messages(body: Json) -> Json:
    """Return the body of a request in the shape of the Messages API."""
    system = body.get("systemInstruction") or {}
    return {
        "system": list(blocks(system.get("parts") or [])),
        "messages": [
            {"role": "assistant" if turn.get("role") == "model" else "user", "content": list(blocks(turn["parts"]))}
            for turn in body["contents"]
        ],
        "tools": [
            {"name": made["name"]} for tool in body.get("tools") or [] for made in tool.get("functionDeclarations", [])
        ],
    }


def blocks(parts: list[Json]) -> Iterator[Json]:
    """Yield the parts of a turn as blocks of the Messages API."""
    for part in parts:
        if "functionCall" in part:
            made = part["functionCall"]
            yield {"type": "tool_use", "id": made.get("id", ""), "name": made["name"], "input": made.get("args") or {}}
        elif "functionResponse" in part:
            given = part["functionResponse"].get("response") or {}
            text = given.get("error") or given.get("output") or ""
            yield {
                "type": "tool_result",
                "tool_use_id": part["functionResponse"].get("id", ""),
                "content": text if isinstance(text, str) else json.dumps(text),
                "is_error": "error" in given,
            }
        elif "text" in part:
            yield {"type": "text", "text": part["text"]}


def as_content(reply: Reply) -> Json:
    """Return a reply in the shape of the Gemini API."""
    parts: list[Json] = [
        {"functionCall": {"id": uuid.uuid4().hex, "name": made.name, "args": made.arguments}} for made in reply.calls
    ]
    parts += [{"text": reply.text}] if reply.text else []
    usage = {"promptTokenCount": 100, "candidatesTokenCount": 20, "totalTokenCount": 120}
    candidate = {"content": {"role": "model", "parts": parts}, "finishReason": "STOP", "index": 0}
    return {"candidates": [candidate], "usageMetadata": usage, "modelVersion": MODEL}
