"""Runs the checks of ``gateway doctor``: all at once, each for a limited time, with the results in a stable order."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from gateway.adapter import Check, Finding
from gateway.errors import GatewayError, Unavailable
from gateway.redaction import redact

LIMIT = 3.0
"""Seconds that one check may take. All run at the same time, so all of them together take no longer."""


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a check."""

    name: str
    """The check's name."""
    finding: Finding
    seconds: float
    """How long it took."""


async def run_checks(checks: Sequence[Check], *, limit: float = LIMIT) -> AsyncIterator[Result]:
    """Run the checks, and yield each result as soon as it and those before it are there. A check that fails to run is
    one that fails.

    Args:
        checks: The checks.
        limit: Seconds that each may take.
    """
    running = [asyncio.create_task(_run(check, limit)) for check in checks]
    try:
        for task in running:
            yield await task
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


async def _run(check: Check, limit: float) -> Result:
    started = time.monotonic()
    try:
        async with asyncio.timeout(limit):
            finding = await check.run()
    except TimeoutError:
        finding = Finding("fail", f"no answer within {limit:g} s", "run it again; see what does not answer")
    except Unavailable as error:
        finding = Finding("fail", str(error), "let this machine reach it: see its firewall, proxy and name server")
    except GatewayError as error:
        finding = Finding("fail", str(error))
    except Exception as error:
        # Whatever a check stumbles over, the others have something to say.
        finding = Finding("fail", f"the check broke: {type(error).__name__}: {error}", "report this as a bug")
    return Result(check.name, _redacted(finding), time.monotonic() - started)


def _redacted(finding: Finding) -> Finding:
    return Finding(finding.status, *(redact(each) for each in (finding.found, finding.fix, finding.page)))
