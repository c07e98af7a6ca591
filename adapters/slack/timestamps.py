"""Reads Slack's timestamps, which are also the ids of its messages."""


def seconds(ts: str) -> float:
    """Return a Slack ``ts`` as seconds since the epoch; 0 if it is none."""
    try:
        return float(ts)
    except ValueError:
        return 0.0
