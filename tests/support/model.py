"""A model behind OpenAI's chat API that answers what a test says, one word a chunk; it keeps the requests."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

Tool = tuple[str, dict[str, Any]]
"""A tool that the model calls: its name and arguments."""


class ScriptedModel:
    """Answers each request with what ``reply`` returns for it: a text, or the call of a tool."""

    def __init__(self, reply: Callable[[dict[str, Any]], str | Tool]) -> None:
        self.reply = reply
        self.requests: list[dict[str, Any]] = []
        self.keys: list[str] = []
        self.go_on = asyncio.Event()
        self.go_on.set()
        self.fail_next = False

    async def complete(self, request: web.Request) -> web.StreamResponse:
        asked = await request.json()
        self.requests.append(asked)
        self.keys.append(request.headers["authorization"])
        if self.fail_next:
            self.fail_next = False
            raise web.HTTPBadRequest(text='{"error": {"message": "no capacity"}}', content_type="application/json")
        reply = self.reply(asked)
        if not asked.get("stream"):
            message = {"role": "assistant", "content": reply}
            return web.json_response(_body("chat.completion", message=message, finish_reason="stop"))
        response = web.StreamResponse(headers={"content-type": "text/event-stream"})
        await response.prepare(request)
        for delta in _deltas(reply):
            await _send(response, delta)
            await self.go_on.wait()
        await _send(response, {}, "stop" if isinstance(reply, str) else "tool_calls")
        await response.write(b"data: [DONE]\n\n")
        return response


@asynccontextmanager
async def serving_model(model: ScriptedModel) -> AsyncIterator[str]:
    """Serve the model; yields what a client takes as its base URL."""
    app = web.Application()
    app.router.add_post("/v1/chat/completions", model.complete)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
    finally:
        await runner.cleanup()


def _deltas(reply: str | Tool) -> list[dict[str, Any]]:
    if isinstance(reply, str):
        return [{"content": f" {word}" if number else word} for number, word in enumerate(reply.split(" "))]
    name, arguments = reply
    text = json.dumps(arguments)
    return [
        {"tool_calls": [{"index": 0, "id": "call_1", "type": "function", "function": {"name": name, "arguments": ""}}]},
        *({"tool_calls": [{"index": 0, "function": {"arguments": part}}]} for part in (text[:3], text[3:])),
    ]


def _body(kind: str, **choice: Any) -> dict[str, Any]:
    return {
        "id": "chatcmpl-1",
        "object": kind,
        "created": 1700000000,
        "model": "tiny",
        "choices": [{"index": 0, **choice}],
    }


async def _send(response: web.StreamResponse, delta: dict[str, Any], end: str | None = None) -> None:
    body = _body("chat.completion.chunk", delta=delta, finish_reason=end)
    await response.write(b"data: %s\n\n" % json.dumps(body).encode())
