"""Streams against a platform in memory: the whole text lands once, with as few calls as the platform wants."""

import asyncio
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest

from gateway.adapter import Adapter
from gateway.egress import Limiter, Lookup, MessageStream, RetryPolicy, Sender
from gateway.errors import Forbidden, RateLimited, Rejected, StreamStopped, Unavailable
from gateway.model import Button, Outgoing, Receipt, TaskUpdate
from tests.egress.platform import TO, USER, Looking, Lost, Plain, Streaming, Time, count

BUTTON = Button(token="t", label="l")


class Bench:
    """One stream, a clock, and a writer that takes its time."""

    def __init__(self, platform: Plain, **stream: Any) -> None:
        self.platform = platform
        self.time = Time()
        platform.clock = self.time.clock
        limiter = Limiter(clock=self.time.clock, sleep=self.time.sleep)
        adapters: dict[str, Adapter] = {"plain": platform}
        self.sender = Sender(adapters, policy=RetryPolicy(), limiter=limiter)
        self.seen: list[tuple[Receipt, ...]] = []
        self.stream: MessageStream = self.sender.stream(
            TO, key="k", recipient=USER, on_receipts=self.seen.append, **stream
        )

    async def write(self, text: str, *, pieces: int = 1, every: float = 0.0) -> None:
        """Write it in about so many pieces, pausing after each."""
        size = max(1, -(-len(text) // pieces))
        for at in range(0, len(text), size):
            await self.stream.write(text[at : at + size])
            if every:
                await self.time.pass_(every)

    async def close(self, text: str, **more: Any) -> tuple[Receipt, ...]:
        return await self.time.run(self.stream.close(Outgoing(text=text, **more)))


def words(count: int, start: int = 0) -> str:
    return " ".join(f"word{number}." for number in range(start, start + count))


def assert_stands(bench: Bench, text: str) -> None:
    """Nothing lost, nothing doubled, no stream left open."""
    platform = bench.platform
    assert " ".join(platform.texts()).split() == text.split()
    assert [message.id for message in platform.messages] == [receipt.id for receipt in bench.stream.receipts]
    assert not any(message.streaming for message in platform.messages)
    if bench.seen:
        assert bench.seen[-1] == bench.stream.receipts


# Posting and editing


async def test_the_first_text_is_sent_at_once_and_edits_are_coalesced() -> None:
    bench = Bench(Plain())
    await bench.write("Hello")
    await bench.time.settle()
    assert bench.platform.texts() == ["Hello"]
    text = " " + words(100)
    await bench.write(text, pieces=200, every=0.05)  # 10 s
    calls = count(bench.platform.calls, "edit")
    assert 8 <= calls <= 11
    await bench.close("Hello" + text)
    assert_stands(bench, "Hello" + text)
    moments = [when for method, when in bench.platform.when[:-1] if method == "edit"]
    assert all(later - earlier >= 0.999 for earlier, later in pairwise(moments))
    assert bench.platform.keys == ["k.0"]


async def test_half_written_markdown_is_shown_healed() -> None:
    bench = Bench(Plain())
    await bench.write("This is **bo")
    await bench.time.settle()
    assert bench.platform.texts() == ["This is **bo**"]
    await bench.close("This is **bold**")
    assert_stands(bench, "This is **bold**")


async def test_nothing_is_sent_for_a_final_text_that_is_shown_already() -> None:
    bench = Bench(Plain())
    await bench.write("Hello")
    await bench.time.settle()
    calls = list(bench.platform.calls)
    await bench.close("Hello")
    assert bench.platform.calls == calls == ["send"]


async def test_a_handler_that_awaits_nothing_else_is_streamed_too() -> None:
    for platform, calls in ((Plain(), ["send", "edit"]), (Streaming(), ["start_stream", "stop_stream"])):
        bench = Bench(platform)
        text = words(50)
        for at in range(0, len(text), 7):
            await bench.stream.write(text[at : at + 7])
        await bench.stream.close(Outgoing(text=text, buttons=(BUTTON,)))
        assert platform.calls == calls
        assert_stands(bench, text)
        assert platform.messages[0].shown.buttons == (BUTTON,)


async def test_a_stream_closed_before_anything_was_shown_is_a_plain_message() -> None:
    bench = Bench(Streaming())
    await bench.stream.replace("Hello")
    await bench.stream.close(Outgoing(text="Hello"))
    assert bench.platform.calls == ["send"]


async def test_nothing_written_is_a_plain_message() -> None:
    bench = Bench(Streaming())
    await bench.close("All at once")
    assert bench.platform.calls == ["send"]
    assert_stands(bench, "All at once")


async def test_what_cannot_be_shown_yet_starts_no_message() -> None:
    bench = Bench(Plain())
    await bench.write("\n \n", every=2)
    await bench.write("```", every=2)
    await bench.write("py\n", every=2)
    assert bench.platform.calls == []
    await bench.write("x = 1", every=2)
    assert bench.platform.texts() == ["\n \n```py\nx = 1\n```"]
    await bench.close("")
    assert bench.platform.messages == []


async def test_a_long_text_goes_on_in_further_messages_that_never_change_again() -> None:
    bench = Bench(Plain())
    text = words(900)
    await bench.write(text, pieces=100, every=0.5)
    first = bench.platform.messages[0]
    edits = first.edits
    assert len(bench.platform.messages) > 2
    await bench.write(" more", every=3)
    assert first.edits == edits
    await bench.close(text + " more", buttons=(BUTTON,))
    assert first.edits == edits
    assert_stands(bench, text + " more")
    assert bench.platform.keys == [f"k.{number}" for number in range(len(bench.platform.messages))]
    assert [bool(each.shown.buttons) for each in bench.platform.messages][-2:] == [False, True]


async def test_no_part_stands_before_the_ones_ahead_of_it_are_whole() -> None:
    platform = Plain()
    bench = Bench(platform)
    gate = asyncio.Event()
    platform.fail("send", gate)
    text = words(600)
    await bench.stream.write(text[:50])
    closing = asyncio.ensure_future(bench.stream.close(Outgoing(text=text)))  # while the first send is on its way
    await bench.time.settle()
    gate.set()
    await bench.time.run(closing)
    assert platform.calls == ["send", "edit", "send", "send"]
    assert_stands(bench, text)


async def test_a_rate_limit_coalesces_edits_and_the_final_text_lands() -> None:
    bench = Bench(Plain())
    await bench.write("Start")
    await bench.time.settle()
    bench.platform.fail("edit", RateLimited(30, "edit"))
    await bench.write(" " + words(50), pieces=50, every=0.5)  # 25 s, nearly all of it limited
    assert bench.platform.texts() == ["Start"]
    assert count(bench.platform.calls, "edit") == 1
    await bench.close("Start " + words(50))
    assert count(bench.platform.calls, "edit") == 2
    assert_stands(bench, "Start " + words(50))


async def test_close_waits_out_a_limit_of_its_own() -> None:
    for platform in (Plain(), Streaming()):
        bench = Bench(platform)
        await bench.write("Start")
        await bench.time.settle()
        platform.fail("edit", RateLimited(20, "e"), RateLimited(20, "e"))
        platform.fail("stop_stream", RateLimited(20, "s"), RateLimited(20, "s"))
        await bench.close("Start to end")
        assert_stands(bench, "Start to end")
        assert bench.time.now >= 1040


async def test_close_does_not_wait_for_the_pace() -> None:
    for platform in (Plain(), Streaming()):
        bench = Bench(platform)
        await bench.write("Hello")
        await bench.time.settle()
        await bench.write(" world")
        await bench.time.settle()
        await bench.close("Hello world")
        assert bench.time.now == 1000.0
        assert_stands(bench, "Hello world")


async def test_a_part_too_full_to_be_healed_is_shown_as_it_is() -> None:
    bench = Bench(Plain())
    text = "**" + "word " * 399 + "end"
    assert len(text) == 2000
    await bench.write(text, every=2)
    assert bench.platform.texts() == [text]


async def test_a_stream_waits_for_what_was_sent_before_it() -> None:
    for platform in (Plain(), Streaming()):
        bench = Bench(platform)
        gate = asyncio.Event()
        platform.fail("send", gate)
        earlier = asyncio.ensure_future(bench.sender.put(TO, Outgoing(text="first"), key="a"))
        await bench.time.settle()
        await bench.write("second", every=2)
        assert platform.texts() == []
        gate.set()
        await earlier
        await bench.close("second")
        assert platform.texts() == ["first", "second"]


async def test_an_edit_does_not_wait_for_what_is_being_sent() -> None:
    bench = Bench(Plain())
    await bench.write("Hello", every=2)
    gate = asyncio.Event()
    bench.platform.fail("send", gate)
    other = asyncio.ensure_future(bench.sender.put(TO, Outgoing(text="other"), key="a"))
    await bench.time.settle()
    await bench.write(" world", every=2)
    assert bench.platform.texts() == ["Hello world"]
    gate.set()
    await other


async def test_an_edit_given_up_on_is_not_taken_for_undone() -> None:
    bench = Bench(Plain())
    await bench.write("Hello", every=2)
    bench.platform.fail("edit", Lost(), *[Unavailable("502")] * 4)
    await bench.write(" world", every=60)
    assert bench.platform.texts() == ["Hello world"]
    await bench.close("Hello")
    assert_stands(bench, "Hello")


async def test_a_send_given_up_on_is_looked_for_at_the_end() -> None:
    bench = Bench(Looking())
    bench.platform.fail("send", Lost())
    bench.platform.fail("find", *[Unavailable("502")] * 4)
    await bench.write("Hello", every=60)
    with pytest.raises(Unavailable):
        await bench.write(" world")
    await bench.close("Hello world")
    assert_stands(bench, "Hello world")
    assert len(bench.platform.messages) == 1


async def test_a_send_in_flight_is_never_interrupted() -> None:
    for platform in (Plain(), Streaming()):
        bench = Bench(platform)
        gate = asyncio.Event()
        platform.fail("send", gate)
        platform.fail("start_stream", gate)
        await bench.write("Hello")
        await bench.time.settle()
        closing = asyncio.ensure_future(bench.stream.close(Outgoing(text="Hello world")))
        await bench.time.settle()
        assert not closing.done()
        gate.set()
        await bench.time.run(closing)
        assert_stands(bench, "Hello world")
        assert len(platform.messages) == 1


async def test_lost_answers_double_nothing() -> None:
    bench = Bench(Looking())
    bench.platform.fail("send", Lost(), Lost())
    bench.platform.fail("edit", Lost(), Unavailable("502"), Lost())
    text = words(600)
    await bench.write(text, pieces=60, every=0.5)
    await bench.close(text)
    assert_stands(bench, text)
    assert len(bench.platform.keys) == len(set(bench.platform.keys))


async def test_a_deleted_message_is_sent_anew() -> None:
    bench = Bench(Plain())
    await bench.write("Hello")
    await bench.time.settle()
    bench.platform.messages.clear()
    await bench.write(" world", every=2)
    await bench.close("Hello world!")
    assert_stands(bench, "Hello world!")
    assert bench.platform.keys == ["k.0", "k.0.1"]


async def test_a_rerun_edits_what_stands() -> None:
    platform = Streaming()
    old = await Bench(platform).sender.put(TO, Outgoing(text=words(600)), key="k")
    assert len(old) > 2
    bench = Bench(platform, existing=old)
    await bench.write("A shorter", every=2)
    assert platform.messages[0].shown.text == "A shorter"
    assert "start_stream" not in platform.calls
    receipts = await bench.close("A shorter answer")
    assert receipts == old[:1]
    assert_stands(bench, "A shorter answer")


async def test_a_failure_is_raised_by_the_next_write_and_the_end_is_tried_again() -> None:
    bench = Bench(Plain())
    bench.platform.fail("send", Rejected("no"), Rejected("still no"))
    await bench.write("Hello")
    await bench.time.settle()
    bench.stream.tasks([TaskUpdate(id="1", title="Search")])
    with pytest.raises(Rejected, match=r"^no"):
        await bench.write(" world")
    with pytest.raises(Rejected, match="still no"):
        await bench.close("Hello world")
    bench = Bench(Plain())
    bench.platform.fail("send", Forbidden("not yet"))
    await bench.write("Hello")
    await bench.time.settle()
    await bench.close("Hello world")
    assert_stands(bench, "Hello world")


async def test_replaced_text() -> None:
    for platform in (Plain(), Streaming()):
        bench = Bench(platform)
        for text in ("Loa", "Loading", "Done. The answer", "Done. The answer is 42."):
            await bench.time.run(bench.stream.replace(text))
            await bench.time.pass_(1.5)
            assert platform.texts() == [text]
        await bench.close("Done. The answer is 42.")
        assert_stands(bench, "Done. The answer is 42.")


async def test_a_closed_or_cancelled_stream_takes_no_more() -> None:
    bench = Bench(Plain())
    await bench.write("a")
    await bench.close("a")
    with pytest.raises(RuntimeError, match="closed"):
        await bench.write("b")
    with pytest.raises(RuntimeError, match="closed"):
        await bench.close("b")
    bench = Bench(Plain())
    await bench.write("a")
    await bench.time.settle()
    await bench.write("b")
    bench.stream.cancel()
    await bench.time.pass_(5)
    assert bench.platform.texts() == ["a"]


async def test_a_stream_nobody_writes_to_has_no_task() -> None:
    bench = Bench(Plain())
    before = len(asyncio.all_tasks())
    await bench.write("Hello", every=3)
    await bench.time.settle()
    assert len(asyncio.all_tasks()) == before
    await bench.write(" world", every=3)
    assert bench.platform.texts() == ["Hello world"]


# Native streams


async def test_a_native_stream_appends_at_its_pace_and_ends_with_the_buttons() -> None:
    platform = Streaming()
    bench = Bench(platform)
    text = words(80)
    await bench.write(text, pieces=100, every=0.05)  # 5 s
    appends = count(platform.calls, "append_stream")
    assert 12 <= appends <= 20
    assert platform.messages[0].streaming
    await bench.close(text, buttons=(BUTTON,), feedback="f")
    assert_stands(bench, text)
    assert set(platform.calls) == {"start_stream", "append_stream", "stop_stream"}
    assert platform.messages[0].shown.buttons == (BUTTON,)
    assert platform.messages[0].shown.feedback == "f"
    assert platform.keys == ["k.0"]


async def test_a_full_stream_goes_on_in_a_new_one() -> None:
    platform = Streaming()
    bench = Bench(platform)
    text = "\n\n".join(words(20, start) for start in range(0, 500, 20))
    await bench.write(text, pieces=200, every=0.1)
    await bench.close(text, buttons=(BUTTON,))
    assert_stands(bench, text)
    assert len(platform.messages) > 4
    assert count(platform.calls, "start_stream") == len(platform.messages)
    assert platform.keys == [f"k.{number}" for number in range(len(platform.messages))]
    assert "send" not in platform.calls
    assert max(map(len, platform.texts())) <= 1000


async def test_code_that_moves_to_the_next_stream_is_edited_out_of_the_last() -> None:
    platform = Streaming()
    bench = Bench(platform)
    intro = words(60)
    code = "```py\n" + "\n".join(f"line({number})" for number in range(60)) + "\n```"
    text = f"{intro}\n\n{code}\n\n{words(10, 100)}"
    await bench.write(text, pieces=150, every=0.3)
    assert platform.texts()[0] == intro
    await bench.close(text)
    assert_stands(bench, text)
    assert platform.texts()[0] == intro
    assert platform.texts()[1].startswith("```py\nline(0)")


async def test_code_longer_than_a_stream_is_closed_and_opened_again() -> None:
    platform = Streaming()
    bench = Bench(platform)
    code = "```py\n" + "\n".join(f"line({number})" for number in range(300)) + "\n```"
    await bench.write(code, pieces=150, every=0.3)
    await bench.close(code)
    for part in platform.texts():
        assert part.startswith("```py\nline(")
        assert part.endswith("\n```")
    lines = [line for part in platform.texts() for line in part.split("\n") if not line.startswith("```")]
    assert lines == [f"line({number})" for number in range(300)]


async def test_an_expired_stream_goes_on_by_edits() -> None:
    platform = Streaming()
    bench = Bench(platform)
    await bench.write("Hello", every=1)
    platform.expire()
    await bench.write(" " + words(20), pieces=20, every=0.5)
    assert count(platform.calls, "append_stream") == 1
    assert count(platform.calls, "edit") > 5
    await bench.close("Hello " + words(20))
    assert_stands(bench, "Hello " + words(20))
    assert len(platform.messages) == 1


async def test_a_stream_that_expires_before_its_end_is_edited_whole() -> None:
    platform = Streaming()
    bench = Bench(platform)
    await bench.write("Hello", every=1)
    platform.expire()
    await bench.close("Hello world", buttons=(BUTTON,))
    assert platform.calls == ["start_stream", "stop_stream", "edit"]
    assert platform.messages[0].shown == Outgoing(text="Hello world", buttons=(BUTTON,))


async def test_a_stream_the_user_stopped_shows_nothing_more_and_says_so() -> None:
    stops: list[str] = []
    bench = Bench(Streaming(), on_stopped=lambda: stops.append("stop"))
    await bench.write(words(20), pieces=5, every=0.3)
    shown = bench.platform.texts()
    bench.platform.fail("append_stream", StreamStopped("canceled by the user"))
    await bench.write(words(20, 20), pieces=5, every=0.3)
    assert stops == ["stop"]
    await bench.close(words(40))
    assert bench.platform.texts() == shown
    assert [receipt.id for receipt in bench.stream.receipts] == ["m1"]
    assert not {"edit", "stop_stream"} & set(bench.platform.calls)


async def test_a_stream_the_user_stopped_at_its_end_is_not_edited_either() -> None:
    stops: list[str] = []
    bench = Bench(Streaming(), on_stopped=lambda: stops.append("stop"))
    await bench.write(words(20), pieces=5, every=0.3)
    shown = bench.platform.texts()
    bench.platform.fail("stop_stream", StreamStopped("canceled by the user"))
    await bench.close(words(25))
    assert stops == ["stop"]
    assert bench.platform.texts() == shown
    assert "edit" not in bench.platform.calls


async def test_a_declined_stream_posts_and_edits() -> None:
    platform = Streaming()
    platform.declines = True
    bench = Bench(platform)
    await bench.write("Hello", every=2)
    await bench.write(" world", every=2)
    assert platform.calls == ["start_stream", "send", "edit"]
    await bench.close("Hello world")
    assert_stands(bench, "Hello world")


async def test_a_final_text_other_than_the_streamed_is_edited() -> None:
    platform = Streaming()
    bench = Bench(platform)
    await bench.write("Draft answer", every=1)
    await bench.close("The answer")
    assert platform.calls == ["start_stream", "stop_stream", "edit"]
    assert_stands(bench, "The answer")


async def test_trailing_white_space_costs_no_edit() -> None:
    platform = Streaming()
    bench = Bench(platform)
    await bench.write("Hello\n\n", every=1)
    await bench.close("Hello")
    assert platform.calls == ["start_stream", "stop_stream"]


async def test_an_append_whose_answer_was_lost_is_not_repeated() -> None:
    for fault in (Lost(), Unavailable("502")):
        platform = Streaming()
        bench = Bench(platform)
        await bench.write("Hello", every=1)
        platform.fail("append_stream", fault)
        await bench.write(" world", every=1)
        assert platform.texts() == ["Hello world"]
        await bench.write(" and more", every=2)
        assert platform.texts() == ["Hello world and more"]
        assert all("Hello world and more".startswith(text) for text in platform.streamed)
        await bench.close("Hello world and more")
        assert_stands(bench, "Hello world and more")


async def test_lost_answers_of_start_and_stop_double_nothing() -> None:
    platform = Streaming()
    platform.fail("start_stream", Lost())
    platform.fail("stop_stream", Lost())
    bench = Bench(platform)
    await bench.write("Hello", every=1)
    await bench.write(" world", every=1)
    await bench.close("Hello world!", buttons=(BUTTON,))
    assert_stands(bench, "Hello world!")
    assert platform.messages[0].shown.buttons == (BUTTON,)
    assert len(platform.messages) == 1


async def test_a_limited_append_brings_what_is_new_by_then() -> None:
    platform = Streaming()
    bench = Bench(platform)
    await bench.write("Hello", every=1)
    platform.fail("append_stream", RateLimited(10, "a"))
    await bench.write(" " + words(20), pieces=20, every=0.4)
    await bench.time.pass_(4)
    assert platform.texts() == ["Hello " + words(20)]
    assert count(platform.calls, "append_stream") == 2
    await bench.close("Hello " + words(20))
    assert_stands(bench, "Hello " + words(20))


async def test_a_limited_append_that_no_longer_fits_or_holds_is_not_made() -> None:
    for replaced in (False, True):
        platform = Streaming()
        bench = Bench(platform)
        await bench.write("Hello", every=1)
        platform.fail("append_stream", RateLimited(10, "a"))
        await bench.write(" world", every=1)
        text = "Replaced: " + words(20) if replaced else "Hello world " + words(200)
        await bench.time.run(bench.stream.replace(text))
        await bench.time.pass_(20)
        assert " ".join(platform.texts()).split() == text.split()
        await bench.close(text)
        assert_stands(bench, text)


async def test_a_look_does_not_take_another_stream_for_its_own() -> None:
    platform = Streaming()
    other = Bench(platform)
    await other.write("Other", every=1)
    platform.fail("start_stream", Unavailable("502"))
    stream = other.sender.stream(TO, key="k2", recipient=USER)
    await stream.write("Mine")
    await other.time.pass_(5)
    assert platform.texts() == ["Other", "Mine"]
    claimed = frozenset(message.id for message in platform.messages)
    bench = Bench(platform, lookup=Lookup(since=0, claimed=claimed))
    await bench.write("New", every=1)
    assert platform.texts() == ["Other", "Mine", "New"]


async def test_a_rerun_takes_up_the_stream_a_crash_left() -> None:
    platform = Streaming()
    crashed = Bench(platform)
    await crashed.write("Hello wor", every=1)
    crashed.stream.cancel()
    platform.expire()
    left = platform.messages[0]
    left.key = "k.0"
    bench = Bench(platform, lookup=Lookup(since=0))
    await bench.write("Hello", every=1)
    await bench.close("Hello world")
    assert platform.messages == [left]
    assert_stands(bench, "Hello world")
    assert count(platform.calls, "start_stream") == 1


async def test_a_rerun_does_not_append_to_the_stream_a_crash_left() -> None:
    platform = Streaming()
    crashed = Bench(platform)
    await crashed.write("Hello wor", every=1)
    crashed.stream.cancel()
    platform.ends_on_edit = True
    bench = Bench(platform, lookup=Lookup(since=0))
    await bench.write("Hello", every=1)
    assert platform.texts() == ["Hello"]
    await bench.write(" world", every=1)
    await bench.close("Hello world")
    assert_stands(bench, "Hello world")
    assert "append_stream" not in platform.calls


async def test_tasks_are_shown_in_a_native_stream_only() -> None:
    started = TaskUpdate(id="1", title="Search")
    done = TaskUpdate(id="1", title="Search", status="complete")
    platform = Streaming()
    bench = Bench(platform)
    bench.stream.tasks([started])
    await bench.write("Hello", every=1)
    bench.stream.tasks([done])
    await bench.close("Hello")
    assert platform.messages[0].tasks == [started, done]
    assert not bench.stream.tasks_lost
    plain = Bench(Plain())
    assert not plain.stream.takes_tasks
    plain.stream.tasks([started])
    await plain.write("Hello", every=1)
    plain.stream.tasks([done])
    await plain.close("Hello")
    assert plain.platform.calls == ["send"]


class Tasking(Streaming):
    """A platform whose native streams show tasks."""

    capabilities = replace(Streaming.capabilities, stream_tasks=True)


async def test_a_stream_takes_tasks_while_it_is_open_and_knows_when_they_are_lost() -> None:
    platform = Tasking()
    bench = Bench(platform)
    took = [bench.stream.takes_tasks]
    await bench.write("Hello", every=1)
    took.append(bench.stream.takes_tasks)
    bench.stream.tasks([TaskUpdate(id="1", title="Search", details="tea")])
    bench.stream.tasks([TaskUpdate(id="1", title="Search", status="complete")])
    await bench.time.pass_(1)
    assert [task.details for task in platform.messages[0].tasks] == ["tea"]
    await bench.stream.replace("Other words")
    await bench.time.pass_(1)
    took.append(bench.stream.takes_tasks)
    assert took == [False, True, False]
    assert bench.stream.tasks_lost
    await bench.close("Other words")
    assert bench.stream.tasks_lost


@pytest.mark.parametrize("seed", range(12))
async def test_a_storm_loses_and_doubles_nothing(seed: int) -> None:
    faults: list[Any] = [Lost(), RateLimited(1.5, "x"), Unavailable("503"), RateLimited(0.2, "y")]
    platform = [Plain, Looking, Streaming][seed % 3]()
    methods = ("send", "edit", "start_stream", "append_stream", "stop_stream", "find", "delete")
    for shift, method in enumerate(methods):
        usable = [fault for fault in faults if not (isinstance(fault, Lost) and type(platform) is Plain)]
        for turn in range(4):
            gate = asyncio.Event()
            gate.set()
            platform.fail(method, usable[(seed + shift + turn) % len(usable)], *[gate] * (turn + seed % 2))
    bench = Bench(platform)
    text = "\n\n".join(words(30, start) for start in range(0, 600, 30))
    await bench.write(text, pieces=120, every=0.35)
    await bench.close(text, buttons=(BUTTON,))
    assert_stands(bench, text)
    assert platform.messages[-1].shown.buttons == (BUTTON,)
