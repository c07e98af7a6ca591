"""The metrics of the gateway: their names, their labels and what they say.

Labels have few values: a platform, an outcome, a method; never a conversation or a person.
"""

from collections.abc import Sequence
from typing import Literal, NamedTuple

_SHORT = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
"""Upper bounds in seconds of buckets for what takes milliseconds: an acknowledgement, a commit."""
_CALLS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Upper bounds in seconds of buckets for calls to platforms."""
_LONG = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0)
"""Upper bounds in seconds of buckets for what a model or a person takes part in."""


class Metric(NamedTuple):
    """One metric."""

    name: str
    type: Literal["counter", "gauge", "histogram"]
    labels: tuple[str, ...]
    help: str
    """What it says, in one sentence."""
    buckets: Sequence[float] = ()
    """The upper bounds of a histogram's buckets, without infinity."""


METRICS = (
    Metric(
        "gateway_deliveries_total",
        "counter",
        ("platform", "outcome"),
        "Deliveries of a platform: new, duplicate, ignored, answered in place, denied, over a quota, refused "
        "while the gateway ends, failed to be stored.",
    ),
    Metric(
        "gateway_delivery_seconds",
        "histogram",
        ("platform",),
        "From when a delivery was read until it could be acknowledged.",
        _SHORT,
    ),
    Metric(
        "gateway_last_delivery_timestamp_seconds",
        "gauge",
        ("platform",),
        "When the platform last delivered something, in seconds since the epoch.",
    ),
    Metric(
        "gateway_turns_total",
        "counter",
        ("platform", "outcome"),
        "Runs of turns: done, stopped by a person, refused, failed and to be run again, dead, handed over to "
        "another process.",
    ),
    Metric(
        "gateway_turn_wait_seconds",
        "histogram",
        ("platform",),
        "From the arrival of a delivery until the first run of its turn began.",
        _LONG,
    ),
    Metric(
        "gateway_turn_seconds",
        "histogram",
        ("platform",),
        "Runs of turns, what they wait for answers included.",
        _LONG,
    ),
    Metric(
        "gateway_reply_seconds",
        "histogram",
        ("platform",),
        "From the arrival of a delivery until its turn's first message was on the platform.",
        _LONG,
    ),
    Metric(
        "gateway_platform_calls_total",
        "counter",
        ("platform", "method", "outcome"),
        "Tries of calls to a platform: ok, rate_limited (HTTP 429), unavailable, forbidden, gone, too_large, "
        "rejected, unsupported, cancelled, error.",
    ),
    Metric(
        "gateway_platform_call_seconds",
        "histogram",
        ("platform", "method"),
        "Tries of calls to a platform.",
        _CALLS,
    ),
    Metric(
        "gateway_streams_total",
        "counter",
        ("platform", "native"),
        "Messages that grew while they were written, by the platform's own streams (native) or by edits.",
    ),
    Metric(
        "gateway_stream_edits_total",
        "counter",
        ("platform", "native"),
        "Times that such a message was brought up to date.",
    ),
    Metric(
        "gateway_sessions_opened_total",
        "counter",
        ("platform", "origin"),
        "Sessions that came into memory: new, or restored from the store.",
    ),
    Metric(
        "gateway_commits_total",
        "counter",
        ("outcome",),
        "Commits of the store: ok or failed.",
    ),
    Metric(
        "gateway_commit_seconds",
        "histogram",
        (),
        "Commits of the store, the statements before them included.",
        _SHORT,
    ),
    Metric(
        "gateway_commit_operations_total",
        "counter",
        (),
        "Operations that the commits wrote or read.",
    ),
    Metric(
        "gateway_limits_met_total",
        "counter",
        ("limit",),
        "Times that a limit made something wait.",
    ),
    Metric(
        "gateway_event_loop_blocks_total",
        "counter",
        (),
        "Times that code held the event loop up for GATEWAY_BLOCKED_AFTER seconds or longer.",
    ),
    Metric(
        "gateway_event_loop_blocked_seconds_total",
        "counter",
        (),
        "How long it did in all.",
    ),
    Metric(
        "gateway_info",
        "gauge",
        ("version", "python"),
        "1, with the versions that run.",
    ),
    Metric(
        "gateway_ready",
        "gauge",
        (),
        "1 while /readyz answers 200, else 0.",
    ),
    Metric(
        "gateway_platform_up",
        "gauge",
        ("platform",),
        "1 while the platform can be worked with, else 0.",
    ),
    Metric(
        "gateway_platform_connections",
        "gauge",
        ("platform",),
        "Standing connections to the platform that this replica holds and that are up: sockets, shards.",
    ),
    Metric(
        "gateway_queue_age_seconds",
        "gauge",
        (),
        "How long the oldest message has waited for its turn; one behind a turn of its own conversation does not "
        "count.",
    ),
    Metric(
        "gateway_deliveries_waiting",
        "gauge",
        (),
        "Deliveries in memory whose turns have not begun.",
    ),
    Metric(
        "gateway_turns_running",
        "gauge",
        (),
        "Turns that run and do not wait for an answer.",
    ),
    Metric(
        "gateway_asks_waiting",
        "gauge",
        (),
        "Turns that wait for a person's answer.",
    ),
    Metric(
        "gateway_conversations_active",
        "gauge",
        (),
        "Conversations with work in memory.",
    ),
    Metric(
        "gateway_sessions",
        "gauge",
        (),
        "Sessions in memory.",
    ),
    Metric(
        "gateway_replicas",
        "gauge",
        (),
        "Replicas that are alive, as this one sees it.",
    ),
    Metric(
        "gateway_fenced",
        "gauge",
        (),
        "1 while this replica has lost its lease in the database, else 0.",
    ),
    Metric(
        "gateway_leases_held",
        "gauge",
        (),
        "Conversations that this replica has the lease of; 0 on SQLite, which needs none.",
    ),
    Metric(
        "gateway_part_led",
        "gauge",
        ("part",),
        "1 for each part that this replica has for all (housekeeping, a Discord shard).",
    ),
    Metric(
        "gateway_data_layer_waiting",
        "gauge",
        (),
        "Calls that wait for the registered data layer.",
    ),
    Metric(
        "gateway_data_layer_oldest_seconds",
        "gauge",
        (),
        "How long the oldest of them has waited.",
    ),
)
"""All metrics of the gateway, in the order in which they are shown. Those of the process (``process_*``) and of
Python's garbage collection (``python_gc_*``) are the Prometheus library's own."""
