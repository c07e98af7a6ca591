"""A fake of the connector, Entra's login and Bot Framework's keys, as far as an echo bot uses them."""

import itertools
import time
from collections.abc import Mapping

import orjson

from benchmarks.fake import Answer, Fake, number_in
from benchmarks.teams.activities import APP, MEMBER, PASSWORD, TENANT, Signer


class FakeTeams(Fake):
    """Counts the activities that carry an event's number; a typing indicator carries none."""

    def __init__(self, signer: Signer) -> None:
        super().__init__()
        self._signer = signer
        self._ids = itertools.count(int(time.time()) * 1_000)

    @property
    def service_url(self) -> str:
        """The connector's address, as activities name it."""
        return f"{self.url}/emea/{TENANT}/"

    @property
    def environment(self) -> Mapping[str, str]:
        """The settings that point a bot at the fake."""
        return {
            "TEAMS_APP_ID": APP,
            "TEAMS_APP_PASSWORD": PASSWORD,
            "TEAMS_APP_TENANT_ID": TENANT,
            "TEAMS_LOGIN_URL": self.url,
            "TEAMS_OPENID_METADATA_URL": f"{self.url}/v1/.well-known/openidconfiguration",
        }

    def answer(self, verb: str, path: str, body: bytes) -> Answer:
        parts = path.split("/")
        # A path ends with the word, or with the word and an id; both count as the same method.
        method = parts[-2] if parts[-2] in ("activities", "members") else parts[-1]
        self.calls[f"{verb} {method}"] += 1
        match method:
            case "activities":
                self.replied(number_in(body))
                return Answer(b'{"id":"%d"}' % next(self._ids), 201)
            case "members":
                return Answer(orjson.dumps(MEMBER))
            case "token":
                grant = {"token_type": "Bearer", "expires_in": 3600, "access_token": "benchmark-access-token"}
                return Answer(orjson.dumps(grant))
            case "openidconfiguration":
                return Answer(orjson.dumps(self._configuration()))
            case "keys":
                return Answer(self._signer.key_set())
            case _:
                return Answer(b'{"error":{"code":"NotFound","message":"no such thing here"}}', 404)

    def _configuration(self) -> Mapping[str, object]:
        return {
            "issuer": "https://api.botframework.com",
            "authorization_endpoint": "https://invalid.botframework.com",
            "jwks_uri": f"{self.url}/v1/.well-known/keys",
            "id_token_signing_alg_values_supported": ["RS256"],
            "token_endpoint_auth_methods_supported": ["private_key_jwt"],
        }
