"""What people write in Teams, as the handler reads it: from the HTML copy where there is one, else from the text."""

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.teams import markup
from adapters.teams.incoming import read, to_markdown
from gateway.model import Reference
from tests.teams.test_parse import CHANNEL, DOCUMENTED

BOT = DOCUMENTED["recipient"]["id"]


def copied(html: str, text: str = "the text has less", **changes: Any) -> dict[str, Any]:
    """A message whose HTML copy is this."""
    copy = {"contentType": "text/html", "content": html}
    return {**DOCUMENTED, "text": text, "attachments": [copy], "entities": [], **changes}


# -- the HTML copy


@pytest.mark.parametrize(
    ("html", "markdown"),
    [
        ("<p>just words</p>", "just words"),
        ("<div>just\n words &amp; more&nbsp;</div>", "just words & more"),
        ("<p>call &lt;name&gt; with &amp;lt; it</p>", "call <name> with &lt; it"),
        (
            '<p>See <a href="https://wiki.example/a?b=1&amp;c=2">the page</a>.</p>',
            "See [the page](https://wiki.example/a?b=1&c=2).",
        ),
        ('<p><a href="https://wiki.example/a" title="x">https://wiki.example/a</a></p>', "https://wiki.example/a"),
        ('<p><a href="https://wiki.example/">wiki.example</a></p>', "https://wiki.example/"),
        ('<a href="https://wiki.example/Foo_(bar) x">a ] b</a>', "[a \\] b](https://wiki.example/Foo_%28bar%29%20x)"),
        ('<a href="mailto:ada@x.example">ada@x.example</a>', "ada@x.example"),
        ('<a href="javascript:alert(1)">click</a> <a>here</a>', "click here"),
        ('<a href="https://x.example/1"></a>', "https://x.example/1"),
        ("<p>a <b>bold </b>and <i>slanted</i> <s>gone</s> <u>line</u></p>", "a **bold** and _slanted_ ~~gone~~ line"),
        ("<p><strong><b>once</b></strong><b> </b></p>", "**once**"),
        ("<p><b>one<br>two</b></p>", "**one**\n**two**"),
        ("<p>one</p><p>two<br/>three</p><p>&nbsp;</p><p>four</p>", "one\n\ntwo\nthree\n\nfour"),
        ("<div>one</div><div>two</div>", "one\ntwo"),
        ("<p>a<p>b<p>c", "a\n\nb\n\nc"),
        ("<ul><li>a<ul><li>b</li></ul></li><li><p>c</p><p>d</p></li></ul>", "- a\n  - b\n- c\n  d"),
        ('<ol start="9"><li>a<li>b</ol>', "9. a\n10. b"),
        ("<p>list:</p><ul>\n <li>a</li>\n</ul><p>end</p>", "list:\n\n- a\n\nend"),
        ("<p>run <code>ls  -l</code></p>", "run `ls  -l`"),
        ("<p><code>a `b` ``c``</code></p>", "```a `b` ``c`` ```".replace("```a", "``` a")),
        ("<p><code><b>x</b></code></p>", "`x`"),
        ("<pre>if x &lt; y:\n    z</pre>", "```\nif x < y:\n    z\n```"),
        ('<pre class="language-js"><code>let x</code></pre>', "```js\nlet x\n```"),
        (
            '<codeblock class="Python"><code>def f():<br>&nbsp; return 1</code></codeblock>',
            "```python\ndef f():\n  return 1\n```",
        ),
        ("<pre>```\nfence\n```</pre>", "````\n```\nfence\n```\n````"),
        ("<pre><div>one</div><div>two</div></pre>", "```\none\ntwo\n```"),
        ("<blockquote><p>said</p><p>before</p></blockquote><p>mine</p>", "> said\n>\n> before\n\nmine"),
        ("<h2>Head <b>line</b></h2><p>x</p><hr><p>y</p>", "## Head **line**\n\nx\n\n---\n\ny"),
        (
            "<table><thead><tr><th>A</th><th>B</th></tr></thead>"
            "<tbody><tr><td>1|2</td><td>x<br>y</td></tr></tbody></table>",
            "| A | B |\n|---|---|\n| 1\\|2 | x<br>y |",
        ),
        ("<table><tr><td>a<td>b<tr><td>c</table>", "| a | b |\n|---|---|\n| c |"),
        ("<td>no table</td>", "no table"),
        ('<p>hm <img alt="🤔" itemtype="http://schema.skype.com/Emoji" title="Thinking"> ok</p>', "hm 🤔 ok"),
        ('<p><emoji id="smile" alt="🙂" title="Smile"></emoji></p>', "🙂"),
        ('<p><span title="Yes" type="(yes)"><img alt="👍" itemtype="http://schema.skype.com/Emoji"></span></p>', "👍"),
        (
            '<p><img alt="dancing cat (GIF)" src="https://x.example/c.gif" itemtype="http://schema.skype.com/Giphy"></p>',
            "dancing cat (GIF)",
        ),
        ('<p><img src="https://x.example/c.gif" itemtype="http://schema.skype.com/Giphy"></p>', "(picture)"),
        ('<p>see<attachment id="1"></attachment> it</p><script>alert("x")</script><style>p{}</style>', "see it"),
        ("<p>a<!-- not said --> b <!-- never ends", "a b"),
        ("<p>1 < 2 and 3 > 2</p>", "1 < 2 and 3 > 2"),
        ("words <unknown-tag>stay</unknown-tag> <o:p></o:p>", "words stay"),
        ("<p>*as* typed_here</p>", "*as* typed_here"),
    ],
)
def test_the_copy_is_made_markdown(html: str, markdown: str) -> None:
    assert to_markdown(copied(html)) == markdown


