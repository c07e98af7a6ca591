"""The time as all replicas of the gateway know it."""

import time
from collections.abc import Callable

from gateway.adapter import Cluster


def clock_of(cluster: Cluster | None) -> Callable[[], float]:
    """Return a function that returns the time in seconds since the epoch, by the clock of the cluster if there is
    one."""
    return time.time if cluster is None else cluster.now
