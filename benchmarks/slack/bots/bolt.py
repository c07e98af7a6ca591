"""A bot on slack-bolt alone, as its documentation shows it; ``--shared-session`` adds the one thing that helps it
most."""

import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
from slack_bolt.adapter.starlette.async_handler import AsyncSlackRequestHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response

from benchmarks import web

client = AsyncWebClient(token=os.environ["SLACK_BOT_TOKEN"], base_url=os.environ["SLACK_API_URL"])
bolt = AsyncApp(client=client, signing_secret=os.environ["SLACK_SIGNING_SECRET"])
handler = AsyncSlackRequestHandler(bolt)


@bolt.event("app_mention")
async def mentioned(event: dict[str, Any], say: Callable[..., Awaitable[Any]]) -> None:
    await say(text=f"echo {event['text']}", thread_ts=event.get("thread_ts", event["ts"]))


@asynccontextmanager
async def lifespan(_: Starlette) -> AsyncIterator[None]:
    if "--shared-session" not in sys.argv:
        yield
        return
    async with aiohttp.ClientSession() as client.session:
        yield


async def events(request: Request) -> Response:
    return await handler.handle(request)


web.run("/slack/events", events, lifespan)
