"""The proxy with its configuration, deploy/Caddyfile, as the profile runs it."""

import asyncio
import os
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from gateway.serving.server import IDLE, LINGER
from tests.deploy.files import DEPLOY, seconds
from tests.deploy.proxy import CADDY, CONFIGURATION, proxied
from tests.deploy.replica import Replica


@asynccontextmanager
async def before(folder: Path, *replicas: Replica) -> AsyncIterator[httpx.AsyncClient]:
    """Run the proxy before replicas until it knows how they are, and yield a client that talks to it."""
    async with proxied(folder, (each.port for each in replicas)) as site, httpx.AsyncClient(base_url=site) as http:
        await asyncio.gather(*(each.noticed() for each in replicas))
        yield http


async def webhooks(http: httpx.AsyncClient, count: int) -> Counter[int]:
    """Send webhooks one after the other, and return how many were answered with which status."""
    answers = [await http.post("/slack/events", content=b'{"type": "event_callback"}') for _ in range(count)]
    return Counter(answer.status_code for answer in answers)


async def test_every_replica_gets_its_share(tmp_path: Path) -> None:
    async with Replica() as one, Replica() as two, Replica() as three, before(tmp_path, one, two, three) as http:
        assert await webhooks(http, 60) == {200: 60}
        assert min(one.webhooks, two.webhooks, three.webhooks) > 5


async def test_a_webhook_that_fails_is_sent_to_no_other_replica(tmp_path: Path) -> None:
    async with Replica() as alive, Replica(answers=False) as dying, before(tmp_path, alive, dying) as http:
        answered = await webhooks(http, 40)
        assert answered == {200: alive.webhooks, 502: dying.webhooks}
        assert alive.webhooks + dying.webhooks == 40


async def test_a_replica_that_drains_gets_no_more_webhooks_until_it_is_ready_again(tmp_path: Path) -> None:
    async with Replica() as one, Replica() as two, before(tmp_path, one, two) as http:
        one.ready = False
        await one.noticed()
        assert await webhooks(http, 20) == {200: 20}
        assert (one.webhooks, two.webhooks) == (0, 20)
        one.ready = True
        await one.noticed()
        assert await webhooks(http, 20) == {200: 20}
        assert one.webhooks > 0


async def test_where_no_replica_is_ready_the_platform_is_told_so(tmp_path: Path) -> None:
    async with Replica(ready=False) as one, before(tmp_path, one) as http:
        assert await webhooks(http, 3) == {503: 3}
        assert one.webhooks == 0


def configured(name: str) -> float:
    """The seconds that the proxy's configuration has for a name."""
    return seconds((DEPLOY / "Caddyfile").read_text(encoding="utf-8").partition(f"\t{name} ")[2].split()[0])


def test_the_proxy_lets_go_of_idle_connections_before_the_gateway_closes_them() -> None:
    assert configured("keepalive") < IDLE


def test_the_proxy_looks_twice_while_a_replica_that_ends_still_listens() -> None:
    assert 2 * configured("health_interval") < LINGER


@pytest.mark.parametrize("value", ["", "bot.example"])
async def test_the_proxy_speaks_https_where_it_is_told_the_name_of_the_site(value: str) -> None:
    site = {"PROXY_SITE": value} if value else {}
    process = await asyncio.create_subprocess_exec(
        *(CADDY, "adapt", *CONFIGURATION),
        env={"PATH": os.environ["PATH"], **site},
        stdout=asyncio.subprocess.PIPE,
    )
    printed, _ = await process.communicate()
    assert process.returncode == 0
    assert (b'"listen":[":443"]' in printed) == bool(value)
    assert (b'"listen":[":80"]' in printed) != bool(value)
