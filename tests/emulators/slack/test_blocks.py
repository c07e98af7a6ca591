"""Block Kit's limits on messages."""

from typing import Any

import pytest

from gateway.emulators.slack.validate import check_message
from gateway.emulators.slack.values import ApiError
from tests.emulators.slack.bot import button, field, section
from tests.emulators.slack.test_interactivity import FEEDBACK


def plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text}


def options(count: int) -> list[dict[str, Any]]:
    return [{"text": plain(str(n)), "value": str(n)} for n in range(count)]


def actions(*elements: dict[str, Any]) -> dict[str, Any]:
    return {"type": "actions", "elements": list(elements)}


def table(rows: int, columns: int, text: str = "x", kind: str = "table") -> dict[str, Any]:
    return {"type": kind, "rows": [[{"type": "raw_text", "text": text}] * columns for _ in range(rows)]}


def rich(text: str) -> dict[str, Any]:
    section = {"type": "rich_text_section", "elements": [{"type": "text", "text": text}]}
    return {"type": "rich_text", "elements": [section]}


def card(task: str, **fields: Any) -> dict[str, Any]:
    return {"type": "task_card", "task_id": task, "title": "x", "status": "pending", **fields}


def container(*inside: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"type": "container", "title": plain("x"), "child_blocks": list(inside), **fields}


GOOD: list[list[dict[str, Any]]] = [
    [section("x" * 3000)],
    [{"type": "section", "fields": [plain("x")] * 10}],
    [section("x", accessory=button())],
    [{"type": "header", "text": plain("x" * 150)}],
    [{"type": "divider"}] * 50,
    [actions(*[button(f"a{n}") for n in range(25)])],
    [actions({"type": "static_select", "action_id": "s", "options": options(100)})],
    [actions({"type": "overflow", "action_id": "o", "options": options(5)})],
    [{"type": "context", "elements": [plain("x")] * 10}],
    [FEEDBACK],
    [{"type": "context_actions", "elements": [{"type": "icon_button", "icon": "trash", "text": plain("x")}]}],
    [{"type": "markdown", "text": "x" * 12_000}],
    [table(100, 20)],
    [table(2, 1, kind="data_table")],
    [{"type": "image", "image_url": "https://x.invalid/a.png", "alt_text": "a"}],
    [field("ask")],
    [{"type": "task_card", "task_id": "t", "title": "x", "status": "complete"}],
    [{"type": "plan", "title": "x", "tasks": []}],
    [{"type": "plan", "title": "x", "tasks": [card("1", details=rich("x")), card("2")]}],
    [container(section("x"), {"type": "divider"}, is_collapsible=True)],
    [{"type": "card", "body": plain("x" * 200)}],
    [{"type": "alert", "text": plain("x"), "level": "warning"}],
]

BAD: list[tuple[Any, str]] = [
    ("text", "invalid_blocks_format"),
    ([section("x" * 3001)], "invalid_blocks"),
    ([section("")], "invalid_blocks"),
    ([{"type": "section"}], "invalid_blocks"),
    ([{"type": "section", "fields": [plain("x")] * 11}], "invalid_blocks"),
    ([{"type": "section", "fields": [plain("x" * 2001)]}], "invalid_blocks"),
    ([{"type": "header", "text": plain("x" * 151)}], "invalid_blocks"),
    ([{"type": "header", "text": {"type": "mrkdwn", "text": "x"}}], "invalid_blocks"),
    ([{"type": "divider"}] * 51, "invalid_blocks"),
    ([{"type": "sparkles"}], "invalid_blocks"),
    ([section("x", block_id="b"), section("y", block_id="b")], "invalid_blocks"),
    ([section("x", block_id="b" * 256)], "invalid_blocks"),
    ([actions()], "invalid_blocks"),
    ([actions(*[button(f"a{n}") for n in range(26)])], "invalid_blocks"),
    ([actions(button("same"), button("same"))], "invalid_blocks"),
    ([actions(button("x" * 256))], "invalid_blocks"),
    ([actions(button(text="x" * 76))], "invalid_blocks"),
    ([actions(button(value="x" * 2001))], "invalid_blocks"),
    ([actions(button(url="x" * 3001))], "invalid_blocks"),
    ([actions(button(style="loud"))], "invalid_blocks"),
    ([actions({"type": "static_select", "action_id": "s", "options": options(101)})], "invalid_blocks"),
    ([actions({"type": "static_select", "action_id": "s", "options": []})], "invalid_blocks"),
    ([actions({"type": "overflow", "action_id": "o", "options": options(6)})], "invalid_blocks"),
    ([actions({"type": "plain_text_input", "action_id": "i"})], "invalid_blocks"),
    ([{"type": "context", "elements": [plain("x")] * 11}], "invalid_blocks"),
    ([{"type": "context_actions", "elements": [button()]}], "invalid_blocks"),
    ([actions(FEEDBACK["elements"][0])], "invalid_blocks"),
    ([{"type": "markdown", "text": "x" * 12_001}], "invalid_blocks"),
    ([{"type": "markdown", "text": "x" * 6_001}] * 2, "invalid_blocks"),
    ([{"type": "markdown", "text": "x" * 11_000}, section("x" * 2_201)], "msg_blocks_too_long"),
    ([section("x" * 3000)] * 5, "msg_blocks_too_long"),
    ([table(1, 1), table(1, 1)], "invalid_attachments"),
    ([table(101, 1)], "invalid_blocks"),
    ([table(1, 21)], "invalid_blocks"),
    ([table(1, 1, text="")], "invalid_blocks"),
    ([table(100, 20, text="x" * 6)], "invalid_blocks"),
    ([field("ask", type="file_input")], "invalid_blocks"),
    ([{"type": "image", "alt_text": "a"}], "invalid_blocks"),
    ([card("1", status="done")], "invalid_blocks"),
    ([card("1", output="words")], "invalid_blocks"),
    ([card("1", details={"type": "rich_text", "elements": []})], "invalid_blocks"),
    ([{"type": "plan", "title": "x", "tasks": [card("1"), card("1")]}], "invalid_blocks"),
    ([container()], "invalid_blocks"),
    ([container(*[{"type": "divider"}] * 11)], "invalid_blocks"),
    ([container({"type": "markdown", "text": "x"})], "invalid_blocks"),
    ([container(section("x"), title=plain("x" * 151))], "invalid_blocks"),
    ([container(section("x"), is_collapsible=True, has_header_divider=True)], "invalid_blocks"),
    ([{"type": "card"}], "invalid_blocks"),
    ([{"type": "card", "body": plain("x" * 201)}], "invalid_blocks"),
]


@pytest.mark.parametrize("blocks", GOOD)
def test_accepted(blocks: list[dict[str, Any]]) -> None:
    checked = check_message(blocks)
    assert all("block_id" in block for block in checked)


@pytest.mark.parametrize(("blocks", "error"), BAD)
def test_refused(blocks: Any, error: str) -> None:
    with pytest.raises(ApiError) as caught:
        check_message(blocks)
    assert caught.value.body["error"] == error


def test_the_error_points_at_the_place() -> None:
    with pytest.raises(ApiError) as caught:
        check_message([{"type": "divider"}, section("x" * 3001)])
    assert caught.value.body["response_metadata"]["messages"] == [
        "[ERROR] must be less than 3001 characters [json-pointer:/blocks/1/text/text]"
    ]
