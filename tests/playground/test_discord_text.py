"""Discord's flavour of Markdown and its slash commands, as the page's modules understand them."""

from typing import Any

import pytest
from playwright.async_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

SERVER = """{me: "1", bot: {user_id: "2", name: "gateway"}, guild: {id: "9", name: "HQ"},
    users: [{id: "1", name: "ada", display_name: "Ada"}, {id: "2", name: "gateway", bot: true}],
    channels: [{id: "5", name: "general", kind: "text"}, {id: "6", name: "gateway", kind: "dm", user: "1"}]}"""
LINK = 'target="_blank" rel="noopener noreferrer nofollow"'


async def rendered(modules: Page, text: str) -> str:
    return str(
        await modules.evaluate(
            f"""async (text) => {{
                const {{markdown}} = await import("/playground/static/discord/markdown.js");
                const {{Store}} = await import("/playground/static/discord/store.js");
                const store = new Store();
                store.load({SERVER});
                const box = document.createElement("div");
                box.append(...markdown(text, {{store, names: {{"<@&7>": "@team"}}}}));
                return box.innerHTML;
            }}""",
            text,
        )
    )


@pytest.mark.parametrize(
    ("text", "html"),
    [
        (
            "a **b** *c* _d_ __e__ ~~f~~ ***g***",
            "a <strong>b</strong> <em>c</em> <em>d</em> <u>e</u> <del>f</del> <strong><em>g</em></strong>",
        ),
        ("*a **b** c*", "<em>a <strong>b</strong> c</em>"),
        ("snake_case_name 2 * 3 * 4 **", "snake_case_name 2 * 3 * 4 **"),
        ("**half ||written `code", "**half ||written `code"),
        (r"\*not\* `a * b` ``x ` y``", "*not* <code>a * b</code> <code>x ` y</code>"),
        ("one\n\ntwo", "one<br><br>two"),
        ("**two\nlines**", "<strong>two<br>lines</strong>"),
        ("# T\ntext", '<p class="heading heading-1" role="heading" aria-level="3">T</p>text'),
        ("#### none", "#### none"),
        ("#none", "#none"),
        ("a\n-# small\nb", 'a<p class="subtext">small</p>b'),
        ("- a\n  - b\n* c\n\nd", "<ul><li>a<ul><li>b</li></ul></li><li>c</li></ul><br>d"),
        ("3. a\n4. b", '<ol start="3"><li>a</li><li>b</li></ol>'),
        ("> a\n> b\nc", "<blockquote>a<br>b</blockquote>c"),
        ("x\n>>> a\n- b", "x<blockquote>a<ul><li>b</li></ul></blockquote>"),
        (
            "see\n```py\nx = 1\n\n  y\n```\nend",
            'see<pre class="code" tabindex="0" data-language="py"><code>x = 1\n\n  y</code></pre>end',
        ),
        ("```one line```", '<pre class="code" tabindex="0"><code>one line</code></pre>'),
        ("```\nopen **a**", "```<br>open <strong>a</strong>"),
        ("| a |\n|---|\n&lt; <b>x</b>", "| a |<br>|---|<br>&amp;lt; &lt;b&gt;x&lt;/b&gt;"),
        (
            "[a *b*](https://x.y/z_(1))",
            f'<a href="https://x.y/z_(1)" {LINK} title="https://x.y/z_(1)">a <em>b</em></a>',
        ),
        ("[a](javascript:x) ![i](data:x)", "[a](javascript:x) ![i](data:x)"),
        ("(https://x.y/a_b).", f'(<a href="https://x.y/a_b" {LINK} title="https://x.y/a_b">https://x.y/a_b</a>).'),
        ("<https://x.y/>", f'<a href="https://x.y/" {LINK} title="https://x.y/">https://x.y/</a>'),
        (
            "<@1> <@!2> <@&7> <#5> <@404> @everyone",
            '<span class="mention me">@Ada</span> <span class="mention">@gateway</span> '
            '<span class="mention">@team</span> <span class="mention">#general</span> '
            '<span class="mention">@unknown</span> <span class="mention me">@everyone</span>',
        ),
        (
            "</ask:12> <:wave:34>",
            '<span class="mention">/ask</span> <span class="custom-emoji">:wave:</span>',
        ),
        ("<t:99999999999999999> <t:x>", "&lt;t:99999999999999999&gt; &lt;t:x&gt;"),
        ("", ""),
    ],
)
async def test_markdown(modules: Page, text: str, html: str) -> None:
    assert await rendered(modules, text) == html


