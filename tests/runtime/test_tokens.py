"""Button tokens: what does not fit into a button is kept in the store."""

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.runtime import tokens
from gateway.runtime.tokens import ActionToken, AskToken, CommentToken, UploadToken

HERE = "slack:T:C:1.2"


class TokensInMemory:
    """Tokens in a dict."""

    def __init__(self) -> None:
        self.bodies: dict[str, Any] = {}

    async def put_token(self, token: Any, body: Any) -> None:
        self.bodies[token] = body

    async def get_token(self, token: Any) -> Any:
        return self.bodies.get(token)


TOKENS: list[tokens.Token] = [
    ActionToken(name="deploy", payload={"to": "prod"}, label="Deploy", id="a1", message="m1"),
    AskToken(delivery="slack:T:C:1.2", ordinal=3, index=0, name="yes"),
    UploadToken(delivery="slack:T:C:1.2", ordinal=0, label="File", extensions=("txt",), max_files=2),
    CommentToken(message="m1", value=0),
]


@pytest.mark.parametrize("token", TOKENS, ids=lambda token: token.kind)
async def test_a_token_comes_back_as_it_was(token: Any) -> None:
    store = TokensInMemory()
    text = await tokens.write(token, conversation=HERE, limit=2000, store=store)
    assert await tokens.read(text, store, conversation=HERE) == token
    assert not store.bodies


@pytest.mark.parametrize("token", TOKENS, ids=lambda token: token.kind)
async def test_one_too_long_for_the_button_is_kept_in_the_store(token: Any) -> None:
    store = TokensInMemory()
    text = await tokens.write(token, conversation=HERE, limit=40, store=store)
    assert len(text.encode()) <= 40
    assert await tokens.read(text, store, conversation=HERE) == token


@given(st.text(max_size=60))
async def test_foreign_text_is_no_token(text: str) -> None:
    assert await tokens.read(text, TokensInMemory(), conversation=HERE) is None


async def test_a_pruned_payload_is_no_token() -> None:
    assert await tokens.read("s:0123456789abcdef", TokensInMemory(), conversation=HERE) is None


@pytest.mark.parametrize("token", TOKENS, ids=lambda token: token.kind)
async def test_where_a_client_could_have_written_it_only_what_is_in_the_store_is_believed(token: Any) -> None:
    store = TokensInMemory()
    assert await tokens.read(tokens.pack(token), store, conversation=HERE, inline=False) is None
    text = await tokens.write(token, conversation=HERE, limit=0, store=store)
    assert await tokens.read(text, store, conversation=HERE, inline=False) == token


async def test_one_that_is_kept_opens_in_no_other_conversation() -> None:
    store = TokensInMemory()
    text = await tokens.write(TOKENS[0], conversation=HERE, limit=0, store=store)
    assert await tokens.read(text, store, conversation="slack:T:C:9.9") is None
    assert await tokens.write(TOKENS[0], conversation="slack:T:C:9.9", limit=0, store=store) != text


async def test_one_that_was_kept_before_it_said_where_it_belongs_is_still_read() -> None:
    store = TokensInMemory()
    await store.put_token("s:old", orjson.loads(tokens.pack(TOKENS[0])))
    assert await tokens.read("s:old", store, conversation=HERE) == TOKENS[0]
