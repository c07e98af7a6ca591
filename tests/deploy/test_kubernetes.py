"""deploy/kubernetes: the manifests are what Kubernetes takes, and fit the gateway and its image."""

import asyncio
import shutil
from pathlib import Path
from typing import Any

import kubernetes_validate  # type: ignore[import-untyped]
import pytest
import yaml

from gateway.http.health import STORE_TIMEOUT
from gateway.loading import load_target
from gateway.settings import GatewaySettings
from tests.deploy.files import KUBERNETES, ROOT, Dockerfile, Document, document, documents, is_setting
from tests.support.left_out import UNTESTED_KUSTOMIZE

OLDEST, NEWEST = "1.27", "1.37"
"""The versions of Kubernetes whose schemas the manifests are compared with."""
IMAGE = Dockerfile()
KUSTOMIZATION = document(KUBERNETES / "kustomization.yaml")
MANIFESTS = sorted(
    path.name
    for path in KUBERNETES.glob("*.yaml")
    if path.name not in ("kustomization.yaml", "monitor.yaml", "secret.yaml")
)


def manifest(name: str) -> Document:
    """The only object of a file."""
    return document(KUBERNETES / f"{name}.yaml")


DEPLOYMENT = manifest("deployment")["spec"]
POD: Document = DEPLOYMENT["template"]["spec"]
(CONTAINER,) = POD["containers"]
SETTINGS: dict[str, str] = manifest("settings")["data"]
SECRETS: dict[str, str] = manifest("secret.example")["stringData"]
PROBES = ("startupProbe", "livenessProbe", "readinessProbe")
LABELS = {"app.kubernetes.io/name": "gateway"}


def check(manifests: list[Document], version: str) -> None:
    """Compare objects with the schemas of a version of Kubernetes. Raises for a field or a value it does not know."""
    for each in manifests:
        kubernetes_validate.validate(each, version, strict=True)


@pytest.mark.parametrize("version", [OLDEST, NEWEST])
@pytest.mark.parametrize("name", MANIFESTS)
def test_kubernetes_knows_every_field(name: str, version: str) -> None:
    check(documents(KUBERNETES / name), version)


def test_the_page_names_the_oldest_version_that_is_tested() -> None:
    assert f"Kubernetes {OLDEST} or newer" in (ROOT / "docs" / "deploy.md").read_text(encoding="utf-8")


def test_a_field_that_kubernetes_does_not_know_is_noticed() -> None:
    wrong = {**manifest("service"), "spec": {**manifest("service")["spec"], "port": 80}}
    with pytest.raises(kubernetes_validate.ValidationError):
        check([wrong], NEWEST)


def test_everything_is_applied_but_the_secret_and_one_of_the_autoscalers() -> None:
    assert {*KUSTOMIZATION["resources"], "secret.example.yaml", "autoscaler-queue.yaml"} == set(MANIFESTS)
    cpu, queue = manifest("autoscaler-cpu"), manifest("autoscaler-queue")
    assert (cpu["kind"], cpu["metadata"]) == (queue["kind"], queue["metadata"])  # one replaces the other


