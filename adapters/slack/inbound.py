"""Handles one delivery, by webhook or socket: makes its envelope, accepts it, and gives the answer Slack wants in
place.

Returning a ``Reply`` means the delivery is durable (or needs no work). An exception means it is not: the transport must
not acknowledge, and Slack delivers again.
"""

import asyncio
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import aiohttp
import structlog

from adapters.fields import Json, obj, text
from adapters.slack.addressees import addressees
from adapters.slack.api import SlackApi, quiet
from adapters.slack.commands import help_text, is_apps
from adapters.slack.envelope import DmSession, Ignored, envelope_of, identified
from adapters.slack.forms import view
from adapters.slack.mentions import escape
from adapters.slack.reaction_threads import ReactionThreads
from adapters.slack.removals import Removals, is_removal
from adapters.slack.threads import thread_of
from adapters.slack.twins import Twins
from adapters.slack.workspaces import Workspace, Workspaces
from gateway.adapter import Accept, Cluster, KeyValueStore
from gateway.errors import PlatformError, Rejected
from gateway.model import Answer, Command, ConversationRef, Envelope, FormErrors, Notice, OpenForm

ANSWER_TIMEOUT = 2.5
"""Seconds for the call that answers an interaction, whose trigger expires after 3."""

_COMMANDS = "slack.commands"
"""The name under which the bot's own commands are stored."""
_UNINSTALLED = "slack.uninstalled"
"""The topic under which it is told that the app was uninstalled."""
_STRANGERS = 1_000
"""Workspaces without the app that are logged."""
_NO_FORM = "Slack cannot show this form. The bot's log says why."

log = structlog.get_logger(__name__)


class Reply(NamedTuple):
    """What is sent with the acknowledgement; a payload of None is an empty body."""

    payload: Mapping[str, Any] | None = None


_EMPTY = Reply()


