"""A bot that verifies, records and answers what the emulated Teams delivers, its API client, and what bots send."""

import io
from typing import Any

import aiohttp
import jwt
import orjson
from aiohttp import web

from tests.emulators.endpoint import Endpoint

JSON = dict[str, Any]


class Bot(Endpoint):
    """Believes a token as the documents say it must be checked, with PyJWT and the keys as published right then."""

    def __init__(self, environment: Any, http: aiohttp.ClientSession) -> None:
        super().__init__("/teams/events")
        self.activities: list[JSON] = []
        self.headers: list[dict[str, str]] = []
        self.refused: list[str] = []
        self._environment = environment
        self._http = http

    def kinds(self) -> list[str]:
        return [a["type"] for a in self.activities]

    @property
    def last(self) -> JSON:
        return self.activities[-1]

    async def _receive(self, request: web.Request) -> web.Response:
        body = await request.read()
        try:
            given: JSON = orjson.loads(body)
            await self._verify(request.headers.get("Authorization", ""), given)
        except (jwt.InvalidTokenError, orjson.JSONDecodeError, KeyError) as error:
            self.refused.append(repr(error))
            return web.Response(status=401)
        self.activities.append(given)
        self.headers.append(dict(request.headers))
        await self.gate.wait()
        return self.answer(given) or web.Response()

    async def _verify(self, authorization: str, activity: JSON) -> None:
        scheme, _, token = authorization.partition(" ")
        if scheme != "Bearer":
            raise jwt.InvalidTokenError("no bearer token")
        async with self._http.get(self._environment["TEAMS_OPENID_METADATA_URL"]) as answer:
            document = await answer.json()
        async with self._http.get(document["jwks_uri"]) as answer:
            keys = {key["kid"]: key for key in (await answer.json())["keys"] if "kid" in key}
        key = keys.get(jwt.get_unverified_header(token).get("kid", ""), {})
        if "msteams" not in key.get("endorsements", ()):
            raise jwt.InvalidTokenError("the key is not endorsed for Teams")
        claims = jwt.decode(
            token,
            jwt.PyJWK(key).key,
            algorithms=["RS256"],
            issuer=document["issuer"],
            audience=self._environment["TEAMS_APP_ID"],
        )
        if claims["serviceurl"] != activity["serviceUrl"]:
            raise jwt.InvalidTokenError("the service URL is not the token's")


class Api:
    """The connector's client: the bot's side of the REST calls, raw."""

    def __init__(self, http: aiohttp.ClientSession, environment: Any, service_url: str) -> None:
        self.http = http
        self.environment = environment
        self.service_url = service_url
        self.token = ""

    async def sign_in(self, **changed: str) -> tuple[int, JSON]:
        """Client credentials with what is ``changed``; keeps the token."""
        form = {
            "grant_type": "client_credentials",
            "client_id": self.environment["TEAMS_APP_ID"],
            "client_secret": self.environment["TEAMS_APP_PASSWORD"],
            "scope": "https://api.botframework.com/.default",
        }
        tenant = changed.pop("tenant", self.environment["TEAMS_APP_TENANT_ID"])
        form = {name: value for name, value in (form | changed).items() if value}
        url = f"{self.environment['TEAMS_LOGIN_URL']}/{tenant}/oauth2/v2.0/token"
        async with self.http.post(url, data=form) as answer:
            body = await answer.json()
            self.token = body.get("access_token", self.token)
            return answer.status, body

    async def call(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        """``path`` follows the service URL's ``v3/``; the status and the JSON answered, None for nothing."""
        headers = {"Authorization": f"Bearer {self.token}"} | headers
        url = f"{self.service_url}v3/{path}"
        data = None if body is None else io.BytesIO(orjson.dumps(body))
        if data is not None:
            headers = {"Content-Type": "application/json"} | headers
        async with self.http.request(method, url, data=data, headers=headers) as answer:
            self.headers = answer.headers
            raw = await answer.read()
            return answer.status, orjson.loads(raw) if raw else None

    async def send(self, conversation: str, text: str = "", **activity: Any) -> tuple[int, Any]:
        """A message of these words; without any, and nothing attached, of some."""
        words = text or ("" if activity.get("attachments") else "hello")
        given = {"type": "message"} | ({"text": words} if words else {}) | activity
        return await self.call("POST", f"conversations/{conversation}/activities", given)

    async def stream(
        self, conversation: str, text: str, sequence: int | None, stream_id: str | None = None, **more: Any
    ) -> tuple[int, Any]:
        """One request of a stream; ``kind`` is its streamType."""
        kind = more.pop("kind", "streaming")
        entity: JSON = {"type": "streaminfo", "streamType": kind}
        entity |= {} if sequence is None else {"streamSequence": sequence}
        entity |= {} if stream_id is None else {"streamId": stream_id}
        given: JSON = {"type": "message" if kind == "final" else "typing", "text": text}
        given |= {"entities": [entity, *more.pop("entities", ())]} | more
        return await self.call("POST", f"conversations/{conversation}/activities", given)


def error_of(answered: tuple[int, Any]) -> tuple[int, str, str]:
    """Status, code and text of a refusal."""
    status, body = answered
    return status, body["error"].get("code", ""), body["error"]["message"]


def card(*body: JSON, actions: tuple[JSON, ...] = (), version: str = "1.5") -> JSON:
    content = {"type": "AdaptiveCard", "version": version, "body": list(body), "actions": list(actions)}
    return {"contentType": "application/vnd.microsoft.card.adaptive", "content": content}


def text_block(text: str = "Hello") -> JSON:
    return {"type": "TextBlock", "text": text, "wrap": True}


def execute(title: str = "Go", verb: str = "go", **data: Any) -> JSON:
    return {"type": "Action.Execute", "title": title, "verb": verb, "data": data}


def submit(title: str = "Send", **data: Any) -> JSON:
    return {"type": "Action.Submit", "title": title, "data": data}
