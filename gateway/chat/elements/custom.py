"""Elements of a bot's own making, whose properties become a card."""

import json
from collections.abc import Mapping
from typing import Any, ClassVar, cast
from urllib.parse import urlsplit

from gateway.chat.elements.base import Display, Element, ElementType
from gateway.chat.elements.rendered import Rendered
from gateway.chat.text import message_text
from gateway.model import Capabilities, Card, ElementDict, media_type
from gateway.model.plain import as_json, text_of
from gateway.model.text import drop_lone_surrogates

_TEXTS = ("text", "description", "content")
IMAGES = ("image", "image_url", "imageUrl", "picture", "thumbnail")
"""Keys of properties that are the address of a picture."""
_FACTS = 40
"""Facts a card has at most; the last one tells how many more there are."""
_VALUE = 500
"""Characters of a fact's value."""


class CustomElement(Element):
    """An element of the bot's own, shown as a card made of its ``props``; ``update()`` edits the card.

    ``title`` (else the element's name) is the card's title, ``text``, ``description`` and ``content`` are its text,
    ``image``, ``image_url``, ``imageUrl``, ``picture``, ``thumbnail`` or a ``url`` of a picture its picture. Every
    other property is a fact: a number or a text as it is, a list of such with commas, anything else as JSON.

    Args:
        name: The name of the element, which is the card's title where ``props`` has none.
        props: The properties.
        display: Where a web page would show the element; a card is always below the message.
        extra: The other parameters of ``Element``.

    Raises:
        ValueError: There is neither a name nor a property, or ``props`` is no mapping.
    """

    type: ClassVar[ElementType] = "custom"
    default_mime: ClassVar[str] = "application/json"
    _needs_content: ClassVar[bool] = False

    def __init__(
        self, name: str = "", *, props: Mapping[str, Any] | None = None, display: Display = "inline", **extra: Any
    ) -> None:
        if not name and not props:
            raise ValueError("CustomElement needs a name or props: there is nothing to show")
        if props is not None and not isinstance(cast(Any, props), Mapping):
            raise ValueError(f"CustomElement({name!r}): props is a {type(props).__name__}; it has to be a dictionary")
        super().__init__(name, display=display, **extra)
        self.props: dict[str, Any] = dict(props or {})

    def to_dict(self) -> ElementDict:
        """Return the element as a dictionary of JSON values."""
        return {**super().to_dict(), "props": self.props}

    def kept_props(self) -> dict[str, Any]:
        """Return the properties as they are now, as history keeps them."""
        return cast(dict[str, Any], json.loads(as_json(self.props)))

    def card(self) -> Card:
        """Return the card that the element's properties make."""
        return card_of(self.name, self.props)

    async def render(self, limits: Capabilities) -> Rendered:
        """Return what the element adds to a message: its card.

        Args:
            limits: What the platform takes.
        """
        return Rendered(cards=(self.card(),))


def card_of(name: str, given: Mapping[str, Any]) -> Card:
    """Return the card that properties make.

    Args:
        name: The title where the properties have none.
        given: The properties.
    """
    props = {text_of(key): value for key, value in given.items()}
    title = props.pop("title", None)
    texts = [props.pop(key) for key in _TEXTS if isinstance(props.get(key), str)]
    image = _image(props)
    facts = [(label_of(key), _fact(value)) for key, value in props.items()]
    if len(facts) > _FACTS:
        facts[_FACTS - 1 :] = [("…", f"{len(facts) - _FACTS + 1} more")]
    return Card(
        title=_clean(text_of(title) if title else name),
        text=message_text("\n\n".join(text for text in texts if text)),
        facts=tuple(facts),
        image_url=image,
    )


def _image(props: dict[str, Any]) -> str | None:
    """Take the address of a picture out of the properties; None where there is none that a platform could fetch."""
    for key in (*IMAGES, "url"):
        url = props.get(key)
        if isinstance(url, str) and url.startswith("https://") and (key != "url" or _is_picture(url)):
            return str(props.pop(key))
    return None


def _is_picture(url: str) -> bool:
    return media_type(urlsplit(url).path).startswith("image/")


def label_of(key: str) -> str:
    """Return the name of a property as people read it.

    Args:
        key: The property's key.
    """
    words = _clean(key.replace("_", " ")).strip()
    return words[:1].upper() + words[1:] or "…"


def _fact(value: Any) -> str:
    match value:
        case list() | tuple() if all(_is_scalar(each) for each in cast(list[Any], value)):
            shown = ", ".join(_scalar(each) for each in cast(list[Any], value))
        case _ if _is_scalar(value):
            shown = _scalar(value)
        case _:
            shown = _compact(value)
    shown = _clean(shown)
    return (shown if len(shown) <= _VALUE else shown[: _VALUE - 1] + "…") or "none"


def _is_scalar(value: Any) -> bool:
    return value is None or isinstance(value, str | bool | int | float)


def _scalar(value: Any) -> str:
    match value:
        case None:
            return "none"
        case bool():
            return "yes" if value else "no"
        case _:
            return text_of(value)


def _compact(value: Any) -> str:
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=text_of)
    except (TypeError, ValueError, RecursionError):  # keys that JSON does not have; a value that contains itself
        return text_of(value)


def _clean(text: str) -> str:
    """Return text on one line that every platform takes."""
    return " ".join(drop_lone_surrogates(text).split())
