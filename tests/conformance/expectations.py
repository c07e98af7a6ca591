"""What Ada does with each sample, and what she has to see. Written by the documents, for all platforms alike."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from gateway.data import get_data_layer
from gateway.model import TASK_ICONS
from gateway.types import Pagination, ThreadFilter
from tests.conformance.pictures import FILES, PNG
from tests.conformance.visitor import PATIENCE, Visitor, shown
from tests.contract.world import FieldInput, File

Visit = Callable[[Visitor], Awaitable[None]]

SIGNATURE = b"\x89PNG\r\n\x1a\n"
"""How every PNG begins."""
SUPERCONDUCTORS = "Explain superconductors like I'm five years old."


@dataclass(frozen=True)
class Expectation:
    """How a sample is visited."""

    visit: Visit
    uses: tuple[str, ...]
    """Parts of the API that look different on the platforms: names in the first column of docs/platforms.md."""


EXPECTATIONS: dict[str, Expectation] = {}
"""Each by the sample's number."""


def expects(*numbers: str, uses: tuple[str, ...] = ()) -> Callable[[Visit], Visit]:
    """Register a visit for samples that show the same."""

    def register(visit: Visit) -> Visit:
        for number in numbers:
            assert number not in EXPECTATIONS
            EXPECTATIONS[number] = Expectation(visit, uses)
        return visit

    return register


# -- messages


@expects("50", "108", "111", "117")
async def received(ada: Visitor) -> None:
    await ada.writes("good morning")
    await ada.reads("Received: good morning")


@expects("83")
async def replied(ada: Visitor) -> None:
    await ada.writes("a word")
    await ada.reads("Hello, you just sent: a word!")


@expects("40", "73")
async def taken(ada: Visitor) -> None:
    await ada.writes("good morning")
    await ada.prints("good morning")
    await ada.handled()
    assert ada.said() == []


@expects("121")
async def greeted(ada: Visitor) -> None:
    await ada.writes()
    await ada.reads("Hello World")


@expects("122")
async def mounted(ada: Visitor) -> None:
    await ada.writes()
    await ada.reads("Hello World")
    assert await ada.gets("/app") == {"message": "Hello World from main app"}


@expects("51", uses=("stream_token",))
async def streamed_on_start(ada: Visitor) -> None:
    await ada.writes()
    await ada.reads("thequickbrownfox")


@expects("6", uses=("stream_token",))
async def conversation_with_a_model(ada: Visitor) -> None:
    await ada.writes("one")
    await ada.reads("The model read 2 messages, the last one: one")
    await ada.writes("two")
    await ada.reads("The model read 4 messages, the last one: two")


@expects("129")
async def another_model(ada: Visitor) -> None:
    await ada.writes("bonjour")
    await ada.reads("The model read 2 messages, the last one: bonjour")


@expects("120", uses=("stream_token",))
async def streamed_by_a_library(ada: Visitor) -> None:
    await ada.writes("who?")
    await ada.reads("From 1 source: who?")


@expects("52")
async def updated(ada: Visitor) -> None:
    await ada.writes()
    before = await ada.reads("Hello!")
    after = await ada.reads("Hello again!")
    assert after.id == before.id


@expects("53")
async def removed(ada: Visitor) -> None:
    await ada.writes()
    await ada.reads("Message 1")
    await ada.sees_no("Message 1")


@expects("33", "105")
async def instrumented(ada: Visitor) -> None:
    await ada.writes("good morning")
    await ada.reads("Received: good morning")


@expects("106b", uses=("stream_token", "Step"))
async def streamed_sql(ada: Visitor) -> None:
    await ada.writes("SELECT 1")
    await ada.reads("SELECT 1")


@expects("126", "128", "130", uses=("Step",))
async def answered_by_an_instrumented_model(ada: Visitor) -> None:
    await ada.writes("Bonjour")
    await ada.reads("The model read 2 messages, the last one: Bonjour")


@expects("7", "32")
async def made_and_answered(ada: Visitor) -> None:
    await ada.writes("good morning")
    await ada.reads("Received: good morning")


@expects("31", "42", "43", uses=("Step",))
async def worked_out_by_a_chain(ada: Visitor) -> None:
    await ada.writes("2 + 2")
    await ada.reads("Hello")


