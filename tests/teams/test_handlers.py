"""What a handler reads of what people wrote in Teams, through the whole gateway."""

from pathlib import Path
from typing import Any

import pytest

import gateway as cl
from tests.support.bot import register, running_bot
from tests.teams.world import teams_world


def copy(html: str) -> dict[str, Any]:
    return {"attachments": [{"contentType": "text/html", "content": html}]}


REPLY = '<blockquote itemscope itemtype="http://schema.skype.com/Reply" itemid="7">{}</blockquote>'
QUOTED = {"messageId": "8", "senderName": "The bot", "preview": "1. Red 2. Blue"}
WRITTEN: list[tuple[str, str, dict[str, Any], str]] = [
    (
        "a link's address",
        "Look at the handbook",
        copy('<p>Look at <a href="https://wiki.example.com/book?page=3">the handbook</a></p>'),
        "Look at [the handbook](https://wiki.example.com/book?page=3)",
    ),
    ("words in angle brackets", "call with", copy("<p>call with &lt;name&gt;</p>"), "call with <name>"),
    (
        "a GIF alone",
        "",
        copy('<p><img alt="cat typing (GIF)" src="https://g.example/1" itemtype="http://schema.skype.com/Giphy"></p>'),
        "cat typing (GIF)",
    ),
    (
        "a quote in the copy",
        "since when?",
        copy(
            REPLY.format('<strong itemprop="mri" itemid="28:b">The bot</strong><p itemprop="preview">It is closed</p>')
            + "<p>since when?</p>"
        ),
        "> **The bot:**\n> It is closed\n\nsince when?",
    ),
    (
        "a quoted reply",
        '<quoted messageId="8"/> and the third?',
        {"entities": [{"type": "quotedReply", "quotedReply": QUOTED}]},
        "> **The bot:**\n> 1. Red 2. Blue\n\nand the third?",
    ),
]


@pytest.mark.parametrize(("what", "text", "changes", "read"), WRITTEN, ids=[each[0] for each in WRITTEN])
async def test_the_handler_reads(what: str, text: str, changes: dict[str, Any], read: str, tmp_path: Path) -> None:
    heard: list[cl.Message] = []

    def bot() -> None:
        @cl.on_message
        async def main(message: cl.Message) -> None:
            heard.append(message)
            await cl.Message("heard").send()

    async with teams_world() as world, running_bot(world, register(bot), tmp_path):
        activity = {"type": "message", "id": "1700000000001", "textFormat": "plain", "text": text, **changes}
        assert (await world.teams.emit(activity)).ok
        await world.teams.wait_for_message("personal", lambda message: message.get("text") == "heard")
    assert [message.content for message in heard] == [read]
