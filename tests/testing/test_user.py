"""What a person does in a test reaches the bot, and what the bot does is seen, on every platform alike."""

import re

import pytest

from gateway.testing import File, NotOnThisPlatform, PersonError, User


async def test_a_message_is_answered_and_each_answer_is_seen_once(user: User) -> None:
    await user.says("hi")
    seen = await user.sees("Heard 1: hi")
    assert (seen.text, seen.buttons, seen.private) == ("Heard 1: hi", (), False)
    await user.says("hi")
    assert (await user.sees(re.compile(r"Heard \d: hi"))).text == "Heard 2: hi"
    await user.says("ho")
    await user.sees(lambda seen: seen.text.endswith("ho"))
    await user.sees_nothing()
    assert [each.text for each in user.messages] == ["Heard 1: hi", "Heard 2: hi", "Heard 3: ho"]
    assert user.module.turns == 3


async def test_a_channel_has_conversations_of_several_people(user: User) -> None:
    general = user.in_channel()
    await general.says("@gateway hi")
    await general.sees("Heard 1: hi")
    await general.says("@gateway more")
    await general.sees("Heard 2: more")
    grace = general.other("Grace")
    await grace.sees("Heard 2: more")
    await grace.says("@gateway me too")
    await general.sees("Heard 3: me too")
    again = user.in_channel("general")
    await again.says("@gateway anew")
    await again.sees("Heard 1: anew")
    await user.sees_nothing()
    await user.other("Grace").says("privately")
    await user.sees_nothing()


async def test_buttons_menus_and_forms(user: User) -> None:
    await user.says("buttons")
    await user.clicks("Coffee")
    await user.sees("You voted Coffee.")
    await user.says("settings")
    await user.clicks("Settings")
    form = await user.sees_form()
    assert form.labels == ("Tone", "Loud")
    await user.submits({"Tone": "curt", "Loud": True})
    await user.sees("Settings: curt, True")
    await user.clicks("Settings")
    with pytest.raises(PersonError, match="no field 'Tune'; it has Tone, Loud"):
        await user.submits({"Tune": "curt"})


async def test_files_go_both_ways(user: User) -> None:
    await user.says("file", files=[File("notes.txt", b"quiet words", "text/plain")])
    await user.sees("Here it is")
    file = await user.downloads("loud.txt")
    assert file.data == b"QUIET WORDS"


async def test_edits_reactions_and_feedback(user: User) -> None:
    await user.says("hi")
    seen = await user.sees("Heard 1")
    await user.gives_feedback(0, "too short")
    await user.sees("Rated 0: too short")
    await user.edits("hello")
    await user.sees("Edited to hello")
    emoji = "👍"
    await user.reacts(emoji, to=seen)
    await user.sees(re.compile("Added"))
    await user.reacts(emoji, to=seen, added=False)
    await user.sees(re.compile("Removed"))


async def test_nothing_is_seen_where_the_bot_says_nothing(user: User) -> None:
    await user.says("hi")  # whose answer nobody looks at
    await user.settles()
    await user.says("quiet")
    await user.sees_nothing()
    await user.says("hi")
    with pytest.raises(AssertionError, match="was to see nothing, but saw 'Heard 3: hi'"):
        await user.sees_nothing()


async def test_what_is_delivered_again_is_answered_once(user: User) -> None:
    await user.says("hi")
    await user.sees("Heard 1: hi")
    await user.redelivers()
    await user.sees_nothing()
    assert user.module.turns == 1


async def test_a_restart_keeps_the_session_and_a_question(user: User) -> None:
    await user.says("hi")
    await user.sees("Heard 1: hi")
    await user.restarts()
    await user.says("name")
    await user.sees("What is your name?")
    await user.restarts()
    await user.says("Ada")
    await user.sees("Hello Ada!")
    await user.says("still there?")
    await user.sees("Heard 3: still there?")
    assert user.module.turns == 2  # of the third process: the question's turn ran again, too


async def test_a_crash_in_the_middle_of_a_turn_runs_it_again_and_posts_nothing_twice(user: User) -> None:
    await user.says("slow")
    await user.sees("One moment")
    await user.crashes()
    await user.later(minutes=10)
    await user.sees("It took a while")
    await user.settles()
    # On Teams nothing tells whether the message stands whose record was lost with the process.
    assert [each.text for each in user.messages][-1:] == ["It took a while"]
    assert len(user.messages) == 1 or user.platform == "teams"


async def test_time_passes_for_questions_pauses_and_sessions(user: User) -> None:
    await user.says("name")
    await user.sees("What is your name?")
    await user.later(minutes=9, seconds=50)
    await user.sees_nothing()
    await user.later(seconds=15)
    await user.sees("Nobody answered.")
    await user.says("slow")
    await user.sees("One moment")
    await user.later(minutes=11)
    await user.sees("It took a while")
    sessions = user.gateway.sessions
    assert len(sessions) == 1
    await user.later(minutes=16)
    assert len(sessions) == 0
    with pytest.raises(ValueError, match="does not go back"):
        await user.later(minutes=-1)


@pytest.mark.gateway(settings={"GATEWAY_SESSION_TIMEOUT": 3600})
async def test_a_session_that_nobody_uses_ends(user: User) -> None:
    await user.says("hi")
    await user.sees("Heard 1: hi")
    await user.later(minutes=50)
    await user.sees_nothing()
    await user.later(minutes=11)
    await user.sees("Goodbye.")
    await user.says("hi")
    await user.sees("Heard 1: hi")


async def test_what_a_platform_does_not_have_is_named(user: User) -> None:
    if user.platform != "discord":
        pytest.skip("the others have it")
    with pytest.raises(NotOnThisPlatform, match="stop button"):
        await user.stops()
    with pytest.raises(NotOnThisPlatform, match="Discord"):
        await user.opens()


async def test_what_a_person_cannot_do_is_said(user: User) -> None:
    with pytest.raises(PersonError, match="wrote nothing"):
        await user.edits("hi")
    with pytest.raises(PersonError, match="saw no message"):
        await user.reacts("👍")
    with pytest.raises(ValueError, match=r"1 \(thumbs up\) or 0"):
        await user.gives_feedback(5)
