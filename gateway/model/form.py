"""A form: a few typed fields shown in a dialog. Forms are data, so opening one needs no user code to run."""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field


@dataclass(frozen=True, slots=True, kw_only=True)
class TextField:
    """One or many lines of text."""

    kind: Literal["text"] = "text"
    id: str
    label: str
    multiline: bool = False
    required: bool = True
    initial: str = ""
    placeholder: str = ""
    max_length: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SelectField:
    """One (or, with ``multiple``, several) of a list of options; an option is (value, label)."""

    kind: Literal["select"] = "select"
    id: str
    label: str
    options: tuple[tuple[str, str], ...]
    multiple: bool = False
    required: bool = True
    initial: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberField:
    """A number between two bounds."""

    kind: Literal["number"] = "number"
    id: str
    label: str
    minimum: float | None = None
    maximum: float | None = None
    step: float | None = None
    required: bool = True
    initial: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SwitchField:
    """On or off."""

    kind: Literal["switch"] = "switch"
    id: str
    label: str
    initial: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FileField:
    """Files to upload. ``extensions`` are bare endings (``pdf``), empty for any."""

    kind: Literal["file"] = "file"
    id: str
    label: str
    extensions: tuple[str, ...] = ()
    max_files: int = 1
    required: bool = True


FormField = TextField | SelectField | NumberField | SwitchField | FileField


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A dialog. ``token`` says what the submission is for and comes back unchanged with it."""

    token: str
    title: str
    fields: tuple[Annotated[FormField, Field(discriminator="kind")], ...]
    submit_label: str = "Submit"
