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
from tests.contract.harness import AdapterHarness, HouseContract, need
from tests.contract.world import Post


class InboundContract(HouseContract):
    """Checks the events that come in, each once and under its key; ``AdapterContract`` includes it."""

    # Messages

    async def test_a_mention_begins_a_conversation(self, harness: AdapterHarness) -> None:
        post = await harness.world.mention("hello <you> & me")
        event = await harness.take(post)
        assert (event.text, event.message_id, event.addressed) == ("hello <you> & me", post.id, True)
        ada = harness.world.user("Ada")
        assert (event.user.platform, event.user.workspace, event.user.id) == (ada.platform, ada.workspace, ada.id)
        assert (event.ref.platform, bool(event.ref.workspace)) == (harness.world.name, True)
        kind = "dm" if harness.world.facts.own_threads else "thread"
        assert (event.ref.kind, bool(event.ref.thread)) == (kind, True)
        assert abs(event.at - time.time()) < 60

    async def test_a_key_names_the_thing_itself(self, harness: AdapterHarness) -> None:
        posts = [await harness.world.mention("same words") for _ in range(2)]
        events = [await harness.take(post) for post in posts]
        for post, event, envelope in zip(posts, events, harness.envelopes, strict=True):
            whole = ConversationRef(
                platform=harness.world.name, workspace=event.ref.workspace, channel=event.ref.channel
            )
            assert envelope.key.startswith(f"{whole.key}:")
            assert replace(whole, channel=post.id).key.split(":")[-1] in envelope.key
            assert envelope.ref.key == event.ref.key
            assert abs(envelope.received_at - time.time()) < 60
        assert len({envelope.key for envelope in harness.envelopes}) == 2
        assert events[0].ref.key != events[1].ref.key

    async def test_however_often_it_is_delivered_it_is_one_thing(self, harness: AdapterHarness) -> None:
        post, _ = await harness.mention()
        for _ in range(2):
            await harness.world.redeliver(post)
        await asyncio.gather(*(harness.world.redeliver(post) for _ in range(20)))
        await harness.world.settled()
        assert len(harness.envelopes) == 1
        assert harness.attempts > 1

    async def test_replies_belong_to_the_conversation_with_or_without_a_mention(self, harness: AdapterHarness) -> None:
        post, ref = await harness.mention()
        await harness.adapter.send(ref, Outgoing(text="yes?"), key="k")
        plain = await harness.take(await harness.world.reply(post, "and more", user="Grace"))
        assert (plain.ref.key, plain.text, plain.addressed) == (ref.key, "and more", False)
        assert plain.user.id == harness.world.user("Grace").id
        again = await harness.take(await harness.world.reply(post, "and you", mention=True))
        assert (again.ref.key, again.text, again.addressed) == (ref.key, "and you", True)

    async def test_direct_messages_are_one_conversation(self, harness: AdapterHarness) -> None:
        events = [await harness.take(await harness.world.dm(text)) for text in ("hi", "like")]
        assert [event.text for event in events] == ["hi", "like"]
        in_thread = harness.world.facts.own_threads
        assert {(event.ref.kind, bool(event.ref.thread), event.addressed) for event in events} == {
            ("dm", in_thread, True)
        }
        assert events[0].ref == events[1].ref
        _, elsewhere = await harness.mention()
        assert elsewhere != events[0].ref

    async def test_the_bots_mention_is_removed_and_others_are_readable(self, harness: AdapterHarness) -> None:
        event = await harness.take(await harness.world.mention("ask @Grace about it"))
        assert event.text == f"ask {harness.world.mention_reads('Grace')} about it"

    async def test_small_talk_bots_and_the_unknown_are_not_taken_in(self, harness: AdapterHarness) -> None:
        world = harness.world
        post, ref = await harness.mention("first")
        sent = await harness.adapter.send(ref, Outgoing(text="my own words"), key="k")
        sent = await harness.adapter.edit(sent, Outgoing(text="my own words, edited"))
        if isinstance(harness.adapter, SupportsReactions):
            await harness.adapter.react(ref, post.id, "👍", added=True)
        await harness.adapter.delete(sent)
        await world.delivered(await world.small_talk("lunch?"))
        await world.delivered(await world.small_talk(world.facts.everyone))
        await world.delivered(await world.other_bot("loop?"))
        await world.deliver_unknown()
        await world.settled()
        await harness.mention("last")
        assert [event.text for event in harness.events if isinstance(event, MessageCreated)] == ["first", "last"]
        assert len(harness.envelopes) == 2

    # What happens to messages

    async def test_edits_and_deletions_arrive(self, harness: AdapterHarness) -> None:
        post, ref = await harness.mention()
        reply = await harness.world.reply(post, "and more")
        await harness.take(reply)
        await harness.world.edit(reply, "and less")
        edited = await harness.heard(MessageEdited)
        assert (edited.message_id, edited.text, edited.ref.key) == (reply.id, "and less", ref.key)
        assert edited.user.id == harness.world.user("Ada").id
        await harness.world.delete(reply)
        deleted = await harness.heard(MessageDeleted)
        assert (deleted.message_id, deleted.ref.key) == (reply.id, ref.key)
        await harness.world.settled()
        assert len({envelope.key for envelope in harness.envelopes}) == len(harness.envelopes) == 4

    async def test_reactions_to_the_bots_messages_arrive_put_on_and_taken_off(self, harness: AdapterHarness) -> None:
        for post, ref in (await harness.dm(), await harness.mention()):
            who = harness.world.user("Ada" if ref.kind == "dm" else "Grace")
            sent = await harness.adapter.send(ref, Outgoing(text="well?"), key="k")
            for added in (True, False, True):
                await harness.world.react(Post(sent.id, post.place), added=added)
                event = await harness.heard(ReactionChanged)
                assert (event.message_id, event.emoji, event.added) == (sent.id, harness.world.facts.emoji, added)
                assert (event.ref.key, event.user.id) == (ref.key, who.id)

    async def test_a_reaction_to_what_a_person_wrote_belongs_to_the_conversation(self, harness: AdapterHarness) -> None:
        post, ref = await harness.mention()
        await harness.adapter.send(ref, Outgoing(text="well?"), key="k")
        reply = await harness.world.reply(post, "well")
        await harness.world.delivered(reply)
        for written in (post, reply):
            await harness.world.react(written)
            event = await harness.heard(ReactionChanged)
            assert (event.message_id, event.ref.key) == (written.id, ref.key)

    # Beside messages

    async def test_opening_the_direct_messages_is_heard(self, harness: AdapterHarness) -> None:
        need(harness.world.facts.opening, "word of who opens the direct messages")
        await harness.world.open_dm()
        event = await harness.heard(ConversationStarted)
        assert (event.ref.kind, event.user.id) == ("dm", harness.world.user("Ada").id)
        _, ref = await harness.dm()
        assert ref == event.ref

    async def test_a_slash_command_is_heard_and_answered_in_place(self, harness: AdapterHarness) -> None:
        need(harness.world.facts.slash_commands, "slash commands")
        post, ref = await harness.dm()
        harness.answer = lambda event: Notice(text="only <you>") if isinstance(event, CommandInvoked) else None
        await harness.world.command(post.place, "new")
        event = await harness.heard(CommandInvoked)
        assert (event.command, event.text, event.ref) == ("new", "", ref)
        await harness.world.wait_for(lambda: harness.world.told() == ["only <you>"])

    # Durability

    async def test_what_is_not_durable_is_not_acknowledged_and_comes_again(self, harness: AdapterHarness) -> None:
        need(harness.world.facts.redelivers, "second delivery of what was not taken")
        harness.failure = Unavailable("the disk is full")
        post = await harness.world.mention("hello")
        await harness.until(lambda: harness.attempts > 0)
        harness.failure = None
        assert (await harness.take(post)).text == "hello"
        assert len(harness.envelopes) == 1