async def test_times(modules: Page) -> None:
    html = await rendered(modules, "<t:1700000000:d> <t:1000000000:R>")
    assert 'datetime="2023-11-14T22:13:20.000Z"' in html
    assert "years ago" in html


@pytest.mark.parametrize(
    "piece", ["[", "*a ", "**a__b~~", "||", "> ", "- ", "`", "``a`", "<", "<@", "```", "[a](", "*_", "_*~", "  - a\n"]
)
async def test_pathological_markdown_ends(modules: Page, piece: str) -> None:
    assert len(await rendered(modules, (piece * 12_000)[:12_000])) > 0


ASK: dict[str, Any] = {
    "name": "ask",
    "options": [
        {"name": "what", "type": 3, "required": True},
        {"name": "loud", "type": 5},
        {"name": "many", "type": 4},
        {"name": "file", "type": 11},
        {"name": "whom", "type": 6},
        {"name": "where", "type": 7},
    ],
}
GUILD_ONLY = {"name": "here", "guild_id": "9"}
FILE = {"name": "a.txt", "mime": "text/plain", "data": ""}


@pytest.mark.parametrize(
    ("line", "files", "asked"),
    [
        ("/ask", [], {"error": "what is required."}),
        ("/ask how are you?", [], {"command": "ask", "options": {"what": "how are you?"}}),
        (
            "/ask what:a b loud:true many:-3",
            [],
            {"command": "ask", "options": {"what": "a b", "loud": True, "many": -3}},
        ),
        (
            "/ask x whom:@Ada where:#general",
            [],
            {"command": "ask", "options": {"what": "x", "whom": "1", "where": "5"}},
        ),
        ("/ask see https://x.y", [FILE], {"command": "ask", "options": {"what": "see https://x.y", "file": FILE}}),
        ("/ask x loud:maybe", [], {"error": "loud is one of true, false."}),
        ("/ask x whom:Nobody", [], {"error": "whom cannot be “Nobody”."}),
        ("/here", [], {"command": "here", "options": {}}),
        ("/here now", [], {"error": "/here takes no more than it was given: “now” is left over."}),
        ("/here", [FILE], {"error": "/here takes no file."}),
        ("/unknown", [], None),
        ("/ not a command", [], None),
    ],
)
async def test_what_a_line_asks_for(modules: Page, line: str, files: list[Any], asked: dict[str, Any] | None) -> None:
    found = await modules.evaluate(
        f"""async ([line, files, commands]) => {{
            const {{parsed}} = await import("/playground/static/discord/commands.js");
            const {{Store}} = await import("/playground/static/discord/store.js");
            const store = new Store();
            store.load({{...{SERVER}, commands}});
            return parsed(line, files, store, "5");
        }}""",
        [line, files, [ASK, GUILD_ONLY]],
    )
    assert found == asked


async def test_a_servers_own_command_is_not_for_direct_messages(modules: Page) -> None:
    names = await modules.evaluate(
        f"""async (commands) => {{
            const {{usable}} = await import("/playground/static/discord/commands.js");
            const {{Store}} = await import("/playground/static/discord/store.js");
            const store = new Store();
            store.load({{...{SERVER}, commands}});
            return ["5", "6"].map((channel) => usable(store, channel).map(({{name}}) => name));
        }}""",
        [ASK, GUILD_ONLY],
    )
    assert names == [["ask", "here"], ["ask"]]
