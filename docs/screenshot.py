"""Takes the pictures of the README and the documents: runs the demo bot in the playground, plays short conversations,
photographs them.

    python docs/screenshot.py [OUTPUT_FOLDER]     (default: docs/images)

Needs Playwright and the Chromium that `make install` sets up (CHROMIUM names another).
"""

import argparse
import base64
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal
from urllib.request import Request, urlopen

from playwright.sync_api import Page, ViewportSize, sync_playwright

KEY = "the key of the pictures"
ROOT = Path(__file__).resolve().parent.parent
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
ARGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
SIZE: ViewportSize = {"width": 1440, "height": 1000}
NOTES = b"""# Release 1.4

- exports as CSV
- a faster search
"""


@contextmanager
def demo() -> Iterator[str]:
    """Run the demo bot on a free port, without credentials, in a folder of its own; yields its address."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    platforms = ("SLACK_", "DISCORD_", "TEAMS_", "GATEWAY_", "DATABASE_")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(platforms)}
    # With ChatKit there would be a platform, and no playground.
    environment |= {"PYTHONPATH": str(ROOT), "GATEWAY_API_KEYS": KEY, "CHATKIT_ENABLED": "false"}
    command = [sys.executable, "-m", "gateway.cli", "run", str(ROOT / "examples/hello.py"), "--headless"]
    with tempfile.TemporaryDirectory() as folder:
        process = subprocess.Popen([*command, "--port", str(port)], cwd=folder, env=environment)  # noqa: S603
        try:
            url = f"http://127.0.0.1:{port}"
            answering(url, process)
            yield url
        finally:
            process.terminate()
            process.wait(timeout=40)


def answering(url: str, process: "subprocess.Popen[bytes]") -> None:
    """Wait until it serves."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and process.poll() is None:
        try:
            urlopen(f"{url}/readyz", timeout=2).close()  # noqa: S310
            return
        except OSError:  # refused, or slow
            time.sleep(0.1)
    raise SystemExit("the demo did not start")


def act(url: str, *, platform: str = "slack", **action: Any) -> dict[str, Any]:
    """Do what a person does."""
    headers = {"content-type": "application/json"}
    request = Request(f"{url}/playground/api/{platform}/act", json.dumps(action).encode(), headers)  # noqa: S310
    with urlopen(request, timeout=30) as response:  # noqa: S310
        result: dict[str, Any] = json.load(response)
    if not result["ok"]:
        raise SystemExit(f"{action} was refused: {result}")
    return result


def slack(url: str, page: Page) -> None:
    """Play a morning in #general, which ends with the answer's thread open, its steps and one exchange unfolded."""
    general = {"channel": "general"}
    notes = {"name": "release-1.4.md", "mime": "text/markdown", "data": base64.b64encode(NOTES).decode()}
    said = act(url, type="post", **general, user="U0GRACE", text="Morning! Here is what goes out today.", files=[notes])
    act(url, type="react", **general, ts=said["ts"], name="tada", added=True)
    act(url, type="react", **general, ts=said["ts"], user="U0GRACE", name="rocket", added=True)
    act(url, type="react", **general, ts=said["ts"], user="U0LINUS", name="rocket", added=True)
    act(url, type="post", **general, user="U0LINUS", text="And how many people looked at us this week?")
    root = act(url, type="post", **general, text="@gateway the report for our stand-up, please")["ts"]
    thread = page.locator(".thread-pane")
    thread.locator("table").wait_for()
    act(url, type="post", **general, text="and the tasks of the day", thread_ts=root)
    thread.get_by_text("Roll out").wait_for()
    thread.get_by_text("Tasks · Done").wait_for()
    thread.get_by_text("2 steps").click()
    thread.locator(".plan").last.scroll_into_view_if_needed()
    page.locator(".wire-row", has_text="chat.update").last.click()
    page.locator(".wire-detail:visible").scroll_into_view_if_needed()


def discord(url: str, page: Page) -> None:
    """Play the same bot in a server: a report with its steps, and the tasks."""
    page.get_by_role("tab", name="Discord").click()
    page.get_by_role("combobox", name="Message #general").wait_for()
    said = act(url, platform="discord", type="post", channel="general", text="@gateway the report, please")
    act(url, platform="discord", type="react", channel="general", id=said["id"], emoji="👀", added=True)
    thread = page.locator(".side-pane")
    thread.get_by_text("876 visits").last.wait_for()
    act(url, platform="discord", type="post", channel=said["id"], text="and the tasks of the day")
    thread.get_by_text("Tasks · Done").wait_for()
    page.get_by_text("is typing").last.wait_for(state="hidden")


def teams(url: str, page: Page) -> None:
    """Play the same bot in a chat."""
    page.get_by_role("tab", name="Teams").click()
    for text, answer in (("the report for our stand-up, please", "876 visits"), ("and the tasks of the day", "Done")):
        act(url, platform="teams", type="say", conversation="personal", text=text)
        page.locator(".message", has_text=answer).last.wait_for()
    page.get_by_text("2 steps").click()
    page.evaluate("document.activeElement.blur()")
    page.get_by_text("Roll out", exact=True).scroll_into_view_if_needed()


def admin(url: str, page: Page) -> None:
    """Look, as an operator, at what was played so far."""
    page.goto(f"{url}/admin/")
    page.get_by_label("API key").fill(KEY)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("heading", name="Last turns here").wait_for()


def turn(url: str, page: Page) -> None:
    """Look at the timeline of a turn in Slack that streamed its answer."""
    page.locator("tr", has_text="slack:").last.get_by_role("link").first.click()
    page.get_by_role("heading", name="Timeline").wait_for()


PICTURES: tuple[tuple[Callable[[str, Page], None], Literal["light", "dark"], str], ...] = (
    (slack, "light", "playground.png"),
    (slack, "dark", "playground-dark.png"),
    (discord, "dark", "discord.png"),
    (teams, "light", "teams.png"),
    (admin, "light", "admin.png"),
    (turn, "light", "admin-turn.png"),
)


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with demo() as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        page = browser.new_page(viewport=SIZE, color_scheme="light", reduced_motion="reduce", locale="en-GB")
        page.goto(url)
        page.get_by_text("Live", exact=True).wait_for()
        played = None
        for play, scheme, name in PICTURES:
            if play is not played:
                play(url, page)
                page.mouse.move(SIZE["width"] * 0.68, 20)
            played = play
            page.emulate_media(color_scheme=scheme)
            page.screenshot(path=folder / name)
            print(folder / name)
        browser.close()


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("folder", type=Path, nargs="?", default=ROOT / "docs" / "images", help="%(default)s")
    main(arguments.parse_args().folder)
