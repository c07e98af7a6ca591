"""Metrics in Prometheus' format: counts what observers are told, and renders it together with what is read at a scrape.

An event is counted in plain dictionaries, which take a fraction of the time that the library's own objects take; the
library makes families of samples of them when somebody scrapes.
"""

import sys
import time
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.metadata import version
from typing import TYPE_CHECKING, NamedTuple

from gateway.telemetry.catalog import METRICS
from gateway.telemetry.observer import (
    Commit,
    DeliveryAccepted,
    Observer,
    PlatformCall,
    SessionChanged,
    StreamChanged,
    TurnBegun,
    TurnEnded,
)

if TYPE_CHECKING:
    from prometheus_client.metrics_core import Metric as Family

Labels = tuple[str, ...]


_OTHER = "other"
"""The label that stands for further limits and methods, once there are ``_MOST`` of them."""
_MOST = 100

Gauges = Mapping[str, Mapping[Labels, float]]
"""Values read at a scrape: by the metric's name, and by its labels."""


class _Buckets:
    """The observations of one histogram with one set of labels."""

    __slots__ = ("counts", "total")

    def __init__(self, bounds: Sequence[float]) -> None:
        self.counts = [0] * (len(bounds) + 1)
        self.total = 0.0


class _Histogram:
    """The observations of one histogram, by labels."""

    def __init__(self, bounds: Sequence[float]) -> None:
        self.bounds = bounds
        self.of: dict[Labels, _Buckets] = {}

    def observe(self, labels: Labels, value: float) -> None:
        buckets = self.of.get(labels)
        if buckets is None:
            buckets = self.of[labels] = _Buckets(self.bounds)
        buckets.counts[bisect_left(self.bounds, value)] += 1
        buckets.total += value


class Metrics(Observer):
    """Counts what happens, by labels of which there are few: never a conversation or a person."""

    def __init__(self) -> None:
        self._counters: dict[str, dict[Labels, float]] = {m.name: {} for m in METRICS if m.type == "counter"}
        self._histograms = {m.name: _Histogram(m.buckets) for m in METRICS if m.type == "histogram"}
        self._last: dict[Labels, float] = {}
        self._awaiting_reply: dict[str, float] = {}
        """When each delivery arrived whose turn runs and has posted nothing yet, by delivery key."""
        self._deliveries = self._counters["gateway_deliveries_total"]
        self._delivery_seconds = self._histograms["gateway_delivery_seconds"]
        self._turns = self._counters["gateway_turns_total"]
        self._turn_seconds = self._histograms["gateway_turn_seconds"]
        self._calls = self._counters["gateway_platform_calls_total"]
        self._call_seconds = self._histograms["gateway_platform_call_seconds"]
        self._commits = self._counters["gateway_commits_total"]
        self._commit_seconds = self._histograms["gateway_commit_seconds"]
        self._operations = self._counters["gateway_commit_operations_total"]
        for name in ("gateway_event_loop_blocks_total", "gateway_event_loop_blocked_seconds_total"):
            self._counters[name][()] = 0.0
        self._commits["ok",] = self._commits["failed",] = self._operations[()] = 0.0

    def accepted(self, what: DeliveryAccepted, /) -> None:
        platform = what.platform
        _add(self._deliveries, (platform, what.outcome))
        self._delivery_seconds.observe((platform,), what.seconds)
        if what.outcome != "refused":
            self._last[platform,] = time.time()

    def turn_begun(self, what: TurnBegun, /) -> None:
        if what.attempt == 1:
            self._histograms["gateway_turn_wait_seconds"].observe((what.platform,), what.waited)
            self._awaiting_reply[what.delivery] = what.received_at

    def turn_ended(self, what: TurnEnded, /) -> None:
        _add(self._turns, (what.platform, what.outcome))
        self._turn_seconds.observe((what.platform,), what.seconds)
        self._awaiting_reply.pop(what.delivery, None)

    def called(self, what: PlatformCall, /) -> None:
        _add(self._calls, (what.platform, what.method, what.outcome))
        self._call_seconds.observe((what.platform, what.method), what.seconds)
        if what.method in ("send", "start_stream") and what.outcome == "ok" and what.delivery is not None:
            received_at = self._awaiting_reply.pop(what.delivery, None)
            if received_at is not None:
                seconds = max(0.0, time.time() - received_at)
                self._histograms["gateway_reply_seconds"].observe((what.platform,), seconds)

    def streamed(self, what: StreamChanged, /) -> None:
        labels = (what.platform, "true" if what.native else "false")
        if what.change == "begun":
            _add(self._counters["gateway_streams_total"], labels)
        elif what.change == "edited":
            _add(self._counters["gateway_stream_edits_total"], labels)

    def committed(self, what: Commit, /) -> None:
        _add(self._commits, ("failed",) if what.failed else ("ok",))
        self._commit_seconds.observe((), what.seconds)
        self._operations[()] += what.operations

    def session_changed(self, what: SessionChanged, /) -> None:
        if what.change != "left":
            _add(self._counters["gateway_sessions_opened_total"], (what.platform, what.change))

    def limit_met(self, limit: str, /) -> None:
        counts = self._counters["gateway_limits_met_total"]
        _add(counts, (limit if (limit,) in counts or len(counts) < _MOST else _OTHER,))

    def loop_blocked(self, seconds: float, /) -> None:
        self._counters["gateway_event_loop_blocks_total"][()] += 1
        self._counters["gateway_event_loop_blocked_seconds_total"][()] += seconds

    def snapshot(self, gauges: Gauges) -> "Snapshot":
        """Return all values as they are now, those read at this moment included. Call it on the event loop."""
        return Snapshot(
            {name: dict(values) for name, values in self._counters.items()},
            {
                name: {labels: (tuple(each.counts), each.total) for labels, each in histogram.of.items()}
                for name, histogram in self._histograms.items()
            },
            {
                **gauges,
                "gateway_last_delivery_timestamp_seconds": dict(self._last),
                "gateway_info": {(version("bot-gateway"), sys.version.split()[0]): 1.0},
            },
        )


