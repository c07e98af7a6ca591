"""The floor: the least work a correct Slack echo bot can do. It keeps no order and no state, and nothing survives a
restart."""

import asyncio
import hashlib
import hmac
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response

from benchmarks import web

POST_URL = os.environ["SLACK_API_URL"] + "chat.postMessage"
HEADERS = {
    "Authorization": f"Bearer {os.environ['SLACK_BOT_TOKEN']}",
    "Content-Type": "application/json; charset=utf-8",
}
SECRET = os.environ["SLACK_SIGNING_SECRET"].encode()

running: set[asyncio.Task[None]] = set()


@asynccontextmanager
async def lifespan(app: Starlette) -> AsyncIterator[None]:
    async with aiohttp.ClientSession() as app.state.http:
        yield


async def events(request: Request) -> Response:
    body = await request.body()
    stamp = request.headers["x-slack-request-timestamp"]
    signature = "v0=" + hmac.new(SECRET, b"v0:" + stamp.encode() + b":" + body, hashlib.sha256).hexdigest()
    genuine = hmac.compare_digest(signature, request.headers["x-slack-signature"])
    if not genuine or abs(time.time() - int(stamp)) > 300:
        return Response(status_code=401)
    task = asyncio.create_task(reply(request.app.state.http, orjson.loads(body)["event"]))
    running.add(task)
    task.add_done_callback(running.discard)
    return Response()


async def reply(http: aiohttp.ClientSession, event: dict[str, str]) -> None:
    message = {
        "channel": event["channel"],
        "thread_ts": event.get("thread_ts", event["ts"]),
        "text": f"echo {event['text']}",
    }
    async with http.post(POST_URL, data=orjson.dumps(message), headers=HEADERS) as response:
        answer = orjson.loads(await response.read())
    assert answer["ok"]


web.run("/slack/events", events, lifespan)
