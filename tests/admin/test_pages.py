"""What the pages show of a bot that did things, and that nothing a person wrote is anything but words there."""

import re
from urllib.parse import unquote

import httpx
import pytest

from tests.admin.stage import EVIL, Stage, address, links, text_of

pytestmark = [pytest.mark.asyncio(loop_scope="module")]

LISTS = ("", "conversations", "conversations?list=waiting", "conversations?list=open", "dead-letters", "feedback")


async def every_page(stage: Stage) -> dict[str, httpx.Response]:
    """Every page that a person gets to by links, each kind twice at most."""
    seen: dict[str, httpx.Response] = {}
    waiting = [*LISTS, "search?q=said", "search?q=onerror"]
    kinds: dict[str, int] = {}
    while waiting:
        wanted = waiting.pop(0).partition("#")[0]
        kind = wanted.partition("?")[0]
        if wanted in seen or (wanted not in LISTS and kinds.get(kind, 0) >= 6):
            continue
        kinds[kind] = kinds.get(kind, 0) + 1
        seen[wanted] = await stage.get(wanted)
        for page in ("conversation", "turn", "thread"):
            waiting += links(seen[wanted], page)
    return seen


async def test_every_page_that_is_linked_is_there_and_escapes_what_people_wrote(stage: Stage) -> None:
    pages = await every_page(stage)
    assert {each.partition("?")[0] for each in pages} == {
        "", "conversations", "conversation", "turn", "thread", "dead-letters", "feedback", "search",
    }  # fmt: skip
    assert [(page, answer.status_code) for page, answer in pages.items() if answer.status_code != 200] == []
    for page, answer in pages.items():
        assert "<script>alert" not in answer.text, page
        assert "<img" not in answer.text, page
        assert " style=" not in answer.text, page
        assert re.findall(r"<script(?! src=\"static/admin.js\" type=\"module\">)", answer.text) == [], page
    assert sum(EVIL in text_of(answer) for answer in pages.values()) >= 4  # it is there, as words


async def test_the_overview_counts_what_happened(stage: Stage) -> None:
    said = text_of(await stage.get())
    for words in (
        "Slack works",
        "1 dead letter ",
        "1 open delivery",
        "1 waits for an answer here",
        "0 turns run here",
        "sessions in memory here",
        "the only one on its database",
    ):
        assert words in said, words


async def test_the_conversations_with_work_say_what_they_do(stage: Stage) -> None:
    now = text_of(await stage.get("conversations"))
    assert "waits for an answer" in now
    assert "slack:" in now
    waiting = text_of(await stage.get("conversations?list=waiting"))
    assert "has begun" in waiting or "runs again" in waiting
    open_sessions = text_of(await stage.get("conversations?list=open"))
    assert open_sessions.count("in memory here") >= 3


async def test_a_dead_letter_is_shown_with_its_error_and_reference(stage: Stage) -> None:
    [entry] = (await stage.store.given_up(limit=5)).entries
    said = text_of(await stage.get("dead-letters"))
    assert "ValueError: cannot do" in said
    assert EVIL in said
    page = await stage.get(address("turn", conversation=entry.conversation, delivery=entry.key))
    for words in ("given up", "Run 1 begins", "Run 1 ended", "dead", "Delivery accepted", EVIL):
        assert words in text_of(page), words


async def test_the_timeline_of_a_turn_has_its_steps_and_calls_and_what_was_said(stage: Stage) -> None:
    recent = await stage.get("conversations?list=open")
    for conversation in links(recent, "conversation"):
        for turn in links(await stage.get(conversation), "turn"):
            said = text_of(await stage.get(turn))
            if "You said: another" not in said:
                continue
            for words in (
                "Delivery accepted message created",
                "Run 1 begins",
                "look up begins",
                "look up done",
                "send ok",
                "Run 1 ended done",
            ):
                assert words in said, (words, said)
            assert "the order" in said
            return
    pytest.fail("no turn shows what was said in it")


