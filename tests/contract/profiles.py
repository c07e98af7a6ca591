"""The whole gateway on a platform: profiles a person chooses from, and starters that suggest what to say first."""

from pathlib import Path
from typing import Any

import gateway as cl
from gateway.chat.registry import Callbacks
from tests.contract.harness import capabilities, need
from tests.contract.reading import hears, reads, shown, texts
from tests.contract.world import Post, World
from tests.support.bot import register, running_bot

QUESTION = "Whom do you want to talk to?"
HINT = "You can ask, for example:"


def profile_bot(names: list[str], ended: list[str] | None = None) -> Callbacks:
    """A bot with these profiles, that says in which one it is; the last one is the default."""

    def bot() -> None:
        @cl.set_chat_profiles
        async def profiles(user: cl.User) -> list[cl.ChatProfile] | None:
            return [
                cl.ChatProfile(
                    name=name,
                    markdown_description=f"The underlying model is **{name}**.",
                    icon="https://picsum.photos/200",
                    default=name == names[-1],
                )
                for name in names
            ]

        @cl.on_chat_start
        async def start() -> None:
            cl.user_session.set("count", 0)
            await cl.Message(f"start {cl.user_session.get('chat_profile')}").send()

        @cl.on_chat_end
        async def end() -> None:
            if ended is not None:
                ended.append(str(cl.user_session.get("chat_profile")))

        @cl.on_message
        async def main(message: cl.Message) -> None:
            cl.user_session["count"] += 1
            said = f"{cl.user_session['chat_profile']} {cl.user_session['count']}"
            await cl.Message(f"re {message.content} from {said}").send()

    return register(bot)


def starter_bot(got: list[Any], *, command: str | None = None) -> Callbacks:
    """A bot that suggests what to say, and tells what was said."""

    def bot() -> None:
        @cl.set_starters
        async def starters(user: cl.User) -> list[cl.Starter]:
            return [
                cl.Starter(label="Routine", message="Help me with a routine. " * 20, icon="/public/idea.svg"),
                cl.Starter(label="Explain", message="Explain superconductors", command=command),
            ]

        @cl.on_chat_start
        async def start() -> None:
            await cl.context.emitter.set_commands([{"id": "Search"}])

        @cl.on_message
        async def main(message: cl.Message) -> None:
            got.append((message.content, message.command, message.author))
            await cl.Message(f"said {message.content[:30]}").send()

    return register(bot)


