"""Guards every way in: what a person does is judged before it is stored, and reaches nothing where it is denied.

Theory. A message, a click, a form, a command, an answer to a question, a reaction: all of them come through the
acceptor, and only there. What goes past the queue of a conversation (answers, stops, forms that open at once) never
meets a runner, so the guard stands before the store and not before a handler. Rules that a delivery itself answers cost
no I/O. Whatever has to be asked for (is this person a guest? what does the bot's own hook say?) gets ``JUDGE_WITHIN``
seconds in all, because platforms wait three; until then nothing is stored and nothing acknowledged, so a crash loses
nothing: the platform sends it again.

It fails closed: what is not known in time denies, and the person is asked to try again later.
"""

import asyncio
import math
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from contextlib import suppress
from typing import Any, Literal, NamedTuple, Protocol

import structlog

from gateway.adapter import Adapter, SupportsAccessFacts
from gateway.egress import Sender
from gateway.errors import Draining
from gateway.ingress.facts import PeopleFacts
from gateway.ingress.policy import Policy, Who
from gateway.ingress.quotas import Quotas
from gateway.ingress.refusals import AGAIN_AFTER, Refusals
from gateway.model import (
    Accepted,
    AccessFacts,
    AccessRequest,
    ActionInvoked,
    CommandInvoked,
    ConversationEnded,
    Envelope,
    Event,
    FeedbackGiven,
    FormSubmitted,
    MessageCreated,
    MessageEdited,
    Notice,
    Profile,
    QuotaReached,
    UserRef,
)
from gateway.runtime.calling import as_failure

log = structlog.get_logger(__name__)

JUDGE_WITHIN = 2.0
"""Seconds for everything that has to be asked for about one delivery, the bot's own hooks included."""
REMEMBERED = 5_000
"""Judgements kept, so that the second delivery of one thing is judged as the first one was."""
REMEMBERED_FOR = 600.0
"""Seconds for which they are kept: platforms deliver again within a few minutes."""

NOT_ALLOWED = "Sorry, you are not allowed to use this bot here."
"""What a person is told whom the policy denies, unless ``message`` says otherwise."""
LATER = "Sorry, I could not find out whether you may use this bot. Please try again in a moment."
"""What a person is told of whom it is not known in time whether they are admitted."""

Why = Literal["denied", "unknown", "quota"]
"""Why a delivery is refused: by the policy or the bot's hook, because something could not be found out, by a limit."""


class Refusal(NamedTuple):
    """Why a delivery is refused, and what its person is told."""

    why: Why
    text: str
    again_after: float = AGAIN_AFTER
    """Seconds for which they are not told again in this conversation."""


class Hooks(Protocol):
    """The bot's own say (``gateway.chat.access`` implements it)."""

    @property
    def authorizes(self) -> bool:
        """Whether the bot has an ``on_authorize``."""
        ...

    @property
    def judges_quotas(self) -> bool:
        """Whether the bot has an ``on_quota``."""
        ...

    async def authorize(self, user: UserRef, profile: Profile | None, request: AccessRequest) -> object:
        """Return what ``on_authorize`` says."""
        ...

    async def over_quota(self, user: UserRef, profile: Profile | None, quota: QuotaReached) -> object:
        """Return what ``on_quota`` says."""
        ...


