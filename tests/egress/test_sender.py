"""The sender against a platform in memory: nothing lost, nothing doubled, in order, within every limit."""

import asyncio
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gateway.adapter import Adapter
from gateway.egress import Limiter, Lookup, RetryPolicy, Sender
from gateway.errors import Forbidden, RateLimited, Rejected, SettingsError, TooLarge, Unavailable, Unsupported
from gateway.model import (
    Button,
    Citation,
    FromBytes,
    FromPath,
    FromUrl,
    Outgoing,
    OutgoingFile,
    Receipt,
    RemoteFile,
    Starter,
)
from tests.egress.platform import TO, USER, Keyed, Looking, Lost, Plain, Rich, Time, count


def make(adapter: Adapter, **policy: Any) -> tuple[Time, Sender]:
    time = Time()
    limiter = Limiter(clock=time.clock, sleep=time.sleep)
    return time, Sender({"plain": adapter}, policy=RetryPolicy(**policy), limiter=limiter)


def file(name: str, size: int = 10) -> OutgoingFile:
    return OutgoingFile(name=name, source=FromBytes(data=b"x" * size))


def button(number: int) -> Button:
    return Button(token=str(number), label=str(number))


REMOTE = RemoteFile(id="F1", name="f", workspace="W1")

LONG = "\n\n".join(f"Paragraph {number} " + "of some words " * 20 for number in range(30))


async def test_a_short_message_is_sent_as_it_is() -> None:
    platform = Plain()
    _, sender = make(platform)
    message = Outgoing(text="hello", buttons=(button(1),), feedback="f")
    receipts = await sender.put(TO, message, key="k")
    assert [each.shown for each in platform.messages] == [message]
    assert platform.keys == ["k.0"]
    assert receipts == (Receipt(to=TO, id="m1"),)


async def test_twenty_kilobytes_with_tables_and_code_arrive_whole() -> None:
    platform = Plain()
    _, sender = make(platform)
    words = iter(f"word{number}." for number in range(10_000))
    blocks: list[str] = []
    while sum(map(len, blocks)) < 20_000:
        blocks.append(" ".join(next(words) for _ in range(60)))
        blocks.append("```py\n" + "\n".join(f"x = '{next(words)}'" for _ in range(60)) + "\n```")
        blocks.append("| a |\n|---|\n" + "\n".join(f"| {next(words)} |" for _ in range(40)))
        blocks.append("\n".join(f"- {next(words)}" for _ in range(40)))
    text = "\n\n".join(blocks)
    receipts = await sender.put(TO, Outgoing(text=text), key="k")
    assert len(receipts) == len(platform.messages) > 10
    assert re.findall(r"word\d+\.", "\n".join(platform.texts())) == re.findall(r"word\d+\.", text)
    for part in platform.texts():
        assert len(part) <= 2000
        assert part.count("```") % 2 == 0
        assert part.count("|---") <= 1


async def test_extras_go_with_the_last_part_and_spill() -> None:
    platform = Plain()
    _, sender = make(platform)
    message = Outgoing(
        text=LONG,
        buttons=tuple(map(button, range(7))),
        files=tuple(file(f"f{number}") for number in range(7)),
        feedback="fb",
    )
    await sender.put(TO, message, key="k")
    texts = [each.shown for each in platform.messages if each.shown.text]
    assert all(not each.buttons and not each.files for each in texts[:-1])
    tail = [each.shown for each in platform.messages[len(texts) - 1 :]]
    assert [len(each.files) for each in tail] == [3, 3, 1]
    assert [len(each.buttons) for each in tail] == [5, 2, 0]
    assert tuple(button for each in tail for button in each.buttons) == message.buttons
    assert [file.name for each in tail for file in each.files] == [file.name for file in message.files]
    # A file alone is no message everywhere: the thumbs are under the last part that has more than files.
    assert [each.shown.feedback for each in platform.messages][-3:] == [None, "fb", None]
    assert sum(each.shown.feedback is not None for each in platform.messages) == 1


async def test_nothing_to_show_sends_nothing_and_removes_what_stood() -> None:
    platform = Plain()
    _, sender = make(platform)
    assert await sender.put(TO, Outgoing(text=" \n"), key="k") == ()
    receipts = await sender.put(TO, Outgoing(text="there"), key="k")
    assert await sender.put(TO, Outgoing(), key="k", existing=receipts) == ()
    assert platform.messages == []