def test_without_a_copy_or_with_one_that_says_nothing_the_text_is_read() -> None:
    assert to_markdown({**DOCUMENTED, "attachments": [], "text": "only text"}) == "only text"
    for html in ("", "<p></p>", "<p>&nbsp;</p>", "<p>" + "x" * markup.MAX_HTML, "<p>x" * (markup.MAX_TAGS + 1)):
        assert to_markdown(copied(html, "the text")) == "the text"
    contents: tuple[object, ...] = (None, 7, ["<p>x</p>"], {})
    for content in contents:
        copy = {"contentType": "text/html", "content": content}
        assert to_markdown({**DOCUMENTED, "text": "the text", "attachments": [copy]}) == "the text"


def test_a_picture_that_came_as_a_file_is_named_only_by_words_of_its_own() -> None:
    pasted = {"contentType": "image/*", "contentUrl": "https://smba.example/v3/attachments/1/views/original"}
    for alt, said in (("image", "see"), ("", "see"), ("a chart of costs", "see a chart of costs")):
        copy = {"contentType": "text/html", "content": f'<p>see <img alt="{alt}" src="https://x.example/1"></p>'}
        assert to_markdown({**DOCUMENTED, "attachments": [pasted, copy]}) == said


# -- mentions


def mention(number: int, name: str) -> str:
    return f'<span itemtype="http://schema.skype.com/Mention" itemscope="" itemid="{number}">{name}</span>'


def entity(id: str, name: str | None) -> dict[str, Any]:
    return {"type": "mention", "mentioned": {"id": id, "name": name}, "text": f"<at>{name}</at>"}


@pytest.mark.parametrize(
    ("html", "said"),
    [
        (f"<p>{mention(0, 'R&amp;D')}&nbsp;ask {mention(1, 'Ada L.')}, please</p>", "ask @Ada L., please"),
        (f"<p>ask {mention(1, 'Ada L.')} {mention(0, 'R&amp;D')} now</p>", "ask @Ada L. now"),
        (f"<p>ask{mention(0, 'R&amp;D')}</p>", "ask"),
        (f"<p>one{mention(0, 'R&amp;D')} two</p>", "one two"),
        (f"<p>{mention(0, 'R&amp;D')}</p><p>{mention(1, '@Ada L.')} can</p>", "@Ada L. can"),
        (f"<p>{mention(0, '<b>R&amp;D</b>')} go</p>", "go"),
    ],
)
def test_the_bots_mention_is_left_out_and_others_can_be_read(html: str, said: str) -> None:
    entities = [entity(BOT, "R&D"), entity("29:ada", "Ada L.")]
    assert to_markdown(copied(html, entities=entities)) == said


SIMPLE = ["a", " ", "&nbsp;", "&lt;b&gt;", "&amp;amp;", "\n", "<span>x</span>", '<span class="y">z </span>']
SIMPLE += [
    mention(0, "R&amp;D"),
    mention(1, "Ada L."),
    mention(1, "@Ada&nbsp;L."),
    mention(9, ""),
    mention(2, "R&amp;D "),
]


@given(st.lists(st.sampled_from(SIMPLE), max_size=8))
@settings(max_examples=200)
def test_a_paragraph_of_words_and_mentions_reads_the_same_without_the_parser(pieces: list[str]) -> None:
    """All but the number of blanks, which says nothing."""
    entities = [entity(BOT, "R&D"), entity("29:ada", "Ada L.")]
    words = "".join(pieces)
    quick = to_markdown(copied(f"<p>{words}</p>", "", entities=entities))
    parsed = to_markdown(copied(f"<p>{words}</p><p></p>", "", entities=entities))
    assert quick.split() == parsed.split()


