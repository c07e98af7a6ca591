"""Files of recordings: what is written, and bad ones that are read."""

import json
from pathlib import Path

import pytest

from gateway.errors import SettingsError
from gateway.recording.file import RecordingFile, read, recordings_in

HEADER = {"recording": 1, "gateway": "1.0", "words": "mask", "settings": {}}
ARRIVED = {"kind": "arrived", "n": 1, "t": 0.5, "to": {"platform": "slack"}, "body": {}}


def lines(path: Path, *given: object) -> Path:
    path.write_bytes(b"".join(each if isinstance(each, bytes) else json.dumps(each).encode() + b"\n" for each in given))
    return path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "recording-0001.jsonl"


class TestReading:
    def test_lines_come_in_the_order_of_their_times(self, path: Path) -> None:
        found = read(lines(path, HEADER, {**ARRIVED, "n": 2, "t": 2}, ARRIVED))
        assert [line["n"] for line in found.lines] == [1, 2]
        assert found.platforms == ["slack"]
        assert not found.torn

    def test_half_a_line_at_the_end_is_what_a_crash_leaves(self, path: Path) -> None:
        found = read(lines(path, HEADER, ARRIVED, b'{"kind": "call", "n"'))
        assert len(found.lines) == 1
        assert found.torn

    def test_a_line_without_its_end_counts_if_it_is_whole(self, path: Path) -> None:
        found = read(lines(path, HEADER, json.dumps(ARRIVED).encode()))
        assert len(found.lines) == 1

    @pytest.mark.parametrize(
        ("given", "said"),
        [
            ([], "is empty"),
            ([b"\n"], "is empty"),
            ([b"PK\x03\x04 something else\n"], "is no recording"),
            ([{"hello": 1}], "is no recording"),
            ([[1, 2]], "is no recording"),
            ([{**HEADER, "recording": 2, "gateway": "9.0"}], "gateway 9.0, in a newer format (2): update the gateway"),
            ([{**HEADER, "words": "some"}], "line 1 is not what a gateway writes"),
            ([HEADER, {**ARRIVED, "t": "soon"}], "line 2 is no line of a recording ('t')"),
            ([HEADER, ARRIVED, {"kind": "sung"}], "line 3 is no line of a recording ('sung')"),
            ([HEADER, {**ARRIVED, "to": {}}, ARRIVED], "line 2 is no line of a recording"),
            ([HEADER, b"{broken\n", ARRIVED], "line 2 is no line of a recording"),
            ([HEADER, b"[" * 100_000 + b"\n", ARRIVED], "line 2 is no line of a recording"),
        ],
    )
    def test_what_is_none_is_named(self, path: Path, given: list[object], said: str) -> None:
        with pytest.raises(SettingsError) as caught:
            read(lines(path, *given))
        assert said in str(caught.value)
        assert str(path) in str(caught.value)

    def test_a_huge_line_is_refused_before_it_is_read(self, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("gateway.recording.file._LINE", 1_000)
        with pytest.raises(SettingsError, match="line 2 is longer than"):
            read(lines(path, HEADER, b"x" * 5_000))

    def test_what_is_not_there_is_named(self, tmp_path: Path) -> None:
        for place, said in ((tmp_path / "none", "there is no recording at"), (tmp_path, "has no recording-")):
            with pytest.raises(SettingsError, match=said):
                recordings_in(place)


class TestWriting:
    def test_each_start_has_a_file_that_only_its_owner_reads(self, tmp_path: Path) -> None:
        folder = tmp_path / "kept"
        files = [RecordingFile.create(folder, {"words": "mask"}) for _ in range(2)]
        paths = [each.path for each in files]
        for each in files:
            each.close()
        assert [each.name for each in paths] == ["recording-0001.jsonl", "recording-0002.jsonl"]
        assert {path.stat().st_mode & 0o777 for path in paths} == {0o600}
        assert recordings_in(folder) == paths

    def test_a_line_is_there_once_it_was_written(self, tmp_path: Path) -> None:
        file = RecordingFile.create(tmp_path, {"words": "mask"})
        file.write(ARRIVED)
        assert len(read(file.path).lines) == 1
        file.close()

    def test_a_recording_that_is_large_enough_ends(self, tmp_path: Path) -> None:
        file = RecordingFile.create(tmp_path, {"words": "mask"}, limit=300)
        for _ in range(100):
            file.write(ARRIVED)
        assert file.path.stat().st_size < 400
        found = read(file.path)
        assert found.is_full
        assert len(found.lines) > 1

    def test_a_folder_that_cannot_be_made_is_named(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        with pytest.raises(SettingsError, match="cannot record into"):
            RecordingFile.create(tmp_path / "file" / "below", {})

    def test_a_disk_that_fails_ends_the_recording_and_nothing_else(self, tmp_path: Path) -> None:
        full = Path("/dev/full")
        if not full.exists():
            pytest.fail("this system has no /dev/full")
        file = RecordingFile(tmp_path / "recording-0001.jsonl", full.open("wb"))
        file.write(ARRIVED)
        file.write(ARRIVED)
        file.close()
