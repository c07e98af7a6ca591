"""Serves ``/v1/chatkit/conversation``: what clients ask is stored before it is answered, and answers are streamed."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from typing import Any, assert_never

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from adapters.chatkit import parse, views
from adapters.chatkit.answers import checked, read_json
from adapters.chatkit.attachments import Attachments
from adapters.chatkit.beginnings import Beginnings
from adapters.chatkit.envelope import envelope_of
from adapters.chatkit.ids import id_of
from adapters.chatkit.limits import PAGE
from adapters.chatkit.log import Event, EventReader, ThreadLogs
from adapters.chatkit.removal import Removal
from adapters.chatkit.repeats import Attempt, Repeats
from adapters.chatkit.requests import (
    ConversationRequest,
    CreateThread,
    DeleteThread,
    GetThread,
    GiveFeedback,
    ListItems,
    ListThreads,
    Streaming,
    UpdateThread,
)
from adapters.chatkit.sessions import Session, Sessions
from adapters.chatkit.streams import Streams
from adapters.chatkit.threads import Thread, ThreadStore
from gateway.adapter import Accept
from gateway.errors import Draining, RequestRefused
from gateway.model import Notice

_PATH = "/conversation"


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
        repeats: Repeats,
        streams: Streams,
        max_body_bytes: int,
    ) -> None:
        self._sessions = sessions
        self._threads = threads
        self._logs = logs
        self._removal = removal
        self._repeats = repeats
        self._limit = max_body_bytes
        self._beginnings = Beginnings(threads, logs, attachments)
        self._streams = streams

    def routes(self, accept: Accept) -> Sequence[BaseRoute]:
        """Return the routes, which hand what people do to ``accept``."""

        async def post(request: Request) -> Response:
            return await self._post(request, accept)

        async def get(request: Request) -> Response:
            return await self._resume(request, accept)

        return [Route(_PATH, post, methods=["POST"]), Route(_PATH, get, methods=["GET"])]

    async def _post(self, request: Request, accept: Accept) -> Response:
        session = await self._sessions.authenticate(request)
        wish = checked(ConversationRequest, await read_json(request, limit=self._limit)).root
        if isinstance(wish, Streaming):
            return await self._streamed(request, session, wish, accept)
        return JSONResponse(await self._answer(request, session, wish, accept))

    # Requests that are answered at once

    async def _answer(
        self,
        request: Request,
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
            case GiveFeedback():
                async with self._repeats.attempt(request, session.user, wish) as attempt:
                    await self._rate(thread, wish, attempt, accept)
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

    async def _rate(self, thread: Thread, wish: GiveFeedback, attempt: Attempt, accept: Accept) -> None:
        for id in wish.params.item_ids:
            if attempt.made is None and await self._threads.item(thread.id, id) is None:
                raise RequestRefused(404, f"there is no item {id[:100]!r} in this thread", where="params.item_ids")
        await self._threads.put(thread.ref, [], beside=attempt.notes())
        for number, id in enumerate(wish.params.item_ids):
            body = {"kind": parse.FEEDBACK, "item_id": id, "positive": wish.params.kind == "positive"}
            await accept(envelope_of(thread, f"{id_of('feedback', attempt.seed)}:{number}", body))

    # Requests that are answered with a stream

    async def _streamed(self, request: Request, session: Session, wish: Streaming, accept: Accept) -> Response:
        self._streams.admit(session.user)
        async with self._repeats.attempt(request, session.user, wish) as attempt:
            begun = await self._beginnings.begin(session, wish, attempt)
            thread, made = begun.thread, attempt.made
            await self._logs.follow(thread.id)
            with ExitStack() as reading:
                if made is None:
                    reader, _ = reading.enter_context(self._logs.reading(thread.id))
                else:
                    created = [views.created(thread)] if isinstance(wish, CreateThread) else []
                    reader = await self._catch_up(thread, reading, after=made.position, before=created, item=made.item)
                self._logs.publish(thread.id, *begun.events)
                try:
                    accepted = await accept(begun.envelope)
                except Draining:
                    if made is None:
                        await attempt.forget()
                        await self._beginnings.take_back(begun)
                    raise
                if made is None and isinstance(accepted.answer, Notice):
                    self._logs.publish(thread.id, views.notice(accepted.answer.text))
                return self._streams.response(thread, reader, reading.pop_all(), accept)

    async def _resume(self, request: Request, accept: Accept) -> Response:
        """Stream what a client missed that lost its connection, and what is still to come."""
        session = await self._sessions.authenticate(request)
        thread = await self._threads.find(request.query_params.get("thread_id", ""), session.user)
        self._streams.admit(session.user)
        await self._logs.follow(thread.id)
        with ExitStack() as reading:
            reader = await self._catch_up(thread, reading, after=request.headers.get("last-event-id", ""))
            return self._streams.response(thread, reader, reading.pop_all(), accept)

    async def _catch_up(
        self, thread: Thread, reading: ExitStack, *, after: str, before: Sequence[Event] = (), item: str = ""
    ) -> EventReader:
        """Return a reader of what happened behind an event; where that is not remembered, of how the thread stands from
        an ``item`` on (without one its newest items), with the events ``before`` it."""
        reader, complete = reading.enter_context(self._logs.reading(thread.id, after=after))
        if not complete:
            # Of the same moment: what is said of them afterwards is what the reader reads next.
            position, drafts = self._logs.position(thread.id), self._logs.drafts(thread.id)
            if item:
                items = await self._threads.since(thread.id, item)
            else:
                items = (await self._threads.items(thread.id, limit=PAGE, newest_first=True)).data[::-1]
            stand: list[Event] = [
                {"type": "thread.item.done", "item": each} for each in items if each["id"] not in drafts
            ]
            stand += [event for events in drafts.values() for event in events]
            self._logs.show(reader, [*before, *stand], position=position)
        return reader
