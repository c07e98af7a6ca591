"""Does to a thread what a request asks that is answered with a stream, and makes the delivery for the bot of it."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, assert_never

from adapters.chatkit import parse, views
from adapters.chatkit.attachments import Attachments
from adapters.chatkit.envelope import envelope_of
from adapters.chatkit.ids import id_of
from adapters.chatkit.limits import TITLE
from adapters.chatkit.log import Event, ThreadLogs
from adapters.chatkit.render import PRESSED
from adapters.chatkit.repeats import Attempt, Made
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

    async def begin(self, session: Session, wish: Streaming, attempt: Attempt) -> Begun:
        """Do what a request asks of the thread itself, unless it is repeated. Raises ``RequestRefused`` where that
        cannot be."""
        if attempt.made is not None:
            return await self._again(session, wish, attempt.made)
        match wish:
            case CreateThread():
                return await self._create(session, wish, attempt)
            case AddMessage(params=params):
                thread = await self._threads.find(params.thread_id, session.user)
                item = await self._item(session, thread, params.input, attempt)
                notes = attempt.notes(position=self._logs.position(thread.id), item=item["id"])
                await self._threads.put(thread.ref, [item], beside=notes)
                return Begun(thread, views.arrived(item), _message(session, thread, item), added=[item])
            case RetryAfterItem(params=params):
                thread = await self._threads.find(params.thread_id, session.user)
                position = self._logs.position(thread.id)
                again, gone = await self._rewind(thread, params.item_id)
                await self._threads.put(thread.ref, [], beside=attempt.notes(position=position, item=again["id"]))
                return Begun(
                    thread, views.removed(gone), _message(session, thread, again, retry=attempt.seed), gone=gone
                )
            case CustomAction(params=params):
                thread = await self._threads.find(params.thread_id, session.user)
                envelope = await self._press(session, thread, wish, attempt.seed)
                notes = attempt.notes(position=self._logs.position(thread.id))
                await self._threads.put(thread.ref, [], beside=notes)
                return Begun(thread, [], envelope)
            case _:
                assert_never(wish)

    async def _create(self, session: Session, wish: CreateThread, attempt: Attempt) -> Begun:
        titled = session.configuration.automatic_thread_titling.enabled
        thread = Thread.new(session.user, id=id_of("cthr", attempt.seed), titled=titled, metadata=wish.metadata)
        item = await self._item(session, thread, wish.params.input, attempt)
        if titled:
            thread = replace(thread, title=_title(item))
        notes = attempt.notes(position=self._logs.position(thread.id), item=item["id"])
        await self._threads.create(thread, [item], beside=notes)
        events = [views.created(thread), *views.arrived(item)]
        return Begun(thread, events, _message(session, thread, item), new=True)

    async def _again(self, session: Session, wish: Streaming, made: Made) -> Begun:
        """Return what a repeated request did the first time: the delivery is known, unless a crash came before it."""
        id = id_of("cthr", made.seed) if isinstance(wish, CreateThread) else wish.params.thread_id
        thread = await self._threads.find(id, session.user)
        if isinstance(wish, CustomAction):
            return Begun(thread, [], _action(session, thread, wish, made.seed))
        item = await self._threads.item(thread.id, made.item)
        if item is None:
            raise RequestRefused(404, "the message of this request is not there any more")
        retry = made.seed if isinstance(wish, RetryAfterItem) else ""
        return Begun(thread, [], _message(session, thread, item, retry=retry))

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

    async def _item(self, session: Session, thread: Thread, message: MessageInput, attempt: Attempt) -> Item:
        """Return a person's message as an item, which is not kept yet."""
        attachments = await self._attachments.owned(message.attachments, session)
        item: Item = {
            "id": id_of("item", attempt.seed),
            "thread_id": thread.id,
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

    async def _press(self, session: Session, thread: Thread, wish: CustomAction, seed: str) -> Envelope:
        params = wish.params
        if params.action.type != PRESSED or _token(wish) is None or params.item_id is None:
            raise RequestRefused(
                400, "this is no action of the bot's: send a button's onClickAction", where="params.action"
            )
        if await self._threads.item(thread.id, params.item_id) is None:
            raise RequestRefused(404, f"there is no item {params.item_id!r} in this thread", where="params.item_id")
        return _action(session, thread, wish, seed)


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


def _token(wish: CustomAction) -> str | None:
    payload = wish.params.action.payload
    token = payload.get("token") if isinstance(payload, dict) else None
    return token if isinstance(token, str) else None


def _action(session: Session, thread: Thread, wish: CustomAction, seed: str) -> Envelope:
    body = {
        "kind": parse.ACTION,
        "token": _token(wish),
        "item_id": wish.params.item_id,
        "state_variables": dict(session.state_variables),
    }
    return envelope_of(thread, id_of("action", seed), body)


def _message(session: Session, thread: Thread, item: Item, *, retry: str = "") -> Envelope:
    """Return the delivery of a message; ``retry`` is what tells the times apart that it is answered anew."""
    body = {"kind": parse.MESSAGE, "item": dict(item), "state_variables": dict(session.state_variables)}
    return envelope_of(thread, f"{item['id']}:{id_of('retry', retry)}" if retry else item["id"], body)
