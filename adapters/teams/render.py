"""Renders an ``Outgoing`` as an activity: as text, or as a card where it is more than words. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from adapters.teams import citations, tables
from adapters.teams.boxes import box_elements
from adapters.teams.card import Element, attachment, block, card, elements
from adapters.teams.controls import button_set, menu_elements
from adapters.teams.limits import CARD_BYTES, CITATIONS, MESSAGE_BYTES, SUGGESTIONS
from adapters.teams.markdown import safe, to_teams, with_mentions
from adapters.teams.names import CARD
from adapters.teams.plans import plan_elements, summary_of
from adapters.teams.sizes import utf16_bytes
from gateway.errors import FormPart, TooLarge
from gateway.markdown.code import fenced
from gateway.markdown.parts import Table, parts
from gateway.model import Outgoing, Starter

Activity = dict[str, Any]
"""An activity of the Bot Framework's protocol."""
_SURELY_FITS = 8_000
"""Characters up to which a text with nothing beside it is not measured."""
_SUMMARY = 200
_SPARE = 2_000
"""Bytes of a card beside its elements."""


def activity(message: Outgoing, names: Mapping[str, str], below: Sequence[str] = ()) -> Activity:
    """Return the message as an activity. ``names`` are those it may mention, by id; ``below`` are lines below its text.

    Raises ``TooLarge`` for a message that fits in no form.
    """
    text, mentions = with_mentions(_whole(message, below), names)
    rich = _is_rich(message)
    if rich or tables.has_table(text):
        made = _as_card(message, text, mentions)
        if utf16_bytes(made) <= CARD_BYTES:
            return made
        text = _flat(text)
        if rich:
            made = _as_card(message, text, mentions)
            return made if utf16_bytes(made) <= CARD_BYTES else _checked(_as_card(message, text, mentions, in_one=True))
    made = _fitting_text(message, text)
    if mentions:
        made["entities"] = [*mentions, *made.get("entities", ())]
    return made if len(text) <= _SURELY_FITS and not message.citations else _checked(made)


def final(message: Outgoing) -> Activity:
    """Return the message as the end of a stream: its text continues what was streamed, with a card with the buttons
    beside it (docs bots/streaming-ux: attachments come with the last part)."""
    made = _fitting_text(message, safe(_whole(message, ())))
    if _is_rich(message):
        made["attachments"] = [attachment(card(_below_text(message, MESSAGE_BYTES - utf16_bytes(made))))]
    return _checked(made)


def _is_rich(message: Outgoing) -> bool:
    """Return whether a message has more than words below its text."""
    return bool(message.buttons or message.menus or message.cards or message.plan)


def _below_text(message: Outgoing, room: int) -> list[Element]:
    """Return the elements below the text of a message: its cards, its plan, its buttons and its menus. The plan takes
    no more than what is left of ``room`` bytes."""
    boxes = box_elements(message.cards)
    controls = [*button_set(message.buttons), *menu_elements(message.menus)]
    room -= utf16_bytes([*boxes, *controls])
    plan = [] if message.plan is None else plan_elements(message.plan, room - _SPARE)
    return [*boxes, *plan, *controls]


def starters(given: Sequence[Starter], user: str) -> Activity:
    """Return an activity with suggested prompts. Teams shows three of them; the others are written out."""
    actions = [{"type": "imBack", "title": each.label, "value": each.message} for each in given[:SUGGESTIONS]]
    rest = "\n".join(f"- {each.message}" for each in given[SUGGESTIONS:])
    text = f"You could also ask:\n{rest}" if rest else "You could ask:"
    suggested: Activity = {"actions": actions, **({"to": [user]} if user else {})}
    return {"type": "message", "textFormat": "markdown", "text": safe(text), "suggestedActions": suggested}


def _whole(message: Outgoing, below: Sequence[str]) -> str:
    """Return the text with what comes above and below it. A bot has one name in Teams, so another author's name is a
    line."""
    text = message.text
    more = citations.listed(message.citations, first=CITATIONS + 1)
    parts = [f"**{message.author}**" if message.author else "", text, *below, more]
    return "\n\n".join(part for part in parts if part) if message.author or below or more else text


def _fitting_text(message: Outgoing, text: str) -> Activity:
    """Return the message as text; its lines are kept apart only where there is room for the marks that do it."""
    made = _as_text(message, text)
    fits = len(text) <= _SURELY_FITS or utf16_bytes(made) <= MESSAGE_BYTES
    return made if fits else _as_text(message, text, apart=False)


def _as_text(message: Outgoing, text: str, *, apart: bool = True) -> Activity:
    text = citations.marked(to_teams(text, apart=apart), message.citations)
    made: Activity = {"type": "message", "textFormat": "markdown", "text": text}
    return _labelled(made, message, in_text=True)


def _as_card(message: Outgoing, text: str, mentions: Sequence[Activity], *, in_one: bool = False) -> Activity:
    sources = citations.listed(message.citations[:CITATIONS])
    shown = f"{text}\n\n{sources}" if sources else text
    body = ([block(to_teams(shown, apart=False))] if in_one else elements(shown)) if shown.strip() else []
    body += _below_text(message, CARD_BYTES - utf16_bytes(body))
    content = card(body, mentions)
    made: Activity = {"type": "message", "attachments": [attachment(content)]}
    if summary := (text.strip() or _first_words(message))[:_SUMMARY]:
        made["summary"] = summary
    return _labelled(made, message, in_text=False)


def _first_words(message: Outgoing) -> str:
    """Return what a message without a text is about, for a notification."""
    return message.cards[0].title if message.cards else "" if message.plan is None else summary_of(message.plan)


def _labelled(made: Activity, message: Outgoing, *, in_text: bool) -> Activity:
    """Add the AI label, the sources (a card has no place for them, so there they are listed) and the thumbs."""
    entities = citations.entity(ai_generated=message.ai_generated, sources=message.citations if in_text else ())
    if entities:
        made["entities"] = entities
    return made if message.feedback is None else with_thumbs(made)


def with_thumbs(made: Activity) -> Activity:
    """Return the activity with Teams' thumbs up and down below it."""
    return {**made, "channelData": {"feedbackLoop": {"type": "default"}}}


def is_picture(made: Activity) -> bool:
    """Return whether an activity shows a picture in the chat."""
    return any(each["contentType"].startswith("image/") for each in made.get("attachments", ()))


def parts_of(made: Activity) -> set[FormPart]:
    """Return which parts of an activity are more than words, and can be shown in another form."""
    found: set[FormPart] = set()
    for each in made.get("attachments", ()):
        if each.get("contentType") == CARD and any(part["type"] == "Media" for part in each["content"]["body"]):
            found.add("pictures")
        elif each.get("contentType") == CARD:
            found |= {"buttons", "tables", "cards", "plan", "menus"}
        elif str(each.get("contentUrl", "")).startswith("http"):
            found.add("pictures")
    return found


def _flat(text: str) -> str:
    """Return the text with its tables written out, where a card with them would be too large."""
    return "\n".join(fenced(tables.as_text(part)) if isinstance(part, Table) else part.source for part in parts(text))


def _checked(made: Activity) -> Activity:
    size = utf16_bytes(made)
    if size > MESSAGE_BYTES:
        raise TooLarge(f"the message has {size // 1024} KB as Teams counts it; it takes 100 KB")
    return made
