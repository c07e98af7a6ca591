"""Interactions under way: what the bot receives, how long it has, and what it answered.

https://docs.discord.com/developers/interactions/receiving-and-responding.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections import OrderedDict, deque
from dataclasses import dataclass, field
from typing import Literal

from gateway.emulators.common.values import JSON
from gateway.emulators.discord import wire
from gateway.emulators.discord.backend import Backend
from gateway.emulators.discord.permissions import Permission
from gateway.emulators.discord.state import Channel, Message, User
from gateway.emulators.discord.values import MAX_FILE_BYTES

MAX_INTERACTIONS = 5_000
"""Interactions kept; the tokens of the oldest become unknown first."""
MAX_MODALS = 500
"""Open forms kept; the oldest are forgotten first."""
COMMAND, COMPONENT, MODAL = 2, 3, 5
"""Interaction types (Discord's guide on receiving and responding)."""

Answer = Literal["message", "deferred", "update", "deferred_update", "modal", "failed", "invalid"]
"""What an interaction led to; ``InteractionResult`` describes each."""

FAILED = "This interaction failed"
"""What Discord shows when the bot does not answer a component."""
NO_RESPONSE = "The application did not respond"
"""What Discord shows when the bot does not answer a command."""
MODAL_FAILED = "Something went wrong. Try again."
"""What Discord shows when the bot does not answer a submitted form."""


@dataclass(slots=True, frozen=True)
class InteractionResult:
    """What a person sees of an interaction.

    ``kind`` is ``message`` (an answer, ``message_id``), ``deferred`` (the bot is thinking, in ``message_id``),
    ``update`` and ``deferred_update`` (the message itself changed, or will), ``modal`` (a form opened, ``modal_id``),
    ``failed`` (``error`` is what Discord shows) or ``invalid`` (a form that cannot be submitted like this; ``errors``
    by custom id).
    """

    kind: Answer
    interaction_id: str = ""
    message_id: str | None = None
    modal_id: str | None = None
    error: str | None = None
    errors: JSON = field(default_factory=dict[str, object])

    @property
    def ok(self) -> bool:
        """Whether the bot answered."""
        return self.kind not in ("failed", "invalid")


@dataclass(slots=True)
class Interaction:
    """An interaction sent to the bot. ``at`` is its monotonic time, ``dead`` is set when the bot answered too late."""

    id: str
    token: str
    type: int
    user: User
    channel: Channel
    data: JSON
    at: float
    outcome: asyncio.Future[InteractionResult]
    message: Message | None = None
    """The message whose component was used, or from which the form was opened."""
    opener: Interaction | None = None
    """The interaction that opened the form this one submits."""
    answer: Answer | None = None
    dead: bool = False
    response_id: str | None = None
    """The message that ``@original`` refers to."""
    loading: bool = False

    @property
    def component_based(self) -> bool:
        """Whether a component of a message was used, directly or to open the submitted form."""
        return self.message is not None

    @property
    def command(self) -> str | None:
        """The name of the command, or None when the interaction is not a command."""
        return str(self.data["name"]) if self.type == COMMAND else None


@dataclass(slots=True, frozen=True)
class Modal:
    """A form open before a person. ``id`` is that of the interaction it answered."""

    id: str
    user_id: str
    wire: JSON
    opener: Interaction


class Interactions:
    """Sends interactions to the bot and keeps them. ``deadline`` is the seconds until the first answer,
    ``token_seconds`` how long a token is valid."""

    def __init__(self, backend: Backend, *, deadline: float, token_seconds: float) -> None:
        self.deadline = deadline
        self.token_seconds = token_seconds
        self.errors: deque[str] = deque(maxlen=1_000)
        """The errors people were shown because the bot did not answer well."""
        self.modals: OrderedDict[str, Modal] = OrderedDict()
        self._backend = backend
        self._by_token: OrderedDict[str, Interaction] = OrderedDict()

    def find(self, token: str) -> Interaction | None:
        """Return the interaction of a token, or None."""
        return self._by_token.get(token)

    async def send(
        self,
        kind: int,
        user: User,
        channel: Channel,
        data: JSON,
        *,
        message: Message | None = None,
        opener: Interaction | None = None,
    ) -> InteractionResult:
        """Send an interaction to the bot and wait for its first answer, up to the deadline."""
        world = self._backend.world
        interaction = Interaction(
            id=world.ids.next(),
            token=f"aW50{secrets.token_urlsafe(96)}",
            type=kind,
            user=user,
            channel=channel,
            data=data,
            at=time.monotonic(),
            outcome=asyncio.get_running_loop().create_future(),
            message=message,
            opener=opener,
        )
        self._by_token[interaction.token] = interaction
        if len(self._by_token) > MAX_INTERACTIONS:
            self._by_token.popitem(last=False)
        self._backend.gateway.dispatch("INTERACTION_CREATE", self._wire(interaction), guild_id=channel.guild_id)
        try:
            async with asyncio.timeout(self.deadline):
                return await interaction.outcome
        except TimeoutError:
            interaction.dead = True
            error = {COMMAND: NO_RESPONSE, COMPONENT: FAILED, MODAL: MODAL_FAILED}[kind]
            self.errors.append(error)
            self._backend.observers.changed()
            return InteractionResult("failed", interaction.id, error=error)

    def resolve(self, interaction: Interaction, result: InteractionResult) -> None:
        """Record the bot's first answer."""
        interaction.answer = result.kind
        if not interaction.outcome.done():
            interaction.outcome.set_result(result)
        self._backend.observers.changed()

    def open_modal(self, interaction: Interaction, form: JSON) -> None:
        """Open a form before the person."""
        self.modals[interaction.id] = Modal(interaction.id, interaction.user.id, form, interaction)
        if len(self.modals) > MAX_MODALS:
            self.modals.popitem(last=False)
        self.show_modal(interaction.id)

    def close_modal(self, modal_id: str) -> None:
        """Close a form, if it is open."""
        if self.modals.pop(modal_id, None) is not None:
            self.show_modal(modal_id)

    def show_modal(self, modal_id: str) -> None:
        """Notify the observers of a form's present state."""
        self._backend.observers.changed()
        if self._backend.observers.watched:
            modal = self.modals.get(modal_id)
            shown = None if modal is None else {**modal.wire, "user": modal.user_id}
            entry = {"type": "change", "entity": "modal", "modal_id": modal_id, "modal": shown}
            self._backend.observers.publish(entry)

    def metadata(self, interaction: Interaction) -> JSON:
        """Return the ``interaction_metadata`` of a message that answers this interaction."""
        out: JSON = {
            "id": interaction.id,
            "type": interaction.type,
            "user": wire.user(interaction.user),
            "authorizing_integration_owners": _owners(interaction),
        }
        if interaction.type == COMMAND:
            out |= {"name": interaction.command, "command_type": 1}
        elif interaction.type == COMPONENT and interaction.message is not None:
            out["interacted_message_id"] = interaction.message.id
        elif interaction.opener is not None:
            out["triggering_interaction_metadata"] = self.metadata(interaction.opener)
        return out

    def _wire(self, interaction: Interaction) -> JSON:
        """Return the payload of INTERACTION_CREATE."""
        backend, channel, user = self._backend, interaction.channel, interaction.user
        guild = backend.world.guild_of(channel)
        app_permissions = backend.bot_may(channel)
        out: JSON = {
            "id": interaction.id,
            "application_id": backend.world.application_id,
            "type": interaction.type,
            "data": interaction.data,
            "channel_id": channel.id,
            "channel": wire.channel(backend.world, channel),
            "token": interaction.token,
            "version": 1,
            "app_permissions": str(int(app_permissions)),
            "locale": wire.LOCALE,
            "entitlements": [],
            "entitlement_sku_ids": [],
            "authorizing_integration_owners": _owners(interaction),
            "context": 0 if guild is not None else 1,
            "attachment_size_limit": MAX_FILE_BYTES,
        }
        if interaction.message is not None:
            out["message"] = wire.message(backend.world, interaction.message)
        if guild is None:
            allowed = Permission.ATTACH_FILES | Permission.EMBED_LINKS | Permission.MENTION_EVERYONE
            out["app_permissions"] = str(int(allowed | Permission.USE_EXTERNAL_EMOJIS))
            return {**out, "user": wire.user(user)}
        may = str(int(backend.may(user.id, channel)))
        out["channel"] = {**out["channel"], "permissions": may}
        return {
            **out,
            "guild_id": guild.id,
            "guild": {"id": guild.id, "locale": wire.LOCALE, "features": []},
            "guild_locale": wire.LOCALE,
            "member": {**wire.member(guild.members[user.id]), "permissions": may},
        }


def _owners(interaction: Interaction) -> JSON:
    return {"0": interaction.channel.guild_id or "0"}
