"""Talks to the bot from Python: a ChatKit session, a streamed answer, what was said, and a message into a conversation.

    pip install openai
    GATEWAY_URL=http://127.0.0.1:8000 GATEWAY_API_KEY=... python chat.py "Hello"

Start the bot with the key in GATEWAY_API_KEYS.
"""

import json
import os
import sys
from collections.abc import Iterator

import httpx
from openai import OpenAI

URL = os.environ.get("GATEWAY_URL", "http://127.0.0.1:8000")
KEY = os.environ["GATEWAY_API_KEY"]


def ask(secret: str, text: str, thread: str | None = None) -> Iterator[dict]:
    """Send a message and yield the events of the answer; without a thread it begins one."""
    message = {"content": [{"type": "input_text", "text": text}], "attachments": [], "inference_options": {}}
    wish = {"type": "threads.create", "params": {"input": message}}
    if thread is not None:
        wish = {"type": "threads.add_user_message", "params": {"thread_id": thread, "input": message}}
    headers = {"Authorization": f"Bearer {secret}"}
    with httpx.stream("POST", f"{URL}/v1/chatkit/conversation", json=wish, headers=headers, timeout=60) as answer:
        answer.raise_for_status()
        for line in answer.iter_lines():
            if line.startswith("data: "):
                yield json.loads(line.removeprefix("data: "))


def main(text: str) -> None:
    chatkit = OpenAI(base_url=f"{URL}/v1", api_key=KEY).beta.chatkit
    session = chatkit.sessions.create(user="ada", workflow={"id": "bot", "state_variables": {"plan": "free"}})
    thread = ""
    for event in ask(session.client_secret, text):
        if event["type"] == "thread.created":
            thread = event["thread"]["id"]
        elif event["type"] == "thread.item.updated":
            print(event["update"].get("delta", ""), end="", flush=True)
        elif event["type"] == "error":
            print(f"the bot failed: {event['message']}")
    print(f"\n-- thread {thread}")
    for item in chatkit.threads.list_items(thread, order="asc"):
        print(f"{item.type}: {[part.text for part in getattr(item, 'content', [])]}")
    chatkit.sessions.cancel(session.id)

    api = httpx.Client(base_url=f"{URL}/v1", headers={"Authorization": f"Bearer {KEY}"}, timeout=60)
    newest = api.get("/threads", params={"limit": 1}).raise_for_status().json()["data"][0]
    print(f"-- {newest['id']} of {newest['userIdentifier']}")
    sent = api.post(
        f"/conversations/{newest['id']}/messages",
        params={"wait": 10},
        json={"text": "Your report is ready."},
        headers={"Idempotency-Key": f"report-{newest['id']}"},
    ).raise_for_status()
    print(f"-- {sent.json()['status']}: Your report is ready.")


if __name__ == "__main__":
    main(" ".join(sys.argv[1:]) or "Hello")
