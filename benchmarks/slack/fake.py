"""A fake of Slack's Web API, as far as an echo bot uses it."""

import itertools
import time
from collections.abc import Mapping

import orjson

from benchmarks.fake import Answer, Fake, number_in
from benchmarks.slack.events import BOT, BOT_USER, CHANNEL, PERSON, SECRET, TEAM, TOKEN

_POSTS = {"chat.postMessage", "chat.startStream"}


class FakeSlack(Fake):
    """Answers every method with ``ok`` and counts the messages."""

    def __init__(self) -> None:
        super().__init__()
        self._stamps = itertools.count(int(time.time()) * 1_000_000)

    @property
    def environment(self) -> Mapping[str, str]:
        """The settings that point a bot at the fake."""
        return {
            "SLACK_API_URL": f"{self.url}/api/",
            "SLACK_BOT_TOKEN": TOKEN,
            "SLACK_SIGNING_SECRET": SECRET,
            # It takes traces too, and knows nothing of them; only a subject that turns them on sends any.
            "GATEWAY_TRACES": "off",
            "OTEL_EXPORTER_OTLP_ENDPOINT": self.url,
        }

    def answer(self, verb: str, path: str, body: bytes) -> Answer:
        method = path.rpartition("/")[2]
        self.calls[method] += 1
        if method not in _POSTS:
            return _FIXED.get(method, _OK)
        self.replied(number_in(body))
        stamp = next(self._stamps)
        ts = f"{stamp // 1_000_000}.{stamp % 1_000_000:06d}"
        message = {"type": "message", "user": BOT_USER, "bot_id": BOT, "ts": ts, "text": ""}
        return Answer(orjson.dumps({"ok": True, "channel": CHANNEL, "ts": ts, "message": message}))


_OK = Answer(b'{"ok":true}')
_FIXED = {
    "auth.test": Answer(
        orjson.dumps(
            {
                "ok": True,
                "url": "https://benchmark.slack.com/",
                "team": "Benchmark",
                "user": "bot",
                "team_id": TEAM,
                "user_id": BOT_USER,
                "bot_id": BOT,
                "is_enterprise_install": False,
            }
        )
    ),
    "users.info": Answer(
        orjson.dumps(
            {
                "ok": True,
                "user": {
                    "id": PERSON,
                    "team_id": TEAM,
                    "name": "person",
                    "real_name": "A Person",
                    "is_bot": False,
                    "profile": {"real_name": "A Person", "display_name": "person", "email": "person@example.com"},
                },
            }
        )
    ),
}
