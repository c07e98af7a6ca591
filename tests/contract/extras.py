"""What an adapter can do beyond the interface (the ``Supports…`` protocols).

``Facts.extras`` lists the protocols of a platform's adapter. A test of a protocol that is not listed is skipped; one of
a protocol that is listed fails when the adapter has lost it.
"""

import time
from dataclasses import replace

import pytest

import gateway.adapter
from gateway.adapter import (
    SupportsConnections,
    SupportsDirectMessages,
    SupportsHistory,
    SupportsLookup,
    SupportsNotices,
    SupportsProfiles,
    SupportsReactions,
    SupportsStarters,
    SupportsStreaming,
    SupportsTitles,
)
from gateway.errors import Gone, Rejected, Unavailable, Unsupported
from gateway.model import Button, Outgoing, Receipt, Starter, TaskUpdate, from_json, to_json
from tests.contract.harness import AdapterHarness, HouseContract
from tests.contract.world import EXTRAS


def need_extra(harness: AdapterHarness, protocol: type) -> None:
    """Skip the test on a platform that does not list the protocol; fail where it is listed and the adapter lacks it."""
    if protocol not in harness.world.facts.extras:
        pytest.skip(f"{harness.world.name} does not list {protocol.__name__}")
    assert isinstance(harness.adapter, protocol), f"the adapter lost {protocol.__name__}"


