"""The ask to pick one of several actions, with buttons or a menu."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, TypedDict

from gateway.chat.actions import Action
from gateway.chat.asks.base import Again, AskBase, who_answered
from gateway.egress.degrade import literal
from gateway.model import ActionInvoked, Button, Menu, MenuOption, Outgoing, from_json
from gateway.runtime import tokens
from gateway.runtime.asks import AskKind
from gateway.runtime.journal import Effect
from gateway.runtime.posting import Posting
from gateway.runtime.tokens import AskToken
from gateway.runtime.turn import Turn

BUTTONS = 5
"""Actions up to which there is a button for each; more are the options of a menu."""


class AskActionResponse(TypedDict):
    """The action a user picked; ``forId`` is the platform's id of the question."""

    name: str
    payload: dict[str, Any]
    label: str
    tooltip: str
    forId: str
    id: str


class AskActionMessage(AskBase[AskActionResponse]):
    """Ask to pick one of several actions; the answer is a dict with the ``name``, ``payload`` and ``label`` of the
    action. Up to five actions are buttons, more are a menu where the platform has menus.

    Args:
        content: The question, as Markdown.
        actions: The actions to choose from.
        author: The name shown instead of the bot's own, where the platform can.
        timeout: Seconds to wait for the answer; None waits without an end, over restarts too.
        raise_on_timeout: Whether ``send()`` raises ``TimeoutError`` when nobody answers in time; else it returns None.
        anyone: Whether somebody other than the person this turn is for may answer (in a shared thread).

    Raises:
        ValueError: There is no action, or ``timeout`` is not more than 0.
    """

    kind: ClassVar[AskKind] = "action"

    def __init__(
        self,
        content: str,
        actions: Sequence[Action],
        author: str | None = None,
        timeout: float | None = 90,
        raise_on_timeout: bool = False,
        anyone: bool = False,
    ) -> None:
        super().__init__(content, author, timeout, raise_on_timeout, anyone)
        self.actions = list(actions)
        if not self.actions:
            raise ValueError("AskActionMessage needs at least one action: nobody could answer without")

    async def _question(self, turn: Turn, effect: Effect) -> Outgoing:
        limits = turn.sender.capabilities(turn.ref)
        many = len(self.actions) > BUTTONS
        limit = min(limits.token_room, limits.menu_token_limit) if many else limits.token_room
        labels = [_label(action, number) for number, action in enumerate(self.actions, 1)]
        text = self.content
        if any(len(label) > limits.button_label_limit for label in labels):
            # What the platform cuts is to be read somewhere.
            text += "\n\n" + "\n".join(f"{number}. {literal(label)}" for number, label in enumerate(labels, 1))
            labels = [f"{number}. {label}" for number, label in enumerate(labels, 1)]
        options: list[MenuOption] = []
        for index, (action, label) in enumerate(zip(self.actions, labels, strict=True)):
            token = AskToken(delivery=turn.delivery.key, ordinal=effect.ordinal, index=index, name=action.name)
            packed = await tokens.write(token, conversation=turn.ref.key, limit=limit, store=turn.services.store)
            options.append(MenuOption(token=packed, label=label, description=action.tooltip))
        if many:
            return Outgoing(text=text, author=self.author, menus=(Menu(placeholder="Choose", options=tuple(options)),))
        buttons = tuple(Button(token=each.token, label=each.label, tooltip=each.description) for each in options)
        return Outgoing(text=text, author=self.author, buttons=buttons)

    async def _result(self, turn: Turn, effect: Effect, answer: Mapping[str, Any]) -> AskActionResponse:
        event = from_json(ActionInvoked, answer)
        token = await tokens.read(event.token, turn.services.store, conversation=turn.ref.key)
        action = self._picked(token) if isinstance(token, AskToken) else None
        if action is None:
            raise Again("That choice is not available any more.")
        return AskActionResponse(
            name=action.name,
            payload=action.payload,
            label=action.label,
            tooltip=action.tooltip,
            forId=event.message_id or "",
            id=action.id,
        )

    def _picked(self, token: AskToken) -> Action | None:
        """Return the action at the place the token names if it still has that name, else the first one of the name."""
        if token.index < len(self.actions) and self.actions[token.index].name == token.name:
            return self.actions[token.index]
        return next((action for action in self.actions if action.name == token.name), None)

    def _words(self, result: AskActionResponse) -> str:
        return result["label"] or result["name"]

    async def _answered(
        self, turn: Turn, posting: Posting, result: AskActionResponse, answer: Mapping[str, Any]
    ) -> None:
        number = next((n for n, action in enumerate(self.actions, 1) if action.id == result["id"]), 1)
        label = literal(_label(self.actions[number - 1], number))
        await self._close(turn, posting, f"**Selected:** {label} (by {await who_answered(turn, answer)})")


def _label(action: Action, number: int) -> str:
    """Return what the person reads of the n-th action: its label, else its name, else its number."""
    return " ".join(action.text.split()) or " ".join(action.name.split()) or f"Choice {number}"
