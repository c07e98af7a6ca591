"""Forms: a few typed fields shown in a dialog. A form is data, so opening one runs no code of the bot."""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field


@dataclass(frozen=True, slots=True, kw_only=True)
class TextField:
    """A field for one line of text, or several. ``max_length`` counts characters."""

    kind: Literal["text"] = "text"
    id: str
    label: str
    hint: str = ""
    """A line of explanation below the field, where the platform shows one."""
    multiline: bool = False
    required: bool = True
    initial: str = ""
    placeholder: str = ""
    max_length: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SelectField:
    """A field to pick one option (with ``multiple``, several); an option is a pair (value, label)."""

    kind: Literal["select"] = "select"
    id: str
    label: str
    hint: str = ""
    """A line of explanation below the field, where the platform shows one."""
    options: tuple[tuple[str, str], ...]
    style: Literal["menu", "buttons"] = "menu"
    """``buttons``: radio buttons (with ``multiple``, checkboxes) where the platform has them, else a menu."""
    multiple: bool = False
    required: bool = True
    initial: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberField:
    """A field for a number between two bounds, both included."""

    kind: Literal["number"] = "number"
    id: str
    label: str
    hint: str = ""
    """A line of explanation below the field, where the platform shows one."""
    minimum: float | None = None
    maximum: float | None = None
    step: float | None = None
    required: bool = True
    initial: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SwitchField:
    """A field that is on or off."""

    kind: Literal["switch"] = "switch"
    id: str
    label: str
    hint: str = ""
    """A line of explanation below the field, where the platform shows one."""
    initial: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DateField:
    """A field for a day. Its value and its bounds are ISO dates (``2026-11-28``)."""

    kind: Literal["date"] = "date"
    id: str
    label: str
    hint: str = ""
    """A line of explanation below the field, where the platform shows one."""
    minimum: str | None = None
    maximum: str | None = None
    required: bool = True
    initial: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FileField:
    """A field for files to upload. ``extensions`` are endings without a dot (``pdf``); none means any."""

    kind: Literal["file"] = "file"
    id: str
    label: str
    hint: str = ""
    """A line of explanation below the field, where the platform shows one."""
    extensions: tuple[str, ...] = ()
    max_files: int = 1
    required: bool = True


FormField = TextField | SelectField | NumberField | SwitchField | DateField | FileField
"""A field of a form."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A dialog with fields. ``token`` says what the submission is for and comes back with it unchanged."""

    token: str
    title: str
    fields: tuple[Annotated[FormField, Field(discriminator="kind")], ...]
    submit_label: str = "Submit"
