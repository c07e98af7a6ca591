"""ChatKit in the contract's words. The gateway itself is the platform: people are clients of its HTTP interface.

Each conversation is a thread of one person; the direct messages are a thread that Ada goes on with. Where a test asks
for something that ChatKit has not (a channel, edits, a remote platform that fails) it is skipped, and says why.
"""

import asyncio
import secrets
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, ClassVar, NoReturn, TypeVar

import httpx
import pytest

from adapters.chatkit.adapter import ChatKitAdapter
from adapters.chatkit.settings import ChatKitSettings
from gateway.adapter import AdapterContext, extras
from gateway.emulators.common.faults import Hold
from gateway.model import Capabilities, UserRef
from tests.chatkit.client import KEY, Client, Thread, bearer, loopback_client, message
from tests.chatkit.view import RETRY, View
from tests.contract.world import Facts, FieldInput, File, Method, Person, Place, Post, Said, ShownForm, Trouble

T = TypeVar("T")

Events = AsyncGenerator[tuple[str | None, dict[str, Any]]]
"""The events of a stream with their ids."""

SESSION: dict[str, Any] = {
    "expires_after": {"anchor": "last_activity", "seconds": 600},
    "rate_limits": {"max_requests_per_1_minute": 100_000},
    "chatkit_configuration": {"file_upload": {"enabled": True, "max_files": 100}},
}
"""What the sessions of people allow."""


def _none(what: str) -> NoReturn:
    """Skip the test, because it is about something that ChatKit has not."""
    pytest.skip(f"ChatKit has no {what}")


