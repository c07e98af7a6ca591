"""What a platform tells ``gateway doctor``: checks of its credentials, and requests to try its webhook with."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Literal

from gateway.adapter.asking import Reply, SharedReply
from gateway.errors import Unavailable

CheckStatus = Literal["ok", "warn", "fail", "skipped"]
"""How a check ended: ``warn`` is what works for now, ``skipped`` what could not be looked at or is not in use."""

CLOCK_WARNS = 30.0
"""Seconds that a clock may be wrong by before the doctor warns."""
CLOCK_FAILS = 240.0
"""Seconds that a clock may be wrong by before the doctor says that it fails: from 300 on Slack's requests and Teams'
tokens are refused."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found."""

    status: CheckStatus
    found: str
    """What was found, in one line."""
    fix: str = ""
    """What to do, in one line; empty where there is nothing to do."""
    page: str = ""
    """The address of the platform's page where that is done; empty where there is none."""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing to look at."""

    name: str
    """The name in the table of ``docs/doctor.md``: ``slack.bot_token``."""
    run: Callable[[], Awaitable[Finding]]
    """Looks at it. What it raises is a failure of the check."""


def after(first: SharedReply, check: Check, *, named: str) -> Check:
    """Return a check that is skipped, and not failed a second time, where the platform cannot be reached at all.

    Args:
        first: The answer that every check of the platform needs.
        check: The check.
        named: The name of the check that says that the platform cannot be reached.
    """

    async def run() -> Finding:
        try:
            return await check.run()
        except Unavailable:
            try:
                await first.get()
            except Unavailable:
                return Finding("skipped", f"there was no answer: see `{named}`")
            raise

    return Check(check.name, run)


@dataclass(frozen=True, slots=True)
class Probe:
    """A request to the platform's webhook, as the platform would send it, which leaves nothing behind."""

    name: str
    """The name of the check that it makes: ``slack.webhook``."""
    path: str
    """The webhook's path, below the address of the gateway."""
    request: Callable[[], tuple[Mapping[str, str], bytes]]
    """Makes the headers and the body of the POST, anew for each attempt because signatures age."""
    judge: Callable[[Reply], Finding]
    """Reads the answer. It says ``ok`` for the answer of a webhook that would take the platform's requests."""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What a platform can tell."""

    checks: Sequence[Check]
    probes: Sequence[Probe] = field(default=())


@dataclass(frozen=True, slots=True)
class DiagnosisContext:
    """What a platform's checks may know of the gateway."""

    public_url: str | None
    """The address at which the platforms reach the gateway, without a slash at the end; None where it is not set."""


def clock_finding(off: float, than: str) -> Finding:
    """Return what is to be said of a clock.

    Args:
        off: Seconds that this machine's clock is ahead; negative where it is behind.
        than: Whose clock it was compared with.
    """
    way = "ahead of" if off > 0 else "behind"
    if abs(off) < 2:  # a Date header has whole seconds, and the answer took some time
        return Finding("ok", f"this machine's clock is that of {than}, within 2 s")
    said = f"this machine's clock is {abs(off):.0f} s {way} that of {than}"
    if abs(off) < CLOCK_WARNS:
        return Finding("ok", said)
    fix = "set the machine's clock by NTP (systemd-timesyncd, chrony)"
    return Finding("fail" if abs(off) >= CLOCK_FAILS else "warn", said, fix)


def clock_by_header(reply: Reply, than: str) -> Finding:
    """Return what is to be said of this machine's clock by the ``Date`` header of an answer.

    Args:
        reply: The answer.
        than: Whose answer it was.
    """
    try:
        told = parsedate_to_datetime(reply.headers.get("Date", "")).timestamp()
    except ValueError:
        return Finding("skipped", f"{than} did not tell the time")
    return clock_finding(reply.at - told, than)