async def test_existing_parts_are_edited_and_surplus_deleted() -> None:
    platform = Plain()
    _, sender = make(platform)
    long = await sender.put(TO, Outgoing(text=LONG), key="k")
    assert len(long) > 2
    short = await sender.put(TO, Outgoing(text="short"), key="k", existing=long)
    assert short == long[:1]
    assert platform.texts() == ["short"]
    again = await sender.put(TO, Outgoing(text=LONG), key="k", existing=short)
    assert again[0] == long[0]
    assert "\n\n".join(platform.texts()).split() == LONG.split()


async def test_every_receipt_is_reported_at_once_and_none_forgotten() -> None:
    platform = Plain()
    _, sender = make(platform)
    seen: list[tuple[Receipt, ...]] = []
    receipts = await sender.put(TO, Outgoing(text=LONG), key="k", on_receipts=seen.append)
    assert [len(each) for each in seen] == list(range(1, len(receipts) + 1))


async def test_parts_not_reached_yet_stay_among_the_receipts() -> None:
    class Counting(Plain):
        async def edit(self, receipt: Receipt, message: Outgoing) -> Receipt:
            await super().edit(receipt, message)
            return replace(receipt, data={"edited": True})

    platform = Counting()
    _, sender = make(platform)
    existing = await sender.put(TO, Outgoing(text=LONG), key="k")
    seen: list[tuple[Receipt, ...]] = []
    gate = asyncio.Event()
    gate.set()
    platform.fail("edit", gate, Forbidden("no"))
    with pytest.raises(Forbidden):
        await sender.put(TO, Outgoing(text="New! " + LONG), key="k", existing=existing, on_receipts=seen.append)
    assert [each.data for each in seen[-1][:2]] == [{"edited": True}, {}]
    assert [each.id for each in seen[-1]] == [each.id for each in existing]


async def test_a_part_that_is_gone_is_sent_anew_with_those_behind_it() -> None:
    platform = Keyed()
    _, sender = make(platform)
    receipts = await sender.put(TO, Outgoing(text=LONG), key="k")
    platform.messages.pop(1)  # a user deletes the second part
    new = "New! " + LONG
    after = await sender.put(TO, Outgoing(text=new), key="k", existing=receipts)
    assert after[0] == receipts[0]
    assert not {each.id for each in after[1:]} & {each.id for each in receipts}
    assert " ".join(platform.texts()).split() == new.split()


# Faults


async def test_a_rate_limit_loses_and_doubles_nothing() -> None:
    platform = Plain()
    platform.fail("send", RateLimited(5, "send"), RateLimited(1, "send"))
    time, sender = make(platform)
    await time.run(sender.put(TO, Outgoing(text=LONG), key="k"))
    assert "\n\n".join(platform.texts()).split() == LONG.split()
    assert time.now >= 1006


async def test_a_lost_answer_is_looked_for_before_sending_again() -> None:
    platform = Looking()
    platform.fail("send", Lost(), Unavailable("502"))
    time, sender = make(platform)
    receipts = await time.run(sender.put(TO, Outgoing(text="one"), key="a"))
    assert platform.texts() == ["one"]
    assert receipts[0].id == "m1"
    receipts = await time.run(sender.put(TO, Outgoing(text="two"), key="b"))
    assert platform.texts() == ["one", "two"]
    assert platform.lookups == 2


async def test_without_a_look_the_same_key_is_used_again() -> None:
    platform = Keyed()
    platform.fail("send", Lost())
    time, sender = make(platform)
    await time.run(sender.put(TO, Outgoing(text="one"), key="a"))
    assert count(platform.calls, "send") == 2
    assert platform.texts() == ["one"]


async def test_a_look_that_fails_is_tried_again_before_anything_is_sent() -> None:
    platform = Looking()
    platform.fail("send", Lost())
    platform.fail("find", Unavailable("502"), RateLimited(2, "find"))
    time, sender = make(platform)
    await time.run(sender.put(TO, Outgoing(text="one"), key="a"))
    assert platform.texts() == ["one"]
    assert platform.calls == ["send", "find", "find", "find"]


