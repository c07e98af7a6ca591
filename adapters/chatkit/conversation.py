"""Serves ``/v1/chatkit/conversation``: what clients ask is stored before it is answered, and answers are streamed."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, assert_never

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from adapters.chatkit import parse, views
from adapters.chatkit.answers import answering, checked, read_json
from adapters.chatkit.attachments import Attachments
from adapters.chatkit.ids import message_of, new_id
from adapters.chatkit.limits import KEEP_ALIVE, PAGE, STREAMS, TITLE
from adapters.chatkit.log import Event, EventReader, ThreadLogs, stream
from adapters.chatkit.removal import Removal
from adapters.chatkit.render import PRESSED
from adapters.chatkit.requests import (
    AddMessage,
    ConversationRequest,
    CreateThread,
    CustomAction,
    DeleteThread,
    GetThread,
    GiveFeedback,
    ListItems,
    ListThreads,
    MessageInput,
    RetryAfterItem,
    Streaming,
    UpdateThread,
)
from adapters.chatkit.sessions import Session, Sessions
from adapters.chatkit.threads import Item, Thread, ThreadStore, time_of
from adapters.shortening import cut
from gateway.adapter import Accept, Activity
from gateway.errors import Draining, RequestRefused
from gateway.model import Accepted, Envelope, Notice

PATH = "/v1/chatkit/conversation"

_HEADERS = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
"""What keeps proxies from holding a stream back."""


class ConversationApi:
    """Answers the requests of clients, each with the client secret of a session."""

    def __init__(
        self,
        *,
        sessions: Sessions,
        threads: ThreadStore,
        logs: ThreadLogs,
        attachments: Attachments,
        removal: Removal,
        activity: Activity,
        max_body_bytes: int,
        stop_on_disconnect: bool,
    ) -> None:
        self._sessions = sessions
        self._threads = threads
        self._logs = logs
        self._attachments = attachments
        self._removal = removal
        self._activity = activity
        self._limit = max_body_bytes
        self._stop_on_disconnect = stop_on_disconnect
        self._open: Counter[str] = Counter()
        """How many streams of each session are open."""
        self._stopping: set[asyncio.Future[Accepted]] = set()
        """The stops that are being stored."""

    def routes(self, accept: Accept) -> Sequence[BaseRoute]:
        """Return the routes, which hand what people do to ``accept``."""

        async def post(request: Request) -> Response:
            return await self._post(request, accept)

        async def get(request: Request) -> Response:
            return await self._resume(request, accept)

        return [
            Route(PATH, answering(post), methods=["POST"]),
            Route(PATH, answering(get), methods=["GET"]),
        ]

    async def _post(self, request: Request, accept: Accept) -> Response:
        session = await self._sessions.authenticate(request)
        wish = checked(ConversationRequest, await read_json(request, limit=self._limit)).root
        if isinstance(wish, Streaming):
            return await self._streamed(session, wish, accept)
        return JSONResponse(await self._answer(session, wish, accept))

    # Requests that are answered at once

    async def _answer(
        self,
        session: Session,
        wish: ListThreads | GetThread | UpdateThread | DeleteThread | ListItems | GiveFeedback,
        accept: Accept,
    ) -> Mapping[str, Any]:
        threads = self._threads
        if isinstance(wish, ListThreads):
            return await self._list(session, wish)
        thread = await threads.find(wish.params.thread_id, session.user)
        match wish:
            case GetThread():
                return views.thread_of(thread, await threads.items(thread.id, limit=PAGE, newest_first=True))
            case UpdateThread(params=params):
                thread = await threads.rename(thread, params.title)
                self._logs.publish(thread.id, {"type": "thread.updated", "thread": views.thread_of(thread)})
                return views.thread_of(thread)
            case DeleteThread():
                await self._removal.delete(thread)
                return {}
            case ListItems(params=params):
                page = await threads.items(
                    thread.id, limit=params.size, newest_first=params.order == "desc", after=params.after
                )
                return views.page_of(page.data, more=page.has_more)
            case GiveFeedback(params=params):
                for id in params.item_ids:
                    await self._rate(thread, id, accept, positive=params.kind == "positive")
                return {}
            case _:
                assert_never(wish)

    async def _list(self, session: Session, wish: ListThreads) -> Mapping[str, Any]:
        history, params = session.configuration.history, wish.params
        if not history.enabled:
            return views.page_of([], more=False)
        return await views.listed(
            self._threads,
            session.user,
            limit=params.size,
            newest_first=params.order == "desc",
            after=params.after,
            recent=history.recent_threads,
        )

    async def _rate(self, thread: Thread, id: str, accept: Accept, *, positive: bool) -> None:
        if await self._threads.item(thread.id, id) is None:
            raise RequestRefused(404, f"there is no item {id[:100]!r} in this thread", where="params.item_ids")
        body = {"kind": parse.FEEDBACK, "item_id": id, "positive": positive}
        await accept(_envelope(thread, new_id("feedback"), body))

    # Requests that are answered with a stream

    async def _streamed(self, session: Session, wish: Streaming, accept: Accept) -> Response:
        self._admit(session)
        begun = await self._begin(session, wish)
        thread, reading = begun.thread, ExitStack()
        try:
            reader, _ = reading.enter_context(self._logs.reading(thread.id))
            self._logs.publish(thread.id, *begun.events)
            self._note(thread, await accept(begun.envelope))
        except BaseException as error:
            reading.close()
            if isinstance(error, Draining):
                await self._take_back(begun)
            raise
        return self._stream(session, thread, reader, reading, accept)

    async def _begin(self, session: Session, wish: Streaming) -> "_Begun":
        """Do what a request asks of the thread itself."""
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
                return _Begun(thread, [created, *_arrived(item)], _message(session, thread, item), new=True)
            case AddMessage(params=params):
                thread = await self._threads.find(params.thread_id, session.user)
                item = {**await self._item(session, params.input), "thread_id": thread.id}
                await self._threads.put(thread.ref, [item])
                return _Begun(thread, _arrived(item), _message(session, thread, item), added=[item])
            case RetryAfterItem(params=params):
                thread = await self._threads.find(params.thread_id, session.user)
                again, gone = await self._rewind(thread, params.item_id)
                return _Begun(
                    thread, _removed(gone), _message(session, thread, again, retry=new_id("retry")), gone=gone
                )
            case CustomAction():
                return await self._press(session, wish)
            case _:
                assert_never(wish)

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

    async def _take_back(self, begun: "_Begun") -> None:
        """Leave the thread as it was before a request that the bot did not take."""
        thread = begun.thread
        if begun.new:
            await self._threads.delete(thread)
            self._logs.forget(thread.id)
            return
        await self._threads.remove([each["id"] for each in begun.added])
        await self._threads.put(thread.ref, begun.gone)
        back = [event for each in begun.gone for event in _arrived(each)]
        self._logs.publish(thread.id, *_removed(begun.added), *back)

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

    async def _press(self, session: Session, wish: CustomAction) -> "_Begun":
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
        return _Begun(thread, [], _envelope(thread, new_id("action"), body))

    async def _resume(self, request: Request, accept: Accept) -> Response:
        """Stream what a client missed that lost its connection, and what is still to come."""
        session = await self._sessions.authenticate(request)
        thread = await self._threads.find(request.query_params.get("thread_id", ""), session.user)
        self._admit(session)
        reading = ExitStack()
        last = request.headers.get("last-event-id")
        reader, complete = reading.enter_context(self._logs.reading(thread.id, after=last or ""))
        if not complete:
            position = self._logs.position(thread.id)
            page = await self._threads.items(thread.id, limit=PAGE, newest_first=True)
            stand = [{"type": "thread.item.done", "item": item} for item in reversed(page.data)]
            self._logs.show(reader, stand, position=position)
        return self._stream(session, thread, reader, reading, accept)

    # Streams

    def _admit(self, session: Session) -> None:
        if self._open[session.id] >= STREAMS:
            raise RequestRefused(
                429, f"{STREAMS} streams of this session are open: read or close some", headers={"Retry-After": "5"}
            )

    def _note(self, thread: Thread, accepted: Accepted) -> None:
        if isinstance(accepted.answer, Notice):
            self._logs.publish(thread.id, notice(accepted.answer.text))

    def _stream(
        self, session: Session, thread: Thread, reader: EventReader, reading: ExitStack, accept: Accept
    ) -> Response:
        rest = asyncio.ensure_future(self._activity.until_rest(thread.ref))
        rest.add_done_callback(lambda _: reader.close())
        self._open[session.id] += 1

        async def body() -> AsyncIterator[bytes]:
            whole = False
            try:
                async for data in stream(reader, patience=KEEP_ALIVE):
                    yield data
                whole = True
            finally:
                reading.close()
                rest.cancel()
                self._open[session.id] -= 1
                if not self._open[session.id]:
                    del self._open[session.id]
                if not whole and self._stop_on_disconnect:
                    # A task of its own: this one is being cancelled, because its client is gone.
                    stopping = asyncio.ensure_future(accept(_envelope(thread, new_id("stop"), {"kind": parse.STOP})))
                    self._stopping.add(stopping)
                    stopping.add_done_callback(self._stopping.discard)

        return StreamingResponse(body(), media_type="text/event-stream", headers=_HEADERS)


@dataclass(frozen=True, slots=True)
class _Begun:
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


def notice(text: str) -> Event:
    """Return the event that shows a person a text which is no part of the thread."""
    return {"type": "notice", "level": "info", "message": text, "title": None}


def _arrived(item: Item) -> list[Event]:
    return [{"type": "thread.item.added", "item": item}, {"type": "thread.item.done", "item": item}]


def _removed(items: Sequence[Item]) -> list[Event]:
    return [{"type": "thread.item.removed", "item_id": each["id"]} for each in items]


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
    return _envelope(thread, f"{message_of(item['id'])}:{retry}" if retry else item["id"], body)


def _envelope(thread: Thread, id: str, body: dict[str, Any]) -> Envelope:
    return Envelope(key=f"chatkit:{thread.id}:{id}", ref=thread.ref, body=body, received_at=time.time())