@expects("49", uses=("Step",))
async def run_in_a_thread(ada: Visitor) -> None:
    await ada.writes("2 + 2")
    await ada.reads("the model's answer")


@expects("123", "124", uses=("stream_token", "Step"))
async def streamed_by_a_chain(ada: Visitor) -> None:
    await ada.writes("Who was Ada?")
    await ada.reads("The model says: read 2 messages: Who was Ada?")


@expects("125", uses=("stream_token", "Step"))
async def an_agent_that_asks_a_tool(ada: Visitor) -> None:
    await ada.writes("How is the weather in sf?")
    await ada.reads("The model says: read 2 messages: The model says: It's always sunny in sf")


@expects("84")
async def context_of_the_conversation(ada: Visitor) -> None:
    await ada.writes("first")
    await ada.reads("Hello, you just sent: first!")
    await ada.writes("second")
    await ada.reads("Hello, you just sent: second!")
    printed = await ada.prints("{'role': 'user', 'content': 'second'}")
    said = ["'user', 'content': 'first'", "'assistant', 'content': 'Hello, you just sent: first!'", "'second'"]
    places = [printed.rfind(each) for each in said]
    assert -1 not in places
    assert places == sorted(places)


@expects("106")
async def prompt_template(ada: Visitor) -> None:
    await ada.writes("counts all customers")
    await ada.reads("A well-written SQL query that counts all customers:")


# -- files and other elements


@expects("5")
async def uploaded(ada: Visitor) -> None:
    await ada.writes("no file")
    await ada.reads("No file attached")
    await ada.writes("a cat", File("cat.png", PNG, "image/png"))
    await ada.reads("Received 1 image(s)")


@expects("12", uses=("Audio",))
async def audio(ada: Visitor) -> None:
    await ada.writes()
    await ada.reads("Here is an audio file")
    await ada.sees_file(FILES["example.mp3"], "example.mp3")


@expects("25", uses=("Video",))
async def video(ada: Visitor) -> None:
    await ada.writes()
    await ada.reads("Here is an video file")
    await ada.sees_file(FILES["example.mp4"], "example.mp4")


@expects("16", uses=("Dataframe",))
async def data_frame(ada: Visitor) -> None:
    await ada.writes()
    message = await ada.sees("This message has a Dataframe", "Alice", "New York", "70000")
    if "Olivia" not in shown(message):
        await ada.sees_files(lambda file: file.name.endswith(".csv") and b"Olivia,95" in file.data, "CSV file")


@expects("17", uses=("File",))
async def file(ada: Visitor) -> None:
    await ada.writes()
    await ada.reads("This message has a file element")
    await ada.sees_file(FILES["hello.py"], "hello.py")


@expects("18", "78", uses=("Image",))
async def image(ada: Visitor) -> None:
    await ada.writes()
    await ada.reads("This message has an image!")
    await ada.sees_file(FILES["cat.jpeg"], "image1")


@expects("79", "80", uses=("Image", "display"))
async def image_beside(ada: Visitor) -> None:
    await ada.writes()
    await ada.reads("Here is the cat image!")
    await ada.sees_file(FILES["cat.jpeg"], "cat")


@expects("81", uses=("Image",))
async def image_inline(ada: Visitor) -> None:
    await ada.writes()
    await ada.reads("Hello!")
    await ada.sees_file(FILES["cat.jpeg"], "cat")


@expects("19", uses=("Pdf",))
async def pdf(ada: Visitor) -> None:
    await ada.writes()
    await ada.sees("Look at this local pdf")
    await ada.sees("page 1")
    await ada.sees_file(FILES["pdf1.pdf"], "pdf1")


@expects("20", uses=("Pdf", "display"))
async def pdf_beside(ada: Visitor) -> None:
    await ada.writes()
    await ada.sees("Look at this local pdf1")
    await ada.sees("page 1")
    await ada.sees_file(FILES["pdf1.pdf"], "pdf1")


