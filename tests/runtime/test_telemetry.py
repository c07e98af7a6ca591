"""What the operator's log never shows."""

import logging
from collections.abc import Iterator
from typing import Literal

import pytest
import structlog

from gateway.errors import StoreFailed
from gateway.telemetry.logs import configure_logging

SECRETS = (
    "xoxb-1234567890-abcdefghij",
    "xapp-1-A0123456789-abcdef",
    "MTA1NzQ2OTA5ODM5MjU2NTgyMA.GtAbCd.0123456789abcdefghijklmnopqrstuvwxyzAB",
    "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJib3QifQ.c2lnbmF0dXJl",
    "sk-proj-abcdefghijklmnop",
)


@pytest.fixture(params=["json", "console"])
def form(request: pytest.FixtureRequest) -> Iterator[Literal["json", "console"]]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield request.param
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.mark.parametrize("secret", SECRETS)
def test_secrets_are_blanked_out_wherever_they_stand(
    form: Literal["json", "console"], secret: str, capsys: pytest.CaptureFixture[str]
) -> None:
    configure_logging(form=form, debug=False)
    log = structlog.get_logger("ours")
    log.info("as text", note=f"got {secret}", nested={"deep": [secret]})
    log.info("as something else", error=ValueError(secret), raw=secret.encode())
    logging.getLogger("theirs").warning("%s sent %r", "library", {"body": secret})
    try:
        raise ValueError(secret)
    except ValueError:
        log.exception("with a traceback")
    shown = capsys.readouterr().err
    assert shown.count("[redacted]") >= 6
    assert secret not in shown


@pytest.mark.parametrize("path", ["webhooks/123456789012345678", "interactions/123456789012345678"])
def test_an_address_that_lets_whoever_has_it_talk_is_blanked_out(
    form: Literal["json", "console"], path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    configure_logging(form=form, debug=True)
    token = "aW50ZXJhY3Rpb246MTIzNDU2Nzg5"
    logging.getLogger("discord.http").debug("POST %s has returned 204", f"https://discord.com/api/v10/{path}/{token}/x")
    assert token not in capsys.readouterr().err


def test_what_the_store_has_said_is_not_said_again_by_everybody_who_met_it(
    form: Literal["json", "console"], capsys: pytest.CaptureFixture[str]
) -> None:
    configure_logging(form=form, debug=False)
    log = structlog.get_logger("ours")
    try:
        raise StoreFailed("database or disk is full")
    except StoreFailed as error:
        log.exception("not accepted")
        log.error("turn failed", exc_info=error)
        log.error("store.failing", error=str(error))
    try:
        raise ValueError("another matter")
    except ValueError:
        log.exception("kept")
    shown = capsys.readouterr().err
    assert "not accepted" not in shown
    assert "turn failed" not in shown
    assert shown.count("disk is full") == 1
    assert "another matter" in shown


def test_values_named_like_secrets_are_blanked_out(
    form: Literal["json", "console"], capsys: pytest.CaptureFixture[str]
) -> None:
    configure_logging(form=form, debug=False)
    structlog.get_logger("ours").info("settings", client_secret="abc8Q~plain", headers={"Authorization": "plain"})
    shown = capsys.readouterr().err
    assert "settings" in shown
    assert "plain" not in shown
