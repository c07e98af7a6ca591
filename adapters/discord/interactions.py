"""Takes in clicks, forms and commands like every delivery, and answers them in place within Discord's three seconds.

The delivery is made durable first: the neutral answer means that it was. Where that took too long the person is asked
to try again rather than shown Discord's "This interaction failed". What an answer cannot do any more (a form that comes
too late, a modal that stays open) is said in a message only that person sees.

Where Discord has told the person that it failed, because nobody answered within the three seconds, that stays true: an
interaction that a RESUME brings later than that is not carried out.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Coroutine
from typing import Any

import structlog

from adapters.discord import controls, envelope
from adapters.discord.api import Api
from adapters.discord.directory import Directory
from adapters.discord.envelope import Ignored
from adapters.discord.fields import number, seconds
from adapters.discord.forms import modal, problems_of
from adapters.discord.intake import Intake
from adapters.discord.limits import ANSWER_WITHIN, CONTENT
from adapters.discord.progress import Mark
from adapters.discord.render import allowed
from adapters.discord.tokens import AUTOCOMPLETE, COMMAND, COMPONENT, MODAL, SILENT
from adapters.discord.written import characters
from adapters.fields import Json, obj, text
from gateway.errors import GatewayError, Gone, Rejected
from gateway.model import Accepted, AllowedMentions, Answer, Envelope, Form, FormErrors, Notice, OpenForm

Response = dict[str, Any]
"""The body of an interaction's answer."""

_MESSAGE, _DEFERRED_MESSAGE, _DEFERRED_UPDATE, _CHOICES, _MODAL = 4, 5, 6, 8, 9
"""Types of callbacks (Receiving and Responding, Interaction Callback Type)."""
_EPHEMERAL = 1 << 6
_ANSWERING = 2.5
"""Seconds allowed for the call that answers."""
_HEARD_WITHIN = 3.0
"""Seconds after which Discord has told the person that the application did not respond."""
_TRY_AGAIN = "I could not take that just now. Please try again."
_UNREADABLE = "I could not read that."
_UNSHOWN = "This form cannot be shown here"
_TOO_LATE = "That took too long to open. Please press it again."

log = structlog.get_logger(__name__)


