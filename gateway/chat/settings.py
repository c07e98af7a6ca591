"""The settings of a chat: a form of input widgets that a person opens with a button or ``/settings``."""

from collections.abc import Mapping, Sequence
from typing import Any

from gateway.model import Button, FormSubmitted, Outgoing
from gateway.model.widget import InputWidget, NotAccepted
from gateway.runtime import tokens
from gateway.runtime.context import require_turn
from gateway.runtime.forms import CHANGED_SETTINGS, NO_SETTINGS, NOT_YOUR_SETTINGS
from gateway.runtime.posting import Posting
from gateway.runtime.settings import VALUES, ChatForm, keep_for, kept_for
from gateway.runtime.tokens import SettingsToken
from gateway.runtime.turn import Turn


class ChatSettings:
    """Settings that the person a conversation belongs to can change at any time, in a form behind a button.

    Args:
        inputs: The fields of the form, from ``gateway.input_widget``.

    Raises:
        ValueError: Two fields have the same id.
        TypeError: Something among the inputs is no input widget.
    """

    def __init__(self, inputs: Sequence[InputWidget]) -> None:
        self.inputs = list(inputs)
        ids: set[str] = set()
        for widget in self.inputs:
            if not isinstance(widget, InputWidget):  # pyright: ignore[reportUnnecessaryIsInstance]
                raise TypeError(f"ChatSettings takes widgets of gateway.input_widget, not {widget!r}")
            for id in {widget.id, *(field.id for field in widget.fields(widget.initial, options=0))}:
                if id in ids:
                    raise ValueError(f"ChatSettings: two widgets have the id {id!r}; give each its own")
                ids.add(id)

    def settings(self) -> dict[str, Any]:
        """Return the initial values, by widget id."""
        return {widget.id: widget.initial for widget in self.inputs}

    async def send(self) -> dict[str, Any]:
        """Offer the settings in this conversation: a message with a button that opens the form. Sent again, the message
        is edited. From now on ``user_session["chat_settings"]`` has the values, and ``on_settings_update`` is called
        when the person changes them.

        Returns:
            The values, by widget id: what was chosen in this conversation, else what the person chose in another one,
            else the initial values.

        Raises:
            PlatformError: The platform did not take the message, retries included.
            RuntimeError: There is no conversation here, or the turn was stopped.
        """
        turn = require_turn()
        turn.check()
        session, before = turn.session, ChatForm.of(turn.session.values)
        kept = await kept_for(turn.event.user, turn.services.store)
        earlier = {widget.id: widget.initial for widget in before.widgets} if before is not None else {}
        chosen: Mapping[str, Any] = session.values.get(VALUES, {})
        values: dict[str, Any] = {}
        for widget in self.inputs:
            if widget.disabled or (widget.id in earlier and earlier[widget.id] != widget.initial):
                values[widget.id] = widget.initial  # the bot sets it
            else:
                values[widget.id] = _first_fitting(widget, chosen, kept)
        session.values[VALUES] = values
        form = ChatForm(
            owner=turn.event.user.id if before is None else before.owner,
            widgets=tuple(self.inputs),
            receipts=() if before is None else before.receipts,
        )
        form.keep(session.values)
        await show(turn, form)
        return dict(values)


def _first_fitting(widget: InputWidget, *sources: Mapping[str, Any]) -> Any:
    """Return the first value that the widget accepts (its bounds may have changed since), else the initial one."""
    for source in sources:
        if widget.id in source:
            try:
                return widget.check(source[widget.id])
            except NotAccepted:
                continue
    return widget.initial


async def show(turn: Turn, form: ChatForm) -> None:
    """Post the message with the buttons, or edit the one that is there; nothing where nothing can be changed."""
    limits = turn.sender.capabilities(turn.ref)
    if not form.receipts and not (limits.forms and form.pages(limits)):
        return
    effect = turn.journal.begin("message")
    if not effect.receipts and form.receipts:
        effect.record(receipts=form.receipts)
    posting = Posting(turn, effect)
    await posting.put(await _message(turn, form))
    form.posted(posting.receipts).keep(turn.session.values)


async def _message(turn: Turn, form: ChatForm) -> Outgoing:
    limits = turn.sender.capabilities(turn.ref)
    pages = form.pages(limits)
    buttons: list[Button] = []
    for page in range(len(pages)):
        packed = await tokens.write(
            SettingsToken(page=page),
            conversation=turn.ref.key,
            limit=limits.token_room,
            store=turn.services.store,
        )
        label = "Settings" if len(pages) == 1 else f"Settings {page + 1}/{len(pages)}"
        buttons.append(Button(token=packed, label=label, opens_form=True))
    return Outgoing(text="⚙️ You can change the settings of this chat.", buttons=tuple(buttons))


async def show_again(turn: Turn) -> None:
    """Answer ``/settings`` where no form can be opened at once: the message with the buttons moves to the end of the
    conversation. Where there are no settings, or they are somebody else's, the person is told so."""
    form = ChatForm.of(turn.session.values)
    if form is None:
        await turn.sender.notify(turn.ref, turn.event.user, "This chat has no settings.")
    elif not form.may_change(turn.event.user):
        await turn.sender.notify(turn.ref, turn.event.user, NOT_YOUR_SETTINGS)
    elif not turn.sender.capabilities(turn.ref).forms:
        await turn.sender.notify(turn.ref, turn.event.user, "Settings cannot be changed here: there are no forms.")
    else:
        await show(turn, form.posted(()))
        await turn.sender.delete(form.receipts)


async def submitted(turn: Turn, event: FormSubmitted) -> dict[str, Any] | None:
    """Take what a person entered into the settings, and return all values; None where it is not taken, which the person
    is told."""
    session = turn.session
    form = ChatForm.of(session.values)
    if form is None or not form.may_change(event.user):
        await turn.sender.notify(turn.ref, event.user, NO_SETTINGS if form is None else NOT_YOUR_SETTINGS)
        return None
    limits = turn.sender.capabilities(turn.ref)
    changed, errors = form.read(event.values, limits)
    if errors or not form.knows(event.values, limits):  # the bot changed the widgets after the check
        await turn.sender.notify(turn.ref, event.user, " ".join([CHANGED_SETTINGS, "; ".join(errors.values())]).strip())
        return None
    values = {**session.values.get(VALUES, {}), **changed}
    session.values[VALUES] = values
    await keep_for(event.user, changed, turn.services.store)
    session.checkpoint()  # what a person chose stays, whatever becomes of the handler
    return dict(values)
