"""A bare Starlette endpoint that answers with server-sent events: the floor of the first token."""

import json
import sys
from collections.abc import AsyncIterator

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

TOKENS = ("Here ", "is ", "what ", "you ", "asked ", "for.")


async def _events() -> AsyncIterator[str]:
    for token in TOKENS:
        update = {"type": "assistant_message.content_part.text_delta", "content_index": 0, "delta": token}
        yield f"data: {json.dumps({'type': 'thread.item.updated', 'item_id': 'msg_1', 'update': update})}\n\n"


async def _conversation(request: Request) -> Response:
    json.loads(await request.body())
    return StreamingResponse(_events(), media_type="text/event-stream")


async def _healthz(_: Request) -> Response:
    return Response()


app = Starlette(
    routes=[Route("/v1/chatkit/conversation", _conversation, methods=["POST"]), Route("/healthz", _healthz)]
)

if __name__ == "__main__":
    uvicorn.run(app, port=int(sys.argv[1]), loop="uvloop", http="httptools", access_log=False)
