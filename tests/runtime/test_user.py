"""What a handler learns of the person who wrote."""

from gateway.chat.user import User
from gateway.model import Profile, UserRef

ADA = UserRef(platform="slack", workspace="T", id="U", name="ada")


def test_what_the_platform_did_not_tell_is_not_there() -> None:
    user = User.of(ADA, Profile(locale="de", extra={"title": "Countess"}))
    assert user.metadata == {"platform": "slack", "workspace": "T", "id": "U", "title": "Countess", "locale": "de"}
    assert (user.display_name, user.email) == ("ada", None)


def test_the_profile_knows_better_than_the_delivery() -> None:
    user = User.of(ADA, Profile(display_name="Ada", email="ada@example.com", avatar_url="https://a/b.png"))
    assert (user.display_name, user.email) == ("Ada", "ada@example.com")
    told = {"email": "ada@example.com", "avatar_url": "https://a/b.png"}
    assert user.metadata == {"platform": "slack", "workspace": "T", "id": "U", **told}
