"""Messages as dicts, as a data layer keeps them."""

from typing import Any

import gateway as cl


def test_a_message_is_a_dict_and_back() -> None:
    message = cl.Message("text", author="Ada", tags=["a"], metadata={"n": 1}, id="m1", created_at="2026-01-01T00:00Z")
    data = message.to_dict()
    assert (data["id"], data["output"], data["name"], data["type"]) == ("m1", "text", "Ada", "assistant_message")
    again = cl.Message.from_dict(data)
    assert again.to_dict() == data
    junk: Any = {"output": None, "type": "nonsense", "unknown": object(), "id": "x"}
    assert (cl.Message.from_dict(junk).content, cl.Message.from_dict(junk).type) == ("", "assistant_message")