def test_a_bot_without_a_name_is_known_by_its_place_among_the_mentions() -> None:
    nameless = {"type": "mention", "mentioned": {"id": BOT}}
    html = f"<p>{mention(0, 'The bot')} ask {mention(1, 'Ada')} {mention(77, 'Bob')}</p>"
    assert to_markdown(copied(html, entities=[nameless, entity("29:ada", "Ada")])) == "ask @Ada @Bob"


@pytest.mark.parametrize(
    ("written", "changes"),
    [
        ("<at>R&amp;D</at> ask", {}),
        ("<at>R&D</at>\xa0ask", {"text": None}),
        ('<at id="0">R&amp;D</at>&nbsp;ask', {"text": "<at>R&D</at>"}),
        ("ask <at>R&D</at>", {"text": "R&D"}),
    ],
)
def test_in_the_text_the_bots_own_mention_is_found_however_it_is_spelled(written: str, changes: dict[str, Any]) -> None:
    """Its entity's text may be left out: Teams' own SDKs then go by the name."""
    own = {"type": "mention", "mentioned": {"id": BOT, "name": "R&D"}, **changes}
    assert to_markdown({**CHANNEL, "text": written, "entities": [own]}) == "ask"


# -- the text


@pytest.mark.parametrize(
    ("form", "text", "markdown"),
    [
        ("plain", "a <b> & c", "a <b> & c"),
        ("plain", "<at>Nobody", "<at>Nobody"),
        ("plain", "1 &lt; 2 &amp;&amp; go\r\non", "1 < 2 && go\non"),
        ("xml", "<p>a <b>b</b> <i>c</i></p><ul><li>d</li></ul>", "a **b** _c_\n\n- d"),
        ("xml", "write &amp;lt;b&amp;gt; <b>now</b>", "write &lt;b&gt; **now**"),
        (
            "html",
            'see <a href="https://x.example/?a=1&amp;b">this</a><br/>now',
            "see [this](https://x.example/?a=1&b)\nnow",
        ),
        ("markdown", "**stays**", "**stays**"),
    ],
)
def test_text_is_made_markdown(form: str, text: str, markdown: str) -> None:
    assert to_markdown({"text": text, "textFormat": form}) == markdown


# -- what a message refers to


def reply_block(id: str = "17", words: str = '<p itemprop="preview">Forty &lt;two&gt;</p>', kind: str = "Reply") -> str:
    who = '<strong itemprop="mri" itemid="8:orgid:1">Ada Lovelace</strong><span itemprop="time" itemid="1700"></span>'
    return f'<blockquote itemscope="" itemtype="http://schema.skype.com/{kind}" itemid="{id}">{who}{words}</blockquote>'


def quoted(id: str, **data: Any) -> dict[str, Any]:
    return {"type": "quotedReply", "quotedReply": {"messageId": id, **data}}


def test_a_quote_in_the_copy_is_what_the_message_replies_to_and_no_part_of_its_words() -> None:
    said, references = read(copied(f"{reply_block()}<p>why?</p>"))
    assert said == "why?"
    assert references == (Reference(kind="reply", message_id="17", author="Ada Lovelace", text="Forty <two>"),)


def test_a_quote_may_have_any_form_and_be_all_there_is() -> None:
    copy = '<p itemprop="copy">see <a href="https://x.example/a">this</a></p><ul><li>one</li></ul>'
    said, [reference] = read(copied(reply_block(words=copy), text=""))
    assert (said, reference.text) == ("", "see [this](https://x.example/a)\n\n- one")
    said, [reference] = read(copied(f"<p>look</p>{reply_block(kind='Forward')}"))
    assert (said, reference.kind, reference.text) == ("look", "forward", "Forty <two>")


def test_a_quotation_that_is_no_message_stays_in_the_words() -> None:
    assert read(copied("<blockquote>a saying</blockquote><p>so</p>")) == ("> a saying\n\nso", ())


def test_a_quoted_reply_is_read_and_leaves_no_placeholder() -> None:
    preview = {"senderId": "28:bot", "senderName": "Bot", "preview": "1. Alpha 2. Beta", "time": "1700"}
    activity = {
        **DOCUMENTED,
        "attachments": [],
        "text": '<quoted messageId="1700"/> and <quoted messageId="1800"></quoted>the second?',
        "entities": [quoted("1700", **preview), quoted("1800", isReplyDeleted=True)],
    }
    said, references = read(activity)
    assert said == "and the second?"
    assert references == (
        Reference(kind="reply", message_id="1700", author="Bot", text="1. Alpha 2. Beta"),
        Reference(kind="reply", message_id="1800"),
    )


