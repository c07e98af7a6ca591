"""What goes out: sent, edited and deleted as asked, within the limits the adapter claims, notifying nobody unasked."""

import pytest

from gateway.errors import Gone
from gateway.model import AllowedMentions, Button, Outgoing, Receipt, from_json, to_json
from tests.contract.harness import AdapterHarness, HouseContract, need
from tests.contract.world import Trouble


def words(length: int, word: str) -> str:
    """Return a text of exactly so many characters, as a model writes them."""
    line = " ".join([word] * 12) + "\n\n"
    return (line * (length // len(line) + 1))[: length - 1] + "."


class OutboundContract(HouseContract):
    """Checks sending, editing and deleting; ``AdapterContract`` includes it."""

    async def test_send_edit_delete(self, harness: AdapterHarness) -> None:
        for post, ref in (await harness.mention(), await harness.dm()):
            buttons = (Button(token="t", label="Go"),)
            sent = await harness.adapter.send(ref, Outgoing(text="**hi** there", buttons=buttons), key="k1")
            [message] = harness.said(post)
            assert (message.id, message.text, message.buttons) == (sent.id, "**hi** there", ("Go",))
            assert sent.to == ref
            for text in ("plain", "plain", "plainer"):  # saying the same again is no error
                sent = await harness.adapter.edit(from_json(Receipt, to_json(sent)), Outgoing(text=text))
                [message] = harness.said(post)
                assert (message.id, message.text, message.buttons) == (sent.id, text, ())
            other = await harness.adapter.send(ref, Outgoing(text="stays"), key="k2")
            sent = from_json(Receipt, to_json(sent))
            for _ in range(2):
                await harness.adapter.delete(sent)
                assert [message.id for message in harness.said(post)] == [other.id]
            with pytest.raises(Gone):
                await harness.adapter.edit(sent, Outgoing(text="again"))

    async def test_messages_stand_in_the_order_they_were_sent(self, harness: AdapterHarness) -> None:
        post, ref = await harness.mention()
        receipts = [await harness.adapter.send(ref, Outgoing(text=f"n{n}"), key=f"k{n}") for n in range(4)]
        assert [message.id for message in harness.said(post)] == [receipt.id for receipt in receipts]
        assert [message.text for message in harness.said(post)] == ["n0", "n1", "n2", "n3"]

    async def test_another_authors_name_is_shown(self, harness: AdapterHarness) -> None:
        post, ref = await harness.mention()
        await harness.adapter.send(ref, Outgoing(text="hi", author="Scribe"), key="k")
        [message] = harness.said(post)
        assert "Scribe" in f"{message.author} {message.text}"
        assert message.text.endswith("hi")

    @pytest.mark.parametrize("word", ["words", "añadió", "言葉"])
    async def test_a_text_at_the_limit_it_claims_stands_whole(self, harness: AdapterHarness, word: str) -> None:
        text = words(harness.adapter.capabilities.text_limit, word)
        post, ref = await harness.mention()
        buttons = (Button(token="t", label="Go"),)
        sent = await harness.adapter.send(ref, Outgoing(text=text, buttons=buttons, feedback="m"), key="k")
        [message] = harness.said(post)
        assert message.text.split() == text.split()
        text = words(harness.adapter.capabilities.text_limit, f"{word}!")
        await harness.adapter.edit(sent, Outgoing(text=text, buttons=buttons, feedback="m"))
        [message] = harness.said(post)
        assert message.text.split() == text.split()

    async def test_nobody_is_notified_unless_it_is_allowed(self, harness: AdapterHarness) -> None:
        world = harness.world
        post, ref = await harness.mention()
        text = f"Hello {world.facts.everyone} @everyone @here @channel and {world.mention_of('Grace')}"
        sent = await harness.adapter.send(ref, Outgoing(text=text), key="k")
        sent = await harness.adapter.edit(sent, Outgoing(text=f"{text}!"))
        assert harness.said(post)[-1].pings == ()
        grace = world.user("Grace").id
        for allowed in (AllowedMentions(users=True), AllowedMentions(users=(grace,))):
            await harness.adapter.send(ref, Outgoing(text=text, mentions=allowed), key=f"k{allowed}")
            assert harness.said(post)[-1].pings == (grace,)
        other = AllowedMentions(users=(world.user("Ada").id,))
        await harness.adapter.send(ref, Outgoing(text=text, mentions=other), key="k4")
        assert harness.said(post)[-1].pings == ()

    async def test_everyone_is_notified_where_it_is_allowed(self, harness: AdapterHarness) -> None:
        need(harness.world.facts.pings_everyone, "way to notify the whole channel")
        post, ref = await harness.mention()
        text = f"Hello {harness.world.facts.everyone} and {harness.world.mention_of('Grace')}"
        await harness.adapter.send(ref, Outgoing(text=text, mentions=AllowedMentions(everyone=True)), key="k")
        assert harness.said(post)[-1].pings == ("everyone",)

    async def test_the_sign_that_it_works_comes_and_goes_and_is_never_worth_an_error(
        self, harness: AdapterHarness
    ) -> None:
        world = harness.world
        post, ref = await harness.mention()
        await harness.adapter.status(ref, "is thinking…")
        await world.wait_for(lambda: world.working(post.place))
        await harness.adapter.status(ref, "is still thinking…")
        for _ in range(2):
            await harness.adapter.status(ref, None)
        troubles: tuple[Trouble, ...] = ("gone", "forbidden")
        for trouble in troubles:
            world.fail_next("status", trouble)
            await harness.adapter.status(ref, "is thinking…")
