"""``/metrics``: what Prometheus scrapes, for whoever has an API key, or on a port of its own."""

import asyncio
import re
from collections.abc import Callable, Mapping

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gateway.adapter import Adapter, ApiAccess
from gateway.http.health import Readiness
from gateway.http.refusals import answering
from gateway.ports import Cluster
from gateway.runtime.load import Load
from gateway.telemetry.prometheus import Gauges, Metrics

PATH = "/metrics"
_LASTING = re.compile(r"[a-z_-]++(\.[a-z_-]++)*+(\.\d+)?")
"""Names of parts that some replica always has; others, with ids in them, come and go."""
_MOST_PARTS = 200
"""Parts that are told of at most."""


class LiveGauges:
    """Reads, at a scrape, what has a value at every moment."""

    def __init__(
        self,
        *,
        cluster: Cluster,
        load: Callable[[], Load],
        sessions: Callable[[], int],
        adapters: Mapping[str, Adapter],
        readiness: Readiness,
    ) -> None:
        """Make it with what knows the values.

        Args:
            cluster: The replicas.
            load: Returns how much there is to do.
            sessions: Returns how many sessions are in memory.
            adapters: The platforms that are on, by name.
            readiness: What ``/readyz`` says.
        """
        self._cluster = cluster
        self._load = load
        self._sessions = sessions
        self._adapters = adapters
        self._readiness = readiness

    async def read(self) -> Gauges:
        """Return the values of the gauges now."""
        ready = await self._readiness.look()
        load, cluster = self._load(), self._cluster
        values: dict[str, Mapping[tuple[str, ...], float]] = {
            name: {(): float(value)}
            for name, value in {
                "gateway_ready": ready.status != "unavailable",
                "gateway_queue_age_seconds": 0 if load.oldest is None else max(0.0, cluster.now() - load.oldest),
                "gateway_deliveries_waiting": load.waiting,
                "gateway_turns_running": load.running,
                "gateway_asks_waiting": load.asking,
                "gateway_conversations_active": load.conversations,
                "gateway_sessions": self._sessions(),
                "gateway_replicas": cluster.replicas,
                "gateway_fenced": cluster.fenced,
                "gateway_leases_held": cluster.held,
            }.items()
        }
        values["gateway_platform_up"] = {
            (name,): float(self._readiness.problem_of(name) is None) for name in self._adapters
        }
        values["gateway_platform_connections"] = {
            (name,): float(sum(each.since is not None for each in self._readiness.connections_of(name)))
            for name in self._adapters
        }
        parts = sorted(part for part in cluster.parts if _LASTING.fullmatch(part))
        values["gateway_part_led"] = {(part,): 1.0 for part in parts[:_MOST_PARTS]}
        if ready.layer is not None:
            values["gateway_data_layer_waiting"] = {(): float(ready.layer.waiting)}
            values["gateway_data_layer_oldest_seconds"] = {(): float(ready.layer.oldest_seconds or 0)}
        return values


def metrics_route(metrics: Metrics, gauges: LiveGauges, access: ApiAccess | None) -> Route:
    """Return the route. With ``access`` a request needs an API key with the scope ``read``; without, anybody who
    reaches it may read it, so it belongs on a port of its own."""

    async def scraped(request: Request) -> Response:
        if access is not None:
            await access.authorize(request, "read")
        snapshot = metrics.snapshot(await gauges.read())
        # A thousand lines take some milliseconds, in which the event loop goes on.
        text, content_type = await asyncio.to_thread(snapshot.rendered, request.headers.get("accept", ""))
        return Response(text, headers={"content-type": content_type, "cache-control": "no-store"})

    return Route(PATH, answering(scraped))