class Inbound:
    """Turns bodies into accepted envelopes and answers them."""

    def __init__(
        self,
        workspaces: Workspaces,
        *,
        dm_session: DmSession,
        store: KeyValueStore | None = None,
        cluster: Cluster | None = None,
        removals: Removals | None = None,
    ) -> None:
        """``removals`` handles the app's removal from a workspace, where it is installed in many."""
        self._workspaces = workspaces
        self._removals = removals
        self._store = store
        self._cluster = cluster
        self._dm_session: DmSession = dm_session
        self.ignored: Counter[str] = Counter()
        """How many deliveries were answered 200 and ignored, by rule (``own``, ``bot``, ``unknown_event``, …)."""
        self.uninstalled = False
        self._commands: Sequence[Command] = ()
        self._twins = Twins(cluster)
        self._reaction_threads = ReactionThreads(cluster)
        self._strangers: set[str] = set()
        """The workspaces that sent something although the app is not installed there."""

    def listen(self) -> None:
        """Hear from now on what concerns all replicas and came to another one."""
        self._twins.listen()
        if self._cluster is not None:
            self._cluster.listen(_UNINSTALLED, self._heard_uninstalled)

    def _heard_uninstalled(self, told: Mapping[str, Any]) -> None:
        self.uninstalled = True

    async def set_commands(self, commands: Sequence[Command]) -> None:
        """Take these as the bot's own commands, which the app's slash command lists at every replica."""
        self._commands = tuple(commands)
        if self._store is not None:
            await self._store.keep(_COMMANDS, {each.name: each.description for each in commands})

    async def _own_commands(self) -> Sequence[Command]:
        stored = await self._store.recall(_COMMANDS) if self._store is not None else None
        if stored is None:
            return self._commands
        return [Command(name=name, description=str(said)) for name, said in stored.items()]

    async def handle(self, body: Json, accept: Accept) -> Reply:
        """Accept one delivery. Raises what ``accept`` raises, and where it cannot be found out now for which workspace
        the delivery is."""
        if self._removals is not None and is_removal(body):
            await self._removals.take(body, accept)
            return _EMPTY
        workspace = await self._workspaces.addressed(body)
        if workspace is None:
            self._ignore_stranger(body)
            return _EMPTY
        if workspace.installed:
            body = identified(body, workspace.me)
        body = await self._reaction_threads.placed(body, workspace)
        envelope = envelope_of(body, me=workspace.me, dm_session=self._dm_session)
        if isinstance(envelope, Ignored):
            self._ignore(envelope.why, body)
            return _EMPTY
        command = text(body, "command").removeprefix("/")
        if command and not text(body, "text").strip() and is_apps(command, workspace.me.name):
            return Reply({"response_type": "ephemeral", "text": help_text(command, await self._own_commands())})
        self._twins.mark(envelope, workspace.me)
        accepted = await accept(envelope)
        if accepted.answer is None:
            return _EMPTY
        return await self._answer(workspace, body, envelope, accepted.answer)

    def _ignore_stranger(self, body: Json) -> None:
        """Count a delivery of a workspace in which the app is not installed, and log the first one of each."""
        self.ignored["not_installed"] += 1
        first = addressees(body)[0]
        team = first.team or first.org
        if team not in self._strangers and len(self._strangers) < _STRANGERS:
            self._strangers.add(team)
            log.warning("slack.not_installed", workspace=team[:40], kind=describe(body)[:80])

    def _ignore(self, why: str, body: Json) -> None:
        self.ignored[why] += 1
        kind = text(obj(body, "event"), "type") or text(body, "type")
        if is_removal(body):
            self.uninstalled = True
            if self._cluster is not None:
                self._cluster.tell(_UNINSTALLED, {})
            log.error("slack.uninstalled", kind=kind)
        elif kind == "app_rate_limited":
            log.warning("slack.events_dropped", fix="Slack delivers 30,000 events an hour: subscribe to fewer")
        elif why.startswith("unknown") or why == "malformed":
            log.debug("slack.ignored", why=why, kind=kind[:80])

    async def _answer(self, workspace: Workspace, body: Json, envelope: Envelope, answer: Answer) -> Reply:
        """Answer an interaction in place. A failure is logged: the delivery is stored, only its answer is lost."""
        try:
            async with asyncio.timeout(ANSWER_TIMEOUT):
                match answer:
                    case OpenForm():
                        return await self._open(workspace.api, body, envelope.ref, answer)
                    case FormErrors():
                        return Reply({"response_action": "errors", "errors": dict(answer.errors)})
                    case Notice():
                        return await self._tell(workspace.api, body, envelope.ref, answer.text)
        except TimeoutError:
            log.warning("slack.answer_failed", kind=answer.kind, error="timed out")
        except PlatformError as error:
            log.warning("slack.answer_failed", kind=answer.kind, error=quiet(error))
            if isinstance(error, Rejected) and isinstance(answer, OpenForm):
                return await self._answer(workspace, body, envelope, Notice(text=_NO_FORM))
        return _EMPTY

    async def _open(self, api: SlackApi, body: Json, ref: ConversationRef, answer: OpenForm) -> Reply:
        modal = view(answer.form, ref)
        if text(body, "type") == "view_submission":
            return Reply({"response_action": "push", "view": modal})
        await api.call("views.open", {"trigger_id": text(body, "trigger_id"), "view": modal})
        return _EMPTY

    async def _tell(self, api: SlackApi, body: Json, ref: ConversationRef, notice: str) -> Reply:
        if text(body, "command"):
            return Reply({"response_type": "ephemeral", "text": escape(notice)})
        if url := text(body, "response_url"):
            await _respond(api, url, notice)
        else:
            await tell(api, ref, text(obj(body, "user"), "id"), notice)
        return _EMPTY


async def tell(api: SlackApi, ref: ConversationRef, user: str, notice: str) -> None:
    """Show a message to ``user`` alone (chat.postEphemeral)."""
    message = {"channel": ref.channel, "user": user, "text": escape(notice)}
    if thread := thread_of(ref):
        message["thread_ts"] = thread
    await api.call("chat.postEphemeral", message, channel=ref.channel)


async def _respond(api: SlackApi, url: str, notice: str) -> None:
    host, own = urlsplit(url), urlsplit(api.url)
    if host.netloc != own.netloc and not re.fullmatch(r"(?:[\w-]+\.)*slack(?:-gov)?\.com", host.hostname or ""):
        raise Rejected(f"response_url points to {host.hostname}")
    message = {"response_type": "ephemeral", "replace_original": False, "text": escape(notice)}
    try:
        async with api.session.post(url, json=message, allow_redirects=False) as response:
            if response.status >= 300:
                raise Rejected(f"response_url: HTTP {response.status}")
    except aiohttp.ClientError as error:
        raise Rejected(f"response_url: {type(error).__name__}") from error


def describe(body: Json) -> str:
    """Return what a delivery is, for a log line."""
    return text(obj(body, "event"), "type") or text(body, "type") or text(body, "command") or "?"
