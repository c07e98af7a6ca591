"""Slack's timestamps, which are the ids of its messages too."""


def seconds(ts: str) -> float:
    """A Slack ``ts`` as seconds since the epoch; 0 if it is none."""
    try:
        return float(ts)
    except ValueError:
        return 0.0
