"""The forms that answer an interaction at once, within the platform's deadline. They are data: no user code runs."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Literal, NamedTuple

from gateway.model import (
    ActionInvoked,
    Answer,
    Capabilities,
    CommandInvoked,
    ConversationRef,
    Event,
    FeedbackGiven,
    FileField,
    Form,
    FormErrors,
    FormSubmitted,
    Notice,
    OpenForm,
    TextField,
)
from gateway.ports import Tokens
from gateway.runtime import tokens
from gateway.runtime.asks import Verdict
from gateway.runtime.element_form import ElementForm
from gateway.runtime.queued import REFUSALS
from gateway.runtime.seals import Seals
from gateway.runtime.session import SessionPool
from gateway.runtime.settings import VALUES, ChatForm
from gateway.runtime.tokens import AnyToken, CommentToken, ElementToken, RatingToken, SettingsToken, UploadToken

COMMENT = "comment"
"""Field id of the feedback form."""
FILES = "files"
"""Field id of the upload form."""
SETTINGS = "settings"
"""The name of the command that opens a conversation's settings."""

NO_SETTINGS = "These settings do not exist any more."
"""What a person is told whose conversation offers no settings, or not those."""
CHANGED_SETTINGS = "These settings have changed meanwhile; nothing was saved. Please open them again."
"""What a person is told who submits a form whose fields the conversation's settings no longer have."""
NOT_YOUR_SETTINGS = "These are somebody else's settings."
"""What a person is told who may not change the settings."""


class InPlace(NamedTuple):
    """What an interaction is answered in place."""

    answer: Answer
    handled: bool = False
    """Whether the delivery is also stored and handled. Otherwise the answer is all that comes of it."""


class Forms:
    """The forms by the kind of the token that opens them, or that was submitted with them."""

    def __init__(
        self,
        *,
        limits: Callable[[ConversationRef], Capabilities],
        sessions: SessionPool,
        store: Tokens,
        seals: Seals,
        judge: Callable[[ConversationRef, tuple[str, int], Event], Awaitable[Verdict]],
    ) -> None:
        """``limits`` says what a conversation's platform can do, ``judge`` what would become of an answer to an ask
        (delivery, ordinal)."""
        self._limits = limits
        self._sessions = sessions
        self._store = store
        self._seals = seals
        self._judge = judge
        self._table: Mapping[type[Any], Callable[[Any, Any], Awaitable[InPlace | None]]] = {
            UploadToken: self._upload,
            ElementToken: self._element,
            RatingToken: self._comment,
            SettingsToken: self._settings,
        }

    async def answer(self, event: Event, token: AnyToken | None) -> InPlace | None:
        """Return what the event is answered in place; None if it is stored and handled and nothing more."""
        if isinstance(event, CommandInvoked) and event.command == SETTINGS:
            token = SettingsToken()
        answer = self._table.get(type(token))
        return None if answer is None or not self._limits(event.ref).forms else await answer(event, token)

    async def _upload(self, event: Event, token: UploadToken) -> InPlace | None:
        """A click opens the form of a file ask, unless the ask is closed or somebody else was asked; the form is the
        answer."""
        if not isinstance(event, ActionInvoked):
            return None
        verdict = await self._judge(event.ref, (token.delivery, token.ordinal), event)
        if verdict in ("closed", "not_yours"):
            return InPlace(Notice(text=REFUSALS[verdict]))
        return InPlace(OpenForm(form=_upload_form(token, event.token)))

    async def _element(self, event: Event, token: ElementToken) -> InPlace | None:
        """A click opens the form of an element ask, as that of a file ask; what was submitted is checked."""
        verdict = await self._judge(event.ref, (token.delivery, token.ordinal), event)
        form, limits = ElementForm.of(token), self._limits(event.ref)
        if isinstance(event, FormSubmitted):
            _, errors = form.read(event.values, limits)
            return InPlace(FormErrors(errors=errors)) if errors and verdict in ("open", "early") else None
        if not isinstance(event, ActionInvoked):
            return None
        if verdict in ("closed", "not_yours"):
            return InPlace(Notice(text=REFUSALS[verdict]))
        submit = "Submit" if token.whole else "Save"
        return InPlace(OpenForm(form=form.form(token=event.token, title=token.title, submit=submit, limits=limits)))

    async def _comment(self, event: Event, token: RatingToken) -> InPlace | None:
        """Thumbs are handled, and open the form that asks for a word on them. Only whoever gave them can send it."""
        if not isinstance(event, FeedbackGiven) or event.comment is not None:
            return None
        comment = _sealed(token.message, event.value, event, self._seals)
        return InPlace(OpenForm(form=_comment_form(event, comment)), handled=True)

    async def _settings(self, event: Event, token: SettingsToken) -> InPlace | None:
        """A click, or the command, opens the settings with their current values; what was submitted is checked."""
        record = await self._sessions.look(event.ref.key)
        settings = None if record is None else ChatForm.of(record.data)
        if settings is None or record is None:
            return None if isinstance(event, CommandInvoked) else InPlace(Notice(text=NO_SETTINGS))
        if not settings.may_change(event.user):
            return InPlace(Notice(text=NOT_YOUR_SETTINGS))
        limits = self._limits(event.ref)
        if isinstance(event, FormSubmitted):
            if not settings.knows(event.values, limits):
                return InPlace(Notice(text=CHANGED_SETTINGS))
            _, errors = settings.read(event.values, limits)
            return InPlace(FormErrors(errors=errors)) if errors else None
        if isinstance(event, CommandInvoked) and len(settings.pages(limits)) != 1:
            return None
        packed = event.token if isinstance(event, ActionInvoked) else await self._packed(event, token, limits)
        form = settings.form(token.page, record.data.get(VALUES, {}), token=packed, limits=limits)
        return InPlace(Notice(text=NO_SETTINGS) if form is None else OpenForm(form=form))

    async def _packed(self, event: Event, token: SettingsToken, limits: Capabilities) -> str:
        return await tokens.write(token, conversation=event.ref.key, limit=limits.token_room, store=self._store)


def is_sealed(token: CommentToken, event: FormSubmitted, seals: Seals) -> bool:
    """Whether a submitted comment form was opened in this conversation and for this person."""
    return seals.fits(token.seal, *_meaning(token.message, token.value, event))


def _sealed(message: str, value: Literal[0, 1], event: FeedbackGiven, seals: Seals) -> CommentToken:
    return CommentToken(message=message, value=value, seal=seals.seal(*_meaning(message, value, event)))


def _meaning(message: str, value: int, event: FeedbackGiven | FormSubmitted) -> tuple[str, ...]:
    return "comment", event.ref.key, event.user.id, message, str(value)


def _comment_form(event: FeedbackGiven, token: CommentToken) -> Form:
    return Form(
        token=tokens.pack(token),
        title="Feedback",
        fields=(
            TextField(
                id=COMMENT,
                label="What was good?" if event.value else "What could be better?",
                multiline=True,
                required=False,
                max_length=3000,
                placeholder="Optional",
            ),
        ),
        submit_label="Send",
    )


def _upload_form(token: UploadToken, packed: str) -> Form:
    return Form(
        token=packed,  # the token of the button, which is known to fit the platform's limit
        title="Upload",
        fields=(FileField(id=FILES, label=token.label, extensions=token.extensions, max_files=token.max_files),),
        submit_label="Upload",
    )
