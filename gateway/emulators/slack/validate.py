"""Checks the blocks of a message and of a modal as Slack checks them.

``check_*`` raise ``ApiError`` with Slack's ``[ERROR] … [json-pointer:…]`` messages. The total of about 13,200
characters is reported in slackapi/bolt-js#2509, a second table's ``only_one_table_allowed`` in many places.
"""

from typing import Any

from gateway.emulators.common.values import JSON
from gateway.emulators.slack.checker import Checker
from gateway.emulators.slack.rules import BLOCKS, ELEMENTS, MAX_MARKDOWN, MAX_TABLE_TEXT, MESSAGE_ONLY
from gateway.emulators.slack.values import ApiError

__all__ = ["MAX_MARKDOWN", "MAX_MESSAGE_BLOCKS", "check_message", "check_view"]

MAX_MESSAGE_BLOCKS = 50
"""Blocks of a message (Block Kit reference)."""
MAX_VIEW_BLOCKS = 100
"""Blocks of a modal or a Home tab (Block Kit reference)."""
MAX_TOTAL_TEXT = 13_200
"""Characters of text in all blocks of a message (slackapi/bolt-js#2509, not documented)."""


def check_message(blocks: Any) -> list[JSON]:
    """Return a message's blocks, with ids where they had none. Raises the ``ApiError`` that Slack answers with."""
    if not isinstance(blocks, list):
        raise ApiError("invalid_blocks_format")
    checker = Checker("message", blocks=BLOCKS, elements=ELEMENTS, forbidden=frozenset())
    if len(blocks) > MAX_MESSAGE_BLOCKS:
        checker.fail(f"no more than {MAX_MESSAGE_BLOCKS} items allowed", "/blocks")
    checker.blocks(blocks)
    if checker.errors:
        raise ApiError("invalid_blocks", errors=_plain(checker), response_metadata={"messages": checker.errors})
    if checker.tables > 1:
        only = "[ERROR] only_one_table_allowed [json-pointer:/blocks]"
        raise ApiError("invalid_attachments", response_metadata={"messages": [only]})
    if checker.table_text > MAX_TABLE_TEXT:
        long = f"[ERROR] table cells must be less than {MAX_TABLE_TEXT + 1} characters together [json-pointer:/blocks]"
        raise ApiError("invalid_blocks", response_metadata={"messages": [long]})
    if checker.total > MAX_TOTAL_TEXT:
        raise ApiError("msg_blocks_too_long")
    return [{"block_id": f"b{index}", **block} for index, block in enumerate(blocks)]


def _plain(checker: Checker) -> list[str]:
    return [message.removeprefix("[ERROR] ") for message in checker.errors]


def check_view(view: Any) -> JSON:
    """Return a modal or Home tab, with block ids where it had none. Raises the ``ApiError`` that Slack answers with."""
    if not isinstance(view, dict):
        raise ApiError("invalid_arguments", response_metadata={"messages": ["[ERROR] missing required field: view"]})
    kind = view.get("type")
    c = Checker("modal", blocks=BLOCKS, elements=ELEMENTS, forbidden=MESSAGE_ONLY)
    if kind not in ("modal", "home"):
        c.fail(f"unsupported type: {kind}" if kind else "missing required field: type", "/view/type")
    if kind == "modal":
        c.text(view.get("title"), "/view/title", most=24, plain=True)
    c.text(view.get("submit"), "/view/submit", most=24, plain=True, required=False)
    c.text(view.get("close"), "/view/close", most=24, plain=True, required=False)
    c.string(view.get("private_metadata"), "/view/private_metadata", most=3000, least=0, required=False)
    c.string(view.get("callback_id"), "/view/callback_id", most=255, least=0, required=False)
    c.string(view.get("external_id"), "/view/external_id", most=255, least=0, required=False)
    blocks = c.items(view.get("blocks"), "/view/blocks", most=MAX_VIEW_BLOCKS, least=0)
    c.blocks(blocks, "/view/blocks")
    inputs = any(isinstance(b, dict) and b.get("type") == "input" for b in blocks)
    if kind == "modal" and inputs and view.get("submit") is None:
        c.fail("missing required field: submit (the view has input blocks)", "/view")
    if c.errors:
        raise ApiError("invalid_arguments", response_metadata={"messages": c.errors})
    return {**view, "blocks": [{"block_id": f"b{i}", **block} for i, block in enumerate(blocks)]}
