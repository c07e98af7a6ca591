"""Traces, as a collector gets them over the wire."""

import asyncio
import socket
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from opentelemetry import trace

import gateway as cl
from gateway.emulators.slack.emulator import SlackEmulator
from gateway.errors import SettingsError
from gateway.telemetry.exporting import tracing
from gateway.telemetry.logs import configure_logging
from gateway.telemetry.observer import TurnEnded
from tests.ingress.test_acceptor import delivery, echo
from tests.support.bot import RunningBot, register, running_bot
from tests.telemetry.collector import Collector, Span
from tests.telemetry.recorder import Recorder

KEY = "a-key-of-this-test-and-no-other"


@pytest.fixture
async def collector(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Collector]:
    """Yield a collector that the environment names."""
    collector = Collector()
    await collector.start()
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)
    monkeypatch.setenv("OTEL_SERVICE_NAME", "our-bot")
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "20")
    yield collector
    await collector.stop()


def by_gateway(running: RunningBot) -> trace.Tracer:
    assert running.gateway.traces is not None
    return running.gateway.traces.provider.get_tracer("their.library")


def first_of(collector: Collector) -> Span:
    """Return the span that began the only trace."""
    [first] = [span for span in collector.named("receive slack") if not span.parent]
    return first


async def test_one_trace_goes_from_the_webhook_to_the_reply(
    slack: SlackEmulator, tmp_path: Path, collector: Collector
) -> None:
    tracers: list[trace.Tracer] = []

    def bot() -> None:
        @cl.on_message
        async def main(message: cl.Message) -> None:
            async with cl.Step(name="look up", type="tool"):
                with tracers[0].start_as_current_span("chat some-model"):
                    await asyncio.sleep(0.002)
            with tracers[0].start_as_current_span("chat another-model"):
                await cl.Message("my own words").send()

    async with running_bot(slack, register(bot), tmp_path) as running:
        tracers.append(by_gateway(running))
        await slack.post("general", "@gateway their own words")
        await collector.until(lambda seen: seen.named("process slack"))
        received, [turn] = first_of(collector), collector.named("process slack")
        [handler], [step] = collector.named("message_created"), collector.named("look up")
        [model], [other] = collector.named("chat some-model"), collector.named("chat another-model")
        sends = collector.named("slack send")
        assert {span.trace for span in collector.spans} == {received.trace}
        assert turn.parent == received.id
        assert handler.parent == turn.id
        assert step.parent == handler.id
        assert model.parent == step.id
        assert other.parent == handler.id
        assert other.id in {span.parent for span in sends}
        assert (received.kind, turn.kind, sends[0].kind) == ("consumer", "consumer", "client")
        assert {span.service for span in collector.spans} == {"our-bot"}
        ours = [span for span in collector.spans if not span.name.startswith("chat ")]
        assert len({span.attributes["conversation.id"] for span in ours}) == 1
        assert turn.attributes["messaging.message.id"] == received.attributes["messaging.message.id"]
        assert turn.attributes["gateway.outcome"] == "done"
    assert b"own words" not in collector.bodies


async def test_a_turn_that_goes_on_after_a_restart_stays_in_its_trace(
    slack: SlackEmulator, tmp_path: Path, collector: Collector
) -> None:
    begun = asyncio.Event()

    def bot(wait: float) -> Callable[[], None]:
        def setup() -> None:
            @cl.on_message
            async def main(message: cl.Message) -> None:
                begun.set()
                await asyncio.sleep(wait)
                await cl.Message("done").send()

        return setup

    async with running_bot(slack, register(bot(60)), tmp_path, drain_timeout=0):
        await slack.post("general", "@gateway hi")
        await begun.wait()
    async with running_bot(slack, register(bot(0)), tmp_path):
        await collector.until(lambda seen: len(seen.named("process slack")) == 2)
    first, second = collector.named("process slack")
    assert (first.attributes["gateway.outcome"], second.attributes["gateway.outcome"]) == ("handed_over", "done")
    received = first_of(collector)
    assert (first.trace, first.parent) == (second.trace, second.parent) == (received.trace, received.id)
    assert first.id != second.id


async def test_what_fails_and_what_comes_twice_is_told_apart(
    slack: SlackEmulator, tmp_path: Path, collector: Collector
) -> None:
    def bot() -> None:
        @cl.on_message
        async def main(message: cl.Message) -> None:
            raise RuntimeError("told to nobody")

    async with running_bot(slack, register(bot), tmp_path, turn_retries=0):
        ts = await slack.post("general", "@gateway hi")
        await collector.until(lambda seen: seen.named("process slack"))
        again = delivery(slack, ts, type="app_mention", text=f"<@{slack.team.bot.id}> hi")
        await slack.send_raw(again, {"content-type": "application/json", **slack.sign(again)})
        await collector.until(lambda seen: _outcomes(seen)[-1:] == ["duplicate"])
    [turn] = collector.named("process slack")
    assert (turn.failed, turn.attributes["error.type"]) == (True, "RuntimeError")
    first, *others = sorted(collector.named("receive slack"), key=lambda span: span.parent)
    assert {span.parent for span in others} == {first.id}
    assert b"told to nobody" not in collector.bodies