async def test_every_part_survives_a_storm() -> None:
    platform = Looking()
    faults: list[Exception | Lost] = [Lost(), RateLimited(1, "s"), Unavailable("503"), Lost(), RateLimited(2, "s")]
    platform.fail("send", *faults * 3)
    time, sender = make(platform)
    seen: list[tuple[Receipt, ...]] = []
    receipts = await time.run(sender.put(TO, Outgoing(text=LONG), key="k", on_receipts=seen.append))
    assert "\n\n".join(platform.texts()).split() == LONG.split()
    assert [each.id for each in receipts] == [each.id for each in platform.messages]
    assert seen[-1] == receipts


async def test_a_rerun_looks_first_and_takes_up_what_was_sent() -> None:
    platform = Looking()
    _, sender = make(platform)
    await sender.put(TO, Outgoing(text="first run"), key="k")
    lookup = Lookup(since=0, claimed=frozenset())
    # The receipt was lost with the process.
    receipts = await make(platform)[1].put(TO, Outgoing(text="first run"), key="k", lookup=lookup)
    assert [each.id for each in receipts] == ["m1"]
    assert platform.texts() == ["first run"]
    await make(platform)[1].put(TO, Outgoing(text="second run"), key="k", lookup=lookup)
    assert platform.texts() == ["second run"]
    await make(platform)[1].put(TO, Outgoing(text="new"), key="other", lookup=lookup)
    assert platform.texts() == ["second run", "new"]


async def test_unavailable_to_the_end_is_raised() -> None:
    platform = Plain()
    platform.fail("send", *[Unavailable("503")] * 9)
    time, sender = make(platform)
    with pytest.raises(Unavailable):
        await time.run(sender.put(TO, Outgoing(text="x"), key="k"))
    assert count(platform.calls, "send") == 5


async def test_what_is_wrong_is_not_retried() -> None:
    platform = Plain()
    platform.fail("send", Rejected("no"))
    _, sender = make(platform)
    with pytest.raises(Rejected):
        await sender.put(TO, Outgoing(text="x"), key="k")
    assert platform.calls == ["send"]


async def test_edits_and_deletes_are_retried() -> None:
    platform = Plain()
    time, sender = make(platform)
    (receipt,) = await sender.put(TO, Outgoing(text="x"), key="k")
    platform.fail("edit", Lost(), RateLimited(1, "e"), Unavailable("502"))
    await time.run(sender.edit(receipt, Outgoing(text="y")))
    assert platform.texts() == ["y"]
    platform.fail("delete", Lost(), Unavailable("502"))
    await time.run(sender.delete([receipt]))
    assert platform.messages == []
    await sender.delete([receipt])


# Order


async def test_sends_to_one_conversation_keep_their_order() -> None:
    platform = Plain()
    platform.fail("send", RateLimited(5, "s"), Unavailable("502"), RateLimited(1, "s"))
    time, sender = make(platform)
    work = [sender.put(TO, Outgoing(text=f"{number} " + LONG), key=str(number)) for number in range(5)]
    await time.run(asyncio.gather(*work))
    keys = [key.split(".")[0] for key in platform.keys]
    assert keys == sorted(keys)
    assert set(keys) == {"0", "1", "2", "3", "4"}


async def test_conversations_do_not_wait_for_each_other() -> None:
    platform = Plain()
    gate = asyncio.Event()
    platform.fail("send", gate)
    _, sender = make(platform)
    held = asyncio.create_task(sender.put(TO, Outgoing(text="held"), key="a"))
    await asyncio.sleep(0)
    other = replace(TO, thread="2.2")
    await sender.put(other, Outgoing(text="other"), key="b")
    assert platform.texts() == ["other"]
    gate.set()
    await held


async def test_nothing_is_kept_for_a_conversation_at_rest() -> None:
    platform = Plain()
    platform.fail("send", RateLimited(1, "s"))
    time, sender = make(platform)
    await time.run(asyncio.gather(*(sender.put(TO, Outgoing(text="x"), key=str(n)) for n in range(3))))
    await time.pass_(10)
    assert len(sender._client("plain").locks) == 0
    assert sender._limiter.idle


# Files


