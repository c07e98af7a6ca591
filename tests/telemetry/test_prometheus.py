"""What Prometheus scrapes, and who may."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics
from prometheus_client.parser import text_string_to_metric_families as families

import gateway as cl
from gateway.drivers.slack.reading import said
from gateway.emulators.slack.emulator import SlackEmulator
from gateway.errors import SettingsError
from gateway.serving.metrics import listen, serving_metrics
from gateway.serving.watchdog import Watchdog
from gateway.settings import GatewaySettings
from gateway.telemetry.catalog import METRICS
from gateway.telemetry.observer import DeliveryAccepted, Observers, TurnEnded, TurnWaits
from gateway.telemetry.prometheus import Metrics
from tests.ingress.test_acceptor import delivery, echo
from tests.support.bot import RunningBot, register, running_bot
from tests.telemetry.recorder import Recorder

KEY = "a-key-of-this-test-and-no-other"


class Scraped:
    """A gateway whose metrics are scraped on a port of their own."""

    def __init__(self, running: RunningBot, recorder: Recorder, http: httpx.AsyncClient) -> None:
        self.running = running
        self.recorder = recorder
        self.http = http

    async def values(self) -> Mapping[tuple[str, ...], float]:
        """Return the value of each sample, by its name and the values of its labels, ``le`` excepted."""
        answer = await self.http.get("/metrics")
        assert answer.status_code == 200
        return {
            (sample.name, *(value for name, value in sorted(sample.labels.items()))): sample.value
            for family in families(answer.text)
            for sample in family.samples
        }


@asynccontextmanager
async def scraped(slack: SlackEmulator, setup: Any, data: Path, **settings: Any) -> AsyncIterator[Scraped]:
    recorder = Recorder()
    async with running_bot(slack, register(setup), data, metrics_port=0, **settings) as running:
        running.gateway.observers.add(recorder)
        listener = listen(GatewaySettings(_env_file=None, metrics_port=0))
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        async with serving_metrics(running.gateway.metrics_route(), listener), httpx.AsyncClient(base_url=url) as http:
            yield Scraped(running, recorder, http)


async def test_what_happened_is_counted(slack: SlackEmulator, tmp_path: Path) -> None:
    async with scraped(slack, echo, tmp_path) as bot:
        slack.fail_next("chat.postMessage", retry_after=0)
        ts = await slack.post("general", "@gateway hi")
        await bot.recorder.until(TurnEnded)
        again = delivery(slack, ts, type="app_mention", text=f"<@{slack.team.bot.id}> hi")
        await slack.send_raw(again, {"content-type": "application/json", **slack.sign(again)})
        before = time.time()
        values = await bot.values()
        assert values["gateway_deliveries_total", "new", "slack"] == 1
        assert values["gateway_deliveries_total", "duplicate", "slack"] >= 1
        assert values["gateway_turns_total", "done", "slack"] == 1
        assert values["gateway_platform_calls_total", "send", "rate_limited", "slack"] == 1
        assert values["gateway_platform_calls_total", "send", "ok", "slack"] == 1
        assert values["gateway_reply_seconds_count", "slack"] == 1
        assert 0 < values["gateway_reply_seconds_sum", "slack"] < 60
        assert values["gateway_delivery_seconds_bucket", "+Inf", "slack"] >= 2
        assert values["gateway_commits_total", "ok"] >= 2
        assert values["gateway_commits_total", "failed"] == 0
        assert values["gateway_sessions_opened_total", "new", "slack"] == 1
        assert before - 60 < values["gateway_last_delivery_timestamp_seconds", "slack"] <= before
        assert values["gateway_platform_up", "slack"] == values["gateway_ready",] == values["gateway_replicas",] == 1
        assert values["gateway_sessions",] == 1
        assert values["process_resident_memory_bytes",] > 1_000_000


async def test_every_metric_of_the_catalog_is_there_and_none_names_a_person_or_a_conversation(
    slack: SlackEmulator, tmp_path: Path
) -> None:
    async with scraped(slack, echo, tmp_path) as bot:
        await slack.post("general", "@gateway hi")
        await bot.recorder.until(TurnEnded)
        text = (await bot.http.get("/metrics")).text
        shown = {line.split()[2] for line in text.splitlines() if line.startswith("# TYPE")}
        assert {metric.name for metric in METRICS} <= shown
        assert slack.general.id not in text
        assert slack.ada.id not in text
        answer = await bot.http.get("/metrics", headers={"accept": "application/openmetrics-text; version=1.0.0"})
        assert answer.headers["content-type"].startswith("application/openmetrics-text")
        names = {family.name for family in openmetrics(answer.text)}  # type: ignore[no-untyped-call]
        assert {"gateway_deliveries", "gateway_turn_seconds", "gateway_queue_age_seconds"} <= names


def new(recorder: Recorder) -> int:
    return sum(told.outcome == "new" for told in recorder.of(DeliveryAccepted))


async def test_the_queue_is_as_old_as_what_waits_for_a_place_and_not_for_its_own_conversation(
    slack: SlackEmulator, tmp_path: Path
) -> None:
    go = asyncio.Event()

    def bot() -> None:
        @cl.on_message
        async def main(message: cl.Message) -> None:
            await cl.Message(f"begun {message.content}").send()
            await go.wait()

    async with scraped(slack, bot, tmp_path, running_turns=1) as gateway:
        first = await slack.post("general", "@gateway first")
        await said(slack, "general", "begun first")
        await slack.post("general", "@gateway behind it", thread_ts=first)
        await gateway.recorder.until(DeliveryAccepted, lambda _: new(gateway.recorder) == 2)
        values = await gateway.values()
        assert (values["gateway_queue_age_seconds",], values["gateway_turns_running",]) == (0, 1)
        assert values["gateway_deliveries_waiting",] == 1
        await slack.post("general", "@gateway elsewhere")
        await gateway.recorder.until(DeliveryAccepted, lambda _: new(gateway.recorder) == 3)
        values = await gateway.values()
        assert values["gateway_queue_age_seconds",] > 0
        assert values["gateway_deliveries_waiting",] == 2
        assert values["gateway_limits_met_total", "GATEWAY_RUNNING_TURNS"] == 1
        go.set()
        await gateway.recorder.until(TurnEnded, lambda _: len(gateway.recorder.of(TurnEnded)) == 3)
        values = await gateway.values()
        assert (values["gateway_queue_age_seconds",], values["gateway_conversations_active",]) == (0, 0)


async def test_turns_that_wait_for_an_answer_are_counted_apart(slack: SlackEmulator, tmp_path: Path) -> None:
    def bot() -> None:
        @cl.on_message
        async def main(message: cl.Message) -> None:
            await cl.AskUserMessage("And?").send()

    async with scraped(slack, bot, tmp_path) as gateway:
        await slack.post("general", "@gateway hi")
        await gateway.recorder.until(TurnWaits)
        values = await gateway.values()
        assert (values["gateway_asks_waiting",], values["gateway_turns_running",]) == (1, 0)


async def test_on_the_bots_own_port_metrics_need_a_key(slack: SlackEmulator, tmp_path: Path) -> None:
    async with running_bot(slack, register(echo), tmp_path / "without") as running, httpx.AsyncClient() as http:
        assert (await http.get(f"{running.url}/metrics")).status_code == 404
    async with (
        running_bot(slack, register(echo), tmp_path / "with", api_keys=KEY) as running,
        httpx.AsyncClient(base_url=running.url) as http,
    ):
        assert (await http.get("/metrics")).status_code == 401
        wrong = await http.get("/metrics", headers={"authorization": "Bearer wrong"})
        assert (wrong.status_code, "gateway_ready" in wrong.text) == (401, False)
        right = await http.get("/metrics", headers={"authorization": f"Bearer {KEY}"})
        assert (right.status_code, "gateway_ready 1.0" in right.text) == (200, True)
        assert right.headers["cache-control"] == "no-store"


def test_a_port_that_is_taken_is_named_with_what_to_do() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(SettingsError, match=f"cannot listen on 127.0.0.1:{port} for metrics.*GATEWAY_METRICS_PORT"):
            listen(GatewaySettings(_env_file=None, metrics_port=port))
    with pytest.raises(SettingsError, match="cannot listen on 203"):
        listen(GatewaySettings(_env_file=None, metrics_port=0, metrics_host="203.0.113.1"))


async def test_blocks_of_the_event_loop_are_counted(tmp_path: Path) -> None:
    metrics, noted = Metrics(), asyncio.Event()

    class Noting(Recorder):
        def loop_blocked(self, seconds: float, /) -> None:
            noted.set()

    with Watchdog(0.05, tmp_path, Observers(metrics, Noting())).watching():
        time.sleep(0.2)  # what the watchdog looks for
        await noted.wait()
    values = metrics.snapshot({}).counters
    assert values["gateway_event_loop_blocks_total"][()] == 1
    assert values["gateway_event_loop_blocked_seconds_total"][()] >= 0.05


def test_labels_that_a_limit_names_are_bounded() -> None:
    metrics = Metrics()
    for number in range(1_000):
        metrics.limit_met(f"limit {number}")
    counts = metrics.snapshot({}).counters["gateway_limits_met_total"]
    assert len(counts) <= 101
    assert sum(counts.values()) == 1_000


def test_the_documents_table_is_that_of_the_catalog() -> None:
    text = (Path(__file__).parents[2] / "docs" / "observability.md").read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if line.startswith("| `gateway_")]
    assert rows == [
        f"| `{metric.name}` | {metric.type} | {', '.join(f'`{name}`' for name in metric.labels)} | {metric.help} |"
        for metric in METRICS
    ]
