"""The pages in a browser: signing in, times, pages that keep themselves up to date, changes, and a narrow screen."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, expect

from tests.admin.stage import KEY, Stage, address, links, staged
from tests.playground.serving import PATIENCE, collect

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.browser,
]

EXPECTED = "Failed to load resource: the server responded with a status of 401 (Unauthorized)"
"""What the browser says of the page that asks for a key."""


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def own(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    async with staged(tmp_path_factory.mktemp("browser")) as stage:
        await stage.write("hello", "You said: hello")
        yield stage


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def context(browser: Browser) -> AsyncIterator[BrowserContext]:
    context = await browser.new_context(
        viewport={"width": 1280, "height": 720}, timezone_id="Pacific/Auckland", locale="en-GB"
    )
    context.set_default_timeout(PATIENCE * 1000)
    yield context
    await context.close()


@pytest.fixture
def complaints() -> list[str]:
    """Script errors, and what the policy refuses."""
    return []


@pytest_asyncio.fixture(loop_scope="module")
async def page(context: BrowserContext, own: Stage, complaints: list[str]) -> AsyncIterator[Page]:
    """The overview, signed in. What the browser complains of fails the test."""
    page = await context.new_page()
    collect(page, complaints)
    await context.clear_cookies()
    await page.clock.install()
    await page.goto(f"{own.origin}/admin")
    await page.get_by_label("API key").fill(KEY)
    await page.get_by_role("button", name="Sign in").click()
    await page.get_by_role("heading", name="Overview").wait_for()
    yield page
    await page.close()
    assert [each for each in complaints if each != EXPECTED] == []


async def next_look(page: Page) -> None:
    """Let the seconds pass after which the page looks again."""
    async with page.expect_response(page.url):
        await page.clock.run_for(5_500)


async def test_a_person_signs_in_sees_local_times_and_signs_out(page: Page, own: Stage) -> None:
    time = page.locator("main time").first
    assert (await time.get_attribute("title") or "").endswith("UTC")
    utc = (await time.get_attribute("datetime") or "")[11:13]
    shown = (await time.inner_text()).rpartition(" ")[2]
    assert int(shown[:2]) % 24 == (int(utc) + 13) % 24  # Auckland in November
    await page.get_by_role("button", name="Sign out").click()
    await page.get_by_label("API key").wait_for()
    await page.goto(f"{own.origin}/admin/search")
    await expect(page.get_by_label("API key")).to_be_visible()


async def test_a_page_shows_what_happens_without_being_loaded_again(page: Page, own: Stage) -> None:
    await page.goto(f"{own.origin}/admin/dead-letters")
    await expect(page.get_by_text("Nothing was given up")).to_be_visible()
    await page.evaluate("window.same = true")
    conversation, delivery = await own.dead_letter()
    await next_look(page)
    await expect(page.get_by_text("ValueError: cannot do")).to_be_visible()
    assert await page.evaluate("window.same")
    # What is chosen stays chosen, whatever else happens.
    await page.get_by_role("checkbox").check()
    await own.dead_letter("boom, once more")
    await next_look(page)
    await expect(page.get_by_role("checkbox")).to_be_checked()
    await page.get_by_role("button", name="Drop the chosen").click()
    await expect(page.get_by_role("heading", name="Drop 1 dead letter?")).to_be_visible()
    await page.get_by_role("button", name="Drop for good").click()
    await expect(page.get_by_text("1 dead letter was dropped.")).to_be_visible()
    await expect(page.get_by_text("boom, once more")).to_be_visible()
    entry = await own.store.delivery(conversation, delivery)
    assert entry is not None
    assert entry.state == "done"
    await page.get_by_role("checkbox").check()
    await page.get_by_role("button", name="Run the chosen again").click()
    await expect(page.get_by_text("1 dead letter was put back")).to_be_visible()


async def test_it_pauses_and_says_when_nobody_answers(page: Page, complaints: list[str]) -> None:
    await expect(page.get_by_role("status")).to_contain_text("Live")
    await page.get_by_role("button", name="Pause").click()
    await expect(page.get_by_role("status")).to_contain_text("Paused")
    async with page.expect_response(page.url):
        await page.get_by_role("button", name="Go on").click()
    await expect(page.get_by_role("status")).to_contain_text("Live")
    await page.route("**/*", lambda route: route.abort())
    await page.clock.run_for(5_500)
    await expect(page.get_by_role("status")).to_contain_text("No answer")
    await page.unroute_all()
    complaints[:] = [each for each in complaints if "ERR_FAILED" not in each]


async def test_every_page_fits_a_narrow_screen_and_has_names_for_what_can_be_used(page: Page, own: Stage) -> None:
    await page.set_viewport_size({"width": 360, "height": 700})
    ref = await own.write("a long conversation " + "w" * 300, "You said: a long")
    [turn] = links(await own.get(address("conversation", key=ref.key)), "turn")
    for wanted in (
        "",
        "conversations?list=open",
        address("conversation", key=ref.key),
        turn,
        "dead-letters",
        "feedback",
        "search?q=wwww",
    ):
        await page.goto(f"{own.origin}/admin/{wanted}")
        assert await page.evaluate("document.documentElement.scrollWidth") <= 360, wanted
        unnamed = await page.evaluate(
            """[...document.querySelectorAll("a, button, input:not([type=hidden])")].filter((each) =>
                !(each.textContent.trim() || each.getAttribute("aria-label") || each.labels?.length)).length"""
        )
        assert unnamed == 0, wanted
        assert await page.locator("h1").count() == 1, wanted


async def test_a_link_from_another_site_leads_to_the_page_of_whoever_is_signed_in(page: Page, own: Stage) -> None:
    wanted = f"{own.origin}/admin/feedback"
    body = f'<a href="{wanted}#newest-title">there</a>'
    await page.route("http://elsewhere.example/", lambda route: route.fulfill(body=body, content_type="text/html"))
    await page.goto("http://elsewhere.example/")
    await page.get_by_role("link", name="there").click()
    await expect(page.get_by_role("heading", name="Feedback")).to_be_visible()


async def test_the_pages_work_without_a_script(browser: Browser, own: Stage) -> None:
    context = await browser.new_context(java_script_enabled=False)
    page = await context.new_page()
    await page.goto(f"{own.origin}/admin/feedback")
    await page.get_by_label("API key").fill(KEY)
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_role("heading", name="Feedback")).to_be_visible()
    await page.get_by_role("link", name="Overview").click()
    await expect(page.locator("main time").first).to_contain_text("UTC")
    await context.close()
