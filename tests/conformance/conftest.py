"""Collects how each sample went on each platform, and writes docs/conformance.md after a complete run."""

import os

import pytest

from tests.conformance.expectations import EXPECTATIONS
from tests.conformance.report import NAMES, PLATFORMS, Result, write

COMPLETE = os.environ.get("GATEWAY_CONFORMANCE") == "all"
"""All samples are run, and the page is written: what ``make conformance`` sets."""

RUNS = len(EXPECTATIONS) * len(PLATFORMS) * len(NAMES)
"""Runs of a complete run: a part of them leaves the page as it is."""

_results: dict[tuple[str, str, str], bool] = {}


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Note the outcome of a sample; a test holds if no phase of it failed."""
    properties = dict(report.user_properties)
    if "sample" in properties:
        key = (str(properties["sample"]), str(properties["platform"]), str(properties["name"]))
        _results[key] = _results.get(key, True) and not report.failed


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Write the page, in the process that has all results."""
    if COMPLETE and len(_results) == RUNS and not hasattr(session.config, "workerinput"):
        write(Result(*key, passed) for key, passed in _results.items())