def test_a_placeholder_without_its_entity_still_says_which_message_is_meant() -> None:
    said, references = read({**DOCUMENTED, "attachments": [], "entities": [], "text": '<quoted messageId="9"/> ok'})
    assert (said, references) == ("ok", (Reference(kind="reply", message_id="9"),))


def test_a_message_the_copy_and_an_entity_tell_of_comes_once() -> None:
    activity = copied(
        f'{reply_block()}<p><quoted messageId="17"/> why?</p>',
        text='<quoted messageId="17"/> why?',
        entities=[quoted("17", senderName="Ada Lovelace", preview="Forty")],
    )
    said, [reference] = read(activity)
    assert (said, reference.text) == ("why?", "Forty <two>")


def test_references_are_counted() -> None:
    said, references = read(copied("".join(reply_block(id=str(n)) for n in range(100)) + "<p>all</p>"))
    assert (said, len(references)) == ("all", markup.MAX_QUOTES)


# -- anything at all

PIECES = [
    *[
        "<p>",
        "</p>",
        "<div>",
        "</div>",
        "<ul>",
        "<li>",
        "</li>",
        "</ul>",
        "<table>",
        "<tr>",
        "<td>",
        "</td>",
        "</table>",
        "<blockquote>",
        "</blockquote>",
    ],
    *[
        "<pre>",
        "<code>",
        "</code>",
        "</pre>",
        "<b>",
        "</b>",
        "<i>",
        "</a>",
        "<br>",
        "<emoji>",
        "<hr/>",
        "<h1>",
        "</h1>",
        "</span>",
        "<at>",
        "</at>",
    ],
    *["<script>", "</script>", "<!--", "-->", "<![CDATA[", "<?", "<!x", "&amp;", "&#x", "<", ">", "'", "=", "word"],
    *('"', " ", "\xa0", "\n", "\ud83d", "\x00", "<ol start='3'>", "<a href='x:y'>", '<a href="https://x.example/">'),
    *("<img alt='x'>", "<span itemprop='mri'>", '<span itemtype="http://schema.skype.com/Mention">'),
    *('<quoted messageId="1"/>', '<blockquote itemtype="http://schema.skype.com/Reply" itemid="1">'),
]


@given(st.lists(st.sampled_from(PIECES), max_size=60), st.text(max_size=20))
def test_any_markup_is_read_and_never_a_crash(pieces: list[str], more: str) -> None:
    html = "".join(pieces)
    for written in (html, html + more, more + html):
        for form in ("xml", "plain"):
            said, references = read(copied(written, written, textFormat=form))
            assert (type(said), type(references)) == (str, tuple)


@pytest.mark.parametrize("pieces", [*([each] for each in PIECES), ["<a x='"], ['<a x="'], ["</"], ["<td>a<tr>"]])
def test_a_message_as_long_as_any_takes_a_bounded_number_of_steps(pieces: list[str]) -> None:
    """What is counted are the calls of the parser's handlers and the characters that are put together."""
    steps = 0

    class Counting(markup._Reader):
        def handle_data(self, data: str) -> None:
            nonlocal steps
            steps += 1 + len(data)
            super().handle_data(data)

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            nonlocal steps
            steps += 1
            super().handle_starttag(tag, attrs)

        def handle_endtag(self, tag: str) -> None:
            nonlocal steps
            steps += 1
            super().handle_endtag(tag)

    whole = "".join(pieces)
    html = whole * (markup.MAX_HTML // len(whole) - 2)
    reader = Counting(lambda name, number: name, shows_pictures=False)
    reader.feed(markup._closed(html))
    reader.close()
    assert len(reader.finish().markdown) <= len(html) * (markup.MAX_DEPTH + 1)
    assert steps <= 3 * len(html)
    assert all(len(element.line) <= len(html) for element in reader._open)


def test_long_messages_of_drawn_pieces_are_no_longer_than_they_may_be() -> None:
    draw = random.Random(5)
    for _ in range(3):
        html = "".join(draw.choice(PIECES) for _ in range(markup.MAX_TAGS))
        assert len(to_markdown(copied(html, ""))) <= 2 * markup.MAX_HTML


def test_a_mention_of_thousands_takes_no_time() -> None:
    assert len(to_markdown({"text": "<at " * 200_000, "textFormat": "xml"})) > 0
