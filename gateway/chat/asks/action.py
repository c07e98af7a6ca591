"""The ask to pick one of several buttons."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, TypedDict

from gateway.chat.actions import Action
from gateway.chat.asks.base import Again, AskBase
from gateway.model import ActionInvoked, Button, Outgoing, from_json
from gateway.runtime import tokens
from gateway.runtime.asks import AskKind
from gateway.runtime.journal import Effect
from gateway.runtime.posting import Posting
from gateway.runtime.tokens import AskToken
from gateway.runtime.turn import Turn


class AskActionResponse(TypedDict):
    """The action a user picked; ``forId`` is the platform's id of the question."""

    name: str
    payload: dict[str, Any]
    label: str
    tooltip: str
    forId: str
    id: str


class AskActionMessage(AskBase[AskActionResponse]):
    """Ask to pick one of several buttons; the answer is a dict with the ``name``, ``payload`` and ``label`` of the
    action.

    Args:
        content: The question, as Markdown.
        actions: The buttons to choose from.
        author: The name shown instead of the bot's own, where the platform can.
        timeout: Seconds to wait for the answer.
        raise_on_timeout: Whether ``send()`` raises ``TimeoutError`` when nobody answers in time; else it returns None.
        anyone: Whether somebody other than the person this turn is for may answer (in a shared thread).
    """

    kind: ClassVar[AskKind] = "action"

    def __init__(
        self,
        content: str,
        actions: Sequence[Action],
        author: str | None = None,
        timeout: float = 90,
        raise_on_timeout: bool = False,
        anyone: bool = False,
    ) -> None:
        super().__init__(content, author, timeout, raise_on_timeout, anyone)
        self.actions = list(actions)

    async def _question(self, turn: Turn, effect: Effect) -> Outgoing:
        limit = turn.sender.capabilities(turn.ref).token_room
        buttons: list[Button] = []
        for index, action in enumerate(self.actions):
            token = AskToken(delivery=turn.delivery.key, ordinal=effect.ordinal, index=index, name=action.name)
            packed = await tokens.write(token, conversation=turn.ref.key, limit=limit, store=turn.services.store)
            buttons.append(Button(token=packed, label=action.text, tooltip=action.tooltip))
        return Outgoing(text=self.content, author=self.author, buttons=tuple(buttons))

    async def _result(self, turn: Turn, answer: Mapping[str, Any]) -> AskActionResponse:
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

    async def _answered(self, turn: Turn, posting: Posting, result: AskActionResponse | None) -> None:
        if result is not None:
            await self._close(turn, posting, f"**Selected:** {result['label'] or result['name']}")

    async def _close(self, turn: Turn, posting: Posting, note: str) -> None:
        await posting.put(Outgoing(text=f"{self.content}\n\n{note}", author=self.author))
