"""Deliveries: what a platform sent, stored before the platform is told that it was received."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from gateway.model.conversation import ConversationRef
from gateway.model.form import Form


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """A raw delivery of a platform. ``key`` names the thing itself (``slack:T1:C1:171.001``), not the attempt, so that
    a repeated delivery has the same key."""

    key: str
    ref: ConversationRef
    """The conversation the delivery belongs to."""
    body: dict[str, Any]
    """The platform's JSON without its verification secrets."""
    received_at: float
    """When it arrived, in seconds since the epoch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenForm:
    """An answer that opens a form at once."""

    kind: Literal["open_form"] = "open_form"
    form: Form


@dataclass(frozen=True, slots=True, kw_only=True)
class FormErrors:
    """An answer that keeps a form open and shows errors, by field id."""

    kind: Literal["form_errors"] = "form_errors"
    errors: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """An answer that only the acting user reads."""

    kind: Literal["notice"] = "notice"
    text: str


Answer = OpenForm | FormErrors | Notice
"""What an interaction is answered with in place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """The result of accepting a delivery: it is durable (or needs no work), so the platform may be told so.

    ``answer`` is what the platform must be answered before its deadline; None is the neutral answer. What is
    ``denied`` by the access policy, or is beyond a ``quota``, was not stored.
    """

    status: Literal["new", "duplicate", "ignored", "denied", "quota"]
    answer: Answer | None = None
