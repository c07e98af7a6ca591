"""The contracts every platform keeps. Their asserts explain themselves as those of a test file do."""

import pytest

pytest.register_assert_rewrite(__name__)
