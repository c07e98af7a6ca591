"""What goes out: sent, edited and deleted as asked, within the limits the adapter claims, notifying nobody unasked."""

import pytest

from gateway.errors import Gone
from gateway.model import AllowedMentions, Button, Outgoing, Receipt, from_json, to_json
from tests.contract.house import House, HouseContract, need
from tests.contract.world import Trouble


def words(length: int, word: str) -> str:
    """A text of exactly so many characters, as a model writes them."""
    line = " ".join([word] * 12) + "\n\n"
    return (line * (length // len(line) + 1))[: length - 1] + "."


class OutboundContract(HouseContract):
    """Part of ``AdapterContract``."""

    async def test_send_edit_delete(self, house: House) -> None:
        for post, ref in (await house.mention(), await house.dm()):
            buttons = (Button(token="t", label="Go"),)
            sent = await house.adapter.send(ref, Outgoing(text="**hi** there", buttons=buttons), key="k1")
            [message] = house.said(post)
            assert (message.id, message.text, message.buttons) == (sent.id, "**hi** there", ("Go",))
            assert sent.to == ref
            for text in ("plain", "plain", "plainer"):  # saying the same again is no error
                sent = await house.adapter.edit(from_json(Receipt, to_json(sent)), Outgoing(text=text))
                [message] = house.said(post)
                assert (message.id, message.text, message.buttons) == (sent.id, text, ())
            other = await house.adapter.send(ref, Outgoing(text="stays"), key="k2")
            sent = from_json(Receipt, to_json(sent))
            for _ in range(2):
                await house.adapter.delete(sent)
                assert [message.id for message in house.said(post)] == [other.id]
            with pytest.raises(Gone):
                await house.adapter.edit(sent, Outgoing(text="again"))

    async def test_messages_stand_in_the_order_they_were_sent(self, house: House) -> None:
        post, ref = await house.mention()
        receipts = [await house.adapter.send(ref, Outgoing(text=f"n{n}"), key=f"k{n}") for n in range(4)]
        assert [message.id for message in house.said(post)] == [receipt.id for receipt in receipts]
        assert [message.text for message in house.said(post)] == ["n0", "n1", "n2", "n3"]

    async def test_another_authors_name_is_shown(self, house: House) -> None:
        post, ref = await house.mention()
        await house.adapter.send(ref, Outgoing(text="hi", author="Scribe"), key="k")
        [message] = house.said(post)
        assert "Scribe" in f"{message.author} {message.text}"
        assert message.text.endswith("hi")

    @pytest.mark.parametrize("word", ["words", "añadió", "言葉"])
    async def test_a_text_at_the_limit_it_claims_stands_whole(self, house: House, word: str) -> None:
        text = words(house.adapter.capabilities.text_limit, word)
        post, ref = await house.mention()
        buttons = (Button(token="t", label="Go"),)
        sent = await house.adapter.send(ref, Outgoing(text=text, buttons=buttons, feedback="m"), key="k")
        [message] = house.said(post)
        assert message.text.split() == text.split()
        text = words(house.adapter.capabilities.text_limit, f"{word}!")
        await house.adapter.edit(sent, Outgoing(text=text, buttons=buttons, feedback="m"))
        [message] = house.said(post)
        assert message.text.split() == text.split()

    async def test_nobody_is_notified_unless_it_is_allowed(self, house: House) -> None:
        world = house.world
        post, ref = await house.mention()
        text = f"Hello {world.facts.everyone} @everyone @here @channel and {world.mention_of('Grace')}"
        sent = await house.adapter.send(ref, Outgoing(text=text), key="k")
        sent = await house.adapter.edit(sent, Outgoing(text=f"{text}!"))
        assert house.said(post)[-1].pings == ()
        grace = world.user("Grace").id
        for allowed in (AllowedMentions(users=True), AllowedMentions(users=(grace,))):
            await house.adapter.send(ref, Outgoing(text=text, mentions=allowed), key=f"k{allowed}")
            assert house.said(post)[-1].pings == (grace,)
        other = AllowedMentions(users=(world.user("Ada").id,))
        await house.adapter.send(ref, Outgoing(text=text, mentions=other), key="k4")
        assert house.said(post)[-1].pings == ()

    async def test_everyone_is_notified_where_it_is_allowed(self, house: House) -> None:
        need(house.world.facts.pings_everyone, "way to notify the whole channel")
        post, ref = await house.mention()
        text = f"Hello {house.world.facts.everyone} and {house.world.mention_of('Grace')}"
        await house.adapter.send(ref, Outgoing(text=text, mentions=AllowedMentions(everyone=True)), key="k")
        assert house.said(post)[-1].pings == ("everyone",)

    async def test_the_sign_that_it_works_comes_and_goes_and_is_never_worth_an_error(self, house: House) -> None:
        world = house.world
        post, ref = await house.mention()
        await house.adapter.status(ref, "is thinking…")
        await world.wait_for(lambda: world.working(post.place))
        await house.adapter.status(ref, "is still thinking…")
        for _ in range(2):
            await house.adapter.status(ref, None)
        troubles: tuple[Trouble, ...] = ("gone", "forbidden")
        for trouble in troubles:
            world.fail_next("status", trouble)
            await house.adapter.status(ref, "is thinking…")