@expects("21", uses=("Plotly",))
async def plotly(ada: Visitor) -> None:
    await ada.writes()
    await ada.reads("This message has a chart")
    await ada.sees_files(lambda file: file.data.startswith(SIGNATURE) and "chart" in file.name, "PNG of the chart")
    await ada.sees_files(lambda file: file.name.endswith(".html") and b"An example figure" in file.data, "HTML file")


@expects("22", uses=("Pyplot",))
async def pyplot(ada: Visitor) -> None:
    await ada.writes()
    await ada.reads("Here is a simple plot")
    await ada.sees_files(lambda file: file.data.startswith(SIGNATURE) and "plot" in file.name, "PNG of the plot")


@expects("24", uses=("Text",))
async def text_element(ada: Visitor) -> None:
    await ada.writes()
    await ada.reads("Check out this text element!")
    if not any("Hello, this is a text element." in shown(message) for message in ada.said()):
        await ada.sees_file(b"Hello, this is a text element.")


@expects("23", uses=("TaskList",))
async def task_list(ada: Visitor) -> None:
    await ada.writes()
    await ada.reads("Started processing data")
    running = await ada.sees("Running...", "Processing data", "Performing calculations")
    failed = await ada.sees(
        "Failed", f"{TASK_ICONS['complete']} Processing data", f"{TASK_ICONS['error']} Performing calculations"
    )
    assert failed.id == running.id
    await ada.handled()
    assert len([each for each in ada.said() if "Performing calculations" in shown(each)]) == 1


# -- asks and buttons


@expects("8", uses=("Action",))
async def asked_for_an_action(ada: Visitor) -> None:
    await ada.writes()
    question = await ada.reads("Pick an action!")
    assert question.buttons == ("✅ Continue", "❌ Cancel")
    await ada.clicks("✅ Continue")
    answer = await ada.reads("Continue!")
    assert answer.id != question.id
    assert next(each for each in ada.said() if each.id == question.id).buttons == ()


@expects("109", uses=("Action",))
async def asked_before_personal_data_is_used(ada: Visitor) -> None:
    await ada.writes("nothing personal")
    await ada.reads("Received: nothing personal")
    await ada.writes("ada@example.com")
    await ada.reads("PII detected")
    await ada.clicks("✅ Continue")
    await ada.reads("Received: ada@example.com")


@expects("110", uses=("Action", "Step"))
async def anonymised_before_a_model_reads_it(ada: Visitor) -> None:
    await ada.writes("nothing personal")
    await ada.reads("The chain has read: nothing personal")
    await ada.writes("ada@example.com")
    await ada.reads("PII detected")
    await ada.clicks("✅ Continue")
    await ada.reads("The chain has read: ada<AT>example.com")


@expects("9", uses=("AskFileMessage",))
async def asked_for_a_text_file(ada: Visitor) -> None:
    await ada.writes()
    await ada.reads("Please upload a text file to begin!")
    await ada.writes("", File("notes.txt", b"hello", "text/plain"))
    await ada.sees("notes.txt", "uploaded, it contains 5 characters!")


@expects("10", uses=("AskFileMessage",))
async def asked_for_a_python_file(ada: Visitor) -> None:
    await ada.writes()
    await ada.reads("Please upload a python file to begin!")
    await ada.writes("", File("tool.py", b"print()", "text/x-python"))
    await ada.reads("Got tool.py")


@expects("11", "38")
async def asked_for_a_name(ada: Visitor) -> None:
    await ada.writes()
    await ada.reads("What is your name?")
    await ada.writes("Ada")
    await ada.reads("Your name is: Ada")


@expects("41", uses=("Action",))
async def action(ada: Visitor) -> None:
    await ada.writes()
    before = await ada.clicks("Click me!")
    assert "Interact with this action button:" in before.text
    await ada.reads("Executed action_button")
    await ada.until(lambda: not any(each.buttons for each in ada.said()), "the button to go away")


@expects("70", uses=("Action",))
async def button(ada: Visitor) -> None:
    await ada.writes()
    message = await ada.reads("Interact with this action button:")
    assert message.buttons == ("Click me!",)


@expects("71", uses=("Action",))
async def click(ada: Visitor) -> None:
    await ada.writes()
    await ada.clicks("Click me!")
    await ada.prints("{'value': 'example_value'}")