class Guard:
    """Judges deliveries by the access policy, the bot's own hook and the limits."""

    def __init__(
        self,
        *,
        policy: Policy,
        quotas: Quotas,
        hooks: Hooks,
        adapters: Mapping[str, Adapter],
        sender: Sender,
        profile: Callable[[UserRef], Awaitable[Profile | None]],
        spawn: Callable[[Coroutine[Any, Any, Any]], asyncio.Task[Any]],
    ) -> None:
        self._policy = policy
        self._quotas = quotas
        self._hooks = hooks
        self._adapters = adapters
        self._telling = {name: each for name, each in adapters.items() if isinstance(each, SupportsAccessFacts)}
        self._facts = PeopleFacts(sender)
        self._profile = profile
        self._spawn = spawn
        self._refusals = Refusals(sender, spawn)
        self._judged: OrderedDict[str, tuple[float, asyncio.Task[Refusal | None]]] = OrderedDict()

    @property
    def is_on(self) -> bool:
        """Whether anything is judged at all."""
        return not self._policy.is_open or not self._quotas.is_open or self._hooks.authorizes

    def turn_away(self, envelope: Envelope, event: Event) -> Accepted | None:
        """Return the answer to a delivery that is denied by what it tells itself; None for one that may be admitted.
        Does no I/O."""
        if self._policy.is_open or isinstance(event, ConversationEnded):
            return None
        if self._policy.judge(Who.of(event), self._told(envelope)) != "denied":
            return None
        return self._refused(envelope, event, Refusal("denied", self._policy.message or NOT_ALLOWED))

    async def judge(self, envelope: Envelope, event: Event) -> Accepted | None:
        """Return the answer to a delivery that is refused, None for one that is admitted. Each delivery is judged and
        counted once, however often and at once it comes."""
        if isinstance(event, ConversationEnded):
            return None  # it only forgets what there was
        refusal = await self._once(envelope, event)
        return None if refusal is None else self._refused(envelope, event, refusal)

    async def _once(self, envelope: Envelope, event: Event) -> Refusal | None:
        now = time.monotonic()
        known = self._judged.get(envelope.key)
        if known is None or known[0] < now:
            task = self._spawn(self._judge(envelope, event))
            known = self._judged[envelope.key] = (now + REMEMBERED_FOR, task)
            self._judged.move_to_end(envelope.key)
            while len(self._judged) > REMEMBERED:
                self._judged.popitem(last=False)
        try:
            refusal = await asyncio.shield(known[1])
        except asyncio.CancelledError:
            if known[1].cancelled():
                raise Draining("the gateway is shutting down") from None
            raise
        finally:
            if known[1].cancelled() or (known[1].done() and known[1].exception() is not None):
                self._judged.pop(envelope.key, None)
        if refusal is not None and refusal.why != "denied":
            self._judged.pop(envelope.key, None)  # it may be admitted when it comes again
        return refusal

    async def _judge(self, envelope: Envelope, event: Event) -> Refusal | None:
        until = time.monotonic() + JUDGE_WITHIN
        facts = AccessFacts()
        if not self._policy.is_open or self._hooks.authorizes:
            facts = await self._enough(event, self._told(envelope), until)
        if (refusal := self._by_policy(event, facts)) is not None:
            return refusal
        if self._hooks.authorizes and (refusal := await self._by_hook(event, facts, until)) is not None:
            return refusal
        if self._quotas.is_open or (reached := self._quotas.take(event)) is None:
            return None
        return await self._by_quota(event, reached, until)

    async def _enough(self, event: Event, told: AccessFacts, until: float) -> AccessFacts:
        """Return what a delivery tells and, where the policy needs more, what the platform does."""
        who = Who.of(event)
        if self._policy.is_open or not who.user or self._policy.judge(who, told) != "unknown":
            return told
        asked = await _within(until, self._facts.get(event, self._policy.groups(who.platform)))
        return told if asked is None else told.completed(asked)

    def _by_policy(self, event: Event, facts: AccessFacts) -> Refusal | None:
        match "admitted" if self._policy.is_open else self._policy.judge(Who.of(event), facts):
            case "admitted":
                return None
            case "denied":
                return Refusal("denied", self._policy.message or NOT_ALLOWED)
            case "unknown":
                log.warning("access.unknown", user=event.user.key, conversation=event.ref.key, kind=event.kind)
                return Refusal("unknown", LATER, 60.0)

    async def _by_hook(self, event: Event, facts: AccessFacts, until: float) -> Refusal | None:
        if not event.user.id:
            return None  # nobody in particular did it, as with a deletion of which the platform does not tell whose
        profile = await _within(until, self._profile(event.user))
        said = await self._ask(
            "on_authorize", self._hooks.authorize(event.user, profile, _request(event, facts)), until
        )
        if said is True:
            return None
        if said is _FAILED:
            return Refusal("unknown", LATER, 60.0)
        if said is None:
            log.warning("access.on_authorize_said_nothing", fix="return True for whoever may use the bot")
        words = said.strip()[:1_000] if isinstance(said, str) else ""
        return Refusal("denied", words or self._policy.message or NOT_ALLOWED)

    async def _by_quota(self, event: Event, reached: QuotaReached, until: float) -> Refusal | None:
        said: object = None
        if self._hooks.judges_quotas:
            profile = await _within(until, self._profile(event.user))
            said = await self._ask("on_quota", self._hooks.over_quota(event.user, profile, reached), until)
        if said is True:
            return None
        words = said.strip()[:1_000] if isinstance(said, str) else ""
        return Refusal("quota", words or _come_back(reached), min(reached.retry_after, AGAIN_AFTER))

    async def _ask(self, hook: str, asking: Coroutine[Any, Any, object], until: float) -> object:
        """Return what a hook of the bot says; ``_FAILED`` where it fails or takes too long."""
        task = asyncio.ensure_future(_contained(asking))
        try:
            done, _ = await asyncio.wait({task}, timeout=max(0.0, until - time.monotonic()))
        except asyncio.CancelledError:
            task.cancel()
            raise
        if not done:
            task.cancel()
            log.error("access.hook_too_slow", hook=hook, seconds=JUDGE_WITHIN)
            return _FAILED
        error = asyncio.CancelledError() if task.cancelled() else task.exception()
        if error is not None:
            log.error("access.hook_failed", hook=hook, exc_info=error)
            return _FAILED
        return task.result()

    def _told(self, envelope: Envelope) -> AccessFacts:
        adapter = self._telling.get(envelope.ref.platform)
        if adapter is None:
            return AccessFacts(channels=frozenset((envelope.ref.channel,)))
        return adapter.facts_told(envelope)

    def _refused(self, envelope: Envelope, event: Event, refusal: Refusal) -> Accepted:
        """Tell the person that they are refused: in place of what they clicked or submitted, else once in a while."""
        status: Literal["quota", "denied"] = "quota" if refusal.why == "quota" else "denied"
        due = self._refusals.is_due(event, refusal.why, again_after=refusal.again_after)
        if due:
            log.info(
                "access.refused", why=refusal.why, kind=event.kind, user=event.user.key, conversation=event.ref.key
            )
        if isinstance(self._adapters[event.ref.platform].parse(envelope), _IN_PLACE):
            return Accepted(status=status, answer=Notice(text=refusal.text))
        if due:
            self._refusals.tell(event, refusal.text)
        return Accepted(status=status)


