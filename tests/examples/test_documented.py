"""The documentation's samples of the API run as they stand, on every platform."""

import textwrap
from pathlib import Path

import pytest

from gateway.chat.registry import Callbacks
from gateway.loading import load_bot
from tests.contract.reading import reads
from tests.contract.world import File, World
from tests.support.bot import running_bot

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489"
    "0000000a49444154789c63000100000500010d0a2db40000000049454e44ae426082"
)


def bot(folder: Path, source: str) -> Callbacks:
    path = folder / "documented.py"
    path.write_text(textwrap.dedent(source))
    return load_bot(path)


async def test_ask_for_an_action(world: World, tmp_path: Path) -> None:
    sample = bot(
        tmp_path,
        """
        import gateway as cl

        @cl.on_chat_start
        async def main():
            res = await cl.AskActionMessage(
                content="Pick an action!",
                actions=[
                    cl.Action(name="continue", payload={"value": "continue"}, label="✅ Continue"),
                    cl.Action(name="cancel", payload={"value": "cancel"}, label="❌ Cancel"),
                ],
            ).send()

            if res and res.get("payload").get("value") == "continue":
                await cl.Message(
                    content="Continue!",
                ).send()
    """,
    )
    async with running_bot(world, sample, tmp_path):
        post = await world.mention("hello")
        question = await reads(world, post, "Pick an action!")
        await world.click(question, "✅ Continue")
        await reads(world, post, "Continue!")


async def test_ask_for_a_file(world: World, tmp_path: Path) -> None:
    sample = bot(
        tmp_path,
        """
        import gateway as cl

        @cl.on_chat_start
        async def start():
            files = None

            # Wait for the user to upload a file
            while files == None:
                files = await cl.AskFileMessage(
                    content="Please upload a text file to begin!", accept=["text/plain"]
                ).send()

            text_file = files[0]

            with open(text_file.path, "r", encoding="utf-8") as f:
                text = f.read()

            msg = cl.Message(content=f"Processing `{text_file.name}`...")
            await msg.send()
            msg.content = f"`{text_file.name}` uploaded, it contains {len(text)} characters!"
            await msg.update()
    """,
    )
    async with running_bot(world, sample, tmp_path):
        post = await world.dm("hello")
        await reads(world, post, "Please upload")
        await world.reply(post, "here", files=[File("a.txt", b"abc", "text/plain")])
        await reads(world, post, "it contains 3 characters!")


async def test_ask_for_input_by_imported_names(world: World, tmp_path: Path) -> None:
    sample = bot(
        tmp_path,
        """
        from gateway import AskUserMessage, Message, on_chat_start

        @on_chat_start
        async def main():
            res = await AskUserMessage(content="What is your name?", timeout=30).send()
            if res:
                await Message(
                    content=f"Your name is: {res['content']}.\\nIt works!",
                ).send()
    """,
    )
    async with running_bot(world, sample, tmp_path):
        post = await world.dm("hello")
        await reads(world, post, "What is your name?")
        await world.reply(post, "Ada L.")
        await reads(world, post, "Your name is: Ada L..")


async def test_an_action_says_it_was_clicked_and_goes(world: World, tmp_path: Path) -> None:
    sample = bot(
        tmp_path,
        """
        import gateway as cl

        @cl.action_callback("action_button")
        async def on_action(action):
            await cl.Message(content=f"Executed {action.name} {action.payload['value']}").send()
            # Optionally remove the action button from the chatbot user interface
            await action.remove()

        @cl.on_chat_start
        async def start():
            # Sending an action button within a chatbot message
            actions = [
                cl.Action(name="action_button", icon="x", payload={"value": "example_value"}, label="Click me!")
            ]

            await cl.Message(content="Interact with this action button:", actions=actions).send()
    """,
    )
    async with running_bot(world, sample, tmp_path):
        post = await world.mention("hello")
        message = await reads(world, post, "Interact")
        await world.click(message, "Click me!")
        await reads(world, post, "Executed action_button example_value")
        await world.wait_for(lambda: not any(said.buttons for said in world.said(post.place)))


