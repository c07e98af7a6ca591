"""The events of threads that are remembered for clients that come back."""

import pytest

from adapters.chatkit.log import ThreadLogs


def test_an_event_of_a_forgotten_log_is_not_taken_for_one_of_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adapters.chatkit.log.LOGS", 1)
    logs = ThreadLogs()
    logs.publish("one", {"type": "a"}, {"type": "b"})
    position = logs.position("one")
    logs.publish("two", {"type": "c"})  # the other one is forgotten
    logs.publish("one", {"type": "d"}, {"type": "e"}, {"type": "f"})
    with logs.reading("one", after=position) as (_, complete):
        assert not complete
