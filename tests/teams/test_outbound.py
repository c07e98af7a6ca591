"""What the bot says, as Teams shows it: text, cards, sources, pictures, files, streams."""

import base64
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import orjson
import pytest
from structlog.testing import capture_logs

from adapters.teams.errors import StreamRefused, translate
from adapters.teams.sharing import Sharing
from gateway.drivers.teams.reading import cards, read
from gateway.egress import Sender
from gateway.emulators.teams.validate import size_of
from gateway.errors import (
    Forbidden,
    Gone,
    RateLimited,
    RefusedForm,
    Rejected,
    StreamExpired,
    StreamStopped,
    TooLarge,
    Unavailable,
    Unconfirmed,
    Unsupported,
)
from gateway.model import (
    AllowedMentions,
    Button,
    Citation,
    ConversationRef,
    FromBytes,
    FromPath,
    FromUrl,
    MessageCreated,
    Outgoing,
    OutgoingFile,
    Receipt,
    Starter,
    TaskUpdate,
    from_json,
    to_json,
)
from tests.contract.world import Post
from tests.teams.harness import TeamsHarness, teams_harness
from tests.teams.world import TeamsWorld, teams_world

PNG = b"\x89PNG\r\n\x1a\n" + bytes(64)


def raw(harness: TeamsHarness, post: Post) -> list[dict[str, Any]]:
    """The bot's activities in a place, as they were sent."""
    found = harness.teams.messages(post.place.channel, post.place.thread)
    return [message for message in found if message["from"]["id"] == harness.teams.world.bot_id]


async def sent(harness: TeamsHarness, message: Outgoing, *, channel: bool = False) -> dict[str, Any]:
    post, ref = await (harness.mention() if channel else harness.dm())
    await harness.adapter.send(ref, message, key="k")
    return raw(harness, post)[-1]


# -- text and cards


async def test_plain_words_are_markdown_text_and_nothing_more(harness: TeamsHarness) -> None:
    message = await sent(harness, Outgoing(text="**hi**\n- one\n- two"))
    assert (message["text"], message["textFormat"]) == ("**hi**\n- one\n- two", "markdown")
    assert "attachments" not in message and "entities" not in message and "channelData" not in message


async def test_headings_are_bold_lines_in_text_but_code_is_left_alone(harness: TeamsHarness) -> None:
    message = await sent(harness, Outgoing(text="# Title #\nwords\n```sh\n# a comment\n```\n## C#\n#no heading"))
    assert message["text"] == "**Title**  \nwords\n```sh\n# a comment\n```\n**C#**  \n#no heading"


async def test_a_table_makes_it_a_card_with_all_the_rest_around_it(harness: TeamsHarness) -> None:
    text = "# Costs\nSee:\n\n| What | Price |\n|:--|--:|\n| tea \\| pot | **2** |\n\n```py\nx = 1\n```\nThat is *all*."
    message = await sent(harness, Outgoing(text=text, feedback="m", ai_generated=True))
    assert "text" not in message
    [card] = cards(message)
    kinds = [element["type"] for element in card["body"]]
    assert kinds == ["TextBlock", "TextBlock", "Table", "Container", "TextBlock"]
    heading, _, table, code, _ = card["body"]
    assert (heading["text"], heading["style"]) == ("Costs", "heading")
    assert [column["horizontalCellContentAlignment"] for column in table["columns"]] == ["Left", "Right"]
    assert read({"attachments": message["attachments"]}).count("tea | pot") == 1
    assert code["items"][0]["inlines"][0] == {"type": "TextRun", "text": "x = 1", "fontType": "Monospace"}
    assert message["channelData"] == {"feedbackLoop": {"type": "default"}}
    assert message["entities"][0]["additionalType"] == ["AIGeneratedContent"]


async def test_a_table_too_large_for_a_card_is_written_out(harness: TeamsHarness) -> None:
    rows = "\n".join(f"| {n} | b |" for n in range(1_200))
    message = await sent(harness, Outgoing(text=f"| n | x |\n|---|---|\n{rows}"))
    assert cards(message) == []
    assert message["text"].startswith("```\n") and "1199" in message["text"]
    buttons = (Button(token="t", label="Go"),)
    message = await sent(harness, Outgoing(text=f"| n | x |\n|---|---|\n{rows}", buttons=buttons))
    assert [element["type"] for element in cards(message)[0]["body"]] == ["Container", "ActionSet"]


async def test_buttons_are_executed_in_place_with_a_fallback_and_forms_are_fetched(harness: TeamsHarness) -> None:
    buttons = (
        Button(token="t1", label="Yes", style="primary", tooltip="Do it"),
        Button(token="t2", label="Form", opens_form=True),
    )
    [card] = cards(await sent(harness, Outgoing(text="Deploy?", buttons=buttons)))
    execute, fetch = card["body"][-1]["actions"]
    assert (execute["type"], execute["data"], execute["style"]) == ("Action.Execute", {"gw_action": "t1"}, "positive")
    assert execute["fallback"]["type"] == "Action.Submit" and execute["fallback"]["data"] == execute["data"]
    assert fetch["data"] == {"gw_action": "t2", "msteams": {"type": "task/fetch"}}


