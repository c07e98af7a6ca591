"""What a recorder does beside its file: the settings it tells of, and what it costs the bot when it fails."""

import json
from pathlib import Path
from typing import Any

import pytest

from gateway.model import ConversationRef, Envelope
from gateway.platforms import registry
from gateway.recording.file import read
from gateway.recording.recorder import Recorder, settings_json
from gateway.settings import GatewaySettings, given_only


def envelope(body: dict[str, Any]) -> Envelope:
    ref = ConversationRef(platform="slack", workspace="T1", channel="C1", thread="1790000000.000001")
    return Envelope(key="slack:T1:C1:1790000000.000001", ref=ref, body=body, received_at=0)


def test_only_settings_that_name_nobody_are_told(tmp_path: Path) -> None:
    with given_only():
        settings = GatewaySettings(
            turn_retries=5,
            cot="hidden",
            public_url="https://bot.corp.example",
            api_keys="key-of-somebody",
            accept="image/*",
            data_dir=tmp_path,
        )
        slack = registry()["slack"].settings({"SLACK_BOT_TOKEN": "xoxb-secret", "SLACK_DM_SESSION": "thread"})
    assert settings_json(settings) == {"turn_retries": 5, "cot": "hidden"}
    with Recorder.into(tmp_path, settings, [slack], version="1.2.3") as recorder:
        pass
    header = read(recorder.path).header
    assert header["gateway"] == "1.2.3"
    assert header["platform_settings"] == {"slack": {"SLACK_DM_SESSION": "thread"}}
    assert "secret" not in recorder.path.read_text()


def test_what_fails_in_it_costs_a_line_and_after_several_the_recording_but_no_delivery(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Recorder.into(tmp_path, GatewaySettings(), version="1") as recorder:
        assert recorder.arrived(envelope({"type": "event_callback"})) == 1
        with monkeypatch.context() as broken:
            broken.setattr("gateway.recording.replacing.Replacer.value", lambda *_: 1 / 0)
            assert recorder.arrived(envelope({})) == 2
            recorder.accepted(2, {"status": "new", "answer": None})
            number = recorder.calling("send", {"platform": "slack", "kind": "dm"}, {"key": "k"})
            recorder.called(number, {})
        assert recorder.arrived(envelope({})) == 3
        monkeypatch.setattr("gateway.recording.replacing.Replacer.value", lambda *_: 1 / 0)
        for number in range(10):
            assert recorder.arrived(envelope({})) == 4 + number
    lines = [json.loads(line) for line in recorder.path.read_text().splitlines()]
    assert [line.get("n") for line in lines] == [None, 1, 3]


def test_a_call_under_way_when_the_process_ends_is_not_there_and_nothing_is_torn(tmp_path: Path) -> None:
    with Recorder.into(tmp_path, GatewaySettings(), version="1") as recorder:
        recorder.calling("send", {"platform": "slack", "workspace": "T1", "kind": "dm"}, {"key": "k", "message": {}})
        found = read(recorder.path)
    assert found.lines == []
    assert not found.torn
