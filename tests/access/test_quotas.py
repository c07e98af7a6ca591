"""The bounds of people and workspaces: each counts for itself, and what reaches one is refused by it."""

from gateway.ingress.quotas import Quotas
from gateway.model import ConversationRef, Event, MessageCreated, MessageDeleted, StopRequested, UserRef
from gateway.runtime.limits import Limits
from gateway.tables import LimitsTable, Rates

WHERE = ConversationRef(platform="slack", workspace="T1", channel="C1")


def message(person: str = "U1", workspace: str = "T1") -> Event:
    ref = ConversationRef(platform="slack", workspace=workspace, channel="C1")
    return MessageCreated(ref=ref, user=UserRef(platform="slack", workspace=workspace, id=person), message_id="1")


def quotas(person: Rates | None = None, workspace: Rates | None = None) -> tuple[Quotas, Limits]:
    limits = Limits()
    table = LimitsTable(person=person or Rates(), workspace=workspace or Rates())
    return Quotas(table, limits=limits), limits


def test_the_bound_that_lasts_longest_is_told() -> None:
    here, limits = quotas(Rates(messages_per_minute=2, messages_per_hour=2))
    assert [here.take(message()) for _ in range(2)] == [None, None]
    reached = here.take(message())
    assert reached is not None
    assert (reached.scope, reached.limit, reached.most) == ("person", "messages_per_hour", 2)
    assert 1_700 < reached.retry_after <= 1_800
    assert list(limits.shown()) == ["limits.person.messages_per_hour"]


def test_people_and_workspaces_are_counted_apart() -> None:
    here, _ = quotas(Rates(messages_per_minute=2), Rates(messages_per_minute=3))
    assert [here.take(message("U1")) for _ in range(2)] == [None, None]
    mine = here.take(message("U1"))
    assert mine is not None and mine.scope == "person"
    assert here.take(message("U2")) is None  # what was refused was not counted for the workspace
    ours = here.take(message("U2"))
    assert ours is not None and ours.scope == "workspace"
    assert here.take(message("U1", "T2")) is None


def test_what_asks_for_less_is_free() -> None:
    here, _ = quotas(Rates(messages_per_minute=1))
    ada = UserRef(platform="slack", workspace="T1", id="U1")
    nobody = UserRef(platform="slack", workspace="T1", id="")
    for _ in range(3):
        assert here.take(StopRequested(ref=WHERE, user=ada)) is None
        assert here.take(MessageDeleted(ref=WHERE, user=ada, message_id="1")) is None
        assert here.take(MessageDeleted(ref=WHERE, user=nobody, message_id="1")) is None
    assert here.take(message()) is None
    assert here.take(message()) is not None
