"""The made-up tenant of the benchmarks: its activities, and the token they come with."""

import time
from collections.abc import Sequence
from datetime import UTC, datetime

import jwt
import orjson
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from jwt.algorithms import RSAAlgorithm

from benchmarks.fake import mark

APP, PASSWORD = "0bbbbbbb-0000-4000-8000-000000000001", "benchmark-password"
TENANT = "0ccccccc-0000-4000-8000-000000000002"
TEAM, CHANNEL = "19:team0bench@thread.tacv2", "19:channel0bench@thread.tacv2"
PERSON, BOT = "29:1person-bench", f"28:{APP}"
ACCOUNT = {"id": PERSON, "name": "A Person", "aadObjectId": "0aaaaaaa-0000-4000-8000-000000000003"}
MEMBER = {**ACCOUNT, "tenantId": TENANT, "userRole": "user", "email": "person@example.com", "givenName": "A"}
KEY_ID = "benchmark-key"


class Signer:
    """Signs tokens as Bot Framework does; as in Teams, one token comes with many requests."""

    def __init__(self) -> None:
        self._key = generate_private_key(public_exponent=65537, key_size=2048)

    def key_set(self) -> bytes:
        """Return the document with the public key."""
        numbers = RSAAlgorithm.to_jwk(self._key.public_key(), as_dict=True)
        key = {"kty": "RSA", "use": "sig", "kid": KEY_ID, "x5t": KEY_ID, "n": numbers["n"], "e": numbers["e"]}
        return orjson.dumps({"keys": [{**key, "endorsements": ["msteams"]}]})

    def token(self, service_url: str) -> str:
        """Return a token for activities that name this service URL, valid for an hour."""
        now = int(time.time())
        claims = {
            "serviceurl": service_url,
            "nbf": now - 60,
            "exp": now + 3600,
            "iss": "https://api.botframework.com",
            "aud": APP,
        }
        return jwt.encode(claims, self._key, algorithm="RS256", headers={"kid": KEY_ID, "x5t": KEY_ID})


def requests(numbers: Sequence[int], *, service_url: str, token: str, threads: int, port: int) -> Sequence[bytes]:
    """Return complete HTTP requests. Every activity is a new post in a channel that mentions the bot, and so a thread
    of its own; with ``threads`` they are replies in that many threads in turn."""
    return [_request(_post(number, service_url, threads), token, port) for number in numbers]


def _post(number: int, service_url: str, threads: int) -> bytes:
    now = time.time()
    stamp = datetime.fromtimestamp(now, UTC).isoformat(timespec="milliseconds")
    id = str(1_700_000_000_000 + number)
    root = str(1_600_000_000_000 + number % threads) if threads else id
    words = f"{mark(number)} what is the weather going to be like tomorrow?"
    mention = '<span itemscope="" itemtype="http://schema.skype.com/Mention" itemid="0">Benchmark</span>'
    return orjson.dumps(
        {
            "text": f"<at>Benchmark</at> {words}",
            "textFormat": "plain",
            "attachments": [{"contentType": "text/html", "content": f"<p>{mention}&nbsp;{words}</p>"}],
            "type": "message",
            "timestamp": stamp.replace("+00:00", "Z"),
            "localTimestamp": stamp,
            "localTimezone": "Europe/London",
            "id": id,
            "channelId": "msteams",
            "serviceUrl": service_url,
            "from": ACCOUNT,
            "conversation": {
                "isGroup": True,
                "conversationType": "channel",
                "tenantId": TENANT,
                "id": f"{CHANNEL};messageid={root}",
            },
            "recipient": {"id": BOT, "name": "Benchmark"},
            "entities": [
                {"mentioned": {"id": BOT, "name": "Benchmark"}, "text": "<at>Benchmark</at>", "type": "mention"},
                {
                    "type": "clientInfo",
                    "locale": "en-GB",
                    "country": "GB",
                    "platform": "Web",
                    "timezone": "Europe/London",
                },
            ],
            "channelData": {
                "teamsChannelId": CHANNEL,
                "teamsTeamId": TEAM,
                "channel": {"id": CHANNEL},
                "team": {"id": TEAM},
                "tenant": {"id": TENANT},
            },
            "locale": "en-GB",
        }
    )


def _request(body: bytes, token: str, port: int) -> bytes:
    head = (
        "POST /api/messages HTTP/1.1\r\n"
        f"Host: 127.0.0.1:{port}\r\n"
        "User-Agent: Microsoft-SkypeBotApi (Microsoft-BotFramework/3.0)\r\n"
        f"Authorization: Bearer {token}\r\n"
        "Content-Type: application/json; charset=utf-8\r\n"
        f"x-ms-conversation-id: {CHANNEL}\r\n"
        f"x-ms-tenant-id: {TENANT}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body
