"""Handles one delivery: makes its envelopes, accepts them, and gives the answer Teams wants in place.

Returning means the delivery is durable (or needs no work). An exception means it is not: the webhook must not
acknowledge.
"""

from collections import Counter
from typing import Any, NamedTuple

import structlog

from adapters.fields import Json, obj, text
from adapters.teams import forms
from adapters.teams.channels import TeamChannels
from adapters.teams.consent import Consents
from adapters.teams.controls import lacks_choice
from adapters.teams.directs import DirectChats
from adapters.teams.envelope import Ignored, envelopes_of, in_channel, leaves_team, ref_of, team_of
from adapters.teams.members import Members
from adapters.teams.names import EXECUTE, FEEDBACK, FETCH, FILE_CONSENT, MESSAGE, SUBMIT
from adapters.teams.parse import user_id
from gateway.adapter import Accept
from gateway.errors import Unsupported
from gateway.model import Answer, Envelope, FormErrors, Notice, OpenForm

log = structlog.get_logger(__name__)

_DONE = "Done."
"""The text of a dialog that has nothing to show before it closes."""

_PICK_FIRST = "Pick an option of the list first."
"""What the person is told who uses a menu's button with nothing picked."""


class Reply(NamedTuple):
    """The answer to a delivery; a payload of None is an empty body."""

    status: int = 200
    payload: Any = None


_EMPTY = Reply()


class Inbound:
    """Turns activities into accepted envelopes and answers them."""

    def __init__(self, members: Members, consents: Consents, channels: TeamChannels, directs: DirectChats) -> None:
        self._members = members
        self._consents = consents
        self._channels = channels
        self._directs = directs
        self.ignored: Counter[str] = Counter()
        """How many deliveries were acknowledged and ignored, by rule (``bot``, ``unknown_type``, …)."""

    async def handle(self, activity: Json, accept: Accept) -> Reply:
        """Accept one delivery. Raises what ``accept`` raises."""
        name = text(activity, "name") if activity.get("type") == "invoke" else None
        if name == FILE_CONSENT:
            ref = ref_of(activity)
            self._members.saw(user_id(activity), ref)
            return _EMPTY if await self._consents.answer(activity, ref) else Reply(502)
        found = envelopes_of(activity)
        answer: Answer | None = None
        if isinstance(found, Ignored):
            self.ignored[found.why] += 1
            log.debug("teams.ignored", why=found.why, kind=describe(activity))
        else:
            for envelope in await self._everywhere(activity, found):
                await self._directs.saw(envelope.ref)
                answer = (await accept(envelope)).answer
        return _EMPTY if name is None else _answered(name, activity, answer)

    async def _everywhere(self, activity: Json, found: list[Envelope]) -> list[Envelope]:
        """Return the envelopes to accept: for the end of a team, one for each of its channels."""
        team = team_of(activity)
        if not team:
            return found
        here = found[0]
        if not leaves_team(activity):
            await self._channels.saw(here.ref.workspace, team, here.ref.channel)
            return found
        others = await self._channels.of(here.ref.workspace, team)
        return [*found, *(in_channel(here, channel) for channel in others if channel != here.ref.channel)]


def _answered(name: str, activity: Json, answer: Answer | None) -> Reply:
    """Return the body of an invoke's answer."""
    match name:
        case n if n == EXECUTE:
            if lacks_choice(obj(obj(obj(activity, "value"), "action"), "data")):
                return _message(_PICK_FIRST)
            return _message(answer.text if isinstance(answer, Notice) else "")
        case n if n == FETCH:
            return _dialog(activity, answer) or Reply(payload=_said(_DONE))
        case n if n == SUBMIT:
            return _dialog(activity, answer) or _EMPTY
        case n if n == FEEDBACK:
            return Reply(payload={})
        case _:
            # An invoke of an unknown or newer kind is acknowledged, as the samples in Microsoft's documents do.
            return Reply(payload={})


def _message(said: str) -> Reply:
    """Return the answer to Action.Execute that leaves the card and shows a text to the person who clicked."""
    return Reply(payload={"statusCode": 200, "type": MESSAGE, "value": said})


def _dialog(activity: Json, answer: Answer | None) -> Reply | None:
    """Return what a dialog shows next; None for nothing."""
    match answer:
        case OpenForm(form=form):
            try:
                return Reply(payload=forms.dialog(form))
            except Unsupported as error:
                return Reply(payload=_said(str(error)))
        case FormErrors(errors=errors):
            data = obj(obj(activity, "value"), "data")
            form_in = forms.form_in(data)
            if form_in is None:
                return Reply(payload=_said("; ".join(errors.values())))
            return Reply(payload=forms.dialog(form_in, values=forms.values_in(data, form_in), errors=errors))
        case Notice(text=said):
            return Reply(payload=_said(said))
        case None:
            return None


def _said(words: str) -> Any:
    return {"task": {"type": "message", "value": words}}


def describe(activity: Json) -> str:
    """Return what a delivery is, for a log line."""
    return f"{text(activity, 'type')[:40]} {text(activity, 'name')[:60]}".strip() or "?"