# -- the course of a conversation


@expects("36")
async def start_and_end(ada: Visitor) -> None:
    await ada.writes()
    await ada.reads("Received: Hi")
    await ada.writes("/new")
    printed = await ada.prints("hello", "goodbye")
    words = printed.split()
    assert words[words.index("hello") + 1] == words[words.index("goodbye") + 1]


@expects("72")
async def start(ada: Visitor) -> None:
    await ada.writes()
    await ada.prints("A new chat session has started!")


@expects("75")
async def end(ada: Visitor) -> None:
    await ada.writes()
    await ada.reads("Received: Hi")
    await ada.writes("/new")
    await ada.prints("The user disconnected!")


@expects("74")
async def stop(ada: Visitor) -> None:
    await ada.writes()
    await ada.reads("Working")
    await ada.writes("/stop")
    await ada.prints("The user wants to stop the task!")


@expects("37", "76")
async def resume(ada: Visitor) -> None:
    await ada.writes()
    await ada.reads("Received: Hi")
    assert "resumed" not in ada.printed()
    await ada.bot.restart()
    await ada.writes("again")
    await ada.reads("Received: again")
    assert "resumed" in ada.printed()


@expects("88", "89")
async def counter(ada: Visitor) -> None:
    for count in (1, 2):
        await ada.writes()
        await ada.reads(f"You sent {count} message(s)!")


@expects("67")
async def who_she_is(ada: Visitor) -> None:
    await ada.writes()
    await ada.reads(f"Hello {ada.identifier}")


# -- the platforms' own


@expects("98")
async def discord_message(ada: Visitor) -> None:
    await ada.writes()
    await ada.reads("Hello World")
    first, second = (await ada.prints("User(")).splitlines()[:2]
    assert (first == "None") == (ada.world.name != "discord"), f"the message was printed as {first}"
    assert ada.identifier in second


@expects("100")
async def slack_event(ada: Visitor) -> None:
    await ada.writes("look")
    await ada.reads("Hello World")
    first, second = (await ada.prints("User(")).splitlines()[:2]
    assert ("look" in first) == (ada.world.name == "slack"), f"the event was printed as {first}"
    assert ada.identifier in second


@expects("102")
async def teams_user(ada: Visitor) -> None:
    await ada.writes()
    await ada.reads("Hello World")
    await ada.prints("User(", ada.identifier)


@expects("99")
async def discord_history(ada: Visitor) -> None:
    await ada.writes("the first thing")
    await ada.reads("History: [")
    await ada.writes("the second thing")
    if ada.world.name == "discord":
        await ada.sees("'role': 'user', 'content': 'the first thing'", "'role': 'assistant'")
    else:
        await ada.counts("History: []", 2)


@expects("101")
async def slack_history(ada: Visitor) -> None:
    await ada.writes("the first thing")
    await ada.reads("Looked")
    await ada.writes("the second thing")
    await ada.counts("Looked", 2)
    if ada.world.name == "slack":
        last = (await ada.prints("the second thing")).splitlines()[-1]
        assert "the first thing" in last, f"the history of the direct messages was {last}"
    else:
        assert ada.printed() == ""


# -- servers of tools


@expects("1")
async def connected_and_disconnected(ada: Visitor) -> None:
    await ada.writes()
    await ada.reads("Received: Hi")
    assert "connected with tools" in ada.printed()
    await ada.writes("/new")
    await ada.prints("disconnected from tools")


@expects("2")
async def tools_of_a_server(ada: Visitor) -> None:
    await ada.writes()
    await ada.sees("The result is {'tools': [{'name': 'add', 'description': 'Add two numbers.', 'input_schema': {")


@expects("3", uses=("Step",))
async def tool_of_a_server(ada: Visitor) -> None:
    await ada.writes()
    await ada.reads("The result is '23'")
    await ada.sees("call_tool")


@expects("4")
async def model_with_the_tools_of_a_server(ada: Visitor) -> None:
    await ada.writes()
    await ada.sees("a choice of ['add', 'count'")


# -- settings