class ProfileContract:
    """Checks profiles and starters; ``BotContract`` includes it."""

    async def test_a_conversation_begins_with_the_default_profile(self, world: World, tmp_path: Path) -> None:
        async with running_bot(world, profile_bot(["GPT-3.5", "GPT-4"]), tmp_path):
            for post in (await world.dm("hello"), await world.mention("hello")):
                await reads(world, post, "re hello from GPT-4 1")
                choice = await reads(world, post, QUESTION)
                assert choice.buttons == ("GPT-3.5", "✓ GPT-4")
                said = [shown(each) for each in world.said(post.place)]
                assert any("The underlying model is GPT-3.5" in text.replace("*", "") for text in said)
                assert "start GPT-4" in said

    async def test_more_profiles_than_buttons_are_a_menu(self, world: World, tmp_path: Path) -> None:
        limits = capabilities(world)
        need(limits.menus, "menus")
        count = limits.buttons_per_message + 1
        need(count < 100, "small limit of buttons")
        names = [f"Profile {n}{' of many words' * 12}" for n in range(count)]
        async with running_bot(world, profile_bot(names), tmp_path):
            post = await world.dm("hello")
            await reads(world, post, f"re hello from {names[-1]} 1")
            found = [message for message in world.said(post.place) if message.menus]
            assert [len(menu) for message in found for menu in message.menus] == [count]
            await world.click(found[0], found[0].menus[0][0])
            await reads(world, post, f"start {names[0]}")

    async def test_choosing_another_profile_begins_the_chat_anew(self, world: World, tmp_path: Path) -> None:
        ended: list[str] = []
        async with running_bot(world, profile_bot(["GPT-3.5", "GPT-4"], ended), tmp_path):
            post = await world.dm("hello")
            await reads(world, post, "re hello from GPT-4 1")
            choice = await reads(world, post, QUESTION)
            await world.click(choice, "GPT-3.5")
            await reads(world, post, "start GPT-3.5")
            chosen = await reads(world, post, QUESTION)
            assert (chosen.id, chosen.buttons) == (choice.id, ("✓ GPT-3.5", "GPT-4"))
            await world.dm("and now")
            await reads(world, post, "re and now from GPT-3.5 1")
            await world.click(chosen, "✓ GPT-3.5")
            await hears(world, "talking to GPT-3.5 already", post)
        assert ended == ["GPT-4"]

    async def test_a_profile_stays_after_a_restart_and_one_that_is_gone_is_told(
        self, world: World, tmp_path: Path
    ) -> None:
        async with running_bot(world, profile_bot(["GPT-3.5", "GPT-4"]), tmp_path):
            post = await world.dm("hello")
            await reads(world, post, "re hello from GPT-4 1")
            choice = await reads(world, post, QUESTION)
            await world.click(choice, "GPT-3.5")
            await reads(world, post, "start GPT-3.5")
        async with running_bot(world, profile_bot(["GPT-3.5", "GPT-4"]), tmp_path):
            await world.dm("two")
            await reads(world, post, "re two from GPT-3.5 1")
        async with running_bot(world, profile_bot(["GPT-5", "GPT-4"]), tmp_path):
            await world.dm("three")
            await reads(world, post, "The profile GPT-3.5 does not exist any more. You are talking to **GPT-4**.")
            await reads(world, post, "re three from GPT-4 2")
            await world.click(await reads(world, post, QUESTION), "✓ GPT-3.5")
            await hears(world, "The profile GPT-3.5 does not exist any more.", post)

    async def test_written_profile_brings_the_choice_again(self, world: World, tmp_path: Path) -> None:
        async with running_bot(world, profile_bot(["GPT-3.5", "GPT-4"]), tmp_path):
            post = await world.dm("hello")
            await reads(world, post, "re hello from GPT-4 1")
            first = await reads(world, post, QUESTION)
            await world.dm("/profile")
            again = await self._again(world, post, first.id)
            await world.click(again, "GPT-3.5")
            await reads(world, post, "start GPT-3.5")

    @staticmethod
    async def _again(world: World, post: Post, first: str) -> Any:
        def look() -> Any:
            found = [each for each in world.said(post.place) if QUESTION in each.text]
            return found[0] if len(found) == 1 and found[0].id != first else None

        return await world.wait_for(look)

    async def test_the_profile_command_brings_the_choice(self, world: World, tmp_path: Path) -> None:
        need(world.facts.slash_commands, "slash commands")
        async with running_bot(world, profile_bot(["GPT-3.5", "GPT-4"]), tmp_path):
            post = await world.dm("hello")
            await reads(world, post, "re hello from GPT-4 1")
            first = await reads(world, post, QUESTION)
            await world.command(post.place, "profile")
            await self._again(world, post, first.id)

    async def test_somebody_else_chooses_no_profile(self, world: World, tmp_path: Path) -> None:
        async with running_bot(world, profile_bot(["GPT-3.5", "GPT-4"]), tmp_path):
            post = await world.mention("hello")
            await reads(world, post, "re hello from GPT-4 1")
            await world.click(await reads(world, post, QUESTION), "GPT-3.5", user="Grace")
            await hears(world, "Somebody else chooses the profile", post, person="Grace")
            await world.reply(post, "still")
            await reads(world, post, "re still from GPT-4 2")

    async def test_without_profiles_there_is_nothing_to_choose(self, world: World, tmp_path: Path) -> None:
        def bot() -> None:
            @cl.set_chat_profiles
            def profiles(user: cl.User) -> None:
                return None

            @cl.on_message
            async def main(message: cl.Message) -> None:
                await cl.Message(f"re {message.content} {cl.user_session.get('chat_profile')}").send()

        async with running_bot(world, register(bot), tmp_path):
            post = await world.dm("hello")
            await reads(world, post, "re hello None")
            assert texts(world, post) == ["re hello None"]
            await world.dm("/profile")
            await hears(world, "This chat has no profiles to choose from.", post)

    async def test_a_profile_chosen_as_the_process_dies_is_chosen_once(self, world: World, tmp_path: Path) -> None:
        """The chat that begins anew fails in its first run."""
        runs: list[str] = []

        def bot() -> None:
            @cl.set_chat_profiles
            def profiles() -> list[cl.ChatProfile]:
                return [cl.ChatProfile("One", "First"), cl.ChatProfile("Two", "Second")]

            @cl.on_chat_start
            async def start() -> None:
                profile = cl.user_session.get("chat_profile")
                runs.append(profile)
                await cl.Message(f"start {profile}").send()
                if runs == ["One", "Two"]:
                    raise ValueError("not yet")

            @cl.on_message
            async def main(message: cl.Message) -> None:
                await cl.Message(f"re {message.content} {cl.user_session['chat_profile']}").send()

        async with running_bot(world, register(bot), tmp_path):
            post = await world.dm("hello")
            await reads(world, post, "re hello One")
            await world.click(await reads(world, post, QUESTION), "Two")
            await world.dm("then")
            await reads(world, post, "re then Two")
        assert runs == ["One", "Two", "Two"]
        assert texts(world, post).count("start Two") == 1

    # Starters

    async def test_starters_are_suggested_to_who_opens_the_direct_messages(self, world: World, tmp_path: Path) -> None:
        need(world.facts.opening, "word of who opens the direct messages")
        async with running_bot(world, starter_bot([]), tmp_path / "before"):
            post = await world.dm("hello")
            await reads(world, post, "said hello")
        async with running_bot(world, starter_bot([]), tmp_path / "after"):
            await world.open_dm()
            await world.wait_for(lambda: world.prompts(post.place) == ["Routine", "Explain"])

    async def test_starters_of_direct_messages_are_said(self, world: World, tmp_path: Path) -> None:
        got: list[Any] = []
        async with running_bot(world, starter_bot(got), tmp_path):
            post = await world.dm("hello")
            await reads(world, post, "said hello")
            offer = await reads(world, post, HINT)
            await world.click(offer, "Routine")
            await reads(world, post, "said Help me with a routine.")
        assert got[1][:2] == ("Help me with a routine. " * 20, None)

    async def test_a_starter_of_a_channel_is_said_in_the_persons_name_once(self, world: World, tmp_path: Path) -> None:
        got: list[Any] = []
        async with running_bot(world, starter_bot(got, command="Search"), tmp_path):
            post = await world.mention("hello")
            await reads(world, post, "said hello")
            offer = await reads(world, post, HINT)
            assert offer.buttons == ("Routine", "Explain")
            await world.click(offer, "Explain", user=world.facts.other)
            await reads(world, post, "said Explain superconductors")
            said = await reads(world, post, "> Explain superconductors")
            assert (said.id, said.buttons) == (offer.id, ())
        assert [each[:2] for each in got] == [("hello", None), ("Explain superconductors", "Search")]
        assert world.facts.other in got[1][2]

    async def test_a_starter_said_already_does_nothing(self, world: World, tmp_path: Path) -> None:
        got: list[Any] = []
        async with running_bot(world, starter_bot(got), tmp_path):
            post = await world.mention("hello")
            offer = await reads(world, post, HINT)
            controls = world.controls(offer)
            await world.click(offer, "Routine")
            await reads(world, post, "said Help me")
            await world.press(controls, "Explain", under=offer)
            await hears(world, "That button does nothing any more.", post)
        assert [each[0][:7] for each in got] == ["hello", "Help me"]

    async def test_a_profile_has_starters_of_its_own(self, world: World, tmp_path: Path) -> None:
        def bot() -> None:
            @cl.set_chat_profiles
            async def profiles(user: cl.User, language: str | None) -> list[cl.ChatProfile]:
                return [
                    cl.ChatProfile("Cook", "Cooks", starters=[cl.Starter(label="Soup", message="A soup, please")]),
                    cl.ChatProfile("Smith", "Forges"),
                ]

            @cl.set_starters
            def starters() -> list[cl.Starter]:
                return [cl.Starter(label="Anything", message="Surprise me")]

            @cl.on_message
            async def main(message: cl.Message) -> None:
                await cl.Message(f"said {message.content}").send()

        async with running_bot(world, register(bot), tmp_path):
            post = await world.mention("hello")
            assert (await reads(world, post, HINT)).buttons == ("Soup",)
            await world.click(await reads(world, post, QUESTION), "Smith")

            def look() -> bool:
                return any(each.buttons == ("Anything",) for each in world.said(post.place))

            await world.wait_for(look)
