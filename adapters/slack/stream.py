"""Native streams: chat.startStream, appendStream, stopStream.

What a model streams must not page anyone, also not when a mention arrives in two pieces: the tail of a piece that may
open one is held back (``Receipt.data["held"]``) until the next shows what it is.
"""

from collections.abc import Sequence
from typing import Any

from adapters.slack.api import SlackApi, quiet
from adapters.slack.files import Files
from adapters.slack.limits import TASK_TEXT
from adapters.slack.mentions import safe_delta, safe_markdown
from adapters.slack.outbound import channel_of, thread_of, uploads
from adapters.slack.render import extras, metadata
from gateway.errors import Forbidden, Gone, Rejected, Unsupported
from gateway.model import AllowedMentions, ConversationRef, Outgoing, Receipt, TaskUpdate, UserRef


class Streams:
    """Streams into threads; a conversation without one, or an app that may not, is declined with None."""

    def __init__(self, api: SlackApi, files: Files) -> None:
        self._api = api
        self._files = files
        self._off = False

    async def start(self, to: ConversationRef, message: str, *, key: str, recipient: UserRef | None) -> Receipt | None:
        """Open a stream in the conversation's thread; ``key`` is set when it stops, Slack takes it no earlier."""
        thread = thread_of(to)
        user = recipient.id if recipient else to.route.get("user")
        if self._off or thread is None or (user is None and to.kind != "dm"):
            return None
        now, held = safe_delta("", message)
        body: dict[str, Any] = {"channel": to.channel, "thread_ts": thread}
        if user:
            body["recipient_user_id"] = user
            body["recipient_team_id"] = to.route.get("team") or to.workspace
        if now:
            body["markdown_text"] = now
        try:
            started = await self._api.call("chat.startStream", body)
        except (Forbidden, Unsupported) as error:
            self._off = isinstance(error, Unsupported) or "missing_scope" in str(error)
            self._api.note("native_stream", error=quiet(error))
            return None
        except (Rejected, Gone) as error:
            # Often only this recipient (a guest, someone of another workspace): posting and editing still works.
            self._api.note(f"native_stream:{str(error)[:60]}", error=quiet(error))
            return None
        return Receipt(to=to, id=str(started["ts"]), data={"held": held} if held else {})

    async def append(self, receipt: Receipt, *, delta: str, tasks: Sequence[TaskUpdate]) -> Receipt:
        """Add text and task cards. Raises ``StreamExpired``."""
        now, held = safe_delta(str(receipt.data.get("held") or ""), delta)
        if now or tasks:
            channel = channel_of(receipt)
            body: dict[str, Any] = {"channel": channel, "ts": receipt.id}
            if tasks:
                body["chunks"] = [_card(task) for task in tasks]
                if now:
                    body["chunks"].append({"type": "markdown_text", "text": now})
            else:
                body["markdown_text"] = now
            await self._api.call("chat.appendStream", body)
        data = {name: value for name, value in receipt.data.items() if name != "held"}
        return Receipt(to=receipt.to, id=receipt.id, data={**data, "held": held} if held else data)

    async def stop(self, receipt: Receipt, message: Outgoing, *, delta: str, key: str) -> Receipt:
        """Finish with the last text, the buttons and the key; files follow in the same thread."""
        channel = channel_of(receipt)
        last = safe_markdown(str(receipt.data.get("held") or "") + delta, AllowedMentions())
        body: dict[str, Any] = {
            "channel": channel,
            "ts": receipt.id,
            "metadata": metadata(key),
            "session_status": "active",
        }
        if last:
            body["markdown_text"] = last
        if blocks := extras(message):
            body["blocks"] = blocks
        await self._api.call("chat.stopStream", body)
        data = {name: value for name, value in receipt.data.items() if name != "held"}
        there = dict(data.get("files") or {})
        missing = [file for file in uploads(message) if file.name not in there.values()]
        if missing:
            added = await self._files.share(missing, channel=channel, thread=thread_of(receipt.to))
            data["files"] = {**there, **added}
        return Receipt(to=receipt.to, id=receipt.id, data=data)


def _card(task: TaskUpdate) -> dict[str, Any]:
    """A ``task_update`` chunk; what is too long for one is cut, visibly."""
    card: dict[str, Any] = {"type": "task_update", "id": task.id, "title": _cut(task.title), "status": task.status}
    if task.details:
        card["details"] = _cut(task.details)
    if task.output:
        card["output"] = _cut(task.output)
    return card


def _cut(written: str) -> str:
    safe = safe_markdown(written, AllowedMentions())
    return safe if len(safe) <= TASK_TEXT else safe[: TASK_TEXT - 1] + "…"