class ChatKitWorld:
    """People with ChatKit clients as a ``tests.contract.world.World``."""

    name: ClassVar[str] = "chatkit"
    facts: ClassVar[Facts] = Facts(
        token_setting="GATEWAY_API_KEYS",
        permission="",
        emoji="",
        everyone="@everyone",
        exactly_once_sends=True,
        redelivers=False,
        extras=frozenset(
            {
                extras.SupportsAccessFacts,
                extras.SupportsDirectMessages,
                extras.SupportsHistory,
                extras.SupportsLookup,
                extras.SupportsNotices,
                extras.SupportsStreaming,
                extras.SupportsTitles,
            }
        ),
        pings_everyone=False,
        edits=False,
        other="Ada",
        own_threads=True,
        session={"state_variables": {}},
    )

    def __init__(self, *, patient: bool = False, adapter: type[ChatKitAdapter] = ChatKitAdapter) -> None:
        """``patient`` people send a message again, under its idempotency key, until it is answered. ``adapter`` is the
        class of the bot's adapters."""
        self._patient = patient
        self._adapter = adapter
        self._url = ""
        self._before: set[int | None] = set()
        """Ports of this bot's earlier lives."""
        self._http: httpx.AsyncClient | None = None
        self._clients: dict[Person, Client] = {}
        self._views: dict[str, View] = {}
        self._owners: dict[str, Person] = {}
        self._direct: View | None = None
        self._change = asyncio.Event()

    @property
    def capabilities(self) -> Capabilities:
        return ChatKitAdapter.capabilities

    def environment(self) -> Mapping[str, str]:
        return {"GATEWAY_API_KEYS": KEY}

    def deliver_to(self, url: str) -> None:
        self._before.add(httpx.URL(self._url).port)
        self._url = url

    def adapter(self, context: AdapterContext, *, wrong_token: bool = False) -> ChatKitAdapter:
        if wrong_token:
            _none("token of its own")
        return self._adapter(ChatKitSettings(_env_file=None), context)

    async def connected(self) -> None:
        """Give both people a session; their pages, as far as they are open, come back by themselves."""
        if self._http is None:
            self._http = loopback_client()
            self._clients = {"Ada": Client(self._http), "Grace": Client(self._http)}
        self._http.base_url = httpx.URL(self._url)
        for person, client in self._clients.items():
            await client.create_session(self.user(person).id, **SESSION)

    def unreachable(self) -> AbstractAsyncContextManager[None]:
        _none("remote platform")

    async def close(self) -> None:
        """Close all pages. Fails where one was sent what is none of the protocol."""
        try:
            for view in self._views.values():
                await view.leave()
        finally:
            if self._http is not None:
                await self._http.aclose()

    # -- what people do

    def user(self, person: Person) -> UserRef:
        return UserRef(platform="chatkit", workspace="app", id=person, name=person)

    def mention_of(self, person: Person) -> str:
        _none("mentions")

    def mention_reads(self, person: Person) -> str:
        _none("mentions")

    async def mention(self, text: str, *, user: Person = "Ada", files: Sequence[File] = ()) -> Post:
        """Begin a thread: its messages are all meant for the bot."""
        return await self._begin(text, user, files)

    async def dm(self, text: str, *, files: Sequence[File] = ()) -> Post:
        if self._direct is not None and self._direct.items:
            return await self._add(self._direct, text, files)
        post = await self._begin(text, "Ada", files)
        self._direct = self._views.get(post.place.thread or "")
        return post

    async def reply(
        self, to: Post, text: str, *, user: Person = "Ada", mention: bool = False, files: Sequence[File] = ()
    ) -> Post:
        self._must_own(to.place, user)
        return await self._add(self._view(to.place), text, files)

    async def refer(self, to: Post, text: str) -> Post:
        view = self._view(to.place)
        quoted = "".join(part["text"] for part in view.items[to.id]["content"])
        return await self._add(view, text, (), quoted_text=quoted)

    async def small_talk(self, text: str) -> Post:
        _none("channels")

    async def other_bot(self, text: str) -> Post:
        _none("other bots")

    async def edit(self, post: Post, text: str) -> None:
        _none("edits by people")

    async def delete(self, post: Post) -> None:
        _none("deletions of single messages by people")

    async def react(self, post: Post, *, added: bool = True) -> None:
        _none("reactions")

    async def click(self, message: Said, label: str, *, user: Person = "Ada") -> None:
        await self.press(self.controls(message), label, under=message, user=user)

    def controls(self, message: Said) -> object:
        return [item for id, item in self._view(message.place).items.items() if _shows_buttons_of(message, id, item)]

    async def press(self, controls: object, label: str, *, under: Said, user: Person = "Ada") -> None:
        self._must_own(under.place, user)
        assert isinstance(controls, list)
        actions = [
            button["onClickAction"]
            for item in controls
            for button in item["widget"]["children"]
            if button["label"] == label
        ]
        view = self._view(under.place)
        item = next((each for each in view.items if each.partition("-")[0] == under.id), under.id)
        stream = self._client(view).events("threads.custom_action", thread_id=view.id, item_id=item, action=actions[0])
        view.ask()
        try:
            await anext(stream, None)  # the answer has begun: the bot took it. The page follows the thread anyhow
        except httpx.HTTPStatusError as refused:
            view.notices.append(refused.response.json()["error"]["message"])
        except httpx.TransportError:
            pass  # nobody knows whether it was pressed
        finally:
            await stream.aclose()

    def form(self, *, user: Person = "Ada") -> ShownForm | None:
        return None

    async def submit(self, values: Mapping[str, FieldInput], *, user: Person = "Ada") -> None:
        _none("forms")

    async def thumbs(self, message: Said, *, up: bool, comment: str | None = None) -> None:
        if comment is not None:
            _none("comments beside thumbs")
        view = self._view(message.place)
        kind = "positive" if up else "negative"
        answer = await self._client(view).ask("items.feedback", thread_id=view.id, item_ids=[message.id], kind=kind)
        assert (answer.status_code, answer.json()) == (200, {})

    async def command(self, place: Place, name: str, text: str = "") -> None:
        _none("slash commands")

    async def stop(self, place: Place) -> None:
        _none("button to stop an answer")

    async def open_dm(self) -> None:
        _none("word of who opens the page")

    # -- deliveries

    async def delivered(self, post: Post) -> None:
        """Return at once: the gateway's answer to the request was that it took it."""

    async def taken(self, post: Post) -> bool | None:
        return bool(post.id)

    async def settled(self) -> None:
        """Return at once: nothing is on its way once a request was answered."""

    async def redeliver(self, post: Post) -> None:
        _none("second deliveries")

    async def deliver_unknown(self) -> None:
        _none("events of kinds that nobody knows")

    # -- what people see

    def said(self, place: Place) -> list[Said]:
        return self._view(place).messages(place) if place.thread in self._views else []

    def told(self, person: Person = "Ada") -> list[str]:
        return [text for id, view in self._views.items() if self._owners[id] == person for text in view.notices]

    def make_guest(self, person: Person) -> None:
        _none("guests")

    def make_external(self, person: Person) -> None:
        _none("other organisations")

    def group_of(self, person: Person) -> str:
        _none("groups")

    def private(self, person: Person = "Ada") -> list[str]:
        return self.told(person)

    @property
    def complaints(self) -> Sequence[str]:
        return []

    async def files(self, place: Place) -> list[File]:
        found: list[File] = []
        async with loopback_client() as http:  # a link needs nothing but itself
            for link in self._view(place).links():
                answer = await http.get(self._now(httpx.URL(link.url)))
                answer.raise_for_status()
                found.append(File(link.name, answer.content, answer.headers["content-type"].partition(";")[0]))
        return found

    def working(self, place: Place) -> bool:
        events = self._view(place).events
        at = max((n for n, event in enumerate(events) if event["type"] == "progress_update"), default=None)
        return at is not None and not any(event["type"].startswith("thread.item") for event in events[at:])

    def reactions(self, post: Post) -> int:
        return 0

    def title(self, place: Place) -> str | None:
        return self._view(place).title

    def prompts(self, place: Place) -> list[str]:
        return []

    async def shows(self, thread: str, position: str) -> None:
        """Wait until the page of a thread, if one is open, shows the event with this id."""
        view = self._views.get(thread)
        if view is not None:
            view.ask()
            await self.wait_for(lambda: view.last_id == position)

    async def wait_for(self, predicate: Callable[[], T], timeout: float = 10.0) -> T:
        async with asyncio.timeout(timeout):
            while not (found := predicate()):
                self._change.clear()
                await self._change.wait()
            return found

    # -- trouble

    def fail_next(
        self, method: Method, trouble: Trouble, *, times: int = 1, retry_after: float = 1, after_effect: bool = False
    ) -> None:
        _none("remote platform that could fail")

    def forget_sent(self) -> None:
        """Do nothing: what is sent twice is recognised by its id for ever."""

    def hold(self, method: Method, *, after_effect: bool = False, text: str = "") -> Hold:
        _none("remote platform whose calls could be held")

    def calls(self, method: Method) -> int:
        _none("remote platform whose calls could be counted")

    # -- inside

    def _view(self, place: Place) -> View:
        return self._views[place.thread or ""]

    def _client(self, view: View) -> Client:
        return self._clients[self._owners[view.id]]

    def _must_own(self, place: Place, user: Person) -> None:
        if place.channel != self.user(user).id:
            _none("conversations of several people")

    def _now(self, url: httpx.URL) -> httpx.URL:
        """Return a link of the bot's earlier life as it would be if the bot had kept its address."""
        return url.copy_with(port=httpx.URL(self._url).port) if url.port in self._before else url

    def _changed(self) -> None:
        self._change.set()

    async def _begin(self, text: str, user: Person, files: Sequence[File]) -> Post:
        """Send a message into a new thread, whose page stays open from then on."""
        client, view = self._clients[user], View(self._changed)
        sent = await self._send(client, view, text, files, into=view)
        if sent is None:
            return Post("", Place(self.user(user).id, ""))
        id, stream = sent
        self._views[view.id], self._owners[view.id] = view, user
        view.follow(client, stream)
        return Post(id, Place(self.user(user).id, view.id))

    async def _add(self, view: View, text: str, files: Sequence[File], **more: Any) -> Post:
        """Send a message into a thread whose page is open: it shows what comes of it."""
        answer = Thread()
        sent = await self._send(self._client(view), view, text, files, into=answer, **more)
        if sent is not None:
            await sent[1].aclose()
            if _process_of(view) != _process_of(answer):
                # The bot was started anew: what comes behind the message is known by this answer's ids only.
                view.items.update(answer.items)
                view.last_id = answer.last_id
            view.ask()
        return Post("" if sent is None else sent[0], Place(self.user(self._owners[view.id]).id, view.id))

    async def _send(
        self, client: Client, view: View, text: str, files: Sequence[File], *, into: Thread, **more: Any
    ) -> tuple[str, Events] | None:
        """Send a message. Returns its id and the stream behind it, which was applied to ``into`` so far; None where the
        connection was lost."""
        key = secrets.token_hex(8) if self._patient else None
        while True:
            try:
                wish = message(text, attachments=await self._upload(client, view, files), **more)
                if view.id:
                    stream = client.events("threads.add_user_message", key=key, thread_id=view.id, input=wish)
                else:
                    stream = client.events("threads.create", key=key, input=wish)
                return await _own_item(into, stream), stream
            except httpx.TransportError:
                if not self._patient:
                    return None
                await asyncio.sleep(RETRY)  # as a person's client does that cannot know when the bot is back

    async def _upload(self, client: Client, view: View, files: Sequence[File]) -> list[str]:
        """Upload files and return their ids. One that is too large is left out, and the person is told why."""
        ids: list[str] = []
        for file in files:
            answer = await client.http.post(
                "/v1/chatkit/files",
                files={"file": (file.name, file.data, file.mime)},
                headers=bearer(client.secret),
            )
            if answer.status_code == 413:
                view.notices.append(answer.json()["error"]["message"])
                continue
            answer.raise_for_status()
            ids.append(answer.json()["id"])
        return ids


def _process_of(thread: Thread) -> str:
    """Return which process of the bot numbered the last event of a thread."""
    return (thread.last_id or "").rpartition("-")[0]


async def _own_item(thread: Thread, stream: Events) -> str:
    """Read a stream until the person's own message is in it, and return the id of that."""
    async for id, event in stream:
        thread.last_id = id or thread.last_id
        thread.apply(event)
        if event["type"] == "thread.item.done" and event["item"]["type"] == "user_message":
            return str(event["item"]["id"])
    raise AssertionError(f"the message did not appear in {thread.events}")


def _shows_buttons_of(message: Said, id: str, item: Mapping[str, Any]) -> bool:
    return item["type"] == "widget" and id.partition("-")[0] == message.id


@asynccontextmanager
async def chatkit_world() -> AsyncIterator[ChatKitWorld]:
    """Give people ChatKit clients; their pages are closed after the block."""
    world = ChatKitWorld()
    try:
        yield world
    finally:
        await world.close()