async def test_an_open_question_is_shown_with_its_journal(stage: Stage) -> None:
    [entry] = (await stage.store.open_deliveries(limit=5)).entries
    said = text_of(await stage.get(address("turn", conversation=entry.conversation, delivery=entry.key)))
    assert "Waits for an answer" in said
    assert "waits for an answer" in said
    assert "ask message" in said
    assert "open" in said


async def test_feedback_is_counted_and_leads_to_the_answer(stage: Stage) -> None:
    page = await stage.get("feedback")
    said = text_of(page)
    assert "1 👍 and 1 👎 in 30 days (UTC): 50 % up" in said
    assert "lovely" in said
    assert "You said: another" in said
    assert page.text.count("<rect") == 2
    down = text_of(await stage.get("feedback?rating=down&days=7"))
    assert "lovely" not in down
    assert f"wrong {EVIL}" in down
    [link, *_] = [each for each in links(page, "thread") if "#step-" in each]
    assert f'id="{unquote(link.partition("#")[2])}"' in (await stage.get(link.partition("#")[0])).text


async def test_a_search_leads_to_the_thread(stage: Stage) -> None:
    page = await stage.get("search?q=SAID%3A+another")
    [link] = links(page, "thread")
    thread = await stage.get(link.partition("#")[0])
    assert "You said: another" in text_of(thread)
    assert "slack:" in text_of(thread)
    assert "Nothing was found" in text_of(await stage.get("search?q=xyzzy"))


@pytest.mark.parametrize(
    ("page", "status", "words"),
    [
        ("nowhere", 404, "There is no such page"),
        ("dead-letters/x", 404, "There is no such page"),
        ("thread?id=nowhere", 404, "There is no thread"),
        ("thread?id=%00", 404, "There is no thread"),
        ("thread?id=%ED%A0%80", 404, "There is no thread"),
        ("thread", 400, "lacks 'id'"),
        ("turn?conversation=a&delivery=b", 404, "Nothing is known of this delivery"),
        ("turn?conversation=a", 400, "lacks 'delivery'"),
        ("conversation?key=nowhere", 404, "Nothing is known of a conversation"),
        (f"conversation?key={'x' * 5_000}", 400, "more than 4,000 characters"),
        ("conversations?list=all", 400, "There is no list"),
        ("conversations?cursor=-1", 400, "cursor"),
        ("conversations?cursor=%C2%B2", 400, "cursor"),
        ("conversations?cursor=9999999999", 400, "cursor"),
        ("conversations?list=waiting&cursor=x", 400, "cursor"),
        ("conversations?list=open&cursor=W10", 400, "cursor"),
        ("dead-letters?cursor=%FF", 400, "cursor"),
        ("feedback?cursor=x", 400, "cursor"),
        ("feedback?days=31", 400, "7, 30, 90 days"),
        ("search?q=a&cursor=x", 400, "cursor"),
        (f"search?q={'x' * 501}", 400, "at most 500 characters"),
    ],
)
async def test_an_address_that_leads_nowhere_says_why(stage: Stage, page: str, status: int, words: str) -> None:
    answer = await stage.get(page)
    assert (answer.status_code, words in text_of(answer)) == (status, True), text_of(answer)


async def test_a_cursor_beyond_the_end_shows_an_empty_list(stage: Stage) -> None:
    answer = await stage.get("conversations?cursor=999999")
    assert answer.status_code == 200
    assert "Nothing runs" in text_of(answer)


async def test_what_the_address_says_was_done_is_only_believed_in_its_own_words(stage: Stage) -> None:
    assert "1 dead letter was dropped." in text_of(await stage.get("dead-letters?drop=1"))
    assert "3 dead letters were put back" in text_of(await stage.get("dead-letters?retry=3"))
    for nonsense in ("retry=999999", "retry=%3Cb%3E", "drop=-1", "drop=%C2%B2", f"drop={'9' * 400}"):
        assert "dead letters were" not in text_of(await stage.get(f"dead-letters?{nonsense}"))
