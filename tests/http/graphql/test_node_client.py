"""The Node client's own package walks through the API."""

import asyncio
import json
import shutil
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.chatkit.client import KEY
from tests.http.graphql.asking import at
from tests.support.left_out import UNTESTED_NODE

ROOT = Path(__file__).parents[3]
PACKAGE = ROOT / "node_modules/@literalai/client"


@pytest.mark.skipif(
    shutil.which("node") is None or not PACKAGE.is_dir(),
    reason=f"{UNTESTED_NODE}: there is no `node`, or `npm ci` was not run",
)
@pytest.mark.timeout(120)
async def test_the_package_walks_through_the_api(api: httpx.AsyncClient, tmp_path: Path) -> None:
    picture = tmp_path / "picture.png"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)))
    program = Path(__file__).parent / "client.mjs"
    url = at(api, "/").rstrip("/")
    process = await asyncio.create_subprocess_exec(
        "node", program, url, KEY, picture, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    out, err = await process.communicate()
    assert process.returncode == 0, err.decode()
    seen: dict[str, Any] = json.loads(out.splitlines()[-1])
    assert seen == {
        "project": "gateway",
        "sameUser": True,
        "wrapped": [["inner", {"output": "done"}], ["outer", {"output": "done"}]],
        "thread": {
            "name": "A talk",
            "tags": ["sdk"],
            "participant": {**seen["thread"]["participant"], "identifier": "foobar", "metadata": {"name": "Foo"}},
        },
        "steps": [
            ["user_message", "foobar", "Hello"],
            ["run", "agent", None],
            ["llm", "gpt-4", "Hello, how are you?"],
            ["assistant_message", "Assistant", "Look"],
        ],
        "child": True,
        "picture": True,
        "signed": 200,
        "scores": [["helpful", 0.5, "Great!"], ["fast", 2, None]],
        "missing": None,
        "generations": [["openai", 11, "Hello, how are you?"]],
        "users": [["foobar", {"name": "Foo"}, 1]],
        "listed": 4,
        "scored": True,
        "exported": ["the first words", "100% sure_thing", "Bob's words", "A talk", "wrapped"],
        "synced": [
            [
                "Two and two?",
                "Counter",
                [
                    ["user_message", "User", "Two and two?", 0],
                    *sorted([["run", "Counter", None, 0], ["tool", "add", "4", 0]], key=seen_first(seen)),
                    ["assistant_message", "Counter", "Four", 1],
                ],
            ]
        ],
        "gone": [None, None],
        "refused": True,
    }


def seen_first(seen: dict[str, Any]) -> Any:
    """Return the order in which steps of the same second were kept, which the client leaves open."""
    names = [step[1] for step in seen["synced"][0][2]]
    return lambda step: names.index(step[1])
