"""The made-up Slack workspace of the benchmarks, and its signed events."""

import hashlib
import hmac
import time
from collections.abc import Iterable, Sequence

import orjson

from benchmarks.fake import mark

TEAM, CHANNEL, PERSON, APP = "T0BENCH", "C0BENCH", "U0PERSON", "A0BENCH"
BOT_USER, BOT = "U0BOT", "B0BOT"
TOKEN, SECRET = "xoxb-benchmark", "benchmark-signing-secret"


def signed_events(numbers: Iterable[int], *, threads: int, port: int) -> Sequence[bytes]:
    """Return complete HTTP requests. Slack's signatures hold for five minutes, so make the requests when they are
    needed.

    Every event is a mention of its own that opens a thread; with ``threads`` the events go to that many threads in
    turn.
    """
    return [_request(_mention(number, threads), port) for number in numbers]


def _mention(number: int, threads: int) -> bytes:
    now = int(time.time())
    ts = f"{now}.{number % 1_000_000:06d}"
    words = f" {mark(number)} what is the weather going to be like tomorrow?"
    event = {
        "type": "app_mention",
        "user": PERSON,
        "team": TEAM,
        "text": f"<@{BOT_USER}>{words}",
        "ts": ts,
        "client_msg_id": f"00000000-0000-4000-8000-{number:012d}",
        "channel": CHANNEL,
        "event_ts": ts,
        "blocks": [
            {
                "type": "rich_text",
                "block_id": f"b{number}",
                "elements": [
                    {
                        "type": "rich_text_section",
                        "elements": [{"type": "user", "user_id": BOT_USER}, {"type": "text", "text": words}],
                    }
                ],
            }
        ],
    }
    if threads:
        event["thread_ts"] = f"1700000000.{number % threads:06d}"
    return orjson.dumps(
        {
            "token": "verification-token",
            "team_id": TEAM,
            "api_app_id": APP,
            "event": event,
            "type": "event_callback",
            "event_id": f"Ev{number:010d}",
            "event_time": now,
            "authorizations": [
                {
                    "enterprise_id": None,
                    "team_id": TEAM,
                    "user_id": BOT_USER,
                    "is_bot": True,
                    "is_enterprise_install": False,
                }
            ],
            "is_ext_shared_channel": False,
            "event_context": f"4-benchmark-{number}",
        }
    )


def _request(body: bytes, port: int) -> bytes:
    stamp = str(int(time.time()))
    signature = hmac.new(SECRET.encode(), b"v0:" + stamp.encode() + b":" + body, hashlib.sha256).hexdigest()
    head = (
        "POST /slack/events HTTP/1.1\r\n"
        f"Host: 127.0.0.1:{port}\r\n"
        "User-Agent: Slackbot 1.0 (+https://api.slack.com/robots)\r\n"
        "Accept: */*\r\n"
        "Content-Type: application/json\r\n"
        f"X-Slack-Request-Timestamp: {stamp}\r\n"
        f"X-Slack-Signature: v0={signature}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body