async def _set(ada: Visitor, values: Mapping[str, FieldInput]) -> None:
    """Open the settings, page by page where there are several, and change these, by their labels."""
    await ada.writes("Hi")
    await ada.reads("Settings: {")
    await ada.writes("/settings")
    pages = await ada.until(lambda: [label for label in ada.buttons() if label.startswith("Settings")], "the settings")
    left = dict(values)
    for page in dict.fromkeys(pages):
        await ada.clicks(page)
        form = await ada.until(ada.world.form, "the form")
        await ada.world.submit({label: left.pop(label) for label in list(left) if label in form.labels})
        await ada.handled()
    assert left == {}
    await ada.writes("Now")


@expects("26", uses=("ChatSettings",))
async def select(ada: Visitor) -> None:
    await _set(ada, {"OpenAI - Model": "gpt-4"})
    await ada.reads("'Model': 'gpt-4'")


@expects("27", uses=("ChatSettings",))
async def slider(ada: Visitor) -> None:
    await _set(ada, {"OpenAI - Temperature": 0.5})
    await ada.reads("'Temperature': 0.5")


@expects("28", uses=("ChatSettings",))
async def switch(ada: Visitor) -> None:
    await _set(ada, {"OpenAI - Stream Tokens": False})
    await ada.reads("'Streaming': False")


@expects("29", uses=("ChatSettings",))
async def tags(ada: Visitor) -> None:
    await _set(ada, {"OpenAI - StopSequence": "Answer:\nStop:"})
    await ada.reads("'StopSequence': ['Answer:', 'Stop:']")


@expects("30", uses=("ChatSettings",))
async def text_input(ada: Visitor) -> None:
    await _set(ada, {"Agent Name": "Bob"})
    await ada.reads("'AgentName': 'Bob'")


@expects("47", uses=("ChatSettings",))
async def settings(ada: Visitor) -> None:
    await _set(ada, {"OpenAI - Model": "gpt-4", "Stability AI - Image Width": 1024})
    message = await ada.reads("'Model': 'gpt-4'")
    assert "'SAI_Width': 1024" in message.text
    assert "'SAI_Height': 512" in message.text
    await ada.prints("on_settings_update", "'Model': 'gpt-4'")


# -- profiles, starters, commands


@expects("45", uses=("set_chat_profiles",))
async def profiles(ada: Visitor) -> None:
    await ada.writes()
    await ada.sees("GPT-3.5", "The underlying LLM model is GPT-4")
    await ada.clicks("GPT-4")
    await ada.reads("starting chat using the GPT-4 chat profile")


@expects("46", uses=("set_chat_profiles",))
async def profiles_of_an_admin(ada: Visitor) -> None:
    await ada.writes()
    await ada.sees("GPT-3.5", "1.5T parameter model", "The underlying LLM model is GPT-5")
    await ada.clicks("GPT-5")
    await ada.reads(f"starting chat with {ada.identifier} using the GPT-5 chat profile")


async def _starters(ada: Visitor, *labels: str) -> None:
    """Wait for the starters, and take the one about superconductors."""

    def offered() -> bool:
        seen = [*ada.world.prompts(ada.place.place), *(label for each in ada.said() for label in each.buttons)]
        return all(label in seen for label in labels)

    await ada.until(offered, f"the starters {labels}")
    label = "Explain superconductors"
    if ada.button(label):
        await ada.clicks(label)
    else:  # the platform's own prompts write the message in the person's name
        await ada.writes(SUPERCONDUCTORS)
    await ada.reads(f"Received: {SUPERCONDUCTORS}")


@expects("85", "112", uses=("set_starters",))
async def starters(ada: Visitor) -> None:
    await ada.writes()
    await _starters(
        ada,
        "Morning routine ideation",
        "Explain superconductors",
        "Python script for daily email reports",
        "Text inviting friend to wedding",
    )


@expects("86", "113", uses=("set_chat_profiles", "set_starters"))
async def starters_of_a_profile(ada: Visitor) -> None:
    await ada.writes()
    await _starters(ada, "Morning routine ideation", "Explain superconductors")
    await ada.writes("/profile")
    await ada.sees("My Chat Profile", "The underlying LLM model is GPT-3.5")


