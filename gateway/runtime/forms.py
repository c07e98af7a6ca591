"""The forms that answer an interaction at once, within the platform's deadline. They are data: no user code runs."""

from typing import Literal

from gateway.model import ActionInvoked, Answer, FeedbackGiven, FileField, Form, FormSubmitted, OpenForm, TextField
from gateway.runtime.seals import Seals
from gateway.runtime.tokens import CommentToken, RatingToken, UploadToken, pack

COMMENT = "comment"
"""Field id of the feedback form."""
FILES = "files"
"""Field id of the upload form."""


def comment_form(event: FeedbackGiven, token: RatingToken, seals: Seals) -> Answer:
    """Return the form that asks a person who gave feedback for a comment. Only that person can submit it."""
    return OpenForm(form=_comment_form(event, _sealed(token.message, event.value, event, seals)))


def upload_form(event: ActionInvoked, token: UploadToken) -> Answer:
    """Return the form in which a person uploads the files that an ask wants."""
    return OpenForm(form=_upload_form(token, event.token))


def is_sealed(token: CommentToken, event: FormSubmitted, seals: Seals) -> bool:
    """Whether a submitted comment form was opened in this conversation and for this person."""
    return seals.fits(token.seal, *_meaning(token.message, token.value, event))


def _sealed(message: str, value: Literal[0, 1], event: FeedbackGiven, seals: Seals) -> CommentToken:
    return CommentToken(message=message, value=value, seal=seals.seal(*_meaning(message, value, event)))


def _meaning(message: str, value: int, event: FeedbackGiven | FormSubmitted) -> tuple[str, ...]:
    return "comment", event.ref.key, event.user.id, message, str(value)


def _comment_form(event: FeedbackGiven, token: CommentToken) -> Form:
    return Form(
        token=pack(token),
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
