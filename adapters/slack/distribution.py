"""Builds what an app that many workspaces install needs, and runs it while the adapter is connected."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress

import structlog
from starlette.routing import Route

from adapters.slack.api import SlackHttp
from adapters.slack.install import INSTALL, InstallRoutes, Parts
from adapters.slack.install_state import InstallStates
from adapters.slack.installations import Installations
from adapters.slack.oauth import OAuth
from adapters.slack.removals import Removals
from adapters.slack.rotation import Rotation
from adapters.slack.settings import SlackSettings
from gateway.adapter import AdapterContext, BotIdentity
from gateway.errors import Fenced, GatewayError, SettingsError

log = structlog.get_logger(__name__)


class Distribution:
    """The installations of the app in many workspaces, and what changes them."""

    def __init__(
        self,
        installations: Installations,
        rotation: Rotation,
        removals: Removals,
        install: InstallRoutes,
        *,
        identity: BotIdentity | None,
    ) -> None:
        self.installations = installations
        self.rotation = rotation
        self.removals = removals
        self._install = install
        self._identity = identity
        self._encrypting: asyncio.Task[None] | None = None

    def routes(self) -> Sequence[Route]:
        """Return the routes by which people install the app."""
        return self._install.routes()

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Check that the stored tokens can be read, and encrypt with the newest key those that are not. Raises
        ``SettingsError`` where none can be read, or where they are another app's."""
        self.installations.listen()
        count, app = await self.installations.check()
        if self._identity is not None and app:
            await self._identity.confirm("slack", app)
        log.info("slack.installations", at_least=count)
        self._encrypting = encrypting = asyncio.create_task(self._encrypt_again())
        try:
            yield
        finally:
            encrypting.cancel()
            with suppress(asyncio.CancelledError):
                await encrypting

    async def _encrypt_again(self) -> None:
        try:
            done = await self.installations.encrypt_again()
        except (GatewayError, Fenced, TimeoutError) as error:
            log.warning("slack.not_encrypted_again", error=str(error)[:300])
            return
        if done:
            log.info("slack.encrypted_again", installations=done)

    def health(self) -> str | None:
        """Return which stored tokens cannot be read; None where all can."""
        unreadable = self.installations.unreadable
        if not unreadable:
            return None
        return (
            f"the tokens of {len(unreadable)} workspaces ({', '.join(sorted(unreadable)[:3])}) are encrypted with a "
            "key that is not in GATEWAY_ENCRYPTION_KEYS: put it back behind the new one"
        )


def distribution(
    settings: SlackSettings, context: AdapterContext, http: SlackHttp, *, now: Callable[[], float]
) -> Distribution | None:
    """Return what serves many workspaces; None where the settings name no client id. Raises ``SettingsError`` for what
    it lacks."""
    if settings.client_id is None or settings.client_secret is None:
        return None
    if context.cipher is None:
        raise SettingsError(
            "SLACK_CLIENT_ID needs GATEWAY_ENCRYPTION_KEYS, with which the workspaces' tokens are encrypted: "
            "`gateway keys new-encryption-key` prints a key for it"
        )
    if context.public_url is None:
        raise SettingsError("SLACK_CLIENT_ID needs GATEWAY_PUBLIC_URL, to which Slack sends people back")
    if context.documents is None:
        raise SettingsError("SLACK_CLIENT_ID needs a store for the installations")
    secret = settings.client_secret.get_secret_value()
    public_url = context.public_url.rstrip("/")
    oauth = OAuth(http, settings.client_id, secret, now=now)
    installations = Installations(context.documents, context.cipher, context.cluster)
    rotation = Rotation(installations, oauth, now=now, install_url=f"{public_url}{INSTALL}")
    states = InstallStates(secret, context.documents, now=now)
    parts = Parts(http, oauth, states, installations, rotation, context.identity, public_url)
    removals = Removals(http, installations, rotation)
    return Distribution(installations, rotation, removals, InstallRoutes(parts), identity=context.identity)
