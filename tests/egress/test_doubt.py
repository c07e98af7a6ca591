"""A send without a clear answer, on a platform that cannot be looked at: one further try, and so one copy at most."""

import pytest

from gateway.egress import Doubt, Limiter, RetryPolicy, Sender
from gateway.errors import Rejected, Unavailable, Unconfirmed
from gateway.model import Outgoing
from tests.egress.platform import TO, Looking, Lost, Plain, Time, count


def make(platform: Plain) -> tuple[Time, Sender]:
    time = Time()
    limiter = Limiter(clock=time.clock, sleep=time.sleep)
    return time, Sender({"plain": platform}, policy=RetryPolicy(), limiter=limiter)


async def test_a_lost_answer_is_tried_once_more() -> None:
    platform = Plain()
    platform.fail("send", Lost())
    time, sender = make(platform)
    await time.run(sender.put(TO, Outgoing(text="x"), key="k"))
    assert platform.texts() == ["x", "x"]  # the one doubtful copy


async def test_after_a_second_unclear_failure_nothing_is_sent_again() -> None:
    platform = Plain()
    platform.fail("send", Lost(), Unavailable("nothing was taken"), Lost())
    time, sender = make(platform)
    with pytest.raises(Rejected, match="not again"):
        await time.run(sender.put(TO, Outgoing(text="x"), key="k"))
    assert count(platform.calls, "send") == 3
    assert len(platform.messages) == 2


async def test_what_was_certainly_not_taken_is_retried_as_often_as_before() -> None:
    platform = Plain()
    platform.fail("send", *[Unavailable("never connected")] * 4)
    time, sender = make(platform)
    await time.run(sender.put(TO, Outgoing(text="x"), key="k"))
    assert platform.texts() == ["x"]


async def test_every_message_has_a_doubt_of_its_own() -> None:
    platform = Plain()
    time, sender = make(platform)
    for text in "ab":
        platform.fail("send", Lost())
        await time.run(sender.put(TO, Outgoing(text=text), key=text))
    assert platform.texts() == ["a", "a", "b", "b"]


async def test_a_run_that_follows_does_not_try_as_often_again() -> None:
    noted: list[int] = []
    platform = Plain()
    platform.fail("send", Lost(), Lost())
    time, sender = make(platform)
    with pytest.raises(Rejected):
        await time.run(sender.put(TO, Outgoing(text="x"), key="k", doubt=Doubt(on_change=noted.append)))
    assert noted == [1, 2]
    with pytest.raises(Rejected, match="it is not sent again"):
        await time.run(sender.put(TO, Outgoing(text="x"), key="k", doubt=Doubt(noted[-1])))
    assert len(platform.messages) == 2
    # One that died after its first try has one left.
    platform.fail("send", Lost())
    with pytest.raises(Rejected):
        await time.run(sender.put(TO, Outgoing(text="y"), key="k", doubt=Doubt(1)))
    assert platform.texts().count("y") == 1


async def test_a_doubt_ends_with_a_clear_answer() -> None:
    noted: list[int] = []
    platform = Plain()
    platform.fail("send", Lost())
    time, sender = make(platform)
    await time.run(sender.put(TO, Outgoing(text="x"), key="k", doubt=Doubt(on_change=noted.append)))
    assert noted == [1, 0]


async def test_the_end_of_a_stream_sends_no_third_copy() -> None:
    platform = Plain()
    platform.fail("send", Lost(), Lost())
    time, sender = make(platform)
    stream = sender.stream(TO, key="k", recipient=None)
    await stream.write("x")
    await time.pass_(60)
    with pytest.raises(Rejected):
        await time.run(stream.close(Outgoing(text="x")))
    assert len(platform.messages) == 2


async def test_what_an_edit_posts_beside_a_message_is_posted_twice_at_most() -> None:
    platform = Plain()
    time, sender = make(platform)
    existing = await sender.put(TO, Outgoing(text="x"), key="k")
    platform.fail("edit", *[Unconfirmed("a file's card")] * 9)
    with pytest.raises(Rejected):
        await time.run(sender.put(TO, Outgoing(text="y"), key="k", existing=existing))
    assert count(platform.calls, "edit") == 2


async def test_where_it_can_be_looked_for_there_is_no_doubt() -> None:
    platform = Looking()
    platform.fail("send", *[Lost()] * 3)
    time, sender = make(platform)
    await time.run(sender.put(TO, Outgoing(text="x"), key="k", doubt=Doubt(2)))
    assert platform.texts() == ["x"]
