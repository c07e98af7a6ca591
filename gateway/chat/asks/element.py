"""The ask to fill in, or to confirm, what an element shows."""

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from gateway.chat.asks.base import Again, AskBase, question_id, who_answered
from gateway.chat.asks.fields import Filled
from gateway.chat.elements.custom import CustomElement, card_of
from gateway.model import ActionInvoked, Button, FormSubmitted, Outgoing, from_json
from gateway.runtime import tokens
from gateway.runtime.asks import AskKind
from gateway.runtime.element_form import ElementForm
from gateway.runtime.journal import Effect
from gateway.runtime.posting import Posting
from gateway.runtime.tokens import AskToken, ElementToken
from gateway.runtime.turn import Turn

AskElementResponse = dict[str, Any]
"""What a person submitted: ``submitted`` says whether they did (False: they cancelled), beside it are the properties
with what the person changed."""


class AskElementMessage(AskBase[AskElementResponse]):
    """Ask to fill in or to confirm what a custom element shows: a card with *Fill in*, *Submit* and *Cancel*. The
    answer is a dict with ``submitted`` and, unless the person cancelled, the properties as the person left them.

    The form has a field for each property that is a text, a number or a truth value. Where ``props["fields"]`` is a
    list of ``{"id", "label", "type", "options", "value", "required"}``, the form has these fields instead, and the
    answer their values.

    Args:
        content: The question, as Markdown.
        element: The element to show.
        author: The name shown instead of the bot's own, where the platform can.
        timeout: Seconds to wait for the answer; None waits without an end, over restarts too.
        raise_on_timeout: Whether ``send()`` raises ``TimeoutError`` when nobody answers in time; else it returns None.
        anyone: Whether somebody other than the person this turn is for may answer (in a shared thread).

    Raises:
        TypeError: ``element`` is no ``CustomElement``.
        ValueError: A field is wrong, or ``timeout`` is not more than 0.
    """

    kind: ClassVar[AskKind] = "element"

    def __init__(
        self,
        content: str,
        element: CustomElement,
        author: str | None = None,
        timeout: float | None = 90,
        raise_on_timeout: bool = False,
        anyone: bool = False,
    ) -> None:
        super().__init__(content, author, timeout, raise_on_timeout, anyone)
        if not isinstance(element, CustomElement):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise TypeError(f"AskElementMessage needs a CustomElement, not a {type(element).__name__}")
        self.element = element
        self._filled(None)

    def _filled(self, effect: Effect | None) -> Filled:
        """Return the element as the person has filled it in so far."""
        return Filled.of(self.element.props, {} if effect is None else effect.body.get("props", {}))

    async def _question(self, turn: Turn, effect: Effect) -> Outgoing:
        limits, filled = turn.sender.capabilities(turn.ref), self._filled(effect)
        buttons: list[Button] = []

        async def button(token: ElementToken | AskToken, label: str, style: Literal["default", "primary"]) -> None:
            packed = await tokens.write(
                token, conversation=turn.ref.key, limit=limits.token_room, store=turn.services.store
            )
            opens = isinstance(token, ElementToken)
            buttons.append(Button(token=packed, label=label, style=style, opens_form=opens))

        pages = filled.form.pages(limits) if limits.forms else []
        for number, page in enumerate(pages, 1):
            label = "Fill in" if len(pages) == 1 else f"Fill in {number}/{len(pages)}"
            delivery, whole = turn.delivery.key, len(pages) == 1
            token = page.token(delivery=delivery, ordinal=effect.ordinal, title=label, whole=whole)
            await button(token, label, "default")
        for index, (name, label) in enumerate((("submit", "Submit"), ("cancel", "Cancel"))):
            if name == "submit" and pages and filled.form.missing():
                continue
            answer = AskToken(delivery=turn.delivery.key, ordinal=effect.ordinal, index=index, name=name)
            await button(answer, label, "primary" if name == "submit" else "default")
        return Outgoing(
            text=self.content,
            author=self.author,
            cards=(card_of(self.element.name, filled.shown()),),
            buttons=tuple(buttons),
        )

    async def _result(self, turn: Turn, effect: Effect, answer: Mapping[str, Any]) -> AskElementResponse:
        if answer["kind"] != "form_submitted":
            return await self._pressed(turn, effect, from_json(ActionInvoked, answer))
        event = from_json(FormSubmitted, answer)
        token = await tokens.read(event.token, turn.services.store, conversation=turn.ref.key)
        if not isinstance(token, ElementToken):
            raise Again("That form is not available any more.")
        values, errors = ElementForm.of(token).read(event.values, turn.sender.capabilities(turn.ref))
        if errors:
            raise Again("Please fill it in again. " + "; ".join(errors.values()))
        effect.body["props"] = {**effect.body.get("props", {}), **values}
        if not token.whole:
            raise Again  # a page of several: it is kept, and the person goes on
        return {**self._filled(effect).values(), "submitted": True}

    async def _pressed(self, turn: Turn, effect: Effect, event: ActionInvoked) -> AskElementResponse:
        token = await tokens.read(event.token, turn.services.store, conversation=turn.ref.key)
        if not isinstance(token, AskToken) or token.name == "cancel":
            return {"submitted": False}
        filled = self._filled(effect)
        if turn.sender.capabilities(turn.ref).forms and (missing := filled.form.missing()):
            raise Again(f"Please fill in first: {', '.join(missing)}.")
        return {**filled.values(), "submitted": True}

    def _words(self, result: AskElementResponse) -> str:
        if not result["submitted"]:
            return "Cancelled"
        return ", ".join(f"{key}: {value}" for key, value in result.items() if key != "submitted") or "Submitted"

    async def _keep_shown(self, turn: Turn, effect: Effect) -> None:
        filled = CustomElement(
            self.element.name,
            props={**self.element.props, **effect.body.get("props", {})},
            display=self.element.display,
            id=self.element.id,
            thread_id=turn.thread_id,
        )
        self.element.for_id = question_id(turn, effect)
        await filled.keep(turn, self.element.for_id)

    async def _show_again(self, turn: Turn, effect: Effect, posting: Posting) -> None:
        await posting.put(await self._question(turn, effect))

    async def _answered(
        self, turn: Turn, posting: Posting, result: AskElementResponse, answer: Mapping[str, Any]
    ) -> None:
        await self._keep_shown(turn, posting.effect)
        done = "Submitted" if result["submitted"] else "Cancelled"
        await self._close(turn, posting, f"**{done}** by {await who_answered(turn, answer)}")

    async def _close(self, turn: Turn, posting: Posting, note: str) -> None:
        card = card_of(self.element.name, self._filled(posting.effect).shown())
        text = f"{self.content}\n\n{note}".strip()
        await posting.put(Outgoing(text=text, author=self.author, cards=(card,)))
