"""Checks the attachments Teams takes from a bot: cards, pictures, files.

https://learn.microsoft.com/microsoftteams/platform/task-modules-and-cards/cards/cards-reference,
.../bots/how-to/bots-filesv4 (files in personal chats only), .../bots/build-conversational-capability (pictures).
"""

import base64
import binascii
from typing import Any

from gateway.emulators.common.values import JSON
from gateway.emulators.teams.cards import check_card
from gateway.emulators.teams.values import bad_argument, bad_syntax
from gateway.emulators.teams.world import Conversation

ADAPTIVE = "application/vnd.microsoft.card.adaptive"
"""The content type of an Adaptive Card."""
CONSENT = "application/vnd.microsoft.teams.card.file.consent"
"""The content type of a file consent card."""
FILE_INFO = "application/vnd.microsoft.teams.card.file.info"
"""The content type of the card that shows an uploaded file."""
DOWNLOAD_INFO = "application/vnd.microsoft.teams.file.download.info"
"""The content type of a file that a person shares."""
_CLASSIC = frozenset(
    f"application/vnd.microsoft.{name}"
    for name in ("card.hero", "card.thumbnail", "card.receipt", "card.signin", "card.oauth", "teams.card.list")
)
"""The content types of cards with a list of buttons. Teams has no media cards."""
_CONNECTOR_CARD = "application/vnd.microsoft.teams.card.o365connector"
CARDS = _CLASSIC | {ADAPTIVE, _CONNECTOR_CARD}
"""The content types of all cards that count as cards of a message."""
BUTTONS = frozenset({"openUrl", "imBack", "messageBack", "invoke", "signin"})
"""The button types of classic cards (Teams' page on card actions)."""
MAX_BUTTONS = 6
"""Buttons of a classic card (Teams' cards reference, hero card)."""
MAX_PICTURE = 1024 * 1024
"""Most bytes of a picture in a data URI: 1 MB (Teams' page on conversational bots)."""
PICTURES = ("image/png", "image/jpeg", "image/gif")
"""The media types of pictures that Teams shows (Teams' page on conversational bots)."""


def is_one_of(given: Any, names: frozenset[str]) -> bool:
    """Return whether a value that a bot sent is one of these strings. The value may have any type."""
    return isinstance(given, str) and given in names


def check_attachment(attachment: Any, conversation: Conversation) -> None:
    """Raise ``ApiError`` for an attachment that Teams would not take."""
    if not isinstance(attachment, dict) or not isinstance(attachment.get("contentType"), str):
        raise bad_argument("An attachment needs a contentType")
    kind, content = attachment["contentType"], attachment.get("content")
    if kind == ADAPTIVE:
        check_card(content)
    elif kind in _CLASSIC:
        _check_buttons(content)
    elif kind == _CONNECTOR_CARD:
        if not isinstance(content, dict):
            raise bad_syntax("The card has no content")
    elif kind == CONSENT:
        _check_consent(attachment, content, conversation)
    elif kind == FILE_INFO:
        _check_file(attachment, content, conversation)
    elif kind.startswith("image/"):
        _check_picture(attachment.get("contentUrl"), kind)
    else:
        raise bad_argument(f"Unknown attachment type {kind}")


def _check_buttons(content: Any) -> None:
    if not isinstance(content, dict):
        raise bad_syntax("The card has no content")
    buttons = content.get("buttons") or []
    if not isinstance(buttons, list) or len(buttons) > MAX_BUTTONS:
        raise bad_argument(f"A card has {MAX_BUTTONS} buttons at most")
    for button in buttons:
        if not isinstance(button, dict) or not is_one_of(button.get("type"), BUTTONS):
            raise bad_argument("Unknown type of card action")
        if not isinstance(button.get("title"), str):
            raise bad_argument("A card action needs a title")


def _check_consent(attachment: JSON, content: Any, conversation: Conversation) -> None:
    if conversation.kind != "personal":
        raise bad_argument("A file consent card can be sent in a personal chat only")
    size = content.get("sizeInBytes") if isinstance(content, dict) else None
    if not isinstance(attachment.get("name"), str) or not attachment["name"]:
        raise bad_argument("A file consent card needs the file's name")
    if not isinstance(size, int) or isinstance(size, bool) or size < 0:
        raise bad_argument("A file consent card needs sizeInBytes")


def _check_file(attachment: JSON, content: Any, conversation: Conversation) -> None:
    if conversation.kind != "personal":
        raise bad_argument("A file card can be sent in a personal chat only")
    named = isinstance(attachment.get("name"), str) and isinstance(attachment.get("contentUrl"), str)
    if not named or not isinstance(content, dict) or not isinstance(content.get("uniqueId"), str):
        raise bad_argument("A file card needs name, contentUrl and content.uniqueId")


def _check_picture(url: Any, kind: str) -> None:
    if not isinstance(url, str):
        raise bad_argument("A picture needs a contentUrl")
    if url.startswith("https://"):
        return
    head, _, data = url.partition(",")
    if not head.startswith("data:image/") or not head.endswith(";base64"):
        raise bad_argument("A picture's contentUrl must be an https address or a base64 data URI")
    if head[5:-7] not in PICTURES:
        raise bad_argument(f"Pictures are PNG, JPEG or GIF, not {kind}")
    try:
        size = len(base64.b64decode(data, validate=True))
    except binascii.Error:
        raise bad_argument("A picture's data URI is no base64") from None
    if size > MAX_PICTURE:
        raise bad_argument("A picture has 1 MB at most")
