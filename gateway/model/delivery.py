"""What arrived, as it is stored before anyone is told it was received."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from gateway.model.conversation import ConversationRef
from gateway.model.form import Form


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """A raw delivery. ``key`` names the thing itself (``slack:T1:C1:171.001``), not the transport's attempt."""

    key: str
    ref: ConversationRef
    body: dict[str, Any]
    """The platform's JSON, verification secrets removed."""
    received_at: float
    """Seconds since the epoch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenForm:
    """Show this form now."""

    kind: Literal["open_form"] = "open_form"
    form: Form


@dataclass(frozen=True, slots=True, kw_only=True)
class FormErrors:
    """Keep the form open and show these errors, by field id."""

    kind: Literal["form_errors"] = "form_errors"
    errors: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Tell only the acting user."""

    kind: Literal["notice"] = "notice"
    text: str


Answer = OpenForm | FormErrors | Notice


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """The delivery is durable (or needs no work), so the platform may be told so.

    ``answer`` is what must be answered in place before the platform's deadline; None is the neutral answer.
    """

    status: Literal["new", "duplicate", "ignored"]
    answer: Answer | None = None