@expects("77", uses=("set_commands",))
async def commands(ada: Visitor) -> None:
    await ada.writes("/picture a cat")
    await ada.reads("A picture: a cat")
    match ada.world.name:
        case "slack":  # a word behind the app's own command
            await ada.world.command(ada.place.place, "gateway", "Picture a dog")
        case "discord":  # an application command
            await ada.world.command(ada.place.place, "picture", "a dog")
        case _:  # Teams has a menu that only writes the command
            await ada.writes("/Picture a dog")
    await ada.reads("A picture: a dog")


# -- steps


@expects("54", uses=("Step",))
async def step(ada: Visitor) -> None:
    await ada.writes()
    await ada.sees("Test", "world")


@expects("55", uses=("Step",))
async def streamed_step(ada: Visitor) -> None:
    await ada.writes("tell me")
    await ada.sees("gpt4", "The model read 1 messages, the last one: tell me")


@expects("56", uses=("Step",))
async def nested_steps(ada: Visitor) -> None:
    await ada.writes()
    await ada.sees("Parent step", "Child step", "Parent step output", "Child step output")


@expects("57", uses=("Step",))
async def updated_step(ada: Visitor) -> None:
    await ada.writes()
    await ada.sees("Parent step", "Parent step output")
    await ada.sees("Parent step output updated")


@expects("58", uses=("Step",))
async def removed_step(ada: Visitor) -> None:
    await ada.writes()
    await ada.sees("Parent step", "Parent step output")
    await ada.sees_no("Parent step")


@expects("59", uses=("Step",))
async def current_step(ada: Visitor) -> None:
    await ada.writes()
    await ada.reads("The result is None")
    await ada.sees("my_step", "My custom output")


@expects("60", uses=("Step",))
async def streamed_into_the_current_step(ada: Visitor) -> None:
    await ada.writes()
    await ada.reads("The result is None")
    await ada.sees("gpt4", "The model read 1 messages, the last one: Hi")


@expects("61", uses=("Step",))
async def nested_functions(ada: Visitor) -> None:
    await ada.writes()
    await ada.sees("parent_step", "child_step", "Parent step output", "Child step output")


@expects("87", uses=("Step",))
async def tool(ada: Visitor) -> None:
    await ada.writes()
    await ada.reads("This is the final answer")
    await ada.sees("tool", "Response from the tool!")


@expects("114", uses=("Step",))
async def tool_before_an_empty_message(ada: Visitor) -> None:
    await ada.writes()
    await ada.reads("Tool Response")
    await ada.sees("tool")


@expects("94")
async def tagged_step(ada: Visitor) -> None:
    await ada.writes()
    await ada.reads("The result is 'reviewed'")


# -- the rest


@expects("44", "48")
async def slow_function(ada: Visitor) -> None:
    await ada.writes()
    await ada.reads("Hello!")


@expects("91")
async def logger(ada: Visitor) -> None:
    child = logging.getLogger("gateway.DynamoDB")
    assert child.level == logging.DEBUG
    child.setLevel(logging.NOTSET)
    await ada.writes()
    await ada.reads("Received: Hi")


@expects("90", "92", "93")
async def kept_in_a_data_layer(ada: Visitor) -> None:
    await ada.writes("good morning")
    await ada.reads("Received: good morning")
    layer = get_data_layer()
    assert layer is not None

    async def said() -> list[str | None]:
        user = await layer.get_user(ada.identifier)
        page = await layer.list_threads(Pagination(first=1), ThreadFilter(userId=user.id)) if user is not None else None
        return [step.get("output") for thread in page.data for step in thread["steps"]] if page is not None else []

    async with asyncio.timeout(PATIENCE):
        while await said() != ["good morning", "Received: good morning"]:
            await asyncio.sleep(0.05)


@expects("115", "116")
async def function(ada: Visitor) -> None:
    await ada.writes()
    await ada.reads("The result is 'done'")


@expects("118")
async def function_in_a_thread(ada: Visitor) -> None:
    await ada.writes()
    await ada.reads("The result is 0")


@expects("119")
async def coroutine_from_a_thread(ada: Visitor) -> None:
    assert ada.printed().count("asynchronous") == 1
    await ada.writes()
    await ada.reads("The result is None")
    assert ada.printed().count("asynchronous") == 2
