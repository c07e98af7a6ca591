"""The Slack adapter: implements ``gateway.adapter.Adapter`` by its inbound, outbound, streams and files."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import TYPE_CHECKING, ClassVar

import structlog
from starlette.routing import Route

from adapters.clocks import clock_of
from adapters.slack.access import RULE_IDS, facts_told
from adapters.slack.api import SlackHttp, quiet
from adapters.slack.distribution import distribution
from adapters.slack.envelope import Me, ref_for
from adapters.slack.inbound import Inbound, tell
from adapters.slack.limits import CAPABILITIES
from adapters.slack.manifest import SCOPES
from adapters.slack.parse import parse
from adapters.slack.settings import SlackSettings
from adapters.slack.webhook import Webhook
from adapters.slack.workspaces import Workspace, Workspaces
from gateway.adapter import Accept, AdapterContext, Connection, IdForm
from gateway.errors import Forbidden, PlatformError, Rejected, SettingsError, StoreFailed, Unavailable
from gateway.model import (
    AccessFacts,
    Capabilities,
    Command,
    ConversationRef,
    Envelope,
    Event,
    HistoryMessage,
    MessageCreated,
    Outgoing,
    Profile,
    Receipt,
    RemoteFile,
    Starter,
    TaskUpdate,
    UserRef,
)

if TYPE_CHECKING:
    from adapters.slack.socket_mode import Socket

_RETRY = (1.0, 2.0, 5.0, 10.0, 30.0)
"""Seconds between attempts to reach Slack when it could not be reached at start; the last one repeats."""

log = structlog.get_logger(__name__)


class SlackAdapter:
    """Serves one Slack workspace (``SLACK_BOT_TOKEN``), or many that installed the app (``SLACK_CLIENT_ID``), over HTTP
    (``SLACK_SIGNING_SECRET``) or Socket Mode (``SLACK_APP_TOKEN``)."""

    name: ClassVar[str] = "slack"
    capabilities: ClassVar[Capabilities] = CAPABILITIES
    rule_ids: ClassVar[Mapping[str, IdForm]] = RULE_IDS

    def __init__(self, settings: SlackSettings, context: AdapterContext) -> None:
        self._dm_session = settings.dm_session
        self._identity = context.identity
        self._now = clock_of(context.cluster)
        self._http = SlackHttp(settings.api_url)
        self._distribution = distribution(settings, context, self._http, now=self._now)
        shared = self._distribution
        self._workspaces = Workspaces(
            self._http,
            token=settings.bot_token.get_secret_value() if settings.bot_token is not None else None,
            store=context.store,
            installations=shared.installations if shared is not None else None,
            rotation=shared.rotation if shared is not None else None,
        )
        if shared is None and self._workspaces.own is None:
            raise SettingsError("SLACK_BOT_TOKEN is not set")
        self._inbound = Inbound(
            self._workspaces,
            dm_session=settings.dm_session,
            store=context.store,
            cluster=context.cluster,
            removals=shared.removals if shared is not None else None,
        )
        self._webhook: Webhook | None = None
        if settings.signing_secret is not None:
            self._webhook = Webhook(
                self._inbound,
                signing_secret=settings.signing_secret.get_secret_value(),
                max_body_bytes=context.max_body_bytes,
                now=self._now,
            )
        self._socket: Socket | None = None
        if settings.app_token is not None:
            from adapters.slack import socket_mode  # 2 MB that only Socket Mode needs

            self._socket = socket_mode.Socket(self._http, self._inbound, settings.app_token.get_secret_value())
        self._trouble: str | None = "not connected yet"

    @property
    def ignored(self) -> Counter[str]:
        """How many deliveries were answered 200 and ignored, by the name of the rule."""
        return self._inbound.ignored

    def routes(self, accept: Accept) -> Sequence[Route]:
        """Return the route ``POST /slack/events``, if there is a signing secret to verify requests with, and those by
        which people install the app, if there is a client id."""
        routes = [self._webhook.route(accept)] if self._webhook else []
        return [*routes, *(self._distribution.routes() if self._distribution is not None else ())]

    @asynccontextmanager
    async def connect(self, accept: Accept) -> AsyncIterator[None]:
        """Hold the HTTP session and the socket. Raises ``SettingsError`` for a token Slack refuses; while Slack cannot
        be reached the adapter stays up, reports it in ``health`` and keeps trying."""
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(self._http.open())
            self._inbound.listen()
            if self._distribution is not None:
                await stack.enter_async_context(self._distribution.open())
            own = self._workspaces.own
            if own is None:
                self._trouble = None
            elif not await self._identify_or_drop(own):
                trying = asyncio.create_task(self._keep_trying(own))
                stack.push_async_callback(_cancel, trying)
            if self._socket:
                await stack.enter_async_context(self._socket.open(accept))
            yield
        self._trouble = "not connected"

    async def _identify(self, own: Workspace) -> bool:
        try:
            me = await own.api.identify()
            # Where the app is installed in many workspaces, what the bot is at Slack is the app, not this one user.
            if self._identity is not None and self._distribution is None:
                await self._identity.confirm(self.name, f"{me.team} {me.user}", name=me.name)
        except (PlatformError, StoreFailed) as error:
            self._trouble = f"auth.test failed: {quiet(error)}"
            log.warning("slack.unreachable", error=quiet(error))
            return False
        own.me = me
        self._trouble = None
        scopes = own.api.scopes
        missing = [scope.name for scope in SCOPES if scopes is not None and scope.name not in scopes]
        if missing:
            log.warning("slack.scopes_missing", missing=missing, fix="add them to the app and reinstall it")
        log.info("slack.connected", team=me.team, bot=me.user)
        return True

    async def _identify_or_drop(self, own: Workspace) -> bool:
        """Return whether it is known who the bot is. Raises ``SettingsError`` for a bot token that can never work;
        where other workspaces have tokens of their own, they go on without it."""
        try:
            return await self._identify(own)
        except SettingsError as error:
            if self._distribution is None:
                raise
            log.error("slack.settings", error=str(error))
            self._workspaces.own, self._trouble = None, None
            return True

    async def _at(self, team: str) -> Workspace:
        """Return what the adapter has of a workspace, with the bot's own identity. Raises ``Unavailable`` when Slack
        does not tell that now, and ``Forbidden`` where the app is not installed."""
        found = await self._workspaces.get(team)
        if not (found.me.user or found.me.bot) and not await self._identify(found):
            raise Unavailable(f"it is not known who the bot is: {self._trouble}")
        return found

    async def _keep_trying(self, own: Workspace) -> None:
        attempt = 0
        while True:
            await asyncio.sleep(_RETRY[min(attempt, len(_RETRY) - 1)])
            attempt += 1
            try:
                if await self._identify_or_drop(own):
                    return
            except SettingsError as error:
                self._trouble = str(error)
                log.error("slack.settings", error=str(error))
                return

    def health(self) -> str | None:
        """Return None while Slack answers, else a line that says what is wrong. Workspaces in which the app does not
        work any more make nothing unhealthy: the others go on."""
        if self._inbound.uninstalled:
            return "the app was uninstalled or its token revoked: install it again and set SLACK_BOT_TOKEN"
        kept = self._distribution.health() if self._distribution is not None else None
        return self._trouble or kept or (self._socket.health() if self._socket else None)

    def connections(self) -> Sequence[Connection]:
        """Return the connection of Socket Mode; none where Slack calls webhooks."""
        return [] if self._socket is None else [self._socket.connection()]

    def parse(self, envelope: Envelope) -> Event | None:
        """Return the event in a delivery; None for one that is of no interest."""
        own = self._workspaces.own
        return parse(envelope, me=Me() if own is None else own.me)

    async def send(self, to: ConversationRef, message: Outgoing, *, key: str) -> Receipt:
        """Post a message by chat.postMessage with the key in its metadata, then share its files."""
        return await (await self._workspaces.get(to.workspace)).outbox.send(to, message, key=key)

    async def edit(self, receipt: Receipt, message: Outgoing) -> Receipt:
        """Edit a message by chat.update; files that are not there yet are added, those no longer wanted are deleted."""
        return await (await self._workspaces.get(receipt.to.workspace)).outbox.edit(receipt, message)

    async def delete(self, receipt: Receipt) -> None:
        """Delete a message by chat.delete, and the files that came with it."""
        await (await self._workspaces.get(receipt.to.workspace)).outbox.delete(receipt)

    async def status(self, to: ConversationRef, text: str | None) -> None:
        """Set the agent session's status and its line; does nothing where the app is no agent."""
        await (await self._workspaces.get(to.workspace)).agent.status(to, text)

    async def download(self, file: RemoteFile, *, limit: int) -> AsyncIterator[bytes]:
        """Return a file's bytes, from Slack's hosts only and with the workspace's bot token."""
        async for chunk in (await self._workspaces.get(file.workspace)).downloads.read(file, limit=limit):
            yield chunk

    async def complete(self, message: MessageCreated) -> MessageCreated:
        """Read the missing part of a message: by conversations.replies for a mention that came without its files, by
        files.info for files of which only the id came. Raises ``Unavailable`` while the bot's identity is not known,
        because its mention could not be removed from the text."""
        at = await self._at(message.ref.workspace)
        return await at.completion.complete(message, me=at.me)

    async def find(
        self, to: ConversationRef, message: Outgoing, *, key: str, since: float, claimed: Collection[str]
    ) -> Receipt | None:
        """Find the message sent under ``key``, by its metadata. Raises ``Unavailable`` while the bot's identity is not
        known, because its own messages could not be told from others'."""
        at = await self._at(to.workspace)
        since -= max(0.0, time.time() - self._now())  # by this machine's clock, which may be ahead of Slack's
        return await at.outbox.find(to, message, me=at.me, key=key, since=since, claimed=claimed)

    async def start_stream(
        self, to: ConversationRef, text: str, *, key: str, recipient: UserRef | None, author: str | None = None
    ) -> Receipt | None:
        """Begin a stream by chat.startStream; None outside of threads and for apps that may not stream."""
        return await (await self._workspaces.get(to.workspace)).streams.start(
            to, text, key=key, recipient=recipient, author=author
        )

    async def append_stream(
        self, receipt: Receipt, *, delta: str, text: str, tasks: Sequence[TaskUpdate] = ()
    ) -> Receipt:
        """Add to a stream by chat.appendStream."""
        return await (await self._workspaces.get(receipt.to.workspace)).streams.append(receipt, text=text, tasks=tasks)

    async def stop_stream(self, receipt: Receipt, message: Outgoing, *, delta: str, key: str) -> Receipt:
        """End a stream by chat.stopStream, with its buttons, feedback control and key."""
        return await (await self._workspaces.get(receipt.to.workspace)).streams.stop(
            receipt, message, delta=delta, key=key
        )

    async def history(self, to: ConversationRef, *, limit: int) -> Sequence[HistoryMessage]:
        """Return the newest messages, oldest first: by conversations.replies in a thread, else by
        conversations.history."""
        at = await self._workspaces.get(to.workspace)
        return await at.history.history(to, me=at.me, limit=limit)

    async def react(self, to: ConversationRef, message_id: str, emoji: str, *, added: bool) -> None:
        """Add or remove the bot's reaction; ``emoji`` is Slack's name (``thumbsup``) or a common emoji."""
        await (await self._workspaces.get(to.workspace)).agent.react(to, message_id, emoji, added=added)

    async def open_dm(self, user: UserRef) -> ConversationRef:
        """Return the direct messages with a user, opened by conversations.open. Raises ``Rejected`` for a user of a
        workspace that the app is not in."""
        try:
            at = await self._at(user.workspace)
        except Forbidden as error:
            raise Rejected(str(error)) from error
        if user.workspace != at.me.team:
            raise Rejected(f"the bot is in the workspace {at.me.team}, not in {user.workspace}")
        channel = await at.agent.open_dm(user)
        return ref_for(user.workspace, channel, "", dm=True, dm_session=self._dm_session)

    async def profile(self, user: UserRef) -> Profile:
        """Return a user's profile, read by users.info."""
        return await (await self._workspaces.get(user.workspace)).agent.profile(user)

    async def set_title(self, to: ConversationRef, title: str) -> None:
        """Set the title of the agent session."""
        await (await self._workspaces.get(to.workspace)).agent.set_title(to, title)

    async def suggest(self, to: ConversationRef, starters: Sequence[Starter]) -> None:
        """Suggest prompts in the app's messages tab."""
        await (await self._workspaces.get(to.workspace)).agent.suggest(to, starters)

    async def set_commands(self, commands: Sequence[Command]) -> None:
        """List these commands where the app's slash command is given alone. Slack registers commands with the manifest
        and not at run time, so they are given behind that one: ``/my-bot search cats``."""
        await self._inbound.set_commands(commands)

    def facts_told(self, envelope: Envelope) -> AccessFacts:
        """Return what the delivery tells of the person: of which workspace they are and, in a shared channel, whether
        they are a guest there."""
        return facts_told(envelope)

    async def facts_of(self, user: UserRef, where: ConversationRef, *, groups: Collection[str]) -> AccessFacts:
        """Return what users.info tells of a person, and which of these user groups they are in."""
        return await (await self._workspaces.get(where.workspace)).people.facts_of(user, where, groups)

    async def notify(self, to: ConversationRef, user: UserRef, text: str, *, aloud: bool = True) -> None:
        """Show a message to one user by chat.postEphemeral."""
        await tell((await self._workspaces.get(to.workspace)).api, to, user.id, text)


async def _cancel(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
