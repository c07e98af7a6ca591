"""What is called outside of a conversation raises one clear error, whatever it is, and sends nothing."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

import gateway as cl
from gateway.input_widget import Switch
from tests.support.figures import Chart, CountedFrame, Figure

CALLS: dict[str, Callable[[], Awaitable[Any]]] = {
    "Message.send": lambda: cl.Message("x").send(),
    "Message.update": lambda: cl.Message("x").update(),
    "Message.remove": lambda: cl.Message("x").remove(),
    "Message.stream_token": lambda: cl.Message().stream_token("x"),
    "Message.remove_actions": lambda: cl.Message("x", id="m").remove_actions(),
    "Message.react": lambda: cl.Message("x").react("👍"),
    "ErrorMessage.send": lambda: cl.ErrorMessage("x").send(),
    "ErrorMessage.update": lambda: cl.ErrorMessage("x").update(),
    "ErrorMessage.remove": lambda: cl.ErrorMessage("x").remove(),
    "Step.send": lambda: cl.Step().send(),
    "Step.update": lambda: cl.Step().update(),
    "Step.remove": lambda: cl.Step().remove(),
    "Step.stream_token": lambda: cl.Step().stream_token("x"),
    "TaskList.send": lambda: cl.TaskList([cl.Task("x")]).send(),
    "TaskList.update": lambda: cl.TaskList([cl.Task("x")]).update(),
    "TaskList.remove": lambda: cl.TaskList([cl.Task("x")]).remove(),
    "ChatSettings.send": lambda: cl.ChatSettings([Switch("a", "A")]).send(),
    "AskUserMessage.send": lambda: cl.AskUserMessage("x").send(),
    "AskActionMessage.send": lambda: cl.AskActionMessage("x", [cl.Action("a")]).send(),
    "AskFileMessage.send": lambda: cl.AskFileMessage("x", ["text/plain"]).send(),
    "set_commands": lambda: cl.context.emitter.set_commands([{"id": "search"}]),
    "set_title": lambda: cl.context.set_title("x"),
    "history": lambda: cl.history(),
}

ELEMENTS: list[Callable[[], cl.Element]] = [
    lambda: cl.File(name="f", content=b"x"),
    lambda: cl.Image(name="f", content=b"x"),
    lambda: cl.Audio(name="f", content=b"x"),
    lambda: cl.Video(name="f", content=b"x"),
    lambda: cl.Pdf(name="f", content=b"x"),
    lambda: cl.Text(name="f", content="x"),
    lambda: cl.Dataframe(name="f", data=CountedFrame(["a"], [[1]])),
    lambda: cl.Plotly(name="f", figure=Chart()),
    lambda: cl.Pyplot(name="f", figure=Figure()),
    lambda: cl.CustomElement(name="f"),
]


@pytest.mark.parametrize("name", CALLS)
async def test_outside_of_a_conversation_it_is_said_what_is_wrong(name: str) -> None:
    with pytest.raises(RuntimeError, match="only inside a handler"):
        await CALLS[name]()


@pytest.mark.parametrize("make", ELEMENTS)
@pytest.mark.parametrize("call", ["send", "update", "remove"])
async def test_elements_outside_of_a_conversation_say_so_too(make: Callable[[], cl.Element], call: str) -> None:
    element = make()
    with pytest.raises(RuntimeError, match="only inside a handler"):
        await getattr(element, call)()


async def test_the_context_outside_of_a_conversation_says_so_too() -> None:
    uses: list[Callable[[], object]] = [
        cl.chat_context.get,
        cl.chat_context.to_openai,
        cl.chat_context.clear,
        lambda: cl.chat_context.add(cl.Message("x")),
        lambda: cl.chat_context.remove(cl.Message("x", id="m")),
        lambda: cl.user_session.set("a", 1),
        lambda: cl.user_session.get("a"),
        lambda: cl.user_session["a"],
        lambda: cl.context.session,
    ]
    for use in uses:
        with pytest.raises(RuntimeError, match="only inside a handler"):
            use()


async def test_a_button_taken_off_outside_of_a_conversation_says_so_too() -> None:
    action = cl.Action("a")
    action.for_id = "m"
    with pytest.raises(RuntimeError, match="only inside a handler"):
        await action.remove()
