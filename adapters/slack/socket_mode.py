"""Socket Mode: the same deliveries over a websocket, for bots without a public address.

A delivery is acknowledged only after ``accept`` returned; one for which it raised is not acknowledged, and Slack sends
it again. The SDK's client maintains the connection (pings, reconnects, Slack's refresh requests).
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any, cast

import structlog
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.response import SocketModeResponse
from slack_sdk.web.async_client import AsyncWebClient

from adapters.fields import obj, text
from adapters.jsons import NotJson, loads
from adapters.slack.api import TIMEOUT, SlackHttp, quiet
from adapters.slack.errors import BAD_TOKEN, code_of, translate
from adapters.slack.inbound import Inbound, describe
from gateway.adapter import Accept, Connection
from gateway.errors import Draining, SettingsError, Unavailable

log = structlog.get_logger(__name__)

_KINDS = frozenset({"events_api", "interactive", "slash_commands"})


class Socket:
    """One Socket Mode connection."""

    def __init__(self, http: SlackHttp, inbound: Inbound, app_token: str) -> None:
        self._http = http
        self._inbound = inbound
        self._token = app_token
        self._client: SocketModeClient | None = None
        self._greeted = 0.0
        """When Slack last said hello on a new connection, in seconds since the epoch."""

    def connection(self) -> Connection:
        """Return the connection, as ``/readyz`` shows it."""
        problem = self.health()
        return Connection("socket", self._greeted if problem is None else None, problem)

    def health(self) -> str | None:
        """Return what is wrong with the connection; None if nothing is."""
        session = self._client.current_session if self._client else None
        return None if session is not None and not session.closed else "the Slack socket is not connected"

    def _web_client(self) -> AsyncWebClient:
        # No retry handlers: the default one sends again after a lost connection without looking first.
        return AsyncWebClient(
            base_url=self._http.url,
            session=self._http.session,
            timeout=int(TIMEOUT),
            retry_handlers=[],
        )

    @asynccontextmanager
    async def open(self, accept: Accept) -> AsyncIterator[None]:
        """Connect and stay connected. Raises ``SettingsError`` for an app token that can never work."""
        url = await self._first_url()
        client = _Client(app_token=self._token, web_client=self._web_client())
        # The session that the client made is replaced by the adapter's, which has the limits.
        made, client.aiohttp_client_session = client.aiohttp_client_session, self._http.session
        await made.close()
        client.wss_uri = url

        async def listener(_: AsyncBaseSocketModeClient, envelope: dict[str, Any], __: str | None = None) -> None:
            await self._receive(client, envelope, accept)

        client.message_listeners.append(listener)
        self._client = client
        # Connecting retries for as long as Slack cannot be reached; the bot starts meanwhile.
        connecting: asyncio.Task[None] = asyncio.create_task(client.connect())  # type: ignore[no-untyped-call]
        try:
            if url is not None:
                await asyncio.wait({connecting}, timeout=10)
            yield
        finally:
            self._client = None
            connecting.cancel()
            with suppress(asyncio.CancelledError):
                await connecting
            await self._close(client)

    async def _close(self, client: SocketModeClient) -> None:
        client.closed, client.auto_reconnect_enabled = True, False
        if client.current_session is not None:
            await client.current_session.close()
        others = (client.current_session_monitor, client.message_receiver)
        waiting = [client.message_processor, *(task for task in others if task is not None)]
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)

    async def _first_url(self) -> str | None:
        """Call apps.connections.open once without the SDK, to tell a wrong token from a network that is down."""
        try:
            opened = await self._web_client().apps_connections_open(app_token=self._token)
        except Exception as error:
            if code_of(error) in BAD_TOKEN | {"missing_scope"}:
                raise SettingsError(
                    f"SLACK_APP_TOKEN: Slack says {code_of(error)}; make an app-level token (xapp-...) with the scope "
                    "connections:write under Basic Information"
                ) from None
            failure = translate(error, "apps.connections.open")
            if not isinstance(failure, Unavailable):
                log.warning("slack.socket", error=quiet(failure))
            return None
        return str(opened["url"])

    async def _receive(self, client: SocketModeClient, envelope: dict[str, Any], accept: Accept) -> None:
        envelope_id = text(envelope, "envelope_id")
        if not envelope_id:
            if text(envelope, "type") == "hello":
                self._greeted = time.time()
            return  # such frames ask for nothing
        kind, payload = text(envelope, "type"), obj(envelope, "payload")
        if kind not in _KINDS or not payload:
            # It cannot be read, now or when it is sent again.
            log.info("slack.socket_ignored", kind=kind[:80])
            await client.send_socket_mode_response(SocketModeResponse(envelope_id))
            return
        try:
            reply = await self._inbound.handle(payload, accept)
        except Draining:
            return
        except Exception:
            # The last resort: not durable, so not acknowledged, so Slack sends it again.
            log.exception("slack.not_accepted", kind=describe(payload))
            return
        answer = dict(reply.payload) if reply.payload is not None else None
        await client.send_socket_mode_response(SocketModeResponse(envelope_id, answer))


class _Client(SocketModeClient):
    """The SDK's client, changed in how it reads frames: an unreadable frame is skipped and costs neither the connection
    nor a traceback; half of a surrogate pair costs that character."""

    def __init__(self, *, app_token: str, web_client: AsyncWebClient) -> None:
        super().__init__(app_token=app_token, web_client=web_client)
        self._running: set[asyncio.Task[None]] = set()

    async def process_message(self) -> None:
        """Handle the next frame of the connection."""
        raw: str | None = await self.message_queue.get()
        if not raw:
            return
        try:
            frame = loads(raw)
        except NotJson as error:
            log.warning("slack.frame_unreadable", error=str(error), size=len(raw))
            return
        if not isinstance(frame, dict):
            log.warning("slack.frame_unreadable", error="no JSON object", size=len(raw))
            return
        # Referenced until it ends: the event loop holds only a weak reference to a task.
        task = asyncio.create_task(self.run_message_listeners(cast("dict[str, Any]", frame), raw))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
