"""The fixture of the API's own tests, here too."""

from tests.http.api.conftest import api

__all__ = ["api"]
