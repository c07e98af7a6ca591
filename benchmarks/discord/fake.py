"""A fake of Discord's REST API, as far as a bot that counts or echoes uses it."""

import itertools
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import orjson

from benchmarks.discord.messages import new_id, own
from benchmarks.discord.tally import Seen, seen_in
from benchmarks.discord.world import A_PERSON, APP, ME, PERSON, TOKEN, application, thread
from benchmarks.fake import Answer, Fake, number_in

_OWN_IDS = 1 << 21
"""The number of the bot's first message, so high that its ids are none of people's messages."""

Dispatch = Callable[[str, dict[str, Any]], None]


class FakeDiscord(Fake):
    """Counts the bot's messages, and dispatches each of them back to the bot as Discord does."""

    # The rate limits are never reached, because a client's waiting is not what is measured.
    headers: ClassVar[bytes] = (
        b"X-RateLimit-Limit: 100000\r\nX-RateLimit-Remaining: 99999\r\nX-RateLimit-Reset: 4102444800.000\r\n"
        b"X-RateLimit-Reset-After: 1.000\r\nX-RateLimit-Bucket: 0123456789abcdef0123456789abcdef\r\n"
    )

    def __init__(self, dispatch: Dispatch) -> None:
        super().__init__()
        self._dispatch = dispatch
        self._own = itertools.count(_OWN_IDS)
        self._commands: list[Any] = []
        self.seen: dict[int, Seen] = {}
        """What a silent bot said it has seen, by the number of the question."""

    @property
    def environment(self) -> Mapping[str, str]:
        """The settings that point a bot at the fake REST API; the address of the gateway is not among them."""
        return {"DISCORD_API_URL": f"{self.url}/api/v10", "DISCORD_BOT_TOKEN": TOKEN}

    def answer(self, verb: str, path: str, body: bytes) -> Answer:
        parts = path.removeprefix("/api/v10/").split("/")
        method = next(part for part in reversed(parts) if not part.isdecimal())
        self.calls[f"{verb} {method}"] += 1
        match verb, parts:
            case "POST", ["channels", channel, "messages"]:
                return self._message(channel, body)
            case "POST", ["channels", channel, "messages", message, "threads"]:
                return self._thread(channel, message, body)
            case "POST", ["channels", _, "typing"]:
                return Answer(b"", 204)
            case "GET", ["users", "@me"]:
                return Answer(orjson.dumps(ME))
            case "GET", ["users", user] if user == PERSON:
                return Answer(orjson.dumps(A_PERSON))
            case "GET", ["oauth2", "applications", "@me"]:
                return Answer(orjson.dumps(application()))
            case "GET", ["applications", app, "commands"] if app == APP:
                return Answer(orjson.dumps(self._commands))
            case "PUT", ["applications", app, "commands"] if app == APP:
                self._commands = orjson.loads(body)
                return Answer(body)
            case _:
                return Answer(b'{"message":"404: Not Found","code":0}', 404)

    def _message(self, channel: str, body: bytes) -> Answer:
        if (number := number_in(body)) is not None:
            if (seen := seen_in(body)) is not None:
                self.seen[number] = seen
            self.replied(number)
        message = own(new_id(next(self._own)), channel, orjson.loads(body))
        self._dispatch("MESSAGE_CREATE", message)
        return Answer(orjson.dumps(message))

    def _thread(self, channel: str, message: str, body: bytes) -> Answer:
        opened = thread(message, channel, orjson.loads(body)["name"])
        self._dispatch("THREAD_CREATE", {**opened, "newly_created": True})
        return Answer(orjson.dumps(opened), 201)
