"""The floor: the least work a correct Teams echo bot can do. It keeps no order and no state, and nothing survives a
restart."""

import asyncio
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import jwt
import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response

from benchmarks import web

APP, TENANT = os.environ["TEAMS_APP_ID"], os.environ["TEAMS_APP_TENANT_ID"]
ISSUER = "https://api.botframework.com"

keys: dict[str, jwt.PyJWK] = {}
known: dict[str, dict[str, Any]] = {}
headers: dict[str, str] = {}
running: set[asyncio.Task[None]] = set()


@asynccontextmanager
async def lifespan(app: Starlette) -> AsyncIterator[None]:
    async with aiohttp.ClientSession() as app.state.http:
        await fetch_keys(app.state.http)
        await sign_in(app.state.http)
        yield


async def fetch_keys(http: aiohttp.ClientSession) -> None:
    async with http.get(os.environ["TEAMS_OPENID_METADATA_URL"]) as response:
        key_set = (await response.json())["jwks_uri"]
    async with http.get(key_set) as response:
        keys.update({key["kid"]: jwt.PyJWK(key, "RS256") for key in (await response.json())["keys"]})


async def sign_in(http: aiohttp.ClientSession) -> None:
    form = {
        "grant_type": "client_credentials",
        "client_id": APP,
        "client_secret": os.environ["TEAMS_APP_PASSWORD"],
        "scope": "https://api.botframework.com/.default",
    }
    async with http.post(f"{os.environ['TEAMS_LOGIN_URL']}/{TENANT}/oauth2/v2.0/token", data=form) as response:
        token = (await response.json())["access_token"]
    headers.update({"Authorization": f"Bearer {token}", "Content-Type": "application/json"})


async def activities(request: Request) -> Response:
    activity = orjson.loads(await request.body())
    if not genuine(request.headers.get("authorization", ""), activity["serviceUrl"]):
        return Response(status_code=401)
    if activity["type"] == "message":
        task = asyncio.create_task(reply(request.app.state.http, activity))
        running.add(task)
        task.add_done_callback(running.discard)
    return Response()


def genuine(authorization: str, service_url: str) -> bool:
    claims = known.get(authorization)
    if claims is None:
        token = authorization.removeprefix("Bearer ")
        try:
            key = keys[jwt.get_unverified_header(token)["kid"]]
            claims = jwt.decode(token, key, algorithms=["RS256"], audience=APP, issuer=ISSUER, leeway=300)
        except (jwt.PyJWTError, KeyError):
            return False
        known[authorization] = claims
    return bool(claims["serviceurl"] == service_url and time.time() < claims["exp"])


async def reply(http: aiohttp.ClientSession, activity: dict[str, Any]) -> None:
    conversation = activity["conversation"]["id"]
    answer = {
        "type": "message",
        "text": f"echo {activity['text']}",
        "from": activity["recipient"],
        "recipient": activity["from"],
        "conversation": activity["conversation"],
        "replyToId": activity["id"],
    }
    url = f"{activity['serviceUrl']}v3/conversations/{conversation}/activities"
    async with http.post(url, data=orjson.dumps(answer), headers=headers) as response:
        posted = orjson.loads(await response.read())
    assert posted["id"]


web.run("/api/messages", activities, lifespan)
