"""The ChatKit adapter: implements ``gateway.adapter.Adapter`` by its HTTP interface, its threads and their streams."""

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import ClassVar

from starlette.routing import BaseRoute

from adapters.chatkit.admin import AdminApi
from adapters.chatkit.application import mounted
from adapters.chatkit.attachments import Attachments
from adapters.chatkit.conversation import ConversationApi
from adapters.chatkit.ids import PLATFORM, WORKSPACE
from adapters.chatkit.limits import CAPABILITIES, TITLE
from adapters.chatkit.log import ThreadLogs
from adapters.chatkit.outbound import Outbox
from adapters.chatkit.parse import parse, words_of
from adapters.chatkit.rates import Rates, RequestRates, SharedRates
from adapters.chatkit.relay import RelayedLogs
from adapters.chatkit.removal import Removal
from adapters.chatkit.repeats import Repeats
from adapters.chatkit.sessions import Sessions
from adapters.chatkit.settings import ChatKitSettings
from adapters.chatkit.sharing import Sharing
from adapters.chatkit.streams import Streams
from adapters.chatkit.threads import Thread, ThreadStore, seconds_of
from adapters.chatkit.views import notice, thread_of
from adapters.shortening import cut
from gateway.adapter import Accept, AdapterContext, IdForm
from gateway.errors import Rejected, SettingsError
from gateway.model import (
    AccessFacts,
    Capabilities,
    ConversationRef,
    Envelope,
    Event,
    HistoryMessage,
    Outgoing,
    Receipt,
    RemoteFile,
    TaskUpdate,
    UserRef,
)

_NOBODY_IN_PARTICULAR = AccessFacts(
    guest=False, external=False, bot=False, home="", groups=frozenset(), channels=frozenset()
)


