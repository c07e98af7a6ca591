"""What an interaction is answered in place, before the platform's deadline. Forms are data, so no user code runs."""

from gateway.model import ActionInvoked, Answer, Event, FeedbackGiven, FileField, Form, OpenForm, TextField
from gateway.runtime.tokens import CommentToken, Token, UploadToken, pack

COMMENT = "comment"
"""Field id of the feedback form."""
FILES = "files"
"""Field id of the upload form."""


def answer_to(event: Event, token: Token | None) -> Answer | None:
    """The answer, None for the neutral one."""
    if isinstance(event, FeedbackGiven) and event.comment is None:
        return OpenForm(form=_comment_form(event))
    if isinstance(event, ActionInvoked) and isinstance(token, UploadToken):
        return OpenForm(form=_upload_form(token, event.token))
    return None


def _comment_form(event: FeedbackGiven) -> Form:
    return Form(
        token=pack(CommentToken(message=event.token, value=event.value)),
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
        token=packed,  # the button's own, which fits where a platform gives it little room
        title="Upload",
        fields=(FileField(id=FILES, label=token.label, extensions=token.extensions, max_files=token.max_files),),
        submit_label="Upload",
    )
