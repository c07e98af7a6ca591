"""The Teams adapter: implements ``gateway.adapter.Adapter`` by its webhook, outbound, streams and files."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import ClassVar

import structlog
from starlette.routing import Route

from adapters.clocks import clock_of
from adapters.locks import ClusterLocks
from adapters.teams.access import RULE_IDS, facts_of_member, facts_told
from adapters.teams.channels import TeamChannels
from adapters.teams.consent import Consents
from adapters.teams.credentials import Credentials
from adapters.teams.directs import DirectChats
from adapters.teams.files import Downloads
from adapters.teams.inbound import Inbound
from adapters.teams.keys import SigningKeys
from adapters.teams.limits import CAPABILITIES
from adapters.teams.members import Members
from adapters.teams.outbound import Outbox, addressed
from adapters.teams.parse import parse, user_id
from adapters.teams.reactions import reaction_of
from adapters.teams.render import starters as suggested
from adapters.teams.settings import TeamsSettings
from adapters.teams.sharing import Sharing
from adapters.teams.stream import Streams
from adapters.teams.transport import Transport
from adapters.teams.verify import Verifier
from adapters.teams.webhook import Webhook
from gateway.adapter import Accept, AdapterContext, IdForm
from gateway.errors import Forbidden, Gone, PlatformError, Rejected, SettingsError, Unsupported
from gateway.model import (
    AccessFacts,
    Capabilities,
    ConversationRef,
    Envelope,
    Event,
    Outgoing,
    Profile,
    Receipt,
    RemoteFile,
    Starter,
    TaskUpdate,
    UserRef,
)

_RETRY = (1.0, 2.0, 5.0, 10.0, 30.0)
"""Seconds between attempts to reach the login and the keys when that failed at start; the last one repeats."""

log = structlog.get_logger(__name__)


class TeamsAdapter:
    """Serves Teams by the Bot Framework's protocol: activities come to the webhook, answers go to the connector they
    name.

    The adapter has no ``SupportsLookup``: a bot cannot read back what it said. A crash between a send and its being
    recorded may leave a message twice.
    """

    name: ClassVar[str] = "teams"
    capabilities: ClassVar[Capabilities] = CAPABILITIES
    rule_ids: ClassVar[Mapping[str, IdForm]] = RULE_IDS

    def __init__(self, settings: TeamsSettings, context: AdapterContext) -> None:
        anonymous = settings.auth == "anonymous"
        if anonymous and not context.loopback:
            raise SettingsError(
                "TEAMS_AUTH=anonymous lets anybody in: bind the gateway to 127.0.0.1 (GATEWAY_HOST), or unset it and "
                "set TEAMS_APP_ID and TEAMS_APP_PASSWORD"
            )
        if not anonymous and not settings.configured:
            raise SettingsError(settings.missing or "TEAMS_APP_ID is not set")
        self._identity = context.identity
        self._app_id = "" if anonymous else (settings.app_id or "").lower()
        keys, metadata = SigningKeys(settings.openid_metadata_url), settings.openid_metadata_url
        self._transport = Transport(Credentials(settings), keys, local=settings.stands_in)
        self._members = Members(self._transport)
        locks = ClusterLocks(context.cluster)
        self._consents = Consents(self._transport, context.files, context.store, locks)
        self._directs = DirectChats(self._transport, context.store)
        self._inbound = Inbound(self._members, self._consents, TeamChannels(context.store, locks), self._directs)
        self._streams = Streams(self._transport)
        self._outbox = Outbox(self._transport, self._members, Sharing(context.files), self._streams)
        self._downloads = Downloads(self._transport)
        verifier = Verifier(
            settings.app_id or "",
            keys,
            metadata,
            issuer=settings.endpoints.issuer,
            now=clock_of(context.cluster),
        )
        self._webhook = Webhook(
            self._inbound,
            None if anonymous else verifier,
            tenant=settings.only_tenant,
            local=settings.stands_in,
            max_body_bytes=context.max_body_bytes,
        )
        self._trouble: str | None = "not connected yet"

    @property
    def ignored(self) -> Counter[str]:
        """How many deliveries were acknowledged and ignored, by the name of the rule."""
        return self._inbound.ignored

    def routes(self, accept: Accept) -> Sequence[Route]:
        """Return the routes ``POST /teams/events``, and ``/api/messages`` for tools that know no other."""
        return self._webhook.routes(accept)

    @asynccontextmanager
    async def connect(self, accept: Accept) -> AsyncIterator[None]:
        """Hold the HTTP session. Raises ``SettingsError`` for credentials Entra refuses; while the login or the keys
        cannot be reached the adapter stays up, reports it in ``health`` and keeps trying."""
        if self._identity is not None and self._app_id:
            await self._identity.confirm(self.name, self._app_id)
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(self._transport.open())
            stack.push_async_callback(self._consents.aclose)
            if not await self._check():
                trying = asyncio.create_task(self._keep_trying())
                stack.push_async_callback(_cancel, trying)
            yield
        self._trouble = "not connected"

    async def _check(self) -> bool:
        try:
            await self._transport.check()
        except PlatformError as error:
            self._trouble = str(error)
            log.warning("teams.unreachable", error=str(error))
            return False
        self._trouble = None
        log.info("teams.connected")
        return True

    async def _keep_trying(self) -> None:
        attempt = 0
        while True:
            await asyncio.sleep(_RETRY[min(attempt, len(_RETRY) - 1)])
            attempt += 1
            try:
                if await self._check():
                    return
            except SettingsError as error:
                self._trouble = str(error)
                log.error("teams.settings", error=str(error))
                return

    def health(self) -> str | None:
        """Return None while login and keys answered, else a line that says what is wrong."""
        return self._trouble

    def parse(self, envelope: Envelope) -> Event | None:
        """Return the event in a delivery; None for one that is of no interest. Who is in the conversation is
        remembered, because the delivery may have come to another replica, or to an earlier process."""
        self._members.saw(user_id(envelope.body), envelope.ref)
        return parse(envelope)

    async def send(self, to: ConversationRef, message: Outgoing, *, key: str) -> Receipt:
        """Post the activity, then one for each file. Teams stores no key: ``key`` only tells a half-done send from a
        new one."""
        return await self._outbox.send(to, message, key=key)

    async def edit(self, receipt: Receipt, message: Outgoing) -> Receipt:
        """Replace the message's activity; files that are not there yet are added."""
        return await self._outbox.edit(receipt, message)

    async def delete(self, receipt: Receipt) -> None:
        """Delete the message's activity, and those of its files."""
        await self._outbox.delete(receipt)

    async def status(self, to: ConversationRef, text: str | None) -> None:
        """Show a typing indicator, which fades by itself. A running stream shows one already; it says ``text`` instead,
        as long as it shows nothing else."""
        if text is None:
            return
        if self._streams.running(to):
            await self._streams.inform(to, text)
            return
        try:
            await self._transport.send(to, addressed(to, {"type": "typing"}), posts=False)
        except (Forbidden, Gone, Rejected, Unsupported) as error:
            log.debug("teams.no_typing", conversation=to.key, error=str(error))

    def download(self, file: RemoteFile, *, limit: int) -> AsyncIterator[bytes]:
        """Return a file's bytes: from OneDrive by the file's link, pictures from the connector as the bot."""
        return self._downloads.download(file, limit=limit)

    async def start_stream(
        self, to: ConversationRef, text: str, *, key: str, recipient: UserRef | None, author: str | None = None
    ) -> Receipt | None:
        """Begin a stream; None outside of personal chats. Another author's name is shown when the stream ends."""
        return await self._streams.start(to, text)

    async def append_stream(
        self, receipt: Receipt, *, delta: str, text: str, tasks: Sequence[TaskUpdate] = ()
    ) -> Receipt:
        """Send all the text so far. Before the first text the stream says which task is being worked on; after it Teams
        has no place for tasks in a stream."""
        return await self._streams.append(receipt, text, tasks)

    async def stop_stream(self, receipt: Receipt, message: Outgoing, *, delta: str, key: str) -> Receipt:
        """End the stream with the final message, its buttons, sources and thumbs."""
        return await self._outbox.stop(receipt, message)

    async def open_dm(self, user: UserRef) -> ConversationRef:
        """Return the chat with a person who has the app, opened by the connector's Create Conversation. Raises
        ``Rejected`` for a tenant that nothing came from yet."""
        return await self._directs.open(user)

    async def profile(self, user: UserRef) -> Profile:
        """Return a user's profile, from the roster of a conversation the user was seen in."""
        return await self._members.profile(user)

    def facts_told(self, envelope: Envelope) -> AccessFacts:
        """Return what the activity tells of the person, which is little: the roster knows guests and tenants."""
        return facts_told(envelope)

    async def facts_of(self, user: UserRef, where: ConversationRef, *, groups: Collection[str]) -> AccessFacts:
        """Return what the roster of the conversation tells of a person."""
        return facts_of_member(await self._members.member(user, where), where)

    async def react(self, to: ConversationRef, message_id: str, emoji: str, *, added: bool) -> None:
        """Put the bot's reaction on a message, or take it off."""
        await self._transport.react(to, message_id, reaction_of(emoji), added=added)

    async def suggest(self, to: ConversationRef, starters: Sequence[Starter]) -> None:
        """Show suggested actions. Raises ``Unsupported`` outside of personal chats."""
        if to.kind != "dm":
            raise Unsupported("Teams suggests prompts in personal chats only: name them in a message instead")
        if starters:
            await self._transport.send(to, addressed(to, suggested(starters, to.route.get("user", ""))))


async def _cancel(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
