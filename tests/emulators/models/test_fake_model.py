"""The fake model: what the providers' own clients get from it, by the rules of docs/models.md."""

from collections.abc import Iterator
from typing import Any

import openai
import pytest
from mistralai.client import Mistral

from gateway.emulators.models.server import FakeModelServer
from tests.support.models import fake_model_server

__all__ = ["fake_model_server"]

ADD = {
    "name": "add_numbers",
    "parameters": {"type": "object", "properties": {"a": {"type": "number"}, "b": {"type": "number"}}},
}
WEATHER = {
    "name": "get_weather",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}
TOOLS: Any = [{"type": "function", "function": each} for each in (ADD, WEATHER)]


@pytest.fixture
def client(fake: FakeModelServer) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(max_retries=0) as client:
        yield client


def ask(client: openai.OpenAI, text: str, **more: Any) -> Any:
    return client.chat.completions.create(
        model="gpt-4o-mini", messages=[{"role": "user", "content": text}], **more
    ).choices[0]


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("Hello", "The model read 1 messages, the last one: Hello"),
        ("Say: a b c", "a b c"),
        ("What is 6 * 7?", "6 * 7 = 42"),
        ("Count to 4", "1 2 3 4"),
        ("Context:\nCats purr. Dogs bark.\nQuestion: What do dogs do?", "Dogs bark."),
        ("Context:\nCats purr.\nQuestion: Who was Ada?", "I don't know: the context does not say."),
        ("SQL tables:\n* Cats(name, age)\n* Dogs(owner)\nHow many cats?", "SELECT COUNT(*) FROM Cats;"),
        ("Write SQL.\nCREATE TABLE cats (name TEXT, age INT)\nThe age of all", "SELECT age FROM cats;"),
    ],
)
def test_answers_by_rules(client: openai.OpenAI, question: str, answer: str) -> None:
    assert ask(client, question).message.content == answer


def test_streams_word_by_word_with_usage(client: openai.OpenAI) -> None:
    chunks = list(
        client.chat.completions.create(
            model="gpt-4o-mini",
            messages=[{"role": "user", "content": "Say: one two three"}],
            stream=True,
            stream_options={"include_usage": True},
        )
    )
    pieces = [each.choices[0].delta.content for each in chunks if each.choices and each.choices[0].delta.content]
    assert pieces == ["one ", "two ", "three"]
    assert chunks[-1].usage is not None
    assert (chunks[-1].usage.prompt_tokens, chunks[-1].usage.completion_tokens) == (5, 3)


def test_calls_the_tools_it_is_asked_for_and_reads_their_results(client: openai.OpenAI) -> None:
    choice = ask(client, "What is 2 + 40?", tools=TOOLS)
    assert choice.finish_reason == "tool_calls"
    [call] = choice.message.tool_calls
    assert (call.function.name, call.function.arguments) == ("add_numbers", '{"a": 2, "b": 40}')
    messages: Any = [
        {"role": "user", "content": "What is 2 + 40?"},
        choice.message.model_dump(exclude_none=True),
        {"role": "tool", "tool_call_id": call.id, "content": "42"},
    ]
    after = client.chat.completions.create(model="gpt-4o-mini", messages=messages, tools=TOOLS)
    assert after.choices[0].message.content == "The result is 42."
    weather = ask(client, "How is the weather in Paris?", tools=TOOLS).message.tool_calls
    assert [each.function.arguments for each in weather] == ['{"city": "Paris"}']


def test_responses_stream_and_go_on(client: openai.OpenAI) -> None:
    first = client.responses.create(model="gpt-4o-mini", input="one")
    second = client.responses.create(model="gpt-4o-mini", input="two", previous_response_id=first.id)
    assert second.output_text == "The model read 3 messages, the last one: two"
    tools: Any = [{"type": "function", "strict": False, **WEATHER}]
    with client.responses.stream(model="gpt-4o-mini", input="The weather in Rome?", tools=tools) as stream:
        kinds = [event.type for event in stream]
        final = stream.get_final_response()
    assert "response.function_call_arguments.delta" in kinds
    assert final.output[0].type == "function_call"
    assert final.usage is not None
    assert final.usage.total_tokens > 0


def test_embeddings_of_the_same_words_are_near(client: openai.OpenAI) -> None:
    data = client.embeddings.create(
        model="text-embedding-3-small", input=["a cat purrs", "the cats purr", "trains are late"]
    ).data

    def near(left: int, right: int) -> float:
        return sum(a * b for a, b in zip(data[left].embedding, data[right].embedding, strict=True))

    assert near(0, 1) > 0.9
    assert near(0, 2) < 0.5
    assert "gpt-4o-mini" in [each.id for each in client.models.list()]


def test_refuses_as_the_provider_does(client: openai.OpenAI, fake: FakeModelServer) -> None:
    create: Any = client.chat.completions.create
    with pytest.raises(openai.BadRequestError, match="empty array"):
        create(model="gpt-4o-mini", messages=[])
    with pytest.raises(openai.BadRequestError, match="Invalid value: 'robot'"):
        create(model="gpt-4o-mini", messages=[{"role": "robot", "content": "x"}])
    with pytest.raises(openai.BadRequestError, match="must be a response"):
        create(model="gpt-4o-mini", messages=[{"role": "tool", "tool_call_id": "1", "content": "x"}])
    with pytest.raises(openai.RateLimitError):
        create(model="error-429", messages=[{"role": "user", "content": "x"}])
    nobody = client.with_options(default_headers={"Authorization": ""})
    with pytest.raises(openai.AuthenticationError):
        nobody.chat.completions.create(model="gpt-4o-mini", messages=[{"role": "user", "content": "x"}])


def test_speaks_mistrals_dialect(fake: FakeModelServer) -> None:
    with Mistral(api_key="fake", server_url=fake.origin) as client:
        messages: Any = [{"role": "user", "content": "The weather in Oslo?"}]
        chosen = client.chat.complete(model="mistral-small-latest", messages=messages, tools=TOOLS)
        assert chosen.choices[0].finish_reason == "tool_calls"
        chunks = list(client.chat.stream(model="mistral-small-latest", messages=messages))
    assert chunks[-1].data.usage is not None
    text = "".join(str(each.data.choices[0].delta.content or "") for each in chunks)
    assert text == "The model read 1 messages, the last one: The weather in Oslo?"
