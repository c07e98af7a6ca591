"""Talks to the bot from Python: a streamed conversation, what was kept of it, and a message that a program sends.

    pip install openai
    GATEWAY_API_KEYS=a-long-random-key gateway run bot.py
    GATEWAY_API_KEY=a-long-random-key python chat.py "Good morning" "Zoë"

The second message goes into the same thread: where the bot asked something, it is the answer.
"""

import json
import os
import sys
from collections.abc import Iterator

import httpx
from openai import OpenAI

URL = os.environ.get("GATEWAY_URL", "http://127.0.0.1:8000")
KEY = os.environ["GATEWAY_API_KEY"]
USER = "ada"


def events(secret: str, text: str, thread: str | None) -> Iterator[dict]:
    """Send a message, into a new thread where there is none yet, and yield the events of the answer as they arrive."""
    message = {"content": [{"type": "input_text", "text": text}], "attachments": [], "inference_options": {}}
    request = {"type": "threads.create", "params": {"input": message}}
    if thread:
        request = {"type": "threads.add_user_message", "params": {"thread_id": thread, "input": message}}
    headers = {"Authorization": f"Bearer {secret}"}
    with httpx.stream("POST", f"{URL}/v1/chatkit/conversation", json=request, headers=headers, timeout=60) as answer:
        if answer.is_error:
            sys.exit(f"{answer.status_code}: {answer.read().decode()}")
        for line in answer.iter_lines():
            if line.startswith("data: "):
                yield json.loads(line.removeprefix("data: "))


def say(secret: str, text: str, thread: str | None) -> str | None:
    """Send a message, print what the bot says to it, and return the thread's id."""
    for event in events(secret, text, thread):
        match event["type"]:
            case "thread.created":
                thread = event["thread"]["id"]
            case "thread.item.updated":
                print(event["update"].get("delta", ""), end="", flush=True)
            case "thread.item.done" if event["item"]["type"] == "assistant_message":
                print()
            case "notice":
                print(f"-- notice: {event['message']}")
            case "error":
                print(f"-- the bot failed: {event['message'] or event['code']}")
    return thread


def main(messages: list[str]) -> None:
    chatkit = OpenAI(base_url=f"{URL}/v1", api_key=KEY).beta.chatkit
    session = chatkit.sessions.create(user=USER, workflow={"id": "bot", "state_variables": {"plan": "free"}})
    thread = None
    for text in messages:
        thread = say(session.client_secret, text, thread)
    print(f"-- thread {thread}")
    for item in chatkit.threads.list_items(thread, order="asc"):
        print(f"{item.type}: {' '.join(part.text for part in getattr(item, 'content', []))}")
    chatkit.sessions.cancel(session.id)

    # The bot's own API: what is kept of conversations on all platforms, and messages that nobody asked for.
    with httpx.Client(base_url=f"{URL}/v1", headers={"Authorization": f"Bearer {KEY}"}, timeout=60) as api:
        found = api.get("/threads", params={"user": f"chatkit:app:{USER}", "limit": 1}).raise_for_status().json()
        kept = found["data"][0]
        print(f"-- kept as {kept['name']!r}")
        sent = api.post(
            f"/conversations/{kept['id']}/messages",
            params={"wait": 10},
            headers={"Idempotency-Key": f"report-{kept['id']}"},  # sent again, it is still one message
            json={"text": "Your report is ready."},
        )
        print(f"-- {sent.raise_for_status().json()['status']}: Your report is ready.")


if __name__ == "__main__":
    main(sys.argv[1:] or ["Hello"])
