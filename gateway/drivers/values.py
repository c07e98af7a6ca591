"""What people write, see and fill in, in words that hold on every platform."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple


class File(NamedTuple):
    """A file, on its way in or out."""

    name: str
    """The file's name, with its ending."""
    data: bytes
    """Its content."""
    mime: str = "application/octet-stream"
    """Its media type."""


FieldInput = str | bool | float | Sequence[File]
"""What a person enters into a field: text, an option's label, a switch, a number, files."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where people talk with the bot, by the emulator's own ids."""

    channel: str
    """The id of the channel, chat or direct message."""
    thread: str | None = None
    """The id of the thread in a channel; None for a direct message, or for the channel itself."""


@dataclass(frozen=True, slots=True)
class Post:
    """Something a person wrote. ``id`` is what ``MessageCreated.message_id`` says."""

    id: str
    place: Place


@dataclass(frozen=True, slots=True)
class Said:
    """A message of the bot, as it stands now."""

    id: str
    """The platform's id of the message, as in ``Receipt.id``."""
    place: Place
    text: str
    """What a person reads, as near to the Markdown that was sent as the platform's form allows; no blanks around it."""
    author: str | None = None
    """The name it is shown under, if another than the bot's own."""
    buttons: tuple[str, ...] = ()
    """Labels, in order; thumbs and links are not among them."""
    files: tuple[str, ...] = ()
    """Names of the files it carries or offers."""
    streaming: bool = False
    """A native stream is still open in it."""
    pings: tuple[str, ...] = ()
    """Whom it notified: ids of users, and ``everyone``."""
    cards: tuple[str, ...] = ()
    """Cards drawn in the platform's own way, each as lines a person reads: title, text, ``name: value``. Where the
    platform draws none they are in ``text``."""
    menus: tuple[tuple[str, ...], ...] = ()
    """The labels of the options of each menu, in order."""
    plan: tuple[str, ...] = ()
    """A plan drawn in the platform's own way, as lines a person reads: its title and status, then a line for each
    task, the icon of its state (``gateway.model.TASK_ICONS``) in front: ``✅ title (2.4 s): input → output``. Where the
    platform draws none it is in ``text``."""


@dataclass(frozen=True, slots=True)
class ShownForm:
    """A form open before a person."""

    title: str
    """The form's title."""
    labels: tuple[str, ...]
    """The labels of its fields, in order."""
    values: tuple[str, ...] = ()
    """What each field is filled with: a text, a number, the labels of options, ``on`` or ``off``."""