async def test_a_file_too_large_is_named_before_anything_is_sent(tmp_path: Path) -> None:
    platform = Plain()
    _, sender = make(platform)
    with pytest.raises(TooLarge, match=r"big\.bin.*0\.001 MB"):
        await sender.put(TO, Outgoing(text=LONG, files=(file("ok"), file("big.bin", 1001))), key="k")
    path = tmp_path / "big.txt"
    path.write_bytes(b"x" * 1001)
    on_disk = OutgoingFile(name="big.txt", source=FromPath(path=path))
    with pytest.raises(TooLarge, match=r"big\.txt"):
        await sender.put(TO, Outgoing(files=(on_disk,)), key="k")
    assert platform.calls == []
    path.write_bytes(b"x" * 1000)
    linked = OutgoingFile(name="linked", source=FromUrl(url="https://example.org/huge"))
    await sender.put(TO, Outgoing(files=(on_disk, linked)), key="k")
    assert len(platform.messages) == 1


async def test_a_download_retries_its_start_only() -> None:
    platform = Plain()
    platform.fail("download", Unavailable("502"), RateLimited(1, "d"))
    time, sender = make(platform)

    async def read() -> list[bytes]:
        return [chunk async for chunk in sender.download("plain", REMOTE, limit=100)]

    assert await time.run(read()) == [b"one", b"two"]
    platform.fail("chunk", Unavailable("cut"))
    with pytest.raises(Unavailable):
        await time.run(read())


# What not every platform can


async def test_status_never_raises_and_never_waits() -> None:
    platform = Plain()
    time, sender = make(platform)
    platform.fail("status", Forbidden("scope"), Unavailable("502"), RateLimited(30, "status"))
    for _ in range(5):
        await sender.status(TO, "thinking")
    assert platform.calls == ["status"] * 3
    assert time.now == 1000.0
    await time.pass_(31)
    await sender.status(TO, None)
    assert platform.calls == ["status"] * 4


async def test_what_a_platform_can_is_used() -> None:
    platform = Rich()
    for method in ("react", "set_title", "suggest", "notify", "history", "profile"):
        platform.fail(method, RateLimited(1, method))
    time, sender = make(platform)
    starter = Starter(label="l", message="m")
    await time.run(sender.react(TO, "m1", "eyes"))
    await time.run(sender.set_title(TO, "Title"))
    assert await time.run(sender.suggest(TO, [starter]))
    await time.run(sender.notify(TO, USER, "psst"))
    assert platform.extras == [("m1", "eyes", True), "Title", (starter,), ("U1", "psst")]
    assert [each.id for each in await time.run(sender.history(TO, 5))] == ["h"]
    profile = await time.run(sender.profile(USER))
    assert profile is not None
    assert profile.display_name == "U1"
    assert platform.messages == []


async def test_what_a_platform_cannot_degrades() -> None:
    platform = Plain()
    _, sender = make(platform)
    with pytest.raises(Unsupported, match="instead"):
        await sender.react(TO, "m1", "eyes")
    with pytest.raises(Unsupported, match="instead"):
        await sender.set_title(TO, "Title")
    with pytest.raises(Unsupported, match="instead"):
        await sender.history(TO, 5)
    assert not await sender.suggest(TO, [])
    assert await sender.profile(USER) is None
    await sender.notify(TO, USER, "psst")
    await sender.notify(TO, USER, "psst again")
    assert platform.texts() == ["psst", "psst again"]
    assert platform.messages[0].shown.mentions.users == ("U1",)


async def test_a_platform_that_is_off_is_named() -> None:
    _, sender = make(Plain())
    with pytest.raises(SettingsError, match="slack is not on"):
        await sender.put(replace(TO, platform="slack"), Outgoing(text="x"), key="k")


async def test_sources_are_listed_under_the_text_where_there_is_no_place_for_them() -> None:
    sources = (Citation(title="The manual", url="https://example.com/manual"), Citation(title="Ada, by word of mouth"))
    message = Outgoing(text="It holds [1][2].", citations=sources)
    _, sender = make(listing := Plain())
    await sender.put(TO, message, key="k")
    assert listing.texts() == [
        "It holds [1][2].\n\n1. [The manual](https://example.com/manual)\n2. Ada, by word of mouth"
    ]

    citing = Plain()
    citing.capabilities = replace(Plain.capabilities, citations=True)  # type: ignore[misc]
    _, sender = make(citing)
    await sender.put(TO, message, key="k")
    assert [each.shown for each in citing.messages] == [message]
