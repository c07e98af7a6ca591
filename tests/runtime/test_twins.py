"""Two deliveries of one message become one message that knows what both know."""

from dataclasses import replace

from gateway.model import ConversationRef, MessageCreated, Reference, RemoteFile, UserRef
from gateway.runtime.queued import QueuedDelivery
from gateway.runtime.twins import merged

REF = ConversationRef(platform="slack", workspace="T1", channel="C1", thread="1.1")
USER = UserRef(platform="slack", workspace="T1", id="U1")
BARE = MessageCreated(ref=REF, user=USER, message_id="1.1", text="what is this?", partial=True, at=1.0)
PHOTO = RemoteFile(id="F1", name="photo.png", mime="image/png", size=6, url="https://files/F1")
ID_ONLY = RemoteFile(id="F1", name="F1")


def queued(event: MessageCreated = BARE) -> QueuedDelivery:
    return QueuedDelivery(key="k", seq=1, received_at=0.0, event=event)


def test_files_of_the_second_delivery_are_added() -> None:
    assert merged(BARE, replace(BARE, files=(PHOTO,))).files == (PHOTO,)
    assert merged(replace(BARE, files=(PHOTO,)), BARE).files == (PHOTO,)


def test_the_fuller_of_two_descriptions_of_a_file_wins() -> None:
    other = RemoteFile(id="F2", name="b.txt")
    first, second = replace(BARE, files=(ID_ONLY, other)), replace(BARE, files=(PHOTO,))
    assert merged(first, second).files == (PHOTO, other)
    assert merged(second, first).files == (PHOTO, other)


def test_a_text_that_says_more_wins_and_references_are_added() -> None:
    quoted = Reference(kind="quote", text="before")
    full = replace(BARE, text="what is this?\n\n| a | b |\n|---|---|", references=(quoted,), partial=False)
    for one in (merged(BARE, full), merged(full, BARE)):
        assert (one.text, one.references, one.partial) == (full.text, (quoted,), False)


def test_what_the_same_delivery_says_again_is_nothing_to_store() -> None:
    assert not queued().learn(replace(BARE, partial=False))
    assert queued().learn(replace(BARE, files=(PHOTO,)))


def test_what_comes_after_the_handler_was_called_changes_nothing() -> None:
    begun = queued()
    begun.begun = True
    assert not begun.learn(replace(BARE, files=(PHOTO,)))
    assert begun.event == BARE
