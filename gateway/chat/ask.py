"""Asks: a question whose answer the handler awaits, even across a restart of the bot."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Generic, TypedDict, TypeVar

from gateway.chat.action import Action
from gateway.chat.text import message_text
from gateway.model import ActionInvoked, Button, MessageCreated, Outgoing, from_json, to_json
from gateway.ports import Outcome
from gateway.runtime import tokens
from gateway.runtime.asks import Ask, AskKind
from gateway.runtime.context import require_turn
from gateway.runtime.journal import Effect
from gateway.runtime.outcome import write_outcome
from gateway.runtime.posting import Posting
from gateway.runtime.tokens import AskToken
from gateway.runtime.turn import Turn

T = TypeVar("T")


class Again(Exception):
    """The answer does not do; its text tells the user why, and the ask goes on waiting."""


class AskBase(Generic[T]):
    """What all asks share: post the question once, wait, store the answer."""

    kind: ClassVar[AskKind]

    def __init__(self, content: str, author: str | None, timeout: float, raise_on_timeout: bool, anyone: bool) -> None:
        self.content = message_text(content)
        self.author = author
        self.timeout = timeout
        """Seconds to wait."""
        self.raise_on_timeout = raise_on_timeout
        self.anyone = anyone
        """Whether somebody other than the person this turn is for may answer (in a shared thread)."""

    async def send(self) -> T | None:
        """Ask, and wait. None when nobody answered in time (or ``TimeoutError``, with ``raise_on_timeout``).

        If the bot restarts meanwhile, the handler runs again and comes back to this very question, which is not posted
        a second time.
        """
        turn = require_turn()
        turn.check()
        effect = turn.journal.begin("ask")
        posting = Posting(turn, effect)
        if "answer" in effect.body:
            turn.asks.end((turn.delivery.key, effect.ordinal))
            result = await self._settled(turn, effect.body["answer"])
            await self._answered(turn, posting, result)  # the crash may have come before it
            return result
        if "after" not in effect.body:
            # Written ahead: should we die right after posting, the re-run still knows what can be an answer.
            effect.record(after=turn.asks.latest)
            await turn.journal.flush()
        if not posting.receipts:
            announced = self._ask(turn, effect)
            turn.asks.announce(announced)
            try:
                await posting.put(await self._question(turn, effect))
                await turn.journal.flush()
            except BaseException:
                turn.asks.close(announced, used=False, over=False)
                raise
        return await self._wait(turn, effect, posting)

    def _ask(self, turn: Turn, effect: Effect) -> Ask:
        return Ask(
            kind=self.kind,
            delivery=turn.delivery.key,
            ordinal=effect.ordinal,
            asked=turn.event.user,
            anyone=self.anyone,
            after=effect.body["after"],
        )

    async def _wait(self, turn: Turn, effect: Effect, posting: Posting) -> T | None:
        while True:
            ask = self._ask(turn, effect)
            ask.messages = frozenset(receipt.id for receipt in posting.receipts)
            ask.doubtful = posting.doubtful
            used = over = False
            try:
                queued = await turn.wait(ask, self.timeout)
                if queued is None:
                    over = True
                    effect.record(answer=None)
                    await self._close(turn, posting, "⌛ No answer came in time.")
                    return self._timed_out()
                answer = to_json(queued.event)
                try:
                    result = await self._settled(turn, answer)
                except Again as problem:
                    await turn.sender.notify(turn.ref, queued.event.user, str(problem))
                    await write_outcome(turn.services.store, turn.lease, queued.key, outcome=Outcome(journal=False))
                    used = True
                    continue
                effect.body["answer"] = answer
                await turn.journal.answer(effect, answered_by=queued.key)
                used = over = True
            finally:
                turn.asks.close(ask, used=used, over=over)
            await self._answered(turn, posting, result)
            return result

    def _timed_out(self) -> T | None:
        if self.raise_on_timeout:
            raise TimeoutError("the user did not answer in time")
        return None

    async def _settled(self, turn: Turn, answer: Mapping[str, Any] | None) -> T | None:
        if answer is None:
            return self._timed_out()
        return await self._result(turn, answer)

    async def _question(self, turn: Turn, effect: Effect) -> Outgoing:
        return Outgoing(text=self.content, author=self.author)

    async def _answered(self, turn: Turn, posting: Posting, result: T | None) -> None:
        """Show on the question that it is answered."""

    async def _close(self, turn: Turn, posting: Posting, note: str) -> None:
        """Take the buttons off a question that is over."""

    async def _result(self, turn: Turn, answer: Mapping[str, Any]) -> T:
        raise NotImplementedError


class AskUserResponse(TypedDict):
    """The user's message. ``output`` and ``content`` both hold its text."""

    id: str
    type: str
    output: str
    content: str
    createdAt: float


class AskUserMessage(AskBase[AskUserResponse]):
    """Ask for a text: the user's next message in the conversation is the answer."""

    kind: ClassVar[AskKind] = "text"

    def __init__(
        self,
        content: str,
        author: str | None = None,
        type: str = "assistant_message",
        timeout: float = 60,
        raise_on_timeout: bool = False,
        anyone: bool = False,
    ) -> None:
        super().__init__(content, author, timeout, raise_on_timeout, anyone)
        self.type = type

    async def _result(self, turn: Turn, answer: Mapping[str, Any]) -> AskUserResponse:
        event = from_json(MessageCreated, answer)
        return AskUserResponse(
            id=event.message_id, type="user_message", output=event.text, content=event.text, createdAt=event.at
        )


class AskActionResponse(TypedDict):
    """The action the user picked."""

    name: str
    payload: dict[str, Any]
    label: str
    tooltip: str
    forId: str
    id: str


class AskActionMessage(AskBase[AskActionResponse]):
    """Ask to pick one of a list of actions."""

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
            packed = await tokens.write(token, conversation=turn.ref.key, limit=limit, payloads=turn.services.store)
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
        """The action by its place, where its name is still there; else the first of that name."""
        if token.index < len(self.actions) and self.actions[token.index].name == token.name:
            return self.actions[token.index]
        return next((action for action in self.actions if action.name == token.name), None)

    async def _answered(self, turn: Turn, posting: Posting, result: AskActionResponse | None) -> None:
        if result is not None:
            await self._close(turn, posting, f"**Selected:** {result['label'] or result['name']}")

    async def _close(self, turn: Turn, posting: Posting, note: str) -> None:
        await posting.put(Outgoing(text=f"{self.content}\n\n{note}", author=self.author))