class Snapshot(NamedTuple):
    """The values of all metrics at one moment. It may be rendered in another thread."""

    counters: Mapping[str, Mapping[Labels, float]]
    histograms: Mapping[str, Mapping[Labels, tuple[Sequence[int], float]]]
    gauges: Gauges

    def rendered(self, accept: str) -> tuple[bytes, str]:
        """Return the metrics as text, and its content type: OpenMetrics for whom ``accept`` (of the HTTP request) says
        so, else Prometheus' own."""
        from prometheus_client import CollectorRegistry, GCCollector, ProcessCollector  # 30 ms, once somebody scrapes
        from prometheus_client.exposition import choose_encoder
        from prometheus_client.registry import Collector

        snapshot = self

        class OfGateway(Collector):
            def collect(self) -> "Iterable[Family]":
                return snapshot.families()

        registry = CollectorRegistry()
        registry.register(OfGateway())
        ProcessCollector(registry=registry)
        GCCollector(registry=registry)
        encode, content_type = choose_encoder(accept)
        return encode(registry), content_type

    def families(self) -> "Iterator[Family]":
        """Yield the metrics that have a value as the library's families of samples."""
        from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily

        for metric in METRICS:
            name, help, names = metric.name, metric.help, metric.labels
            if metric.type == "counter":
                counter = CounterMetricFamily(name, help, labels=names)
                for labels, value in self.counters[name].items():
                    counter.add_metric(labels, value)
                yield counter
            elif metric.type == "gauge":
                gauge = GaugeMetricFamily(name, help, labels=names)
                for labels, value in self.gauges.get(name, {}).items():
                    gauge.add_metric(labels, value)
                yield gauge
            else:
                histogram = HistogramMetricFamily(name, help, labels=names)
                for labels, (counts, total) in self.histograms[name].items():
                    histogram.add_metric(labels, list(_cumulated(metric.buckets, counts)), total)
                yield histogram


def _cumulated(bounds: Sequence[float], counts: Sequence[int]) -> Iterator[tuple[str, float]]:
    so_far = 0
    for bound, count in zip((*bounds, float("inf")), counts, strict=True):
        so_far += count
        yield "+Inf" if bound == float("inf") else f"{bound:g}", so_far


def _add(counts: dict[Labels, float], labels: Labels) -> None:
    counts[labels] = counts.get(labels, 0.0) + 1.0