_IN_PLACE = (ActionInvoked, CommandInvoked, FeedbackGiven, FormSubmitted)
"""What the platform wants an answer to at once."""
_FAILED = object()


async def _contained(asking: Awaitable[object]) -> object:
    """Return what a hook says. Whatever else than an exception it raises would end the process, so it becomes one."""
    try:
        return await asking
    except (Exception, asyncio.CancelledError):
        raise
    except BaseException as error:
        raise as_failure(error) from error


async def _within(until: float, asking: Awaitable[Any]) -> Any:
    """Return the result of what is awaited, None where it takes too long."""
    with suppress(TimeoutError):
        async with asyncio.timeout(until - time.monotonic()):
            return await asking
    return None


def _request(event: Event, facts: AccessFacts) -> AccessRequest:
    text = event.text if isinstance(event, MessageCreated | MessageEdited | CommandInvoked) else ""
    return AccessRequest(
        kind=event.kind,
        platform=event.ref.platform,
        workspace=event.ref.workspace,
        channel=event.ref.channel,
        conversation=event.ref.key,
        is_direct=event.ref.kind == "dm",
        text=text,
        command=event.command if isinstance(event, CommandInvoked) else "",
        guest=facts.guest,
        external=facts.external,
        groups=facts.groups,
    )


def _come_back(reached: QuotaReached) -> str:
    seconds = max(1, math.ceil(reached.retry_after))
    when = f"{seconds} second{'s' if seconds > 1 else ''}" if seconds < 120 else f"{math.ceil(seconds / 60)} minutes"
    if reached.scope == "person":
        return f"That was a lot at once, so this was not taken. Please try again in {when}."
    return f"This workspace asks a lot of me just now, so this was not taken. Please try again in {when}."
