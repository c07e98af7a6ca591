"""The routes by which a bot answers interactions: the callback, and messages by the interaction's token.

https://docs.discord.com/developers/interactions/receiving-and-responding#endpoints.
"""

import time
from typing import Any

from gateway.emulators.common.values import JSON
from gateway.emulators.discord import mentions, modals, threads, wire
from gateway.emulators.discord.backend import Backend
from gateway.emulators.discord.checker import Checker
from gateway.emulators.discord.compose import Composer
from gateway.emulators.discord.errors import ApiError, invalid
from gateway.emulators.discord.interactions import COMMAND, MODAL, Answer, Interaction, InteractionResult, Interactions
from gateway.emulators.discord.requests import Request
from gateway.emulators.discord.state import Message
from gateway.emulators.discord.values import Flag, MessageType

_ON_ANSWER = (
    Flag.SUPPRESS_EMBEDS | Flag.EPHEMERAL | Flag.IS_COMPONENTS_V2 | Flag.IS_VOICE_MESSAGE | Flag.SUPPRESS_NOTIFICATIONS
)
_ON_EDIT = Flag.SUPPRESS_EMBEDS | Flag.IS_COMPONENTS_V2


class Callbacks:
    """Answers the routes of interactions, none of which needs the bot's token."""

    def __init__(self, backend: Backend, interactions: Interactions) -> None:
        self._backend = backend
        self._interactions = interactions

    # -- the first answer

    def respond(self, request: Request) -> JSON | None:
        """Answer the callback route: the bot's first answer to an interaction."""
        interaction = self._interactions.find(request.params["token"])
        if interaction is None or interaction.id != request.params["interaction_id"] or interaction.dead:
            raise ApiError.of(10062)
        if interaction.answer is not None:
            raise ApiError.of(40060)
        if time.monotonic() - interaction.at > self._interactions.deadline:
            raise ApiError.of(10062)
        self._there(interaction)
        kind = request.form.get("type")
        allowed = _answers(interaction)
        if kind not in allowed or isinstance(kind, bool):
            choices = "{" + ", ".join(map(str, allowed)) + "}"
            raise invalid(("type",), "BASE_TYPE_CHOICES", f"Value must be one of {choices}.")
        result = self._answer(interaction, int(kind), request)
        self._interactions.resolve(interaction, result)
        return self._resource(interaction, int(kind), result) if request.flag("with_response") else None

    def _answer(self, interaction: Interaction, kind: int, request: Request) -> InteractionResult:
        given = request.form.get("data")
        data: JSON = given if isinstance(given, dict) else {}
        if kind == 9:
            checker = Checker(("data",))
            form = modals.check(data, checker)
            checker.errors.raise_any()
            self._interactions.open_modal(interaction, form)
            return InteractionResult("modal", interaction.id, modal_id=interaction.id)
        if kind == 6:
            interaction.response_id = interaction.message.id if interaction.message is not None else None
            return InteractionResult("deferred_update", interaction.id, message_id=interaction.response_id)
        if kind == 7:
            return self._update(interaction, data, request)
        message = self._new(interaction)
        if kind == 5:
            asked = data.get("flags") if isinstance(data.get("flags"), int) else 0
            message.flags = int(Flag.LOADING) | (asked or 0) & int(Flag.EPHEMERAL)
            interaction.loading = True
        else:
            self._fill(message, data, request, prefix=True, settable=_ON_ANSWER)
        self._say(interaction, message)
        interaction.response_id = message.id
        answer: Answer = "deferred" if kind == 5 else "message"
        return InteractionResult(answer, interaction.id, message_id=message.id)

    def _update(self, interaction: Interaction, data: JSON, request: Request) -> InteractionResult:
        """Change the message that the component belongs to."""
        message = interaction.message
        if message is None or self._message(interaction, message.id) is None:
            raise ApiError.of(10008)
        self._fill(message, data, request, prefix=True, settable=_ON_EDIT)
        self._backend.update(message)
        interaction.response_id = message.id
        return InteractionResult("update", interaction.id, message_id=message.id)

    def _resource(self, interaction: Interaction, kind: int, result: InteractionResult) -> JSON:
        about: JSON = {"id": interaction.id, "type": interaction.type}
        resource: JSON = {"type": kind}
        message = self._message(interaction, str(result.message_id))
        if message is not None:
            about |= {
                "response_message_id": message.id,
                "response_message_loading": message.loading,
                "response_message_ephemeral": message.ephemeral_for is not None,
            }
            if kind in (4, 7):
                resource["message"] = wire.message(self._backend.world, message)
        return {"interaction": about, "resource": resource}

    # -- messages by token

    def followup(self, request: Request) -> JSON:
        """Answer the creation of a followup message. Directly after a deferred answer it fills in that answer
        (Discord's older way)."""
        interaction = self._live(request)
        if interaction.loading:
            return self._edit(interaction, str(interaction.response_id), request)
        message = self._new(interaction)
        self._fill(message, request.form, request, prefix=False, settable=_ON_ANSWER)
        if interaction.response_id is not None and message.interaction is not None:
            message.interaction["original_response_message_id"] = interaction.response_id
        self._say(interaction, message)
        return wire.message(self._backend.world, message)

    def get(self, request: Request) -> JSON:
        """Answer the request for an interaction's message."""
        _, message = self._found(request)
        return wire.message(self._backend.world, message)

    def edit(self, request: Request) -> JSON:
        """Answer the edit of an interaction's message."""
        interaction, message = self._found(request)
        return self._edit(interaction, message.id, request)

    def delete(self, request: Request) -> None:
        """Answer the deletion of an interaction's message."""
        interaction, message = self._found(request)
        self._backend.delete(interaction.channel, message)
        interaction.loading = interaction.loading and message.id != interaction.response_id

    # -- internals

    def _live(self, request: Request) -> Interaction:
        """Return the interaction of a token. Raises ``ApiError`` when it was not answered yet or is over."""
        if request.params["application_id"] != self._backend.world.application_id:
            raise ApiError.of(10015)
        interaction = self._interactions.find(request.params["token"])
        if interaction is None or (not interaction.dead and interaction.answer is None):
            raise ApiError.of(10015)
        if interaction.dead or time.monotonic() - interaction.at > self._interactions.token_seconds:
            raise ApiError.of(50027)
        self._there(interaction)
        return interaction

    def _there(self, interaction: Interaction) -> None:
        """Raise Discord's 10003 when the interaction's channel was deleted in the meantime."""
        if interaction.channel.id not in self._backend.world.channels:
            raise ApiError.of(10003)

    def _found(self, request: Request) -> tuple[Interaction, Message]:
        interaction = self._live(request)
        wanted = request.params.get("message_id", "@original")
        wanted = str(interaction.response_id) if wanted == "@original" else wanted
        message = self._message(interaction, wanted)
        mine = message is not None and message.interaction is not None and message.interaction["id"] == interaction.id
        if message is None or not (mine or wanted == interaction.response_id):
            raise ApiError.of(10008)
        return interaction, message

    def _message(self, interaction: Interaction, message_id: str) -> Message | None:
        return interaction.channel.messages.get(message_id)

    def _edit(self, interaction: Interaction, message_id: str, request: Request) -> JSON:
        message = self._message(interaction, message_id)
        if message is None:
            raise ApiError.of(10008)
        first = message.loading
        self._fill(message, request.form, request, prefix=False, settable=_ON_EDIT)
        message.flags &= ~int(Flag.LOADING)
        interaction.loading = interaction.loading and not first
        self._backend.update(message, edited=not first)
        return wire.message(self._backend.world, message)

    def _fill(self, message: Message, form: JSON, request: Request, *, prefix: bool, settable: Flag) -> None:
        channel = self._backend.world.channels[message.channel_id]
        composer = Composer(
            self._backend, channel, settable=settable, prefix=("data",) if prefix else (), by_token=True
        )
        composer.fill(message, form, request.files, default=mentions.USERS_ONLY)

    def _new(self, interaction: Interaction) -> Message:
        """Return a new message that answers an interaction."""
        world = self._backend.world
        message = Message(world.ids.next(), interaction.channel.id, world.bot.id)
        message.interaction = self._interactions.metadata(interaction)
        if interaction.type == COMMAND and interaction.answer is None:
            message.type, message.command = MessageType.CHAT_INPUT_COMMAND, interaction.command
        elif interaction.answer is not None and interaction.response_id is not None:
            self._refer(message, self._message(interaction, interaction.response_id))
        elif interaction.message is not None:
            self._refer(message, interaction.message)
        return message

    def _refer(self, message: Message, to: Message | None) -> None:
        if to is not None:
            message.type, message.reference = MessageType.REPLY, self._backend.reference(to)

    def _say(self, interaction: Interaction, message: Message) -> None:
        if message.flags & Flag.EPHEMERAL:
            message.ephemeral_for = interaction.user.id
            for file in message.files:
                file.ephemeral = True
        threads.say(self._backend, interaction.channel, message)


def _answers(interaction: Interaction) -> tuple[int, ...]:
    """Return the callback types this interaction accepts."""
    out: tuple[Any, ...] = (4, 5)
    if interaction.component_based:
        out += (6, 7)
    return out if interaction.type == MODAL else (*out, 9)
