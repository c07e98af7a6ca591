"""Opens the chats of the bot with single people. The connector of a tenant is known from what came from there."""

import time
from typing import Any

import structlog

from adapters.fields import text
from adapters.teams.transport import Transport
from gateway.adapter import KeyValueStore
from gateway.errors import Gone, Rejected
from gateway.model import ConversationRef, UserRef

_TENANTS = 1_000
"""Tenants whose connector is remembered in the process; the store knows the others."""
_DAY = 86_400.0
"""Seconds after which the connector of a tenant is stored again, because values that nobody writes are forgotten."""

log = structlog.get_logger(__name__)


class DirectChats:
    """Opens chats with single people, in tenants that something came from before."""

    def __init__(self, transport: Transport, store: KeyValueStore | None) -> None:
        self._transport = transport
        self._store = store
        self._known: dict[str, tuple[dict[str, str], float]] = {}
        """The connector and the bot's own id there, and when they were stored (epoch seconds), by tenant."""

    async def saw(self, ref: ConversationRef) -> None:
        """Remember the connector that something came from."""
        told: dict[str, str] = {name: ref.route[name] for name in ("service", "bot") if name in ref.route}
        known, at = self._known.get(ref.workspace, (None, 0.0))
        if len(told) < 2 or (told == known and time.time() - at < _DAY) or len(self._known) >= _TENANTS:
            return
        self._known[ref.workspace] = told, time.time()
        if self._store is None:
            return
        try:
            await self._store.keep(_name(ref.workspace), told)
        except Exception:
            # Ignored: it is needed only to write to people first, and the delivery is stored by itself.
            log.exception("teams.connector_not_kept", tenant=ref.workspace)

    async def open(self, user: UserRef) -> ConversationRef:
        """Return the chat with a person. Raises ``Rejected`` for a tenant that nothing came from yet and for somebody
        who is not in it, ``Gone`` where the app is not installed for the person."""
        route = await self._route(user.workspace)
        if route is None:
            raise Rejected(f"nothing was heard from the tenant {user.workspace} yet: its connector is not known")
        to = ConversationRef(platform="teams", workspace=user.workspace, channel="", kind="dm", route=route)
        wanted: dict[str, Any] = {
            "bot": {"id": route["bot"]},
            "members": [{"id": user.id}],
            "isGroup": False,
            "tenantId": user.workspace,
            "channelData": {"tenant": {"id": user.workspace}},
        }
        made = await self._transport.create(to, wanted)
        if not text(made, "id"):
            raise Gone("Teams opened no chat")
        route = {**route, "service": text(made, "serviceUrl") or route["service"], "user": user.id}
        return ConversationRef(
            platform="teams", workspace=user.workspace, channel=text(made, "id"), kind="dm", route=route
        )

    async def _route(self, tenant: str) -> dict[str, str] | None:
        if tenant in self._known:
            return self._known[tenant][0]
        kept = await self._store.recall(_name(tenant)) if self._store is not None else None
        told = {name: text(dict(kept or {}), name) for name in ("service", "bot")}
        return told if all(told.values()) else None


def _name(tenant: str) -> str:
    return f"teams.connector.{tenant}"
