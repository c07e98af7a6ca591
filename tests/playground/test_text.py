"""The page's two text formats, rendered in the browser: Markdown and Slack's mrkdwn, there and back."""

import pytest
from playwright.async_api import Page

pytestmark = pytest.mark.asyncio(loop_scope="module")

STATE = """{me: "U0ADA", bot: {user_id: "U0BOT", name: "gateway"},
    channels: new Map([["C1", {id: "C1", name: "general"}]]),
    users: new Map([["U0ADA", {id: "U0ADA", name: "ada"}], ["U0BOT", {id: "U0BOT", name: "gateway", is_bot: true}]])}"""
LINK = 'target="_blank" rel="noopener noreferrer nofollow"'


async def rendered(modules: Page, function: str, text: str) -> str:
    return str(
        await modules.evaluate(
            f"""async ([name, text]) => {{
                const {{[name]: render}} = await import("/playground/static/slack/mrkdwn.js");
                const box = document.createElement("div");
                for (const node of render(text, {STATE})) box.append(node);
                return box.innerHTML;
            }}""",
            [function, text],
        )
    )


@pytest.mark.parametrize(
    ("text", "html"),
    [
        (
            "a **b** *c* ***d*** ~~e~~",
            "<p>a <strong>b</strong> <em>c</em> <em><strong>d</strong></em> <del>e</del></p>",
        ),
        ("snake_case_name and 2*3*4", "<p>snake_case_name and 2<em>3</em>4</p>"),
        ("**half written", "<p>**half written</p>"),
        ("one\ntwo", "<p>one<br>two</p>"),
        (r"\*not\* `a * b`", "<p>*not* <code>a * b</code></p>"),
        ("``a ` b``", "<p><code>a ` b</code></p>"),
        ("# Title\ntext", '<p class="heading heading-1" role="heading" aria-level="3">Title</p><p>text</p>'),
        ("- a\n  - b\n- c", "<ul><li><p>a</p><ul><li><p>b</p></li></ul></li><li><p>c</p></li></ul>"),
        ("3. a\n4. b", '<ol start="3"><li><p>a</p></li><li><p>b</p></li></ol>'),
        ("in\n2026. it", "<p>in<br>2026. it</p>"),
        ("> a\n> b", "<blockquote><p>a<br>b</p></blockquote>"),
        (
            "```py\nx = 1\n\n  y\n```",
            '<pre class="code" tabindex="0" data-language="py"><code>x = 1\n\n  y</code></pre>',
        ),
        ("```\nopen", '<pre class="code" tabindex="0"><code>open</code></pre>'),
        ("a\n\n---\n\nb", "<p>a</p><hr><p>b</p>"),
        ("&lt;b&gt; &amp;amp; &copy;", "<p>&lt;b&gt; &amp;amp; &amp;copy;</p>"),
        ("<b>x</b>", "<p>&lt;b&gt;x&lt;/b&gt;</p>"),
        ("[a](javascript:x)", "<p><span>a</span></p>"),
        ("[a](https://x.y/z_(1))", f'<p><a href="https://x.y/z_(1)" {LINK} title="https://x.y/z_(1)">a</a></p>'),
        (
            "(https://x.y/a_b).",
            f'<p>(<a href="https://x.y/a_b" {LINK} title="https://x.y/a_b">https://x.y/a_b</a>).</p>',
        ),
        ("hi <@U0BOT> :tada:", '<p>hi <span class="mention">@gateway</span> 🎉</p>'),
        ("", ""),
    ],
)
async def test_markdown(modules: Page, text: str, html: str) -> None:
    assert await rendered(modules, "richMarkdown", text) == html


async def test_a_markdown_table(modules: Page) -> None:
    html = await rendered(modules, "richMarkdown", "| a | b |\n|:-:|--:|\n| `x|y` | 1 \\| 2 |\n| only |")
    assert '<th scope="col" class="align-center">a</th><th scope="col" class="align-right">b</th>' in html
    assert '<td class="align-center"><code>x|y</code></td><td class="align-right">1 | 2</td>' in html
    assert '<td class="align-center">only</td><td class="align-right"></td>' in html


@pytest.mark.parametrize(
    "piece", ["[", "![", "*a ", "**a_b~", "> ", "- ", "`", "``a`", "<", "|", "&#", "\\", "[a](", ":a", "1. "]
)
async def test_pathological_markdown_ends(modules: Page, piece: str) -> None:
    text = (piece * 12_000)[:12_000]
    assert len(await rendered(modules, "richMarkdown", text)) > 0
    assert len(await rendered(modules, "mrkdwn", text)) > 0


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("*b* _i_ ~s~ `c`", "<strong>b</strong> <em>i</em> <del>s</del> <code>c</code>"),
        ("a*b*c 2 * 3 * 4", "a*b*c 2 * 3 * 4"),
        ("*b _i_*", "<strong>b <em>i</em></strong>"),
        ("&lt;x&gt; &amp;amp;", "&lt;x&gt; &amp;amp;"),
        (
            "<@U0ADA> <#C1> <!here>",
            '<span class="mention me">@ada</span> <span class="mention">#general</span> '
            '<span class="mention me">@here</span>',
        ),
        ("<https://x.y|*l*>", f'<a href="https://x.y/" {LINK} title="https://x.y/"><strong>l</strong></a>'),
        ("<javascript:x|l>", "&lt;javascript:x|l&gt;"),
        ("&gt; q\nafter", "<blockquote>q</blockquote>after"),
        ("```a *b*\n<c>```", '<pre class="code" tabindex="0"><code>a *b*\n&lt;c&gt;</code></pre>'),
        ("one\n\ntwo", "one<br><br>two"),
    ],
)
async def test_mrkdwn(modules: Page, text: str, html: str) -> None:
    assert await rendered(modules, "mrkdwn", text) == html


async def test_what_is_typed_comes_back_for_editing(modules: Page) -> None:
    sent, typed = await modules.evaluate(
        f"""async () => {{
            const {{typedToText, textToTyped}} = await import("/playground/static/slack/mrkdwn.js");
            const store = {STATE};
            return [typedToText("@Gateway, ask @ada not x@ada.com or @gatewayish", store),
                    textToTyped("<@U0BOT> &lt;see&gt; <https://x.y|here> <#C1|general> <!channel>", store)];
        }}"""
    )
    assert sent == "<@U0BOT>, ask <@U0ADA> not x@ada.com or @gatewayish"
    assert typed == "@gateway <see> https://x.y #general @channel"