async def test_elements(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sample = bot(
        tmp_path,
        """
        import gateway as cl

        @cl.on_chat_start
        async def start():
            elements = [
                cl.File(name="hello.py", path="./hello.py", display="inline"),
                cl.Image(path="./cat.png", name="image1", display="inline", size="large"),
                cl.Image(path="./cat.png", name="cat image", display="side"),
                cl.Text(name="simple_text", content="Hello, this is a text element.", display="inline"),
                cl.Text(content="a source", name="source_0", display="side"),
            ]
            await cl.Message(content="This message has elements, cat image and source_0", elements=elements).send()
            await cl.Message(content="That is all.").send()
    """,
    )
    monkeypatch.chdir(tmp_path)
    (tmp_path / "hello.py").write_text("print('hello')")
    (tmp_path / "cat.png").write_bytes(PNG)
    async with running_bot(world, sample, tmp_path):
        post = await world.dm("hello")
        await reads(world, post, "Hello, this is a text element.")
        await reads(world, post, "That is all.")
        names = sorted(file.name for file in await world.files(post.place))
    assert names == ["cat image.png", "hello.py", "image1.png", "source_0.txt"]


async def test_streams(world: World, tmp_path: Path) -> None:
    sample = bot(
        tmp_path,
        """
        import gateway as cl

        token_list = ["the ", "quick ", "brown ", "fox"]

        @cl.on_message
        async def main(message: cl.Message):
            msg = cl.Message(content="")
            for token in token_list:
                await msg.stream_token(token)
            await msg.send()

            msg = await cl.Message(content="", language="sql").send()
            for token in ["SELECT ", "*\\n", "FROM t"]:
                await msg.stream_token(token)
            await msg.update()

            msg = cl.Message(content="begin ")
            await msg.send()
            for token in ["and ", "go on"]:
                await msg.stream_token(token)
            await msg.update()

            msg = cl.Message(content={"a": 1})
            await msg.send()

            gone = cl.ErrorMessage(content="")
            await gone.stream_token("wrong")
            await gone.send()
    """,
    )
    async with running_bot(world, sample, tmp_path):
        post = await world.dm("hello")
        await reads(world, post, "wrong")
    said = [message.text for message in world.said(post.place)]
    assert said == [
        "the quick brown fox",
        "```sql\nSELECT *\nFROM t\n```",
        "begin and go on",
        '```json\n{\n  "a": 1\n}\n```',
        "⚠️ wrong",
    ]


async def test_sync_handlers(world: World, tmp_path: Path) -> None:
    sample = bot(
        tmp_path,
        """
        import gateway as cl
        from gateway import make_async, run_sync

        @cl.on_chat_start
        def on_chat_start():
            print("hello", cl.user_session.get("id"))
            cl.user_session.set("counter", 0)

        def sync_func():
            run_sync(cl.Message("from a thread").send())
            return "Hello!"

        @cl.on_message
        def main(message: cl.Message):
            counter = cl.user_session.get("counter")
            counter += 1
            cl.user_session.set("counter", counter)
            answer = run_sync(cl.make_async(sync_func)())
            res = run_sync(cl.AskUserMessage("who?").send())
            run_sync(cl.Message(content=f"{answer} You sent {counter} message(s) {res['output']}!").send())

        @cl.on_chat_end
        def end():
            print("goodbye", cl.user_session.get("id"))
    """,
    )
    async with running_bot(world, sample, tmp_path):
        post = await world.dm("hello")
        await reads(world, post, "who?")
        await world.reply(post, "me")
        await reads(world, post, "Hello! You sent 1 message(s) me!")


async def test_half_an_emoji_from_a_model_fails_nothing(world: World, tmp_path: Path) -> None:
    sample = bot(
        tmp_path,
        """
        import gateway as cl

        @cl.on_message
        async def main(message: cl.Message):
            await cl.Text(name="alone \\ud83d", content="text \\ud83d").send()
            half = cl.File(name="a\\ud83d.txt", content="\\ud83d")
            await cl.Message("All set", author="Bot \\ud83d", elements=[half]).send()
            res = await cl.AskActionMessage("Pick \\ud83d", [cl.Action("yes", label="Yes \\ud83d")]).send()
            await cl.AskUserMessage(f"Name \\ud83d, {res['label']}?").send()
            answer = cl.Message()
            for token in ("A smile: \\ud83d", "\\ude00, and half: \\ud83d", " of one"):
                await answer.stream_token(token)
                await cl.sleep(1.1)  # each token goes out by itself
            await answer.send()
            await cl.Message("That is all.").send()
    """,
    )
    async with running_bot(world, sample, tmp_path):
        post = await world.dm("hello")
        question = await reads(world, post, "Pick")
        await world.click(question, question.buttons[0])
        await reads(world, post, "Name")
        await world.reply(post, "Ada")
        await reads(world, post, "A smile: 😀, and half: \N{REPLACEMENT CHARACTER} of one")
        await reads(world, post, "That is all.")