async def test_the_largest_message_it_claims_to_send_fits(harness: TeamsHarness) -> None:
    limits = harness.adapter.capabilities
    for words in ('"\n', "😀", "\\\t"):
        text = (words * limits.text_limit)[: limits.text_limit]
        token = "語" * (limits.action_token_limit // 3)
        buttons = tuple(Button(token=token, label=f"{n}") for n in range(limits.buttons_per_message))
        message = await sent(harness, Outgoing(text=text, buttons=buttons, feedback="m", ai_generated=True))
        activity = {name: message[name] for name in ("type", "attachments", "entities", "channelData")}
        assert size_of(activity) < 100 * 1024


async def test_what_no_form_of_it_fits_into_is_named(harness: TeamsHarness) -> None:
    _, ref = await harness.dm()
    with pytest.raises(TooLarge, match="100 KB"):
        await harness.adapter.send(ref, Outgoing(text="x" * 60_000), key="k")
    harness.teams.fail_next("send", status=413)
    with pytest.raises(TooLarge):
        await harness.adapter.send(ref, Outgoing(text="x"), key="k2")


async def test_half_a_surrogate_pair_costs_one_character_not_the_message(harness: TeamsHarness) -> None:
    assert (await sent(harness, Outgoing(text="broken \ud83d stream")))["text"] == "broken ? stream"


# -- sources, mentions, names


async def test_sources_stand_beside_the_text_within_teams_limits(harness: TeamsHarness) -> None:
    citations = (
        Citation(title="T" * 100, url="https://a.example", abstract="A" * 200, keywords=("k" * 40, "b", "c", "d")),
        Citation(title=""),
        *(Citation(title=f"n{n}", url="https://b.example") for n in range(20)),
    )
    message = await sent(harness, Outgoing(text="so [1]", citations=citations))
    [entity] = message["entities"]
    assert (entity["type"], entity["@type"], len(entity["citation"])) == ("https://schema.org/Message", "Message", 20)
    look = entity["citation"][0]["appearance"]
    assert (len(look["name"]), len(look["abstract"]), look["keywords"][1:]) == (80, 160, ["b", "c"])
    assert entity["citation"][1]["appearance"]["name"] == "Source 2"
    assert message["text"].startswith("so [1]") and "21. [n18](https://b.example)" in message["text"]
    card = await sent(
        harness, Outgoing(text="so [1]", citations=citations[:1], buttons=(Button(token="t", label="B"),))
    )
    assert "https://a.example" in read(card) and "entities" not in card


async def test_a_source_the_text_does_not_refer_to_is_referred_to_at_its_end(harness: TeamsHarness) -> None:
    """Teams shows no other."""
    citations = tuple(Citation(title=f"n{n}", url="https://b.example") for n in range(1, 5))
    message = await sent(harness, Outgoing(text="so [1][4], see [2](https://c.example)", citations=citations))
    assert message["text"] == "so [1][4], see [2](https://c.example)\n\n[2] [3]"
    _, ref = await harness.dm()
    stream = await harness.adapter.start_stream(ref, "as the manual says", key="k", recipient=None)
    assert stream is not None
    final = Outgoing(text="as the manual says.", citations=citations[:1])
    ended = await harness.adapter.stop_stream(stream, final, delta=".", key="k")
    shown = harness.teams.message(ref.channel, ended.id)
    assert shown is not None and shown["text"] == "as the manual says.\n\n[1]"


async def test_mentions_are_live_only_where_allowed(harness: TeamsHarness) -> None:
    grace = harness.world.user("Grace")
    text = f"<at>Grace Hopper</at> and <@{grace.id}> and <@unknown-id>"
    message = await sent(harness, Outgoing(text=text), channel=True)
    assert message["pings"] == [] and "<at>" not in message["text"]
    message = await sent(harness, Outgoing(text=text, mentions=AllowedMentions(users=True)), channel=True)
    assert message["pings"] == [grace.id]
    assert message["text"].endswith("and <at>Grace Hopper</at> and <@unknown-id>")
    button = (Button(token="t", label="Go"),)
    message = await sent(
        harness, Outgoing(text=text, mentions=AllowedMentions(users=(grace.id,)), buttons=button), channel=True
    )
    [card] = cards(message)
    assert card["msteams"]["entities"][0]["mentioned"]["id"] == grace.id


async def test_starters_are_suggested_to_the_user(harness: TeamsHarness) -> None:
    post, ref = await harness.dm()
    await harness.adapter.suggest(ref, [Starter(label=f"L{n}", message=f"M{n}") for n in range(4)])
    message = raw(harness, post)[-1]
    actions = message["suggestedActions"]["actions"]
    assert [(each["type"], each["title"], each["value"]) for each in actions] == [
        ("imBack", f"L{n}", f"M{n}") for n in range(3)
    ]
    assert "M3" in message["text"]
    await harness.teams.choose("personal", message["id"], "L1")
    assert (await harness.heard(MessageCreated)).text == "M1"
    _, channel = await harness.mention()
    with pytest.raises(Unsupported):
        await harness.adapter.suggest(channel, [Starter(label="L", message="M")])


async def test_a_profile_is_the_member_and_no_more_than_is_known_of_strangers(harness: TeamsHarness) -> None:
    await harness.dm()
    profile = await harness.adapter.profile(harness.world.user("Ada"))
    assert (profile.display_name, profile.email) == ("Ada Lovelace", "ada@gateway.example")
    assert profile.extra["aadObjectId"] == harness.teams.ada.aad_object_id
    assert (await harness.adapter.profile(harness.world.user("Grace"))).display_name == "Grace"


async def test_an_id_is_one_part_of_the_path_whatever_stands_in_it(harness: TeamsHarness) -> None:
    _, ref = await harness.dm()
    for id in ("19:a_b-c@thread.tacv2;messageid=5", "a/b", "a/../b", "a?b", "a#b", "50% é", "a%2Fb"):
        receipt = Receipt(to=replace(ref, channel=id), id=id)
        with pytest.raises((Gone, Rejected)):
            await harness.adapter.edit(receipt, Outgoing(text="x"))
        call = harness.teams.calls[-1]
        assert (call.method, call.args["conversation"], call.args["activity_id"]) == ("update", id, id)


async def test_proactive_messages_go_out_by_a_stored_ref(world: TeamsWorld, tmp_path: Path) -> None:
    async with teams_harness(world, tmp_path) as harness:
        post, ref = await harness.mention()
    async with teams_harness(world, tmp_path) as harness:
        sent_later = await harness.adapter.send(
            from_json(ConversationRef, to_json(ref)), Outgoing(text="later"), key="k"
        )
        message = raw(harness, post)[-1]
        assert (message["id"], message["thread"], message["text"]) == (sent_later.id, post.id, "later")


# -- pictures and files


def picture(data: bytes = PNG, **changes: Any) -> OutgoingFile:
    return OutgoingFile(
        **{"kind": "image", "name": "cat.png", "mime": "image/png", "source": FromBytes(data=data), **changes}
    )


async def test_a_picture_is_shown_in_the_chat_and_a_large_one_is_a_file(harness: TeamsHarness) -> None:
    message = await sent(harness, Outgoing(files=(picture(),)), channel=True)
    [shown] = message["attachments"]
    assert (shown["contentType"], shown["name"]) == ("image/png", "cat.png")
    assert base64.b64decode(shown["contentUrl"].partition("base64,")[2]) == PNG
    linked = picture(source=FromUrl(url="https://pictures.example/cat.png"))
    assert (await sent(harness, Outgoing(text="see", files=(linked,))))["attachments"][0]["contentUrl"].startswith(
        "https"
    )
    large = await sent(harness, Outgoing(files=(picture(bytes(1_100_000)),)))
    assert large["attachments"][0]["contentType"].endswith("file.consent")


async def test_a_linked_file_may_have_any_address_but_only_one_of_the_web(harness: TeamsHarness) -> None:
    def linked(url: str) -> Outgoing:
        return Outgoing(text="see", files=(OutgoingFile(name="a.pdf", source=FromUrl(url=url)),))

    message = await sent(harness, linked("https://en.wikipedia.org/wiki/Foo_(bar)"))
    assert message["text"].endswith("[a.pdf](https://en.wikipedia.org/wiki/Foo_%28bar%29)")
    _, ref = await harness.dm()
    for url in ("file:///etc/passwd", "javascript:x", "https://[torn"):
        with pytest.raises(Rejected, match="address"):
            await harness.adapter.send(ref, linked(url), key=url)


async def test_a_card_plays_sound_and_video_of_the_sites_it_plays_from(harness: TeamsHarness) -> None:
    post, ref = await harness.mention()
    clip = OutgoingFile(name="clip_1", kind="video", source=FromUrl(url="https://www.youtube.com/watch?v=1"))
    song = OutgoingFile(
        name="song.mp3", kind="audio", mime="audio/mpeg", source=FromUrl(url="https://contoso.sharepoint.com/s/1")
    )
    other = OutgoingFile(name="other.mp4", kind="video", source=FromUrl(url="https://notyoutube.com/1.mp4"))
    receipt = await harness.adapter.send(ref, Outgoing(text="see", files=(clip, song, other)), key="k")
    words, first, second = harness.said(post)
    assert (words.text, words.files) == ("see\n\n📎 [other.mp4](https://notyoutube.com/1.mp4)", ("other.mp4",))
    assert (first.files, second.files) == (("clip_1",), ("song.mp3",))
    name, player = cards(raw(harness, post)[1])[0]["body"]
    assert name["text"] == "clip\\_1"
    assert player["sources"] == [{"mimeType": "video/mp4", "url": "https://www.youtube.com/watch?v=1"}]
    await harness.adapter.edit(receipt, Outgoing(text="see", files=(song,)))
    assert [each.files for each in harness.said(post)] == [(), ("song.mp3",)]


async def test_a_player_that_teams_refuses_is_a_link(harness: TeamsHarness) -> None:
    _, ref = await harness.dm()
    clip = OutgoingFile(name="clip", kind="video", source=FromUrl(url="https://youtu.be/1"))
    harness.teams.fail_next("send", status=400, error="BadSyntax")
    with pytest.raises(RefusedForm) as refused:
        await harness.adapter.send(ref, Outgoing(files=(clip,)), key="k")
    assert refused.value.parts == {"pictures"}


async def test_an_empty_file_which_onedrive_does_not_take_is_a_link_too(harness: TeamsHarness) -> None:
    message = await sent(harness, Outgoing(text="see", files=(OutgoingFile(name="a.txt", source=FromBytes(data=b"")),)))
    assert message["text"].startswith("see\n\n📎 [a.txt](http://127.0.0.1")


async def test_in_a_channel_a_file_is_a_link_that_ends(harness: TeamsHarness) -> None:
    file = OutgoingFile(name="a [b].txt", source=FromBytes(data=b"bytes"))
    message = await sent(harness, Outgoing(text="see", files=(file,)), channel=True)
    assert message["text"].startswith("see\n\n📎 [a \\[b\\].txt](http://127.0.0.1")
    url = message["text"].rpartition("(")[2].removesuffix(")")
    async with aiohttp.ClientSession() as session:
        async with session.get(url) as response:
            assert (response.status, await response.read()) == (200, b"bytes")
        async with session.get(url.replace("until=1", "until=2")) as response:
            assert response.status == 403


async def test_without_a_public_address_it_is_said_that_there_is_no_link() -> None:
    file = OutgoingFile(name="a.txt", source=FromBytes(data=b"x"))
    ref = ConversationRef(platform="teams", workspace="t", channel="19:x", thread="1")
    [line] = await Sharing(None).lines(ref, [file], key="k")
    assert "a.txt" in line and "chat of our own" in line
    [line] = await Sharing(None).lines(ref, [OutgoingFile(name="b.txt", source=FromBytes(data=b""))], key="k")
    assert "b.txt" in line and "empty" in line
    with pytest.raises(Unsupported):
        await Sharing(None).activity(replace(ref, kind="dm", thread=None), file, key="k")


async def test_a_send_that_failed_half_way_goes_on_where_it_was(harness: TeamsHarness) -> None:
    post, ref = await harness.dm()
    files = (OutgoingFile(name="1", source=FromBytes(data=b"1")), OutgoingFile(name="2", source=FromBytes(data=b"2")))
    message = Outgoing(text="both", files=files)
    harness.teams.fail_next("send", retry_after=1, when=lambda args: "'2'" in str(args))
    with pytest.raises(RateLimited):
        await harness.adapter.send(ref, message, key="k")
    receipt = await harness.adapter.send(ref, message, key="k")
    assert [each.get("text") or each["attachments"][0]["name"] for each in raw(harness, post)] == ["both", "1", "2"]
    assert sorted(receipt.data["files"].values()) == ["1", "2"]
    await harness.adapter.delete(receipt)
    assert raw(harness, post) == []


async def test_a_send_that_goes_on_says_what_is_to_be_said_now(harness: TeamsHarness) -> None:
    post, ref = await harness.dm()
    bad = OutgoingFile(name="1", source=FromPath(path=Path("/nowhere/1")))
    with pytest.raises(Rejected):
        await harness.adapter.send(ref, Outgoing(text="first words", files=(bad,)), key="k")
    receipt = await harness.adapter.send(ref, Outgoing(text="other words"), key="k")
    assert [(each["id"], each["text"]) for each in raw(harness, post)] == [(receipt.id, "other words")]


async def test_text_joins_a_message_that_was_only_files(harness: TeamsHarness) -> None:
    post, ref = await harness.dm()
    file = OutgoingFile(name="1", source=FromBytes(data=b"1"))
    receipt = await harness.adapter.send(ref, Outgoing(files=(file,)), key="k")
    receipt = await harness.adapter.edit(receipt, Outgoing(text="here", files=(file,)))
    assert [each.get("text") or each["attachments"][0]["name"] for each in raw(harness, post)] == ["1", "here"]
    await harness.adapter.edit(receipt, Outgoing(text="there", files=(file,)))
    assert [each.get("text") or each["attachments"][0]["name"] for each in raw(harness, post)] == ["1", "there"]


@pytest.mark.parametrize("place", ["personal", "Lunch", "General"])
async def test_a_picture_without_words_has_the_thumbs_itself_and_no_empty_text_before_it(
    harness: TeamsHarness, place: str
) -> None:
    said = await harness.teams.say(place, "hello" if place == "personal" else "@gateway hello")
    await harness.teams.delivered(said)
    ref = (await harness.heard(MessageCreated)).ref
    receipt = await harness.adapter.send(ref, Outgoing(files=(picture(), picture(name="b.png")), feedback="m"), key="k")
    shown = [each for each in harness.teams.messages(place) if each["from"]["id"] == harness.teams.world.bot_id]
    assert [(each.get("text"), "channelData" in each) for each in shown] == [(None, True), (None, False)]
    assert receipt.id == shown[0]["id"]
    assert (await harness.teams.feedback(place, receipt.id, "like")).ok


async def test_a_file_without_words_is_only_its_card_whatever_was_asked_for_under_it(harness: TeamsHarness) -> None:
    post, ref = await harness.dm()
    file = OutgoingFile(name="a.txt", source=FromBytes(data=b"x"))
    receipt = await harness.adapter.send(ref, Outgoing(files=(file,), feedback="m"), key="k")
    [card] = raw(harness, post)
    assert (card["id"], card.get("text"), card["attachments"][0]["name"]) == (receipt.id, None, "a.txt")
    _, channel = await harness.mention()
    linked = await harness.adapter.send(channel, Outgoing(files=(file,), feedback="m"), key="k2")
    message = harness.teams.message("General", linked.id)
    assert message is not None and message["text"].startswith("📎") and message["channelData"]
    both = await harness.adapter.send(ref, Outgoing(files=(file, picture()), feedback="m"), key="k3")
    rated = harness.teams.message("personal", both.id)
    assert rated is not None and rated["attachments"][0]["contentType"] == "image/png" and rated["channelData"]


def shown(harness: TeamsHarness, post: Post) -> list[str]:
    """The bot's activities as words, names of files and pictures' bytes."""
    found: list[str] = []
    for each in raw(harness, post):
        for attachment in each.get("attachments") or ():
            url = str(attachment.get("contentUrl") or "")
            data = base64.b64decode(url.partition("base64,")[2])[-1:].decode() if url.startswith("data:") else ""
            found.append(f"{attachment['name']} {data}".strip())
        if each.get("text"):
            found.append(each["text"])
    return found


async def test_an_edit_makes_exactly_the_files_stand_that_are_wanted(harness: TeamsHarness) -> None:
    post, ref = await harness.dm()
    one, other = picture(PNG + b"1", mark="m1"), picture(PNG + b"2", mark="m2")
    file = OutgoingFile(name="a.txt", source=FromBytes(data=b"x"), mark="m3")
    receipt = await harness.adapter.send(ref, Outgoing(text="see", files=(one, file)), key="k")
    steps: list[tuple[tuple[OutgoingFile, ...], list[str]]] = [
        ((one, other, file), ["see", "cat.png 1", "a.txt", "cat.png 2"]),  # a second file of the same name
        ((one, file), ["see", "cat.png 1", "a.txt"]),
        ((other, file), ["see", "cat.png 2", "a.txt"]),  # replaced where it stood
        ((), ["see"]),
    ]
    for files, expected in steps:
        receipt = await harness.adapter.edit(receipt, Outgoing(text="see", files=files))
        assert shown(harness, post) == expected
    assert receipt.data == {}


async def test_a_picture_alone_is_replaced_in_its_place_and_words_come_and_go(harness: TeamsHarness) -> None:
    post, ref = await harness.dm()
    one, other = picture(PNG + b"1", mark="m1"), picture(PNG + b"2", mark="m2")
    first = await harness.adapter.send(ref, Outgoing(files=(one,)), key="k")
    receipt = await harness.adapter.edit(first, Outgoing(files=(other,)))
    assert (receipt.id, shown(harness, post)) == (first.id, ["cat.png 2"])
    receipt = await harness.adapter.edit(receipt, Outgoing(text="words", files=(other,)))
    assert shown(harness, post) == ["cat.png 2", "words"]
    receipt = await harness.adapter.edit(receipt, Outgoing(files=(other,)))
    assert (receipt.id, shown(harness, post)) == (first.id, ["cat.png 2"])
    await harness.adapter.delete(receipt)
    assert shown(harness, post) == []


async def test_a_file_whose_card_was_accepted_is_offered_anew_when_it_changed(harness: TeamsHarness) -> None:
    post, ref = await harness.dm()
    versions = [OutgoingFile(name="a.txt", source=FromBytes(data=data), mark=str(data)) for data in (b"1", b"2", b"3")]
    receipt = await harness.adapter.send(ref, Outgoing(text="v", files=(versions[0],)), key="k")
    for version in versions[1:]:
        [(card, _)] = receipt.data["files"].items()
        assert (await harness.teams.consent("personal", card)).status == 200
        receipt = await harness.adapter.edit(receipt, Outgoing(text="v", files=(version,)))
    [(card, _)] = receipt.data["files"].items()
    assert (await harness.teams.consent("personal", card)).status == 200
    assert len(harness.teams.calls_to("upload")) == 3
    assert shown(harness, post)[0] == "v"


async def test_an_edit_that_keeps_the_files_keeps_links_to_them_too(harness: TeamsHarness) -> None:
    file = OutgoingFile(name="a.txt", source=FromBytes(data=b"x"), mark="m")
    gone = replace(file, source=FromBytes(data=b""))
    for post, ref in (await harness.dm(), await harness.mention()):
        receipt = await harness.adapter.send(ref, Outgoing(text="see", files=(file,)), key=ref.key)
        before = shown(harness, post)
        receipt = await harness.adapter.edit(receipt, Outgoing(text="saw", files=(gone,), keeps_files=True))
        assert shown(harness, post) == [each.replace("see", "saw") for each in before]


# -- trouble


@pytest.mark.parametrize("status", [502, 504, 500])
async def test_passing_faults_are_worth_another_try(harness: TeamsHarness, status: int) -> None:
    _, ref = await harness.dm()
    harness.teams.fail_next("send", status=status)
    with pytest.raises(Unavailable):
        await harness.adapter.send(ref, Outgoing(text="x"), key="k")


@pytest.mark.parametrize("status", ["disconnect", 500, 502, 503, 504])
@pytest.mark.parametrize("taken", [True, False])
async def test_a_post_without_a_clear_answer_is_unconfirmed_whether_it_was_taken_or_not(
    harness: TeamsHarness, status: Any, taken: bool
) -> None:
    _, ref = await harness.dm()
    harness.teams.fail_next("send", status=status, after_effect=taken)
    with pytest.raises(Unconfirmed):
        await harness.adapter.send(ref, Outgoing(text="x"), key="k")


async def test_an_edit_and_a_deletion_without_a_clear_answer_may_simply_be_made_again(harness: TeamsHarness) -> None:
    post, ref = await harness.dm()
    receipt = await harness.adapter.send(ref, Outgoing(text="x"), key="k")
    for method, call in (
        ("update", lambda: harness.adapter.edit(receipt, Outgoing(text="y"))),
        ("delete", lambda: harness.adapter.delete(receipt)),
    ):
        harness.teams.fail_next(method, status=503, after_effect=True)
        with pytest.raises(Unavailable) as unavailable:
            await call()
        assert not isinstance(unavailable.value, Unconfirmed)
        await call()
    assert raw(harness, post) == []


async def test_parts_of_a_running_stream_may_simply_be_made_again(harness: TeamsHarness) -> None:
    post, receipt = await begun(harness)
    harness.teams.fail_next("stream", status=503, after_effect=True)
    with pytest.raises(Unavailable) as unavailable:
        await harness.adapter.append_stream(receipt, delta="two", text="one two")
    assert not isinstance(unavailable.value, Unconfirmed)
    receipt = await harness.adapter.append_stream(receipt, delta="two", text="one two")
    harness.teams.fail_next("stream", status=503, after_effect=True)
    with pytest.raises(Unavailable) as unavailable:
        await harness.adapter.stop_stream(receipt, Outgoing(text="one two."), delta=".", key="k")
    assert not isinstance(unavailable.value, Unconfirmed)
    await harness.adapter.stop_stream(receipt, Outgoing(text="one two."), delta=".", key="k")
    assert [message["text"] for message in raw(harness, post)] == ["one two."]


async def test_what_never_went_out_is_certainly_not_taken(harness: TeamsHarness) -> None:
    """Nobody listens at the connector, or the login is away: no doubt, so any number of tries."""
    _, ref = await harness.dm()
    await harness.adapter.send(ref, Outgoing(text="x"), key="k")
    async with harness.world.unreachable():
        with pytest.raises(Unavailable) as unavailable:
            await harness.adapter.send(ref, Outgoing(text="x"), key="k1")
        # The first call may meet the connection that was kept open; the next has none.
        with pytest.raises(Unavailable) as unavailable:
            await harness.adapter.send(ref, Outgoing(text="x"), key="k2")
        assert not isinstance(unavailable.value, Unconfirmed)
    harness.teams.login.revoke()
    harness.teams.fail_next("send", status=401)
    harness.teams.fail_next("token", status=503, times=3)
    with pytest.raises(Unavailable) as unavailable:
        await harness.adapter.send(ref, Outgoing(text="x"), key="k3")
    assert not isinstance(unavailable.value, Unconfirmed)


@pytest.mark.parametrize(
    ("status", "code", "failure"),
    [
        (404, "ConversationNotFound", Gone),
        (404, "ActivityNotFoundInConversation", Gone),
        (403, "BotNotInConversationRoster", Gone),
        (403, "ConversationBlockedByUser", Gone),
        (403, "ForbiddenOperationException", Gone),
        (403, "BotDisabledByAdmin", Forbidden),
        (403, "MessageWritesBlocked", Forbidden),
        (501, None, Unsupported),
        (400, "BadArgument", Rejected),
        (405, None, Rejected),
    ],
)
async def test_a_refusal_for_good_is_named_as_one(
    harness: TeamsHarness, status: int, code: str | None, failure: type[Exception]
) -> None:
    _, ref = await harness.dm()
    harness.teams.fail_next("send", status=status, error=code)
    with pytest.raises(failure) as refused:
        await harness.adapter.send(ref, Outgoing(text="x"), key="k")
    assert type(refused.value) is failure


async def test_a_refused_card_or_picture_may_be_worth_a_plainer_form_and_a_refused_text_is_not(
    harness: TeamsHarness,
) -> None:
    _, ref = await harness.dm()
    for message, failure in (
        (Outgoing(text="x", buttons=(Button(token="t", label="Go"),)), RefusedForm),
        (Outgoing(files=(picture(),)), RefusedForm),
        (Outgoing(text="x"), Rejected),
    ):
        harness.teams.fail_next("send", status=400)
        with pytest.raises(Rejected) as refused:
            await harness.adapter.send(ref, message, key=message.text)
        assert type(refused.value) is failure


async def test_two_operations_at_once_are_tried_again_after_a_moment(harness: TeamsHarness) -> None:
    _, ref = await harness.dm()
    harness.teams.fail_next("send", status=412)
    with pytest.raises(RateLimited) as limited:
        await harness.adapter.send(ref, Outgoing(text="x"), key="k")
    assert 1 <= limited.value.retry_after <= 3


@pytest.mark.parametrize(("told", "wait"), [("7", 7.0), ("-1", 0.0), ("nan", 0.0), ("inf", 3600.0), ("1e9", 3600.0)])
def test_a_wait_is_never_for_good(told: str, wait: float) -> None:
    limited = translate(429, b"", {"Retry-After": told}, what="send", bucket="b")
    assert isinstance(limited, RateLimited) and limited.retry_after == wait


# -- streams


@pytest.mark.parametrize(
    ("said", "failure"),
    [
        ({"code": "ContentStreamNotAllowed", "message": "Content stream was canceled by user."}, StreamStopped),
        ({"message": "Content stream was cancelled by user."}, StreamStopped),
        ({"message": "Content stream finished due to exceeded streaming time."}, StreamExpired),
        ({"code": "ContentStreamNotAllowed", "message": "Message size too large"}, StreamExpired),
        ({"message": "Content stream is not allowed"}, StreamRefused),
        ({"code": "NotEnoughPermissions", "message": "The bot may not."}, Forbidden),
    ],
)
def test_what_a_refused_stream_means(said: dict[str, str], failure: type[Exception]) -> None:
    """With the code or without: Teams' own SDKs go by the message alone."""
    error = translate(403, orjson.dumps({"error": said}), {}, what="stream", bucket="b")
    assert type(error) is failure


async def begun(harness: TeamsHarness, text: str = "one ") -> tuple[Post, Receipt]:
    post, ref = await harness.dm()
    receipt = await harness.adapter.start_stream(ref, text, key="k", recipient=None)
    assert receipt is not None
    return post, receipt


async def test_a_stream_is_numbered_cumulative_and_ends_as_a_message(harness: TeamsHarness) -> None:
    _, receipt = await begun(harness)
    receipt = await harness.adapter.append_stream(receipt, delta="two ", text="one two ")
    whole = Outgoing(text="one two [1] three", feedback="m", ai_generated=True, citations=(Citation(title="s"),))
    await harness.adapter.stop_stream(receipt, whole, delta="[1] three", key="k")
    parts = [call.args["activity"] for call in harness.teams.calls_to("stream")]
    infos = [next(each for each in part["entities"] if each["type"] == "streaminfo") for part in parts]
    assert [part["type"] for part in parts] == ["typing", "typing", "message"]
    assert [part["text"] for part in parts] == ["one ", "one two ", "one two [1] three"]
    assert [info.get("streamSequence") for info in infos] == [1, 2, None]
    assert [info["streamType"] for info in infos] == ["streaming", "streaming", "final"]
    assert [info.get("streamId") for info in infos] == [None, receipt.id, receipt.id]
    assert parts[2]["channelData"] and len(parts[2]["entities"]) == 2


async def test_what_may_become_a_heading_waits_and_the_first_words_too(harness: TeamsHarness) -> None:
    post, receipt = await begun(harness, "# Tit")
    assert raw(harness, post)[-1]["streaming"] == "informative"
    receipt = await harness.adapter.append_stream(receipt, delta="le\nand", text="# Title\nand")
    assert raw(harness, post)[-1]["text"] == "**Title**  \nand"
    await harness.adapter.stop_stream(receipt, Outgoing(text="# Title\nand more"), delta=" more", key="k")
    assert (raw(harness, post)[-1]["text"], raw(harness, post)[-1]["streaming"]) == ("**Title**  \nand more", None)


async def test_stop_is_the_users_and_what_stands_stays(harness: TeamsHarness) -> None:
    post, receipt = await begun(harness)
    await harness.teams.stop_stream()
    with pytest.raises(StreamStopped):
        await harness.adapter.append_stream(receipt, delta="two", text="one two")
    with pytest.raises(StreamStopped):
        await harness.adapter.stop_stream(receipt, Outgoing(text="one two"), delta="two", key="k")
    assert (await harness.adapter.edit(receipt, Outgoing(text="other"))).id == receipt.id
    assert raw(harness, post)[-1]["text"] == "one "


async def test_after_two_minutes_it_goes_on_by_edits(tmp_path: Path) -> None:
    async with teams_world(stream_seconds=0.0) as world, teams_harness(world, tmp_path) as harness:
        post, receipt = await begun(harness)
        with pytest.raises(StreamExpired):
            await harness.adapter.append_stream(receipt, delta="two", text="one two")
        edited = await harness.adapter.edit(receipt, Outgoing(text="one two"))
        assert (raw(harness, post)[-1]["text"], edited.id) == ("one two", receipt.id)


async def test_shortly_before_two_minutes_it_hands_over_by_itself(harness: TeamsHarness) -> None:
    post, receipt = await begun(harness)
    old = {**receipt.data["stream"], "at": receipt.data["stream"]["at"] - 111}
    receipt = replace(receipt, data={"stream": old})
    with pytest.raises(StreamExpired):
        await harness.adapter.append_stream(receipt, delta="two", text="one two")
    await harness.adapter.edit(receipt, Outgoing(text="one two"))
    assert (raw(harness, post)[-1]["text"], raw(harness, post)[-1]["streaming"]) == ("one two", None)


async def test_a_table_ends_the_stream_and_stands_as_a_card(harness: TeamsHarness) -> None:
    post, receipt = await begun(harness)
    text = "one \n\n| a | b |\n|---|---|\n"
    with pytest.raises(StreamExpired):
        await harness.adapter.append_stream(receipt, delta="", text=text)
    receipt = await harness.adapter.edit(receipt, Outgoing(text=f"{text}| 1 | 2 |"))
    message = raw(harness, post)[-1]
    assert message["id"] == receipt.id and message["streaming"] is None
    assert read(message) == "one\n\n| a | b |\n|---|---|\n| 1 | 2 |"


async def test_one_stream_a_chat_none_in_channels_and_none_where_it_is_off(
    harness: TeamsHarness, tmp_path: Path
) -> None:
    _, receipt = await begun(harness)
    assert await harness.adapter.start_stream(receipt.to, "second", key="k2", recipient=None) is None
    _, channel = await harness.mention()
    assert await harness.adapter.start_stream(channel, "x", key="k3", recipient=None) is None
    async with teams_world(streaming=False) as world, teams_harness(world, tmp_path) as other:
        _, ref = await other.dm()
        assert await other.adapter.start_stream(ref, "x", key="k", recipient=None) is None


async def test_two_parts_in_a_second_are_one_too_many(tmp_path: Path) -> None:
    async with teams_world(limits="real") as world, teams_harness(world, tmp_path) as harness:
        post, receipt = await begun(harness)
        with pytest.raises(RateLimited) as limited:
            await harness.adapter.append_stream(receipt, delta="two", text="one two")
        assert limited.value.retry_after == 1
        assert raw(harness, post)[-1]["text"] == "one "


async def test_a_stream_whose_words_a_dead_process_took_along_makes_room(harness: TeamsHarness) -> None:
    post, receipt = await begun(harness)
    await harness.adapter.append_stream(receipt, delta="two", text="one two")
    with pytest.raises(Gone):  # it was not known how far it had come, and a re-run says something else
        await harness.adapter.edit(receipt, Outgoing(text="one three"))
    assert raw(harness, post) == []
    await harness.adapter.send(receipt.to, Outgoing(text="one three"), key="k")
    assert [message["text"] for message in raw(harness, post)] == ["one three"]


async def test_before_the_first_words_a_stream_says_what_is_being_done(harness: TeamsHarness) -> None:
    post, ref = await harness.dm()
    receipt = await harness.adapter.start_stream(ref, "#", key="k", recipient=None)
    assert receipt is not None

    def shown() -> tuple[str, str]:
        return raw(harness, post)[-1]["text"], raw(harness, post)[-1]["streaming"]

    tasks = [TaskUpdate(id="1", title="asked", status="complete"), TaskUpdate(id="2", title="search")]
    receipt = await harness.adapter.append_stream(receipt, delta="", text="#", tasks=tasks)
    assert shown() == ("search…", "informative")
    await harness.adapter.status(ref, f"reads {'much ' * 300}")
    assert (len(shown()[0]), shown()[1]) == (1_000, "informative")
    receipt = await harness.adapter.append_stream(receipt, delta="", text="# Title\none", tasks=tasks)
    await harness.adapter.status(ref, "is thinking…")
    assert shown() == ("**Title**  \none", "streaming")
    receipt = await harness.adapter.append_stream(receipt, delta="", text="# Title\none two", tasks=tasks)
    assert shown() == ("**Title**  \none two", "streaming")
    await harness.adapter.stop_stream(receipt, Outgoing(text="# Title\none two"), delta="", key="k")
    assert raw(harness, post)[-1]["streaming"] is None


async def test_typing_shows_but_not_beside_a_stream(harness: TeamsHarness) -> None:
    _, receipt = await begun(harness)
    await harness.adapter.status(receipt.to, "is thinking…")
    assert harness.teams.calls_to("typing") == []
    await harness.adapter.stop_stream(receipt, Outgoing(text="one two"), delta="two", key="k")
    await harness.adapter.status(receipt.to, "is thinking…")
    assert len(harness.teams.calls_to("typing")) == 1


# -- a form Teams refuses, and thumbs without words


@pytest.mark.parametrize("refusal", [{"status": 400, "error": "BadArgument"}, {"status": 413}])
@pytest.mark.parametrize("way", ["send", "edit"])
async def test_a_card_teams_refuses_becomes_words(harness: TeamsHarness, way: str, refusal: dict[str, Any]) -> None:
    post, ref = await harness.mention()
    sender = Sender({"teams": harness.adapter})
    existing = await sender.put(ref, Outgoing(text="first"), key="k") if way == "edit" else ()
    name = "update" if way == "edit" else "send"
    harness.teams.fail_next(name, times=9, when=lambda args: "adaptive" in str(args), **refusal)
    message = Outgoing(text="Words\n\n| a | b |\n|---|---|\n| 1 | 2 |", buttons=(Button(token="t", label="Go"),))
    with capture_logs() as logs:
        await sender.put(ref, message, key="k", existing=existing)
    [answer] = raw(harness, post)
    assert "Words" in answer["text"] and "| 1 | 2 |" in answer["text"] and "**Go**" in answer["text"]
    assert not answer.get("attachments")
    assert [each["event"] for each in logs].count("message.form_refused") == 1


async def test_a_picture_teams_refuses_becomes_a_link(harness: TeamsHarness) -> None:
    post, ref = await harness.mention()
    harness.teams.fail_next("send", times=9, status=400, when=lambda args: "contentUrl" in str(args))
    picture = OutgoingFile(kind="image", name="chart", source=FromUrl(url="https://pictures.example/chart.png"))
    await Sender({"teams": harness.adapter}).put(ref, Outgoing(text="Words", files=(picture,)), key="k")
    [answer] = raw(harness, post)
    assert "Words" in answer["text"] and "https://pictures.example/chart.png" in answer["text"]


@pytest.mark.parametrize("place", ["personal", "group chat", "channel"])
async def test_a_picture_without_words_has_the_thumbs_itself(harness: TeamsHarness, place: str) -> None:
    if place == "group chat":
        said = await harness.teams.say("Lunch", "@gateway hungry?", user="Grace")
        await harness.teams.delivered(said)
        ref = (await harness.heard(MessageCreated)).ref
    else:
        ref = (await (harness.dm() if place == "personal" else harness.mention()))[1]
    pictures = tuple(
        OutgoingFile(kind="image", name=f"{n}.png", mime="image/png", source=FromBytes(data=PNG + bytes([n])))
        for n in range(2)
    )
    sender = Sender({"teams": harness.adapter})
    receipts = await sender.put(ref, Outgoing(files=pictures, feedback="m"), key="k")
    posted = [call.args["activity"] for call in harness.teams.calls_to("send")]
    assert [len(each["attachments"]) for each in posted] == [1, 1]
    assert ["feedbackLoop" in each.get("channelData", {}) for each in posted] == [True, False]
    assert receipts[0].id == next(iter(receipts[0].data["files"]))


@pytest.mark.parametrize("place", ["group chat", "channel"])
async def test_a_file_without_words_is_linked_and_rated_where_teams_takes_no_files(
    harness: TeamsHarness, place: str
) -> None:
    if place == "group chat":
        said = await harness.teams.say("Lunch", "@gateway hungry?", user="Grace")
        await harness.teams.delivered(said)
        ref = (await harness.heard(MessageCreated)).ref
    else:
        ref = (await harness.mention())[1]
    file = OutgoingFile(name="a.txt", source=FromBytes(data=b"x"))
    await Sender({"teams": harness.adapter}).put(ref, Outgoing(files=(file,), feedback="m"), key="k")
    [posted] = [call.args["activity"] for call in harness.teams.calls_to("send")]
    assert "a.txt" in posted["text"]
