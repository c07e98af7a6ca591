"""An emulator that a test scripts: it shows and publishes what the test says, and records every action of the page."""

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any, ClassVar

from tests.playground.serving import PATIENCE

JSON = dict[str, Any]
ME, BOT, GENERAL, DM = "U0ADA", "U0BOT", "C0GENERAL", "D0ADA"


class ScriptedEmulator:
    """Implements ``gateway.adapter.Emulator`` over in-memory state."""

    name: ClassVar[str] = "slack"

    def __init__(self) -> None:
        self._watchers: set[asyncio.Queue[JSON | None]] = set()
        self._acted = asyncio.Condition()
        self._count = itertools.count(1)
        self.reset()

    def reset(self) -> None:
        """Empty the workspace, and tell those who watch to look again."""
        self.actions: list[JSON] = []
        self.answer: Callable[[JSON], JSON] = self._default
        self.messages: dict[str, dict[str, JSON]] = {GENERAL: {}, "C0RANDOM": {}, DM: {}}
        self.views: dict[str, JSON] = {}
        self.status: JSON | None = None
        self.prompts: list[JSON] = []
        self.publish({"type": "resync"})

    # -- the protocol

    async def start(self, *, host: str = "127.0.0.1", port: int = 0) -> None: ...

    async def stop(self) -> None: ...

    def environment(self) -> Mapping[str, str]:
        return {}

    def deliver_to(self, base_url: str) -> None: ...

    def snapshot(self) -> Mapping[str, Any]:
        return {
            "platform": "slack",
            "team": {"id": "T0", "name": "Gateway HQ"},
            "me": ME,
            "bot": {"user_id": BOT, "name": "gateway"},
            "users": [
                {"id": ME, "name": "Ada", "real_name": "Ada Lovelace", "is_bot": False},
                {"id": "U0GRACE", "name": "Grace", "real_name": "Grace Hopper", "is_bot": False},
                {"id": BOT, "name": "gateway", "real_name": "Gateway", "is_bot": True},
            ],
            "channels": [
                {"id": GENERAL, "name": "general", "kind": "channel"},
                {"id": "C0RANDOM", "name": "random", "kind": "channel"},
                {"id": DM, "name": "gateway", "kind": "im", "user": ME},
            ],
            "messages": {channel: list(messages.values()) for channel, messages in self.messages.items()},
            "views": list(self.views.values()),
            "status": [self.status] if self.status else [],
            "prompts": self.prompts,
        }

    async def act(self, action: Mapping[str, Any]) -> Mapping[str, Any]:
        async with self._acted:
            self.actions.append(dict(action))
            self._acted.notify_all()
        return self.answer(dict(action))

    async def watch(self) -> AsyncIterator[Mapping[str, Any]]:
        queue: asyncio.Queue[JSON | None] = asyncio.Queue()
        self._watchers.add(queue)
        try:
            while (change := await queue.get()) is not None:
                yield change
        finally:
            self._watchers.discard(queue)

    # -- what a test does

    @property
    def watchers(self) -> int:
        return len(self._watchers)

    def publish(self, change: JSON) -> None:
        for queue in self._watchers:
            queue.put_nowait(change)

    def hang_up(self) -> None:
        """End every stream of changes."""
        for queue in self._watchers:
            queue.put_nowait(None)

    def put(self, channel: str, message: JSON) -> str:
        """Post or replace a message; returns its ts."""
        ts = message.setdefault("ts", f"{time.time():.0f}.{next(self._count):06d}")
        message = {"text": "", "files": [], "reactions": [], "edited": False, "streaming": False} | message
        self.messages[channel][ts] = message
        self.publish({"type": "change", "entity": "message", "channel": channel, "message": message})
        return str(ts)

    def say(self, channel: str = GENERAL, **message: Any) -> str:
        """The bot says something."""
        return self.put(channel, {"user": BOT, "bot_id": "B0BOT", **message})

    def remove(self, channel: str, ts: str) -> None:
        del self.messages[channel][ts]
        gone = {"ts": ts, "deleted": True}
        self.publish({"type": "change", "entity": "message", "channel": channel, "message": gone})

    def show_status(self, thread_ts: str, text: str, *, processing: bool, channel: str = GENERAL) -> None:
        self.status = {"channel": channel, "thread_ts": thread_ts, "text": text, "processing": processing}
        self.publish({"type": "change", "entity": "status", **self.status})

    def show_view(self, view: JSON | None, *, view_id: str = "V1", errors: JSON | None = None) -> None:
        if view is None:
            self.views.pop(view_id, None)
        else:
            self.views[view_id] = {"id": view_id, "view": view, "errors": errors}
        self.publish({"type": "change", "entity": "view", "view_id": view_id, "view": view, "errors": errors})

    def wire(self, name: str, **entry: Any) -> None:
        defaults = {
            "direction": "from_bot",
            "status": 200,
            "request": {},
            "response": {"ok": True},
            "ms": 1.5,
            "at": 0.0,
        }
        self.publish({"type": "wire", "name": name, **defaults, **entry})

    async def acted(self, kind: str, timeout: float = PATIENCE) -> JSON:
        """Wait for an action of a kind, and take the first off the list."""
        async with asyncio.timeout(timeout), self._acted:
            while True:
                for index, action in enumerate(self.actions):
                    if action["type"] == kind:
                        return self.actions.pop(index)
                await self._acted.wait()

    def _default(self, action: JSON) -> JSON:
        if action["type"] == "post":
            thread = {"thread_ts": action["thread_ts"]} if action.get("thread_ts") else {}
            files = [
                {"id": f"F{n}", "name": f["name"], "mimetype": f["mime"], "size": len(f["data"]) * 3 // 4, "url": ""}
                for n, f in enumerate(action.get("files", ()))
            ]
            ts = self.put(action["channel"], {"user": ME, "text": action["text"], "files": files, **thread})
            return {"ok": True, "ts": ts}
        return {"ok": True}
