"""deploy/prometheus and deploy/grafana: what they name is there, and Prometheus can read it."""

import asyncio
import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from gateway.telemetry.catalog import METRICS
from tests.deploy.files import KUBERNETES, ROOT, document

PROMETHEUS = ROOT / "deploy" / "prometheus"
DASHBOARD: dict[str, Any] = json.loads((ROOT / "deploy" / "grafana" / "dashboard.json").read_text(encoding="utf-8"))
ALERTS = [rule for group in document(PROMETHEUS / "alerts.yaml")["groups"] for rule in group["rules"]]
PANELS = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]
LABELS = {
    **{
        f"{metric.name}{suffix}": {*metric.labels, *({"le"} if suffix == "_bucket" else ())}
        for metric in METRICS
        for suffix in (("_bucket", "_sum", "_count") if metric.type == "histogram" else ("",))
    },
    **dict.fromkeys(
        ("up", "process_cpu_seconds_total", "process_resident_memory_bytes", "process_open_fds", "process_max_fds"),
        frozenset[str](),
    ),
}
"""The labels of each metric that can be asked for, those that Prometheus adds left out."""
ADDED = {"job", "instance"}
"""Labels that Prometheus adds."""
METRIC = re.compile(r"\b((?:gateway|process|python)_\w+|up)\b(?:\{([^}]*)\})?")
STRING = re.compile(r'"[^"]*"')


def expressions() -> Iterator[tuple[str, str]]:
    """Yield each expression with what it belongs to."""
    for rule in ALERTS:
        yield rule["alert"], rule["expr"]
    for panel in PANELS:
        for target in panel["targets"]:
            yield panel["title"], target["expr"]
    for variable in DASHBOARD["templating"]["list"]:
        if variable["type"] == "query":
            yield variable["name"], variable["query"]["query"]


@pytest.mark.parametrize(("where", "expression"), list(expressions()))
def test_an_expression_asks_for_what_there_is(where: str, expression: str) -> None:
    found = list(METRIC.finditer(expression))
    assert found, f"{where} asks for no metric"
    for match in found:
        name, selectors = match.groups()
        assert name in LABELS, f"{where}: there is no metric {name}"
        asked = set(re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", STRING.sub('""', selectors or "")))
        assert asked <= LABELS[name] | ADDED, f"{where}: {name} has no label {asked - LABELS[name]}"
    grouped = {label.strip() for by in re.findall(r"\bby \(([^)]*)\)", expression) for label in by.split(",")}
    known = set[str]().union(*(LABELS[match[1]] for match in found)) | ADDED
    assert grouped <= known, f"{where} groups by {grouped - known}"
    assert expression.count("(") == expression.count(")")
    assert "histogram_quantile" not in expression or "le" in grouped


def test_every_alert_says_what_is_wrong_and_how_bad_it_is() -> None:
    assert len({rule["alert"] for rule in ALERTS}) == len(ALERTS) >= 10
    for rule in ALERTS:
        assert rule["labels"]["severity"] in ("critical", "warning")
        assert rule["annotations"]["summary"] and rule["annotations"]["description"]


def test_the_dashboard_shows_panels_that_do_not_cover_one_another() -> None:
    assert len(PANELS) >= 20
    ids = [panel["id"] for panel in DASHBOARD["panels"]]
    assert len(set(ids)) == len(ids)
    cells = [
        (x, y)
        for panel in DASHBOARD["panels"]
        for at in (panel["gridPos"],)
        for x in range(at["x"], at["x"] + at["w"])
        for y in range(at["y"], at["y"] + at["h"])
    ]
    assert len(set(cells)) == len(cells)
    assert max(x for x, _ in cells) < 24


def test_what_is_scraped_is_the_job_of_the_alerts() -> None:
    configuration = document(PROMETHEUS / "prometheus.yaml")
    assert [each["job_name"] for each in configuration["scrape_configs"]] == ["gateway"]
    assert all((PROMETHEUS / name).is_file() for name in configuration["rule_files"])
    monitor = document(KUBERNETES / "monitor.yaml")["spec"]
    (endpoint,) = monitor["podMetricsEndpoints"]
    assert {"targetLabel": "job", "replacement": "gateway"} in endpoint["relabelings"]
    pod = document(KUBERNETES / "deployment.yaml")["spec"]["template"]
    assert monitor["selector"]["matchLabels"] == pod["metadata"]["labels"]
    ports = {each["name"]: each["containerPort"] for each in pod["spec"]["containers"][0]["ports"]}
    settings = document(KUBERNETES / "settings.yaml")["data"]
    assert ports[endpoint["port"]] == int(settings["GATEWAY_METRICS_PORT"])


async def test_prometheus_itself_can_read_the_expressions(tmp_path: Path) -> None:
    """``promtool`` comes with Prometheus; where it is not installed the tests above have to do."""
    if (promtool := shutil.which("promtool")) is None:
        return
    queries = [
        {"record": f"checked:expression:{number}", "expr": expression}
        for number, (_, expression) in enumerate(expressions())
        if not expression.startswith("label_values")
    ]
    text = yaml.safe_dump({"groups": [{"name": "dashboard", "rules": queries}]})
    rules = tmp_path / "dashboard.yaml"
    rules.write_text(text.replace("$__rate_interval", "1m"), encoding="utf-8")
    for arguments in (
        ("check", "config", PROMETHEUS / "prometheus.yaml"),
        ("check", "rules", "--lint-fatal", PROMETHEUS / "alerts.yaml", rules),
    ):
        process = await asyncio.create_subprocess_exec(
            promtool, *arguments, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
        )
        said, _ = await process.communicate()
        assert process.returncode == 0, said.decode()
