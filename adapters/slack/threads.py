"""Decides where an answer goes: into its thread, or into the channel where that takes no threads."""

from collections import OrderedDict
from typing import Any

import structlog

from adapters.slack.errors import code_of
from gateway.adapter import KeyValueStore
from gateway.errors import PlatformError
from gateway.model import ConversationRef

NO_THREADS = frozenset({"restricted_action_non_threadable_channel", "cannot_reply_to_message"})
"""Slack's error codes for a channel, or an answered message, that takes no replies."""
_KEPT = 1_000

log = structlog.get_logger(__name__)


_BLOCK = "gw:in:"
"""The beginning of the ids of blocks whose controls belong to a thread that they are not in."""


def belonging(body: dict[str, Any], thread: str) -> dict[str, Any]:
    """Return the body of a message posted outside of its thread, with the thread in the ids of its controls' blocks.
    Slack sends those ids with each click; the place of the click alone would be another conversation."""
    blocks = [
        {**block, "block_id": f"{_BLOCK}{thread}:{number}"}
        if block["type"] in ("actions", "context_actions")
        else block
        for number, block in enumerate(body.get("blocks", ()))
    ]
    return {**body, "blocks": blocks} if blocks else body


def thread_in(block_id: str) -> str:
    """Return the thread to which the controls of such a block belong; empty for every other block."""
    return block_id.removeprefix(_BLOCK).partition(":")[0] if block_id.startswith(_BLOCK) else ""


def thread_of(to: ConversationRef) -> str | None:
    """Return where replies go: the conversation's thread, or in a direct message the message being answered."""
    return to.thread or to.route.get("thread_ts") or None


class Threads:
    """Remembers which channels and messages take no threads, beyond the process where there is a store, so that what a
    crash left is looked for in the right place."""

    def __init__(self, store: KeyValueStore | None) -> None:
        self._store = store
        self._refused: OrderedDict[str, None] = OrderedDict()

    def of(self, to: ConversationRef) -> str | None:
        """Return the thread to post into; None for the channel itself."""
        thread = thread_of(to)
        return None if thread is None or self._is_refused(to.channel, thread) else thread

    def apart(self, to: ConversationRef) -> str:
        """Return the thread a message belongs to but cannot be posted in; empty where the message is posted where it
        belongs."""
        return to.thread or "" if self.of(to) is None else ""

    async def recall(self, to: ConversationRef) -> None:
        """Read what an earlier process found out, so that ``of`` knows it."""
        thread = thread_of(to)
        if self._store is None or thread is None or self._is_refused(to.channel, thread):
            return
        for name in (to.channel, f"{to.channel}:{thread}"):
            if await self._store.recall(_key(to, name)) is not None:
                self._note(name)

    async def refused(self, to: ConversationRef, error: PlatformError) -> bool:
        """Return whether a call failed because of its thread alone, so that it is to be made again without one."""
        thread, code = self.of(to), code_of(error)
        if thread is None or code not in NO_THREADS:
            return False
        name = f"{to.channel}:{thread}" if code == "cannot_reply_to_message" else to.channel
        log.warning("slack.no_thread", channel=to.channel, error=code, answer="posted in the channel")
        if self._store is not None:
            value: dict[str, Any] = {"error": code}
            await self._store.keep(_key(to, name), value)
        self._note(name)
        return True

    def _is_refused(self, channel: str, thread: str) -> bool:
        return bool(self._refused) and (channel in self._refused or f"{channel}:{thread}" in self._refused)

    def _note(self, name: str) -> None:
        self._refused[name] = None
        if len(self._refused) > _KEPT:
            self._refused.popitem(last=False)


def _key(to: ConversationRef, name: str) -> str:
    return f"slack.no_thread.{to.workspace}.{name}"