class ExtrasContract(HouseContract):
    """Checks the ``Supports…`` protocols that an adapter has; ``AdapterContract`` includes it."""

    def test_it_has_the_extras_it_is_listed_with_and_no_others(self, harness: AdapterHarness) -> None:
        has = {protocol for protocol in EXTRAS if isinstance(harness.adapter, protocol)}
        assert has == set(harness.world.facts.extras)

    def test_every_extra_of_the_interface_is_tested(self) -> None:
        declared = {getattr(gateway.adapter, name) for name in gateway.adapter.__all__ if name.startswith("Supports")}
        assert declared == EXTRAS

    def test_it_claims_to_stream_where_it_can(self, harness: AdapterHarness) -> None:
        assert isinstance(harness.adapter, SupportsStreaming) == (harness.adapter.capabilities.stream_limit > 0)

    async def test_it_tells_which_connections_are_up_and_what_is_wrong_with_the_others(
        self, harness: AdapterHarness
    ) -> None:
        adapter = harness.adapter
        need_extra(harness, SupportsConnections)
        assert isinstance(adapter, SupportsConnections)
        await harness.dm()
        connections = adapter.connections()
        assert len({each.name for each in connections}) == len(connections)
        assert {each.problem for each in connections} <= {None}
        assert all(each.since is not None and time.time() - 600 < each.since <= time.time() for each in connections)

    # Streams

    async def test_a_stream_grows_and_ends_whole(self, harness: AdapterHarness) -> None:
        adapter = harness.adapter
        need_extra(harness, SupportsStreaming)
        assert isinstance(adapter, SupportsStreaming)
        post, ref = await harness.dm()
        stream = await adapter.start_stream(ref, "Let me ", key="k", recipient=harness.world.user("Ada"))
        assert stream is not None
        text = "Let me "
        for delta in ("think ", "about ", "**this** "):
            text += delta
            stream = from_json(Receipt, to_json(stream))
            task = TaskUpdate(id="1", title="search", status="complete", output="found")
            stream = await adapter.append_stream(stream, delta=delta, text=text, tasks=[task])
        [message] = harness.said(post)
        assert message.streaming
        whole = Outgoing(text=f"{text}now.", buttons=(Button(token="t", label="Go"),), feedback="m")
        done = await adapter.stop_stream(stream, whole, delta="now.", key="k")
        [message] = harness.said(post)
        assert (message.id, message.streaming, message.buttons) == (done.id, False, ("Go",))
        assert message.text.split() == ["Let", "me", "think", "about", "**this**", "now."]
        edited = await harness.adapter.edit(done, Outgoing(text="Thought."))
        [message] = harness.said(post)
        assert (message.id, message.text) == (edited.id, "Thought.")

    async def test_a_stream_notifies_nobody(self, harness: AdapterHarness) -> None:
        adapter = harness.adapter
        need_extra(harness, SupportsStreaming)
        assert isinstance(adapter, SupportsStreaming)
        post, ref = await harness.dm()
        words = f"Hello {harness.world.facts.everyone} {harness.world.mention_of('Grace')} @everyone!"
        stream = await adapter.start_stream(ref, words[:9], key="k", recipient=None)
        assert stream is not None
        for at in range(9, len(words) - 1):
            stream = await adapter.append_stream(stream, delta=words[at], text=words[: at + 1])
            assert harness.said(post)[-1].pings == ()
        await adapter.stop_stream(stream, Outgoing(text=words), delta=words[-1], key="k")
        assert harness.said(post)[-1].pings == ()

    async def test_a_stream_a_crash_left_open_is_ended_by_an_edit(self, harness: AdapterHarness) -> None:
        adapter = harness.adapter
        need_extra(harness, SupportsStreaming)
        assert isinstance(adapter, SupportsStreaming)
        post, ref = await harness.dm()
        stream = await adapter.start_stream(ref, "half", key="k", recipient=None)
        assert stream is not None
        edited = await harness.adapter.edit(from_json(Receipt, to_json(stream)), Outgoing(text="whole"))
        [message] = harness.said(post)
        assert (message.id, message.text, message.streaming) == (edited.id, "whole", False)

    # Lookup

    async def test_a_message_whose_receipt_was_lost_is_found_by_its_key(self, harness: AdapterHarness) -> None:
        adapter = harness.adapter
        need_extra(harness, SupportsLookup)
        assert isinstance(adapter, SupportsLookup)
        for post, ref in (await harness.mention(), await harness.dm()):
            since = time.time() - 5
            message = Outgoing(text="once")
            other = await harness.adapter.send(ref, message, key="other")
            harness.world.fail_next("send", "disconnected", after_effect=True)
            with pytest.raises(Unavailable):
                await harness.adapter.send(ref, message, key="k")
            found = await adapter.find(ref, message, key="k", since=since, claimed={other.id})
            assert found is not None and found.id == harness.said(post)[-1].id
            assert await adapter.find(ref, message, key="never sent", since=since, claimed={other.id}) is None
            await harness.adapter.edit(found, Outgoing(text="twice"))
            assert [each.text for each in harness.said(post)] == ["once", "twice"]

    # The rest

    async def test_history_is_read_oldest_first(self, harness: AdapterHarness) -> None:
        adapter = harness.adapter
        need_extra(harness, SupportsHistory)
        assert isinstance(adapter, SupportsHistory)
        for post, ref in (await harness.mention("question"), await harness.dm("question")):
            await harness.adapter.send(ref, Outgoing(text="answer"), key="k")
            history = await adapter.history(ref, limit=10)
            assert [(each.is_bot, each.text) for each in history][-2:] == [(False, "question"), (True, "answer")]
            assert history[-2].id == post.id
            assert all(abs(each.at - time.time()) < 60 for each in history)
            assert [each.text for each in await adapter.history(ref, limit=1)] == ["answer"]

    async def test_the_history_of_a_thread_is_all_of_it(self, harness: AdapterHarness) -> None:
        adapter = harness.adapter
        need_extra(harness, SupportsHistory)
        assert isinstance(adapter, SupportsHistory)
        post, ref = await harness.mention("question")
        for n in range(3):
            await harness.adapter.send(ref, Outgoing(text=f"answer {n}"), key=f"k{n}")
            await harness.world.delivered(await harness.world.reply(post, f"and {n}", user="Grace"))
        history = [each.text for each in await adapter.history(ref, limit=20)]
        assert history == ["question", "answer 0", "and 0", "answer 1", "and 1", "answer 2", "and 2"]

    async def test_a_reaction_is_put_on_and_taken_off_once(self, harness: AdapterHarness) -> None:
        adapter = harness.adapter
        need_extra(harness, SupportsReactions)
        assert isinstance(adapter, SupportsReactions)
        post, ref = await harness.mention()
        for added in (True, True, False, False):
            await adapter.react(ref, post.id, "👍", added=added)
            assert harness.world.reactions(post) == int(added)

    async def test_a_profile_has_the_users_name(self, harness: AdapterHarness) -> None:
        adapter = harness.adapter
        need_extra(harness, SupportsProfiles)
        assert isinstance(adapter, SupportsProfiles)
        await harness.dm()  # some platforms know a person only by a conversation
        profile = await adapter.profile(harness.world.user("Ada"))
        assert profile.display_name is not None and profile.display_name.startswith("Ada")

    async def test_direct_messages_are_opened_with_a_person(self, harness: AdapterHarness) -> None:
        adapter = harness.adapter
        need_extra(harness, SupportsDirectMessages)
        assert isinstance(adapter, SupportsDirectMessages)
        await harness.mention()  # some platforms reach people only where something was heard from before
        ref = await adapter.open_dm(harness.world.user("Ada"))
        assert ref == await adapter.open_dm(harness.world.user("Ada"))
        receipt = await harness.adapter.send(ref, Outgoing(text="psst"), key="k")
        post, heard = await harness.dm("who is it?")
        assert (heard, heard.kind) == (ref, "dm")
        assert [(each.id, each.text) for each in harness.said(post)] == [(receipt.id, "psst")]

    async def test_nobody_is_no_person_to_write_to(self, harness: AdapterHarness) -> None:
        adapter = harness.adapter
        need_extra(harness, SupportsDirectMessages)
        assert isinstance(adapter, SupportsDirectMessages)
        await harness.mention()
        ada = harness.world.user("Ada")
        for nobody in (
            replace(ada, id="404"),
            replace(ada, id="é/../\x00"),
            replace(ada, workspace="elsewhere", id="1"),
        ):
            with pytest.raises((Gone, Rejected)):
                await adapter.open_dm(nobody)

    async def test_a_conversation_gets_a_title(self, harness: AdapterHarness) -> None:
        adapter = harness.adapter
        need_extra(harness, SupportsTitles)
        assert isinstance(adapter, SupportsTitles)
        post, ref = await harness.mention()
        await harness.adapter.status(ref, "is thinking…")
        await harness.adapter.send(ref, Outgoing(text="answer"), key="k")
        for title in ("A title", "Long " * 100):
            await adapter.set_title(ref, title)
            assert _is_title(harness.world.title(post.place), title)

    async def test_prompts_are_suggested(self, harness: AdapterHarness) -> None:
        adapter = harness.adapter
        need_extra(harness, SupportsStarters)
        assert isinstance(adapter, SupportsStarters)
        post, ref = await harness.dm()
        starters = [Starter(label=f"Label {n}", message=f"Message {n}") for n in range(12)]
        try:
            await adapter.suggest(ref, starters)
        except Unsupported:  # so many: a platform with few prompts has them offered as buttons
            starters = starters[:4]
            await adapter.suggest(ref, starters)
        shown = await harness.world.wait_for(lambda: harness.world.prompts(post.place))
        assert shown == [starter.label for starter in starters][: len(shown)]

    async def test_a_notice_is_seen_by_one_alone(self, harness: AdapterHarness) -> None:
        adapter = harness.adapter
        need_extra(harness, SupportsNotices)
        assert isinstance(adapter, SupportsNotices)
        post, ref = await harness.mention()
        await adapter.notify(ref, harness.world.user("Grace"), "psst <you>")
        await harness.world.wait_for(lambda: any("psst" in text for text in harness.world.told("Grace")))
        assert harness.world.told("Ada") == []
        assert harness.said(post) == []


def _is_title(shown: str | None, wanted: str) -> bool:
    """Return whether this is the title, cut where the platform ends one."""
    return shown is not None and (shown == wanted or (len(shown) >= 50 and wanted.startswith(shown.rstrip("…"))))
