"""The token endpoints of Microsoft Entra and of managed identities, with the error bodies a wrong request gets.

https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow,
https://learn.microsoft.com/entra/identity-platform/reference-error-codes.
"""

import secrets
import time
import uuid
from collections import OrderedDict
from collections.abc import Mapping

from gateway.emulators.common.values import JSON
from gateway.emulators.teams.clouds import Cloud
from gateway.emulators.teams.keys import Keys
from gateway.emulators.teams.values import ApiError, timestamp

MAX_TOKENS = 10_000
"""Issued tokens kept; the oldest become invalid first."""


class Login:
    """Issues and checks access tokens of a cloud, which are valid for ``seconds``."""

    def __init__(self, keys: Keys, app_id: str, password: str, tenant_id: str, *, seconds: int, cloud: Cloud) -> None:
        self._cloud = cloud
        self._keys = keys
        self._app_id = app_id
        self.password = password
        self.seconds = seconds
        self.identity_header = secrets.token_hex(16)
        self._tenants = {tenant_id, cloud.tenant}
        self._issued: OrderedDict[str, float] = OrderedDict()

    def token(self, tenant: str, form: Mapping[str, str]) -> JSON:
        """Return an access token for client credentials. Raises ``ApiError`` with Entra's error body."""
        app = form.get("client_id", "")
        if tenant not in self._tenants:
            raise _refused(400, "invalid_request", 90002, f"Tenant '{tenant}' not found.")
        if form.get("grant_type") != "client_credentials":
            text = f"The app requested an unsupported grant type '{form.get('grant_type', '')}'."
            raise _refused(400, "unsupported_grant_type", 70003, text)
        if app != self._app_id:
            text = f"Application with identifier '{app}' was not found in the directory '{tenant}'."
            raise _refused(400, "unauthorized_client", 700016, text)
        secret = form.get("client_secret")
        if secret is None:
            text = "The request body must contain the following parameter: 'client_assertion' or 'client_secret'."
            raise _refused(401, "invalid_client", 7000218, text)
        if not secrets.compare_digest(secret.encode(), self.password.encode()):
            text = (
                "Invalid client secret provided. Ensure the secret being sent in the request is the client secret "
                f"value, not the client secret ID, for a secret added to app '{app}'."
            )
            raise _refused(401, "invalid_client", 7000215, text)
        scope = form.get("scope", "")
        if not scope.endswith("/.default"):
            text = f"The provided value for scope {scope} is not valid. Client credential flows must have '/.default'."
            raise _refused(400, "invalid_scope", 1002012, text)
        if scope != f"{self._cloud.bots}/.default":
            text = f"The resource principal named {scope.removesuffix('/.default')} was not found in the tenant."
            raise _refused(400, "invalid_resource", 500011, text)
        token = self._issue(tenant)
        return {
            "token_type": "Bearer",
            "expires_in": self.seconds,
            "ext_expires_in": self.seconds,
            "access_token": token,
        }

    def managed_identity(self, query: Mapping[str, str], headers: Mapping[str, str]) -> JSON:
        """Return an access token for a managed identity, of App Service (``X-IDENTITY-HEADER``) or of a virtual machine
        (``Metadata: true``).

        The names in ``headers`` are in lower case. Raises ``ApiError``.
        """
        by_header = headers.get("x-identity-header") == self.identity_header
        if not by_header and headers.get("metadata", "").lower() != "true":
            raise _imds(400, "invalid_request", "Required metadata header not specified")
        if query.get("resource", "").rstrip("/") != self._cloud.bots:
            raise _imds(400, "invalid_resource", "AADSTS500011: The resource principal was not found in the tenant.")
        if query.get("client_id", self._app_id) != self._app_id:
            raise _imds(400, "invalid_request", "Identity not found")
        token = self._issue(next(iter(self._tenants - {self._cloud.tenant})))
        answer: JSON = {
            "access_token": token,
            "client_id": self._app_id,
            "expires_on": str(int(time.time()) + self.seconds),
            "resource": self._cloud.bots,
            "token_type": "Bearer",
        }
        # App Service's own answer (api-version 2019-08-01) has no ``expires_in``.
        return answer if by_header else {**answer, "expires_in": str(self.seconds)}

    def accepts(self, authorization: str | None) -> bool:
        """Return whether an ``Authorization`` header has a valid access token."""
        scheme, _, token = (authorization or "").partition(" ")
        until = self._issued.get(token.strip()) if scheme.lower() == "bearer" else None
        return until is not None and time.monotonic() < until

    def revoke(self) -> None:
        """Make all tokens issued so far invalid."""
        self._issued.clear()

    def _issue(self, tenant: str) -> str:
        now = int(time.time())
        claims = {
            "aud": self._cloud.bots,
            "iss": f"https://sts.windows.net/{tenant}/",
            "iat": now,
            "nbf": now,
            "exp": now + self.seconds,
            "appid": self._app_id,
            "tid": tenant,
            "jti": secrets.token_hex(8),
        }
        token = self._keys.sign(claims)
        self._issued[token] = time.monotonic() + self.seconds
        if len(self._issued) > MAX_TOKENS:
            self._issued.popitem(last=False)
        return token


def _refused(status: int, error: str, number: int, text: str) -> ApiError:
    trace, correlation = str(uuid.uuid4()), str(uuid.uuid4())
    at = timestamp(time.time())
    description = f"AADSTS{number}: {text} Trace ID: {trace} Correlation ID: {correlation} Timestamp: {at}"
    body: JSON = {
        "error": error,
        "error_description": description,
        "error_codes": [number],
        "timestamp": at,
        "trace_id": trace,
        "correlation_id": correlation,
    }
    return ApiError(status, error, text, body=body)


def _imds(status: int, error: str, text: str) -> ApiError:
    return ApiError(status, error, text, body={"error": error, "error_description": text})