async def test_kubectl_renders_it(tmp_path: Path) -> None:
    if (kubectl := shutil.which("kubectl")) is None:
        pytest.skip(f"{UNTESTED_KUSTOMIZE}: there is no kubectl on this machine")
    process = await asyncio.create_subprocess_exec(
        *(kubectl, "kustomize", str(KUBERNETES)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        cwd=tmp_path,
    )
    printed, complaints = await process.communicate()
    assert (process.returncode, complaints.decode()) == (0, "")
    rendered: list[Document] = list(yaml.safe_load_all(printed))
    for version in (OLDEST, NEWEST):
        check(rendered, version)
    kinds = {each["kind"]: each for each in rendered}
    assert len(rendered) == len(KUSTOMIZATION["resources"]) + 1
    assert {each["metadata"].get("namespace", "gateway") for each in rendered} == {"gateway"}
    pod = kinds["Deployment"]["spec"]["template"]["spec"]
    (image,) = KUSTOMIZATION["images"]
    assert pod["containers"][0]["image"] == f"{image['newName']}:{image['newTag']}"
    bots = [each for each in rendered if each["kind"] == "ConfigMap" and "bot.py" in each["data"]]
    assert [each["metadata"]["name"] for each in bots] == [pod["volumes"][0]["configMap"]["name"]]


def test_the_pods_are_found_by_what_looks_for_them() -> None:
    selectors = [
        DEPLOYMENT["selector"]["matchLabels"],
        manifest("service")["spec"]["selector"],
        manifest("disruption")["spec"]["selector"]["matchLabels"],
        manifest("network")["spec"]["podSelector"]["matchLabels"],
        *(each["labelSelector"]["matchLabels"] for each in POD["topologySpreadConstraints"]),
    ]
    assert DEPLOYMENT["template"]["metadata"]["labels"] == LABELS
    assert all(selector == LABELS for selector in selectors)


def test_every_name_that_is_referred_to_is_there() -> None:
    sources = [name for source in CONTAINER["envFrom"] for name in (each["name"] for each in source.values())]
    assert sources == [manifest("settings")["metadata"]["name"], manifest("secret.example")["metadata"]["name"]]
    (bot,) = KUSTOMIZATION["configMapGenerator"]
    volumes = {each["name"]: each for each in POD["volumes"]}
    assert volumes["bot"]["configMap"]["name"] == bot["name"]
    assert {mount["name"] for mount in CONTAINER["volumeMounts"]} == set(volumes)
    assert POD["serviceAccountName"] == manifest("account")["metadata"]["name"]
    for name in ("autoscaler-cpu", "autoscaler-queue"):
        target = manifest(name)["spec"]["scaleTargetRef"]
        assert (target["kind"], target["name"]) == ("Deployment", manifest("deployment")["metadata"]["name"])
    (image,) = KUSTOMIZATION["images"]
    assert image["name"] == CONTAINER["image"]


def test_the_gateway_reads_every_variable_it_is_given() -> None:
    assert [name for name in {**SETTINGS, **SECRETS} if not is_setting(name)] == []


def test_secrets_are_placeholders_and_no_settings() -> None:
    assert not set(SETTINGS) & set(SECRETS)
    assert all("..." in value or "PASSWORD" in value for value in SECRETS.values())


def test_the_settings_have_values_that_the_gateway_takes() -> None:
    assert GatewaySettings.with_values(SETTINGS).own_url == "https://bot.example"


def test_kubernetes_sets_no_variable_of_the_gateway() -> None:
    # GATEWAY_PORT=tcp://10.0.0.1:80, for a Service that is called gateway.
    assert POD["enableServiceLinks"] is False


def test_the_port_is_the_one_of_the_image_everywhere() -> None:
    port, metrics = CONTAINER["ports"]
    assert metrics["name"] == "metrics"
    assert port["containerPort"] == IMAGE.port
    (service,) = manifest("service")["spec"]["ports"]
    assert service["targetPort"] == port["name"]
    (rule,) = manifest("ingress")["spec"]["rules"]
    (path,) = rule["http"]["paths"]
    backend = path["backend"]["service"]
    assert (backend["name"], backend["port"]["name"]) == (manifest("service")["metadata"]["name"], service["name"])
    (allowed,) = manifest("network")["spec"]["ingress"]
    assert allowed["ports"] == [{"port": port["name"]}, {"port": metrics["name"]}]
    assert all(CONTAINER[probe]["httpGet"]["port"] == port["name"] for probe in PROBES)


def test_there_is_time_to_drain() -> None:
    pause = float(CONTAINER["lifecycle"]["preStop"]["exec"]["command"][1])
    drain = float(SETTINGS["GATEWAY_DRAIN_TIMEOUT"])
    assert drain == GatewaySettings.model_fields["drain_timeout"].default
    assert POD["terminationGracePeriodSeconds"] >= pause + drain + 10


def test_a_replica_leaves_the_service_while_it_drains_and_is_not_killed_for_it() -> None:
    readiness, liveness = CONTAINER["readinessProbe"], CONTAINER["livenessProbe"]
    assert (readiness["httpGet"]["path"], liveness["httpGet"]["path"]) == ("/readyz", "/healthz")
    assert readiness["timeoutSeconds"] > STORE_TIMEOUT  # else a busy database looks like a replica that hangs
    assert readiness["periodSeconds"] * readiness["failureThreshold"] <= 2


def test_an_update_takes_no_replica_away_before_another_is_ready() -> None:
    assert DEPLOYMENT["replicas"] == 3
    assert DEPLOYMENT["strategy"]["rollingUpdate"] == {"maxUnavailable": 0, "maxSurge": 1}
    assert manifest("disruption")["spec"]["maxUnavailable"] == 1
    for name in ("autoscaler-cpu", "autoscaler-queue"):
        assert manifest(name)["spec"]["minReplicas"] == DEPLOYMENT["replicas"]


def test_the_pod_has_the_rights_that_the_restricted_standard_leaves() -> None:
    assert manifest("namespace")["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    pod = POD["securityContext"]
    assert (pod["runAsNonRoot"], pod["runAsUser"], pod["fsGroup"]) == (True, IMAGE.user, IMAGE.user)
    assert pod["seccompProfile"] == {"type": "RuntimeDefault"}
    assert CONTAINER["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert POD["automountServiceAccountToken"] is False
    assert manifest("account")["automountServiceAccountToken"] is False


def test_what_the_gateway_writes_has_a_place_with_room_for_it() -> None:
    places = {mount["mountPath"]: mount for mount in CONTAINER["volumeMounts"]}
    assert set(places) == {IMAGE.environment["GATEWAY_DATA_DIR"], "/tmp", "/app"}
    assert places["/app"]["readOnly"] is True
    volumes: dict[str, Any] = {each["name"]: each for each in POD["volumes"]}
    limits = [int(volumes[name]["emptyDir"]["sizeLimit"].removesuffix("Gi")) for name in ("data", "tmp")]
    assert limits[0] * 1024**3 > GatewaySettings.model_fields["files_mb"].default * 1_000_000
    assert int(CONTAINER["resources"]["limits"]["ephemeral-storage"].removesuffix("Gi")) >= sum(limits)


def test_the_bot_is_where_the_image_runs_it() -> None:
    assert IMAGE.found(r'^CMD \["run", "(.*?)"') == "/app/bot.py"
    (bot,) = KUSTOMIZATION["configMapGenerator"]
    assert bot["files"] == ["bot.py"]
    callbacks = load_target(KUBERNETES / "bot.py")
    assert callbacks.on_message is not None


def test_the_queue_is_measured_by_the_metric_of_this_name() -> None:
    metrics = manifest("autoscaler-queue")["spec"]["metrics"]
    assert [each["pods"]["metric"]["name"] for each in metrics if each["type"] == "Pods"] == [
        "gateway_queue_age_seconds"
    ]
