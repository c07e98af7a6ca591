"""The setting that says which reactions count as thumbs."""

import pytest

from gateway.errors import SettingsError
from gateway.settings import GatewaySettings


def test_reactions_are_named_as_platforms_name_them() -> None:
    settings = GatewaySettings.read(feedback_reactions=" thumbsup=1, :thumbsdown:=0 ,👍=1,")
    assert settings.reaction_values == {"thumbsup": 1, "thumbsdown": 0, "👍": 1}


@pytest.mark.parametrize("given", ["thumbsup", "thumbsup=2", "=1", "a=1,b"])
def test_a_wrong_map_names_the_setting_and_the_form(given: str) -> None:
    with pytest.raises(SettingsError, match=r"GATEWAY_FEEDBACK_REACTIONS: .*EMOJI=1"):
        GatewaySettings.read(feedback_reactions=given)


@pytest.mark.parametrize(("given", "meant"), [("true", "on"), ("0", "off"), ("auto", "auto"), (False, "off")])
def test_thumbs_are_switched_by_words(given: object, meant: str) -> None:
    assert GatewaySettings.read(feedback=given).feedback == meant
