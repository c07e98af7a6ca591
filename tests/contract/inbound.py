"""What comes in: messages, edits, deletions and reactions, each once, under the key of the thing itself."""

import asyncio
import time
from dataclasses import replace

from gateway.adapter import SupportsReactions
from gateway.errors import Unavailable
from gateway.model import (
    CommandInvoked,
    ConversationRef,
    ConversationStarted,
    MessageCreated,
    MessageDeleted,
    MessageEdited,
    Notice,
    Outgoing,
    ReactionChanged,
)
from tests.contract.house import House, HouseContract, need
from tests.contract.world import Post


class InboundContract(HouseContract):
    """Part of ``AdapterContract``."""

    # Messages

    async def test_a_mention_begins_a_conversation(self, house: House) -> None:
        post = await house.world.mention("hello <you> & me")
        event = await house.take(post)
        assert (event.text, event.message_id, event.addressed) == ("hello <you> & me", post.id, True)
        ada = house.world.user("Ada")
        assert (event.user.platform, event.user.workspace, event.user.id) == (ada.platform, ada.workspace, ada.id)
        assert (event.ref.platform, bool(event.ref.workspace)) == (house.world.name, True)
        assert (event.ref.kind, bool(event.ref.thread)) == ("thread", True)
        assert abs(event.at - time.time()) < 60

    async def test_a_key_names_the_thing_itself(self, house: House) -> None:
        posts = [await house.world.mention("same words") for _ in range(2)]
        events = [await house.take(post) for post in posts]
        for post, event, envelope in zip(posts, events, house.envelopes, strict=True):
            whole = ConversationRef(platform=house.world.name, workspace=event.ref.workspace, channel=event.ref.channel)
            assert envelope.key.startswith(f"{whole.key}:")
            assert replace(whole, channel=post.id).key.split(":")[-1] in envelope.key
            assert envelope.ref.key == event.ref.key
            assert abs(envelope.received_at - time.time()) < 60
        assert len({envelope.key for envelope in house.envelopes}) == 2
        assert events[0].ref.key != events[1].ref.key

    async def test_however_often_it_is_delivered_it_is_one_thing(self, house: House) -> None:
        post, _ = await house.mention()
        for _ in range(2):
            await house.world.redeliver(post)
        await asyncio.gather(*(house.world.redeliver(post) for _ in range(20)))
        await house.world.settled()
        assert len(house.envelopes) == 1
        assert house.attempts > 1

    async def test_replies_belong_to_the_conversation_with_or_without_a_mention(self, house: House) -> None:
        post, ref = await house.mention()
        await house.adapter.send(ref, Outgoing(text="yes?"), key="k")
        plain = await house.take(await house.world.reply(post, "and more", user="Grace"))
        assert (plain.ref.key, plain.text, plain.addressed) == (ref.key, "and more", False)
        assert plain.user.id == house.world.user("Grace").id
        again = await house.take(await house.world.reply(post, "and you", mention=True))
        assert (again.ref.key, again.text, again.addressed) == (ref.key, "and you", True)

    async def test_direct_messages_are_one_conversation(self, house: House) -> None:
        events = [await house.take(await house.world.dm(text)) for text in ("hi", "like")]
        assert [event.text for event in events] == ["hi", "like"]
        assert {(event.ref.kind, event.ref.thread, event.addressed) for event in events} == {("dm", None, True)}
        assert events[0].ref == events[1].ref
        _, elsewhere = await house.mention()
        assert elsewhere != events[0].ref

    async def test_the_bots_mention_is_removed_and_others_are_readable(self, house: House) -> None:
        event = await house.take(await house.world.mention("ask @Grace about it"))
        assert event.text == f"ask {house.world.mention_reads('Grace')} about it"

    async def test_small_talk_bots_and_the_unknown_are_not_taken_in(self, house: House) -> None:
        world = house.world
        post, ref = await house.mention("first")
        sent = await house.adapter.send(ref, Outgoing(text="my own words"), key="k")
        sent = await house.adapter.edit(sent, Outgoing(text="my own words, edited"))
        if isinstance(house.adapter, SupportsReactions):
            await house.adapter.react(ref, post.id, "👍", added=True)
        await house.adapter.delete(sent)
        await world.delivered(await world.small_talk("lunch?"))
        await world.delivered(await world.small_talk(world.facts.everyone))
        await world.delivered(await world.other_bot("loop?"))
        await world.deliver_unknown()
        await world.settled()
        await house.mention("last")
        assert [event.text for event in house.events if isinstance(event, MessageCreated)] == ["first", "last"]
        assert len(house.envelopes) == 2

    # What happens to messages

    async def test_edits_and_deletions_arrive(self, house: House) -> None:
        post, ref = await house.mention()
        reply = await house.world.reply(post, "and more")
        await house.take(reply)
        await house.world.edit(reply, "and less")
        edited = await house.heard(MessageEdited)
        assert (edited.message_id, edited.text, edited.ref.key) == (reply.id, "and less", ref.key)
        assert edited.user.id == house.world.user("Ada").id
        await house.world.delete(reply)
        deleted = await house.heard(MessageDeleted)
        assert (deleted.message_id, deleted.ref.key) == (reply.id, ref.key)
        await house.world.settled()
        assert len({envelope.key for envelope in house.envelopes}) == len(house.envelopes) == 4

    async def test_reactions_to_the_bots_messages_arrive_put_on_and_taken_off(self, house: House) -> None:
        for post, ref in (await house.dm(), await house.mention()):
            who = house.world.user("Ada" if ref.kind == "dm" else "Grace")
            sent = await house.adapter.send(ref, Outgoing(text="well?"), key="k")
            for added in (True, False, True):
                await house.world.react(Post(sent.id, post.place), added=added)
                event = await house.heard(ReactionChanged)
                assert (event.message_id, event.emoji, event.added) == (sent.id, house.world.facts.emoji, added)
                assert (event.ref.channel, event.user.id) == (ref.channel, who.id)

    # Beside messages

    async def test_opening_the_direct_messages_is_heard(self, house: House) -> None:
        need(house.world.facts.opening, "word of who opens the direct messages")
        await house.world.open_dm()
        event = await house.heard(ConversationStarted)
        assert (event.ref.kind, event.user.id) == ("dm", house.world.user("Ada").id)
        _, ref = await house.dm()
        assert ref == event.ref

    async def test_a_slash_command_is_heard_and_answered_in_place(self, house: House) -> None:
        need(house.world.facts.slash_commands, "slash commands")
        post, ref = await house.dm()
        house.answer = lambda event: Notice(text="only <you>") if isinstance(event, CommandInvoked) else None
        await house.world.command(post.place, "new")
        event = await house.heard(CommandInvoked)
        assert (event.command, event.text, event.ref) == ("new", "", ref)
        await house.world.wait_for(lambda: house.world.told() == ["only <you>"])

    # Durability

    async def test_what_is_not_durable_is_not_acknowledged_and_comes_again(self, house: House) -> None:
        need(house.world.facts.redelivers, "second delivery of what was not taken")
        house.failure = Unavailable("the disk is full")
        post = await house.world.mention("hello")
        await house.until(lambda: house.attempts > 0)
        house.failure = None
        assert (await house.take(post)).text == "hello"
        assert len(house.envelopes) == 1