class ChatKitAdapter:
    """Serves ChatKit: what other platforms keep of conversations, this one keeps in the gateway's own store.

    A message is found by the key it was sent under, so that nothing is doubled after a crash.
    """

    name: ClassVar[str] = PLATFORM
    capabilities: ClassVar[Capabilities] = CAPABILITIES
    rule_ids: ClassVar[Mapping[str, IdForm]] = {"user": IdForm(r"[\s\S]+", "the user that a session was made for")}

    def __init__(self, settings: ChatKitSettings, context: AdapterContext) -> None:
        if (
            context.documents is None
            or context.access is None
            or context.idempotency is None
            or context.activity is None
        ):
            raise SettingsError("ChatKit needs a gateway with a store and API keys")
        self._threads = ThreadStore(context.documents)
        cluster = context.cluster
        rates: Rates = RequestRates()
        self._logs = ThreadLogs()
        if cluster is not None and cluster.shared:
            rates = SharedRates(context.documents, context.idempotency, cluster)
            self._logs = RelayedLogs(cluster, self._threads)
        sessions = Sessions(context.documents, rates=rates, cluster=cluster)
        self._outbox = Outbox(self._threads, self._logs, Sharing(context.files))
        self._attachments = Attachments(context.documents, context.files, most_bytes=context.max_file_bytes)
        removal = Removal(self._threads, self._logs, context.conversations)
        self._admin = AdminApi(
            access=context.access,
            sessions=sessions,
            threads=self._threads,
            attachments=self._attachments,
            removal=removal,
            max_body_bytes=context.max_body_bytes,
        )
        self._conversation = ConversationApi(
            sessions=sessions,
            threads=self._threads,
            logs=self._logs,
            attachments=self._attachments,
            removal=removal,
            repeats=Repeats(context.idempotency, context.documents, cluster),
            streams=Streams(
                context.activity,
                self._logs,
                per_user=settings.streams_per_user,
                stop_on_disconnect=settings.stop_on_disconnect,
                cluster=cluster,
            ),
            max_body_bytes=context.max_body_bytes,
        )

    def routes(self, accept: Accept) -> Sequence[BaseRoute]:
        """Return the routes below ``/v1/chatkit``."""
        return [mounted([*self._conversation.routes(accept), *self._admin.routes()])]

    @asynccontextmanager
    async def connect(self, accept: Accept) -> AsyncIterator[None]:
        """Serve until the block ends; then all streams end."""
        keeping_up = asyncio.ensure_future(self._logs.keep_up())
        try:
            yield
        finally:
            keeping_up.cancel()
            self._logs.close()

    def health(self) -> str | None:
        """Return None: there is nobody else to reach."""
        return None

    def parse(self, envelope: Envelope) -> Event | None:
        """Return the event in a delivery; None for one that is of no interest."""
        return parse(envelope)

    async def send(self, to: ConversationRef, message: Outgoing, *, key: str) -> Receipt:
        """Add the message to its thread. The same key makes the same message."""
        return await self._outbox.send(to, message, key=key)

    async def edit(self, receipt: Receipt, message: Outgoing) -> Receipt:
        """Replace the message's items."""
        return await self._outbox.edit(receipt, message)

    async def delete(self, receipt: Receipt) -> None:
        """Remove the message's items."""
        await self._outbox.delete(receipt)

    async def status(self, to: ConversationRef, text: str | None) -> None:
        """Tell whoever reads the thread what the bot is doing. The end of it shows by itself."""
        if text is not None:
            self._logs.publish(to.thread or "", {"type": "progress_update", "icon": None, "text": text})

    def download(self, file: RemoteFile, *, limit: int) -> AsyncIterator[bytes]:
        """Return the bytes of a file that a person uploaded."""
        return self._attachments.read(file.id, limit=limit)

    async def find(
        self, to: ConversationRef, message: Outgoing, *, key: str, since: float, claimed: Collection[str]
    ) -> Receipt | None:
        """Return the message that was sent under this key."""
        return await self._outbox.find(to, key)

    async def open_dm(self, user: UserRef) -> ConversationRef:
        """Return the newest thread of a user, which is a new one where the user has none."""
        if user.workspace != WORKSPACE:
            raise Rejected(f"a user of ChatKit is named as {PLATFORM}:{WORKSPACE}:USER")
        found = (await self._threads.page(user=user.id, limit=1, newest_first=True)).data
        if found:
            return found[0].ref
        thread = Thread.new(user.id, metadata={})
        await self._threads.create(thread, [])
        return thread.ref

    async def start_stream(
        self, to: ConversationRef, text: str, *, key: str, recipient: UserRef | None, author: str | None = None
    ) -> Receipt | None:
        """Begin a message that grows."""
        return await self._outbox.start_stream(to, text, key=key, author=author)

    async def append_stream(
        self, receipt: Receipt, *, delta: str, text: str, tasks: Sequence[TaskUpdate] = ()
    ) -> Receipt:
        """Add a piece of text, and tasks as a workflow of their own."""
        return await self._outbox.append_stream(receipt, delta=delta, tasks=tasks)

    async def stop_stream(self, receipt: Receipt, message: Outgoing, *, delta: str, key: str) -> Receipt:
        """End the stream with the whole message."""
        return await self._outbox.stop_stream(receipt, message, delta=delta)

    async def history(self, to: ConversationRef, *, limit: int) -> Sequence[HistoryMessage]:
        """Return the newest messages of the thread, oldest first."""
        page = await self._threads.items(to.thread or "", limit=limit, newest_first=True)
        return [
            HistoryMessage(
                id=item["id"],
                author=to.channel if item["type"] == "user_message" else "assistant",
                is_bot=item["type"] != "user_message",
                text=words_of(item),
                at=seconds_of(item["created_at"]),
            )
            for item in reversed(page.data)
            if item["type"] in ("user_message", "assistant_message")
        ]

    async def set_title(self, to: ConversationRef, title: str) -> None:
        """Name the thread, where the session that began it allows titles."""
        thread = await self._threads.known(to)
        if thread is None or not thread.titled:
            return
        thread = replace(thread, title=cut(title, TITLE) or None)
        await self._threads.save(thread)
        self._logs.publish(thread.id, {"type": "thread.updated", "thread": thread_of(thread)})

    def facts_told(self, envelope: Envelope) -> AccessFacts:
        """Return that a person is nothing in particular: all people are those of the application that made their
        session."""
        return _NOBODY_IN_PARTICULAR

    async def facts_of(self, user: UserRef, where: ConversationRef, *, groups: Collection[str]) -> AccessFacts:
        """Return the same: nothing more is known of anybody."""
        return _NOBODY_IN_PARTICULAR

    async def notify(self, to: ConversationRef, user: UserRef, text: str, *, aloud: bool = True) -> None:
        """Show the person a notice, which is no part of the thread."""
        self._logs.publish(to.thread or "", notice(text))
