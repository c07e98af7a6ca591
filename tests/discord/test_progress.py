"""The sequence number Discord is told is never beyond what is stored."""

from adapters.discord.progress import Mark, Progress


def reads(progress: Progress, *seqs: int) -> list[Mark]:
    """Read dispatches each of which has to be stored."""
    marks = []
    for seq in seqs:
        progress.at = seq
        marks.append(progress.mark())
        marks[-1].hold()
        progress.passed()
    return marks


def passes(progress: Progress, *seqs: int) -> None:
    """Read dispatches of no interest."""
    for seq in seqs:
        progress.at = seq
        progress.passed()


def test_it_follows_what_is_of_no_interest() -> None:
    progress = Progress()
    assert progress.stored is None
    passes(progress, 1, 2, 3)
    assert progress.stored == 3


def test_it_stands_before_the_oldest_that_is_not_stored() -> None:
    progress = Progress("s", 10)
    first, second, third = reads(progress, 11, 13, 14)
    passes(progress, 15)
    assert progress.stored == 10
    third.settle()
    assert progress.stored == 10
    first.settle()
    assert progress.stored == 12
    second.settle()
    assert progress.stored == 15


def test_while_a_dispatch_is_read_it_does_not_count_as_dealt_with() -> None:
    progress = Progress("s", 10)
    [held] = reads(progress, 11)
    progress.at = 12
    held.settle()
    assert progress.stored == 11
    progress.passed()
    assert progress.stored == 12


def test_what_is_held_twice_is_settled_twice() -> None:
    progress = Progress("s", 10)
    [mark] = reads(progress, 11)
    mark.hold()
    mark.settle()
    assert progress.stored == 10
    mark.settle()
    assert progress.stored == 11


def test_a_replay_of_what_is_in_hand_is_known() -> None:
    progress = Progress("s", 10)
    [mark] = reads(progress, 11)
    passes(progress, 12)
    progress.resume()
    known = []
    for seq in (11, 12, 13):
        progress.at = seq
        known.append(progress.in_hand)
        progress.passed()
    assert known == [True, True, False]
    assert progress.stored == 10
    mark.settle()
    assert progress.stored == 13
    later = Progress("s", 10)
    later.resume()
    later.at = 11
    assert not later.in_hand  # another process: nothing is in its hands
