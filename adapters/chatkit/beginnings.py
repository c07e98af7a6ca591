"""Does to a thread what a request asks that is answered with a stream, and makes the delivery for the bot of it."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, assert_never

from adapters.chatkit import parse, views
from adapters.chatkit.attachments import Attachments
from adapters.chatkit.envelope import envelope_of
from adapters.chatkit.ids import message_of, new_id
from adapters.chatkit.limits import TITLE
from adapters.chatkit.log import Event, ThreadLogs
from adapters.chatkit.render import PRESSED
from adapters.chatkit.requests import AddMessage, CreateThread, CustomAction, MessageInput, RetryAfterItem, Streaming
from adapters.chatkit.sessions import Session
from adapters.chatkit.threads import Item, Thread, ThreadStore, time_of
from adapters.shortening import cut
from gateway.errors import RequestRefused
from gateway.model import Envelope


@dataclass(frozen=True, slots=True)
class Begun:
    """What a request did to a thread before the bot was given it."""

    thread: Thread
    events: Sequence[Event]
    """What readers of the thread are told."""
    envelope: Envelope
    """The delivery for the bot."""
    new: bool = False
    """Whether the thread was made."""
    added: Sequence[Item] = ()
    """The items that a thread which was there already got."""
    gone: Sequence[Item] = ()
    """The items that were removed, oldest first."""


class Beginnings:
    """Begins what is answered with a stream."""

    def __init__(self, threads: ThreadStore, logs: ThreadLogs, attachments: Attachments) -> None:
        self._threads = threads
        self._logs = logs
        self._attachments = attachments

    async def begin(self, session: Session, wish: Streaming) -> Begun:
        """Do what a request asks of the thread itself. Raises ``RequestRefused`` where that cannot be."""
        match wish:
            case CreateThread(params=params):
                item = await self._item(session, params.input)
                titled = session.configuration.automatic_thread_titling.enabled
                thread = await self._threads.create(
                    session.user,
                    title=_title(item) if titled else None,
                    titled=titled,
                    items=[item],
                    metadata=wish.metadata,
                )
                item = {**item, "thread_id": thread.id}
                created = {"type": "thread.created", "thread": views.thread_of(thread)}
                return Begun(thread, [created, *views.arrived(item)], _message(session, thread, item), new=True)
            case AddMessage(params=params):
                thread = await self._threads.find(params.thread_id, session.user)
                item = {**await self._item(session, params.input), "thread_id": thread.id}
                await self._threads.put(thread.ref, [item])
                return Begun(thread, views.arrived(item), _message(session, thread, item), added=[item])
            case RetryAfterItem(params=params):
                thread = await self._threads.find(params.thread_id, session.user)
                again, gone = await self._rewind(thread, params.item_id)
                return Begun(
                    thread, views.removed(gone), _message(session, thread, again, retry=new_id("retry")), gone=gone
                )
            case CustomAction():
                return await self._press(session, wish)
            case _:
                assert_never(wish)

    async def take_back(self, begun: Begun) -> None:
        """Leave the thread as it was before a request that the bot did not take."""
        thread = begun.thread
        if begun.new:
            await self._threads.delete(thread)
            self._logs.forget(thread.id)
            return
        await self._threads.remove([each["id"] for each in begun.added])
        await self._threads.put(thread.ref, begun.gone)
        back = [event for each in begun.gone for event in views.arrived(each)]
        self._logs.publish(thread.id, *views.removed(begun.added), *back)

    async def _item(self, session: Session, message: MessageInput) -> dict[str, Any]:
        """Return a person's message as an item, still without its thread."""
        attachments = await self._attachments.owned(message.attachments, session)
        item: dict[str, Any] = {
            "id": new_id("item"),
            "type": "user_message",
            "created_at": time_of(time.time()),
            "content": [each.model_dump(mode="json") for each in message.content],
            "attachments": [each.as_json() for each in attachments],
            "quoted_text": message.quoted_text,
            "inference_options": _inference(message.inference_options or {}),
        }
        if not parse.words_of(item).strip() and not attachments:
            raise RequestRefused(400, "the message is empty", where="params.input.content")
        return item

    async def _rewind(self, thread: Thread, id: str) -> tuple[Item, Sequence[Item]]:
        """Remove what followed a person's message: the one with this id, or the last one before that item. Returns the
        message and what is gone."""
        item = await self._threads.item(thread.id, id)
        if item is None:
            raise RequestRefused(404, f"there is no item {id[:100]!r} in this thread", where="params.item_id")
        if item["type"] != "user_message":
            before = await self._threads.before(thread.id, id)
            item = next((each for each in before if each["type"] == "user_message"), None)
            if item is None:
                raise RequestRefused(400, "there is no message of a person to answer anew", where="params.item_id")
        gone = await self._threads.behind(thread.id, item["id"])
        await self._threads.remove([each["id"] for each in gone])
        return item, gone

    async def _press(self, session: Session, wish: CustomAction) -> Begun:
        params = wish.params
        thread = await self._threads.find(params.thread_id, session.user)
        payload = params.action.payload
        token = payload.get("token") if isinstance(payload, dict) else None
        if params.action.type != PRESSED or not isinstance(token, str) or params.item_id is None:
            raise RequestRefused(
                400, "this is no action of the bot's: send a button's onClickAction", where="params.action"
            )
        if await self._threads.item(thread.id, params.item_id) is None:
            raise RequestRefused(404, f"there is no item {params.item_id!r} in this thread", where="params.item_id")
        body = {
            "kind": parse.ACTION,
            "token": token,
            "item_id": params.item_id,
            "state_variables": dict(session.state_variables),
        }
        return Begun(thread, [], envelope_of(thread, new_id("action"), body))


def _title(item: Item) -> str | None:
    """Return the words of the first message as a title, in one line."""
    return cut(" ".join(parse.words_of(item).split()), TITLE) or None


def _inference(given: Mapping[str, Any]) -> dict[str, Any]:
    model, choice = given.get("model"), given.get("tool_choice")
    tool = choice.get("id") if isinstance(choice, dict) else None
    return {
        "model": model if isinstance(model, str) else None,
        "tool_choice": {"id": tool} if isinstance(tool, str) else None,
    }


def _message(session: Session, thread: Thread, item: Item, *, retry: str = "") -> Envelope:
    body = {"kind": parse.MESSAGE, "item": dict(item), "state_variables": dict(session.state_variables)}
    return envelope_of(thread, f"{message_of(item['id'])}:{retry}" if retry else item["id"], body)
