"""What asks are given, before anything is asked."""

import math
from typing import Any

import pytest

import gateway as cl


@pytest.mark.parametrize("timeout", [0, -1, -0.5, math.nan])
def test_a_time_that_is_no_time_is_refused(timeout: float) -> None:
    for ask in (cl.AskUserMessage, lambda text, timeout: cl.AskActionMessage(text, [cl.Action("a")], timeout=timeout)):
        with pytest.raises(ValueError, match="more than 0, or None"):
            ask("?", timeout=timeout)


@pytest.mark.parametrize("timeout", [None, math.inf, 10**400, 1e300])
def test_an_endless_time_is_none(timeout: Any) -> None:
    assert cl.AskUserMessage("?", timeout=timeout).timeout is None


def test_a_choice_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one action"):
        cl.AskActionMessage("?", [])


@pytest.mark.parametrize("given", [{"max_files": 0}, {"max_size_mb": 0}])
def test_no_file_at_all_is_refused(given: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="more than 0"):
        cl.AskFileMessage("?", ["text/plain"], **given)


async def test_asking_outside_of_a_conversation_is_an_error() -> None:
    with pytest.raises(RuntimeError, match="inside a handler"):
        await cl.AskUserMessage("?").send()


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ([{"id": "a"}, {"id": "a"}], "two fields have the id 'a'"),
        ([{"id": "a", "type": "number", "value": "many"}], "no number"),
        ([{"id": "a", "options": ["x"], "value": "y"}], "not among the choices"),
    ],
)
def test_a_field_that_cannot_be_shown_is_refused(fields: Any, fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        cl.AskElementMessage("?", cl.CustomElement(name="Form", props={"fields": fields}))


def test_only_a_custom_element_can_be_asked_about() -> None:
    with pytest.raises(TypeError, match="needs a CustomElement"):
        cl.AskElementMessage("?", cl.Text(name="a", content="b"))  # type: ignore[arg-type]
