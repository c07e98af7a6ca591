"""Renders an ``Outgoing`` as the body of Create Message and Edit Message. Pure.

A message is ``content``, attachments, embeds and rows of buttons and menus. Components V2 would take more text, but
such a message can have no content and never becomes an ordinary one again, while a streamed answer begins as plain
words and gets its files and buttons last.
"""

import hashlib
from collections.abc import Sequence
from typing import Any

from adapters.discord import controls
from adapters.discord.cards import embeds
from adapters.discord.limits import (
    AUTHOR,
    BUTTON_LABEL,
    CONTENT,
    DESCRIPTION,
    MENTIONS,
    MENU_PLACEHOLDER,
    NONCE,
    OPTION,
    ROW,
    ROWS,
)
from adapters.discord.plans import small_print
from adapters.discord.written import characters, cut, markdown
from gateway.errors import RefusedForm
from gateway.model import AllowedMentions, Button, ConversationRef, Menu, MenuOption, Outgoing

Json = dict[str, Any]

_STYLES = {"primary": 1, "default": 2, "danger": 4}


def body(message: Outgoing) -> Json:
    """Return the whole message but its uploads. Every part is there, so that an edit removes what is no longer
    wanted."""
    text = _text(message)
    small = small_print(message.plan, text)
    return {
        "content": f"{text}{small}",
        "embeds": embeds(message.files, message.cards, None if small else message.plan),
        "components": rows(message),
        "allowed_mentions": allowed(message.mentions),
    }


def content(message: Outgoing) -> str:
    """Return the content of a message: the text, below the name of another author if there is one, and the steps as
    small print."""
    text = _text(message)
    return f"{text}{small_print(message.plan, text)}"


def _text(message: Outgoing) -> str:
    head = f"-# {one_line(message.author)}\n" if message.author else ""
    return f"{head}{markdown(message.text, CONTENT - len(head))}"


def one_line(name: str) -> str:
    """Return a name on one line."""
    name = " ".join(characters(name).split())
    return name if len(name) <= AUTHOR else name[: AUTHOR - 1] + "…"


def allowed(mentions: AllowedMentions) -> Json:
    """Return who may be notified: nobody but those allowed. A reply never notifies the author it replies to."""
    parse: list[str] = []
    found: Json = {"parse": parse, "replied_user": False}
    if mentions.users is True:
        parse.append("users")
    elif mentions.users:
        found["users"] = list(dict.fromkeys(id for id in mentions.users if id.isdigit()))[:MENTIONS]
    if mentions.groups:
        parse.append("roles")
    if mentions.everyone:
        parse.append("everyone")
    return found


def nonce(to: ConversationRef, key: str) -> str:
    """Return a send's key as a nonce: to a message sent again within minutes, Discord answers with the one it has."""
    return hashlib.blake2s(f"{to.key} {key}".encode(), digest_size=NONCE // 2).hexdigest()


def rows(message: Outgoing) -> list[Json]:
    """Return the rows of buttons, the menus, then the thumbs. Raises ``RefusedForm`` for menus that have no row."""
    found = [
        {"type": 1, "components": [_button(button, place) for place, button in numbered]}
        for numbered in _rows(message.buttons)
    ]
    found += [{"type": 1, "components": [_menu(menu, place)]} for place, menu in enumerate(message.menus)]
    if len(found) + (message.feedback is not None) > ROWS and message.menus:
        raise RefusedForm(f"a message has at most {ROWS} rows of buttons and menus", ["menus"])
    if message.feedback is not None:
        thumbs = [_thumb("👍", controls.GOOD, message.feedback), _thumb("👎", controls.BAD, message.feedback)]
        found.append({"type": 1, "components": thumbs})
    return found


def _rows(buttons: Sequence[Button]) -> list[list[tuple[int, Button]]]:
    numbered = list(enumerate(buttons))
    return [numbered[at : at + ROW] for at in range(0, len(numbered), ROW)]


def _button(button: Button, place: int) -> Json:
    return {
        "type": 2,
        "style": _STYLES[button.style],
        "label": label(button.label),
        "custom_id": controls.write(controls.ACTION, button.token, place),
    }


def _menu(menu: Menu, place: int) -> Json:
    return {
        "type": 3,
        "custom_id": controls.write(controls.MENU, "", place),
        "placeholder": cut(menu.placeholder, MENU_PLACEHOLDER),
        "options": [_option(option, number) for number, option in enumerate(menu.options)],
    }


def _option(option: MenuOption, place: int) -> Json:
    found: Json = {"label": cut(option.label, OPTION), "value": controls.picked(option.token, place)}
    if option.description.strip():
        found["description"] = cut(option.description, DESCRIPTION)
    return found


def label(words: str) -> str:
    """Return a button's label, which is never empty."""
    return cut(words, BUTTON_LABEL)


def _thumb(face: str, kind: str, token: str) -> Json:
    return {"type": 2, "style": 2, "emoji": {"name": face}, "custom_id": controls.write(kind, token)}