def _outcomes(collector: Collector) -> list[Any]:
    return [span.attributes["gateway.outcome"] for span in collector.named("receive slack")]


async def test_a_trace_that_is_not_sampled_is_not_sent_nor_are_the_spans_inside_of_it(
    slack: SlackEmulator, tmp_path: Path, collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", "parentbased_always_off")
    recorded: list[bool] = []
    tracers: list[trace.Tracer] = []

    def bot() -> None:
        @cl.on_message
        async def main(message: cl.Message) -> None:
            with tracers[0].start_as_current_span("chat some-model") as span:
                recorded.append(span.is_recording())

    recorder = Recorder()
    async with running_bot(slack, register(bot), tmp_path) as running:
        running.gateway.observers.add(recorder)
        tracers.append(by_gateway(running))
        await slack.post("general", "@gateway hi")
        await recorder.until(TurnEnded)
    assert recorded == [False]
    assert collector.spans == []


async def test_log_lines_of_a_turn_have_the_id_of_its_trace(
    slack: SlackEmulator, tmp_path: Path, collector: Collector, capsys: pytest.CaptureFixture[str]
) -> None:
    def bot() -> None:
        @cl.on_message
        async def main(message: cl.Message) -> None:
            raise RuntimeError("to have a line")

    configure_logging(form="console", debug=False)
    async with running_bot(slack, register(bot), tmp_path, turn_retries=0):
        await slack.post("general", "@gateway hi")
        await collector.until(lambda seen: seen.named("process slack"))
    [line] = [line for line in capsys.readouterr().err.splitlines() if "turn.failed" in line]
    assert f"trace_id={collector.named('process slack')[0].trace}" in line


async def test_a_program_that_has_a_trace_finds_it_linked_and_a_webhook_may_not_say_so(
    slack: SlackEmulator, tmp_path: Path, collector: Collector
) -> None:
    header = {"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}
    async with (
        running_bot(slack, register(echo), tmp_path, api_keys=KEY) as running,
        httpx.AsyncClient(base_url=running.url, headers={"authorization": f"Bearer {KEY}", **header}) as http,
    ):
        to = f"user:slack:{slack.team.id}:{slack.ada.id}"
        answer = await http.post(f"/v1/conversations/{quote(to, safe=':')}/messages", json={"text": "hello"})
        assert answer.status_code == 202, answer.text
        ts = await slack.post("general", "hi all")
        body = delivery(slack, ts, type="app_mention", text=f"<@{slack.team.bot.id}> hi")
        await slack.send_raw(body, {"content-type": "application/json", **slack.sign(body), **header})
        await collector.until(lambda seen: len(seen.named("receive slack")) >= 2)
    requested = [
        span for span in collector.named("receive slack") if span.attributes["gateway.kind"] == "message_requested"
    ]
    assert [span.links for span in requested] == [1]
    others = [span for span in collector.named("receive slack") if span not in requested]
    assert others and {span.links for span in others} == {0}


async def test_a_collector_that_is_away_holds_nobody_up(
    slack: SlackEmulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{free.getsockname()[1]}")
    monkeypatch.setattr("gateway.telemetry.tracing.FLUSH", 0.1)
    recorder = Recorder()
    async with running_bot(slack, register(echo), tmp_path) as running:
        running.gateway.observers.add(recorder)
        await slack.post("general", "@gateway hi")
        assert (await recorder.until(TurnEnded)).outcome == "done"


def test_traces_are_off_unless_somebody_asks_for_them(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"):
        monkeypatch.delenv(name, raising=False)
    assert tracing("auto") is None
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318")
    assert tracing("off") is None
    for name, value in (("OTEL_SDK_DISABLED", "true"), ("OTEL_TRACES_EXPORTER", "none")):
        with monkeypatch.context() as inner:
            inner.setenv(name, value)
            assert tracing("auto") is None


def test_what_is_missing_is_named_with_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    configure_logging(form="console", debug=False)
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.http.trace_exporter", None)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318")
    with pytest.raises(SettingsError, match="GATEWAY_TRACES=on needs OpenTelemetry"):
        tracing("on")
    assert tracing("auto") is None
    assert "pip install 'bot-gateway[opentelemetry]'" in capsys.readouterr().err
