"""The whole gateway on a platform: what a bot knows of what was said, and of what the platform sent."""

from pathlib import Path
from typing import Any

import gateway as cl
from gateway.adapter import extras
from gateway.chat.registry import Callbacks
from tests.contract.reading import reads
from tests.contract.world import World
from tests.support.bot import register, running_bot


def remembering(got: list[Any]) -> Callbacks:
    """A bot that notes what it is told was said, and answers."""

    def bot() -> None:
        @cl.on_message
        async def main(message: cl.Message) -> None:
            got.append(cl.chat_context.to_openai())
            if message.content == "clear":
                cl.chat_context.clear()
            answer = cl.Message("first")
            await answer.send()
            answer.content = f"You said {message.content}"
            await answer.update()
            removed = cl.Message("removed")
            await removed.send()
            await removed.remove()
            if message.content == "fail" and len(got) == 2:
                raise RuntimeError("failed the first time")

    return register(bot)


def line(role: str, content: str) -> dict[str, str]:
    return {"role": role, "content": content}


class MessageContract:
    """Checks what a bot knows of its conversation; ``BotContract`` includes it."""

    async def test_chat_context_is_what_both_sides_said_over_restarts(self, world: World, tmp_path: Path) -> None:
        got: list[Any] = []
        async with running_bot(world, remembering(got), tmp_path):
            post = await world.mention("one")
            await reads(world, post, "You said one")
            await world.reply(post, "two")
            await reads(world, post, "You said two")
        async with running_bot(world, remembering(got), tmp_path):
            await world.reply(post, "clear")
            await reads(world, post, "You said clear")
            await world.reply(post, "four")
            await reads(world, post, "You said four")
        one = [line("user", "one")]
        two = [*one, line("assistant", "You said one"), line("user", "two")]
        assert got == [
            one,
            two,
            [*two, line("assistant", "You said two"), line("user", "clear")],
            [line("assistant", "You said clear"), line("user", "four")],
        ]

    async def test_a_turn_that_failed_and_ran_again_is_part_of_it_once(self, world: World, tmp_path: Path) -> None:
        got: list[Any] = []
        async with running_bot(world, remembering(got), tmp_path):
            post = await world.dm("one")
            await reads(world, post, "You said one")
            await world.dm("fail")
            await world.wait_for(lambda: len(got) == 3)  # the second time it does not fail
            await reads(world, post, "You said fail")
            await world.dm("three")
            await reads(world, post, "You said three")
        one = [line("user", "one"), line("assistant", "You said one")]
        assert got[1] == got[2] == [*one, line("user", "fail")]
        assert got[3] == [*one, line("user", "fail"), line("assistant", "You said fail"), line("user", "three")]

    async def test_conversations_know_nothing_of_each_other(self, world: World, tmp_path: Path) -> None:
        got: list[Any] = []
        async with running_bot(world, remembering(got), tmp_path):
            await reads(world, await world.mention("here"), "You said here")
            await reads(world, await world.dm("there"), "You said there")
        assert got == [[line("user", "here")], [line("user", "there")]]

    async def test_questions_and_answers_are_part_of_what_was_said(self, world: World, tmp_path: Path) -> None:
        got: list[Any] = []

        def bot() -> None:
            @cl.on_message
            async def main(message: cl.Message) -> None:
                await cl.AskUserMessage("Your name?").send()
                await cl.AskActionMessage("Sure?", [cl.Action("yes", label="Yes"), cl.Action("no", label="No")]).send()
                got.extend(cl.chat_context.to_openai())
                await cl.Message("done").send()

        async with running_bot(world, register(bot), tmp_path):
            post = await world.dm("hello")
            await reads(world, post, "Your name?")
            await world.dm("Ada")
            await world.wait_for(lambda: any(each.buttons for each in world.said(post.place)))
            await world.click(next(each for each in world.said(post.place) if each.buttons), "Yes")
            await reads(world, post, "done")
        assert [(each["role"], each["content"]) for each in got] == [
            ("user", "hello"),
            ("assistant", "Your name?"),
            ("user", "Ada"),
            ("assistant", "Sure?"),
            ("user", "Yes"),
        ]

    async def test_authors_are_renamed(self, world: World, tmp_path: Path) -> None:
        def bot() -> None:
            @cl.author_rename
            async def rename(author: str) -> str:
                return {"Chatbot": "Assistant", "Math": "Albert"}.get(author, author)

            @cl.on_message
            async def main(message: cl.Message) -> None:
                await cl.Message("one").send()
                await cl.Message("two", author="Math").send()
                await cl.Message("three", author="Other").send()

        async with running_bot(world, register(bot), tmp_path):
            post = await world.mention("hello")
            await world.wait_for(lambda: len(world.said(post.place)) == 3)
            said = world.said(post.place)
        for message, (author, text) in zip(
            said, (("Assistant", "one"), ("Albert", "two"), ("Other", "three")), strict=True
        ):
            assert author in (message.author or message.text)
            assert text in message.text

    async def test_reactions_reach_the_bot_in_the_conversation_of_the_message(
        self, world: World, tmp_path: Path
    ) -> None:
        got: list[Any] = []

        def bot() -> None:
            @cl.on_message
            async def main(message: cl.Message) -> None:
                answer = await cl.Message("react to me").send()
                cl.user_session.set("answer", answer.id)

            @cl.on_reaction
            async def reaction(reaction: cl.Reaction) -> None:
                own = reaction.for_id == cl.user_session.get("answer")
                got.append((reaction.emoji, reaction.added, reaction.user.identifier, own))
                await cl.Message("added" if reaction.added else "taken off").send()

        async with running_bot(world, register(bot), tmp_path):
            post = await world.mention("hello")
            await reads(world, post, "react to me")
            answer = world.said(post.place)[0]
            on = type(post)(id=answer.id, place=post.place)
            await world.react(on)
            await reads(world, post, "added")
            await world.react(on, added=False)
            await reads(world, post, "taken off")
        grace = world.user("Grace").key
        assert got == [(world.facts.emoji, True, grace, True), (world.facts.emoji, False, grace, True)]

    async def test_edits_and_deletions_reach_a_bot_that_wants_them(self, world: World, tmp_path: Path) -> None:
        got: list[Any] = []

        def bot() -> None:
            @cl.on_message
            async def main(message: cl.Message) -> None:
                await cl.Message(f"You said {message.content}").send()

            @cl.on_message_edit
            async def edited(message: cl.Message) -> None:
                got.append(("edited", message.platform_id, message.content, cl.chat_context.to_openai()[-2]))
                await cl.Message("I saw the edit").send()

            @cl.on_message_delete
            async def deleted(message: cl.Message) -> None:
                got.append(
                    (
                        "deleted",
                        message.platform_id,
                        message.content,
                        line("user", "good bye") in cl.chat_context.to_openai(),
                    )
                )
                await cl.Message("I saw the deletion").send()

        async with running_bot(world, register(bot), tmp_path):
            await reads(world, await world.dm("before"), "You said before")
            post = await world.dm("hello")
            await reads(world, post, "You said hello")
            await world.edit(post, "good bye")
            await reads(world, post, "I saw the edit")
            await world.delete(post)
            await reads(world, post, "I saw the deletion")
        assert got == [
            ("edited", post.id, "good bye", line("user", "good bye")),
            ("deleted", post.id, "good bye", False),
        ]

    async def test_the_platforms_own_event_is_plain_data(self, world: World, tmp_path: Path) -> None:
        got: dict[str, Any] = {}
        history: list[Any] = []

        def bot() -> None:
            @cl.on_message
            async def main(message: cl.Message) -> None:
                for key in ("slack_event", "discord_message", "discord_channel", "teams_turn_context"):
                    got[key] = cl.user_session.get(key)
                fetch = cl.user_session.get("fetch_slack_message_history")
                if fetch is not None:
                    history.extend(each["text"] for each in await fetch(limit=10))
                channel = cl.user_session.get("discord_channel")
                if channel is not None:
                    history.extend([each.clean_content async for each in channel.history(limit=10)])
                history.extend(each.text for each in await cl.history(10))
                await cl.Message(f"{message.content}: done").send()

        async with running_bot(world, register(bot), tmp_path):
            await reads(world, await world.dm("before"), "before: done")
            history.clear()
            post = await world.dm("look at this")
            await reads(world, post, "look at this: done")
        present = {key for key, value in got.items() if value is not None}
        match world.name:
            case "slack":
                assert present == {"slack_event"}
                assert (got["slack_event"]["text"], got["slack_event"]["ts"]) == ("look at this", post.id)
            case "discord":
                assert present == {"discord_message", "discord_channel"}
                message = got["discord_message"]
                assert (message.content, message.id) == ("look at this", post.id)
                assert message.author.name
            case "chatkit":
                assert present == set()  # the protocol has no event beyond what a message has anyhow
            case _:
                assert present == {"teams_turn_context"}
                assert got["teams_turn_context"].activity.text.strip() == "look at this"
        assert history[-3:] == ["before", "before: done", "look at this"]
        if world.name == "slack":
            assert history[:3] == history[-3:]
        if world.name == "discord":
            assert history[:3] == history[-3:][::-1]

    async def test_a_bot_reacts_and_names_its_conversation(self, world: World, tmp_path: Path) -> None:
        got: list[bool] = []

        def bot() -> None:
            @cl.on_message
            async def main(message: cl.Message) -> None:
                got.append(await message.react("👍"))
                got.append(await cl.context.set_title("Weather"))
                await cl.Message("done").send()

        async with running_bot(world, register(bot), tmp_path):
            post = await world.mention("hello")
            await reads(world, post, "done")
            reacts, names = (
                extras.SupportsReactions in world.facts.extras,
                extras.SupportsTitles in world.facts.extras,
            )
            assert got == [reacts, names]
            assert world.reactions(post) == int(reacts)
            assert world.title(post.place) == ("Weather" if names else None)