class Interactions:
    """Takes in interactions and answers them."""

    def __init__(self, api: Api, directory: Directory, recall: Callable[[], Awaitable[None]]) -> None:
        """``recall`` reads anew which commands the bot has: another replica may have set some."""
        self._api = api
        self._directory = directory
        self._recall = recall
        self._tasks: set[asyncio.Task[None]] = set()

    def take(self, data: Json, intake: Intake, mark: Mark) -> None:
        """Take in one INTERACTION_CREATE; returns at once, the answer follows."""
        if mark.progress.replaying and self._api.now() - seconds(text(data, "id")) > _HEARD_WITHIN:
            log.info("discord.interaction_missed", interaction=text(data, "id"))
            return
        if _is_command(data) and text(obj(data, "data"), "name") not in self._directory.commands:
            mark.hold()
            self._spawn(self._recalled(data, intake, mark))
            return
        # Put into the conversation's queue now, so that it keeps its place there.
        self._spawn(self._handle(data, self._entered(data, intake, mark), mark))

    async def _recalled(self, data: Json, intake: Intake, mark: Mark) -> None:
        """Take in an unknown command once it was looked for among those of other replicas."""
        try:
            await self._recall()
            entered = self._entered(data, intake, mark)
        finally:
            mark.settle()
        await self._handle(data, entered, mark)

    def _entered(self, data: Json, intake: Intake, mark: Mark) -> "asyncio.Future[Accepted | None] | Response":
        """Take an interaction in as ``_enter`` does; a person who sent something unreadable is told so rather than left
        waiting."""
        try:
            return self._enter(data, intake, mark)
        except Exception:
            log.exception("discord.interaction_failed", interaction=text(data, "id"))
            return private(_UNREADABLE)

    def _enter(self, data: Json, intake: Intake, mark: Mark) -> "asyncio.Future[Accepted | None] | Response":
        """Return the future of the stored delivery, or the answer to an interaction that is not taken in."""
        if (answer := _refusal(data, self._directory.commands)) is not None:
            return answer
        found = envelope.interaction(data, self._directory, now=self._api.now())
        if not isinstance(found, Envelope):
            why = found.why if isinstance(found, Ignored) else "unknown"
            log.warning("discord.interaction_refused", why=why, interaction=text(data, "id"))
            return private("I do not know what that is.")
        pending: asyncio.Future[Accepted | None] = asyncio.get_running_loop().create_future()

        def done(accepted: Accepted | None) -> None:
            if not pending.done():
                pending.set_result(accepted)

        intake.take(found, mark, done)
        return pending

    async def _handle(self, data: Json, entered: "asyncio.Future[Accepted | None] | Response", mark: Mark) -> None:
        with self._api.answering(text(data, "token")):
            response = entered if isinstance(entered, dict) else await self._in_time(data, entered)
            if mark.progress.abandoned:
                return  # the replica that goes on with the session answers
            told = await self._respond(data, response or _neutral(data))
        if response is None and told and not isinstance(entered, dict):
            await self._follow(data, await entered)

    async def _in_time(self, data: Json, entered: "asyncio.Future[Accepted | None]") -> Response | None:
        """Return the answer to an interaction; None if it is not known in time."""
        try:
            async with asyncio.timeout(ANSWER_WITHIN):
                accepted = await asyncio.shield(entered)
        except TimeoutError:
            log.warning("discord.answer_late", interaction=text(data, "id"))
            return None
        return private(_TRY_AGAIN) if accepted is None else _response(data, accepted.answer)

    async def _follow(self, data: Json, accepted: Accepted | None) -> None:
        """Tell the person what came of an interaction that took longer than Discord waits, which so far has only been
        acknowledged."""
        if accepted is None:
            await self._tell(data, _TRY_AGAIN)
            return
        match accepted.answer:
            case OpenForm():
                await self._tell(data, _TOO_LATE)
            case FormErrors() | Notice() as answer:
                await self._tell(data, _words(answer))
            case None:
                pass

    async def _respond(self, data: Json, response: Response) -> bool:
        """Send the one answer. A failure is logged: the delivery is stored, only its answer is lost."""
        try:
            async with asyncio.timeout(_ANSWERING):
                await self._api.answer(text(data, "id"), text(data, "token"), response)
        except (GatewayError, TimeoutError) as error:
            log.warning("discord.answer_failed", kind=response["type"], error=str(error) or "timed out")
            if response["type"] == _MODAL and isinstance(error, Rejected):
                return await self._respond(data, private(f"{_UNSHOWN}."))
            return False
        return True

    async def _tell(self, data: Json, words: str) -> None:
        """Send a message that only the acting person sees, after the answer."""
        try:
            await self._api.webhook(
                "POST",
                "/webhooks/{webhook_id}/{webhook_token}",
                {"webhook_id": text(data, "application_id"), "webhook_token": text(data, "token")},
                json=private(words)["data"],
            )
        except Gone:
            return
        except GatewayError as error:
            log.warning("discord.answer_failed", kind="notice", error=str(error))

    def _spawn(self, handling: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(handling)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("discord.interaction_failed", exc_info=error)

    async def close(self) -> None:
        """Let the answers that are being sent arrive."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=_ANSWERING)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


def private(words: str) -> Response:
    """Return an answer that only the acting person sees."""
    data = {"content": characters(words)[:CONTENT], "flags": _EPHEMERAL, "allowed_mentions": allowed(AllowedMentions())}
    return {"type": _MESSAGE, "data": data}


def _is_command(data: Json) -> bool:
    return number(data, "type") == COMMAND


def _refusal(data: Json, commands: Collection[str]) -> Response | None:
    """Return the answer to an interaction that is not taken in: kinds, controls and commands of others (``commands``
    are the bot's own), numbers that are none. None for one that is."""
    custom_id = text(obj(data, "data"), "custom_id")
    match number(data, "type"):
        case value if value == COMMAND:
            known = text(obj(data, "data"), "name") in commands
        case value if value == COMPONENT:
            known = controls.read(custom_id) is not None
        case value if value == MODAL:
            known = controls.read(custom_id) is not None
            if problems := problems_of(obj(data, "data")):
                return private(_words(FormErrors(errors=problems)))
        case value if value == AUTOCOMPLETE:
            return {"type": _CHOICES, "data": {"choices": []}}
        case _:
            known = False
    if known:
        return None
    log.warning("discord.interaction_unknown", kind=number(data, "type"), interaction=text(data, "id"))
    return private("I do not know that command." if number(data, "type") == COMMAND else "That does nothing any more.")


def _response(data: Json, answer: Answer | None) -> Response:
    match answer:
        case OpenForm(form=form):
            # Discord does not open a form in answer to a form.
            return private(_TOO_LATE) if number(data, "type") == MODAL else _opened(form)
        case FormErrors() | Notice():
            return private(_words(answer))
        case None:
            return _neutral(data)


def _opened(form: Form) -> Response:
    try:
        return {"type": _MODAL, "data": modal(form)}
    except GatewayError as error:
        log.error("discord.form_refused", form=form.title, error=str(error))
        return private(f"{_UNSHOWN}: {error}")


def _neutral(data: Json) -> Response:
    """Return the answer that acknowledges an interaction and shows nothing."""
    if number(data, "type") == COMMAND:
        name = text(obj(data, "data"), "name")
        return private(f"/{name}: done.") if name in SILENT else {"type": _DEFERRED_MESSAGE}
    if number(data, "type") == MODAL and not obj(data, "message"):
        return private("Received.")
    return {"type": _DEFERRED_UPDATE}


def _words(answer: FormErrors | Notice) -> str:
    if isinstance(answer, Notice):
        return answer.text
    lines = [f"- **{field}**: {problem}" for field, problem in answer.errors.items()]
    return "\n".join(["That was not accepted; open the form again to mend it.", *lines])
