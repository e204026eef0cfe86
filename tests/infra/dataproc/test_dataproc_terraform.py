"""The Terraform files are what Terraform reads: known resources and settings, references that lead somewhere.

`terraform validate` wants the provider's own schema, which is fetched from the internet; where that can't be had,
what the resources here may hold is written down instead.
"""

import json
import re
import shutil
import subprocess
from importlib import resources
from pathlib import Path

import pytest
import yaml

hcl2 = pytest.importorskip("hcl2", reason="python-hcl2 is not installed")

FOLDER = Path(__file__).parents[3] / "infra" / "terraform"
DOCS = Path(__file__).parents[3] / "docs" / "cloud.md"
META = {"for_each", "count", "depends_on", "lifecycle"}

# Settings of each resource that are used here, and those that it can't be without (provider google, 6).
KNOWN = {
    "google_project_service": {"service", "disable_on_destroy"},
    "google_storage_bucket": {
        "name",
        "location",
        "storage_class",
        "uniform_bucket_level_access",
        "public_access_prevention",
        "force_destroy",
        "soft_delete_policy",
        "lifecycle_rule",
        "encryption",
        "dynamic",
    },
    "google_service_account": {"account_id", "display_name"},
    "google_project_iam_custom_role": {"role_id", "title", "description", "permissions"},
    "google_project_iam_member": {"project", "role", "member"},
    "google_storage_bucket_iam_member": {"bucket", "role", "member"},
    "google_service_account_iam_member": {"service_account_id", "role", "member"},
    "google_compute_network": {"name", "auto_create_subnetworks"},
    "google_compute_subnetwork": {"name", "network", "region", "ip_cidr_range", "private_ip_google_access"},
    "google_compute_firewall": {"name", "network", "direction", "source_tags", "target_tags", "allow"},
    "google_compute_router": {"name", "network", "region"},
    "google_compute_router_nat": {
        "name",
        "router",
        "region",
        "nat_ip_allocate_option",
        "source_subnetwork_ip_ranges_to_nat",
    },
    "google_dataproc_autoscaling_policy": {
        "policy_id",
        "location",
        "worker_config",
        "secondary_worker_config",
        "basic_algorithm",
    },
}


def plain(node):
    """Take the parser's quotes and marks off."""
    if isinstance(node, dict):
        return {key.strip('"'): plain(value) for key, value in node.items() if not key.startswith("__")}
    if isinstance(node, list):
        return [plain(one) for one in node]
    return node.strip('"') if isinstance(node, str) else node


@pytest.fixture(scope="module")
def files():
    return {path.name: plain(hcl2.loads(path.read_text())) for path in sorted(FOLDER.glob("*.tf"))}


@pytest.fixture(scope="module")
def blocks(files):
    """Every resource, by type and name."""
    return {
        (kind, name): body
        for content in files.values()
        for block in content.get("resource", [])
        for kind, named in block.items()
        for name, body in named.items()
    }


def variables(files):
    return {name for content in files.values() for block in content.get("variable", []) for name in block}


def test_resources_and_their_settings_are_known(blocks):
    unknown = {
        (kind, name, setting)
        for (kind, name), body in blocks.items()
        for setting in body
        if setting not in KNOWN.get(kind, set()) | META
    }
    assert not unknown


def test_every_variable_is_declared_and_used(files):
    text = json.dumps(files)
    assert set(re.findall(r"\bvar\.(\w+)", text)) == variables(files)


def test_every_reference_leads_to_a_resource(files, blocks):
    found = set(re.findall(r"\b(google_\w+)\.(\w+)", json.dumps(files)))
    assert found
    assert found <= set(blocks)


def test_the_bucket_is_closed_and_keeps_what_was_deleted(blocks):
    bucket = blocks["google_storage_bucket", "studies"]
    assert bucket["uniform_bucket_level_access"] is True
    assert bucket["public_access_prevention"] == "enforced"
    assert bucket["force_destroy"] is False
    assert bucket["soft_delete_policy"][0]["retention_duration_seconds"] == "${var.kept_days * 86400}"
    assert len(bucket["lifecycle_rule"]) == 2


def test_what_dataproc_keeps_for_a_while_has_a_bucket_of_its_own(blocks):
    bucket = blocks["google_storage_bucket", "temporary"]
    assert bucket["public_access_prevention"] == "enforced"
    assert bucket["soft_delete_policy"][0]["retention_duration_seconds"] == 0
    (rule,) = bucket["lifecycle_rule"]
    assert (rule["condition"][0]["age"], rule["action"][0]["type"]) == (7, "Delete")


def test_nothing_is_made_before_its_service_is_on(files, blocks):
    needs = json.dumps(blocks["google_project_service", "used"])
    for service in ("compute", "dataproc", "iam", "storage"):
        assert f"{service}.googleapis.com" in needs
    for (kind, name), body in blocks.items():
        waits = "google_project_service.used" in json.dumps(body.get("depends_on", []))
        # Whatever names another resource waits for that one.
        leans = re.search(
            r"\bgoogle_\w+\.\w+[.\[]", json.dumps({key: body[key] for key in body if key != "depends_on"})
        )
        project_wide = kind in (
            "google_project_service",
            "google_project_iam_member",
            "google_storage_bucket_iam_member",
        )
        assert waits or leans or project_wide, (kind, name)


def test_who_submits_reads_the_inputs_too(blocks):
    reads = blocks["google_storage_bucket_iam_member", "submitter_reads_inputs"]
    assert reads["role"] == "roles/storage.objectViewer"
    assert "var.submitters, var.input_buckets" in reads["for_each"]


def test_where_readers_pay_nodes_and_submitters_may_bill_the_project(blocks):
    for name, switch in (("runner_pays", "count"), ("submitter_pays", "for_each")):
        grant = blocks["google_project_iam_member", name]
        assert grant["role"] == "roles/serviceusage.serviceUsageConsumer"
        assert "var.requester_pays ?" in grant[switch]


def test_nobody_is_given_a_role_that_is_not_explained(blocks):
    page = DOCS.read_text()
    for body in blocks.values():
        for role in re.findall(r"roles/[\w.]+", json.dumps(body)):
            assert f"`{role}`" in page, role
    for permission in blocks["google_project_iam_custom_role", "node"]["permissions"]:
        assert f"`{permission}`" in page, permission


def test_the_nodes_account_owns_nothing_in_the_project(blocks):
    roles = [body["role"] for (kind, _), body in blocks.items() if kind == "google_project_iam_member"]
    pays = "roles/serviceusage.serviceUsageConsumer"
    assert roles == ["${google_project_iam_custom_role.node.id}", pays, pays, "roles/dataproc.editor"]
    permissions = blocks["google_project_iam_custom_role", "node"]["permissions"]
    assert not [one for one in permissions if one.startswith(("storage", "compute", "iam", "resourcemanager"))]


def test_nodes_are_let_in_by_nodes_alone(blocks):
    walls = [body for (kind, _), body in blocks.items() if kind == "google_compute_firewall"]
    assert [(wall["source_tags"], wall["target_tags"]) for wall in walls] == [(["progex"], ["progex"])]
    assert blocks["google_compute_subnetwork", "inside"]["private_ip_google_access"] is True


def test_the_autoscaling_policy_is_the_templates(files, blocks):
    template = yaml.safe_load(resources.files("infra.templates").joinpath("autoscaling.yaml").read_text())
    policy = blocks["google_dataproc_autoscaling_policy", "progex"]
    variable = next(block for block in files["variables.tf"]["variable"] if "most_spot_workers" in block)
    most = variable["most_spot_workers"]["default"]
    assert policy["policy_id"] == template["id"]
    assert policy["worker_config"][0] == template["worker_config"]
    assert policy["secondary_worker_config"][0] | {"max_instances": most} == template["secondary_worker_config"]
    algorithm = policy["basic_algorithm"][0]
    assert algorithm["cooldown_period"] == template["basic_algorithm"]["cooldown_period"]
    assert algorithm["yarn_config"][0] == template["basic_algorithm"]["yarn_config"]


def test_what_is_put_out_fits_the_section_of_the_study_file(files):
    from jobs.study.cloud import Cloud

    (output,) = [block["cloud"] for block in files["outputs.tf"]["output"] if "cloud" in block]
    assert set(output["value"]) <= set(Cloud.model_fields)
    needed = {name for name, field in Cloud.model_fields.items() if field.is_required()}
    assert needed <= set(output["value"])


@pytest.mark.skipif(shutil.which("terraform") is None, reason="terraform is not installed")
def test_terraform_itself_finds_nothing_to_mend_in_the_form():
    done = subprocess.run(["terraform", "fmt", "-check", str(FOLDER)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.skipif(shutil.which("terraform") is None, reason="terraform is not installed")
def test_terraform_itself_finds_the_files_valid(tmp_path):
    for path in FOLDER.glob("*.tf"):
        shutil.copy(path, tmp_path)
    command = ["terraform", f"-chdir={tmp_path}"]
    try:
        made = subprocess.run(
            [*command, "init", "-backend=false", "-input=false"],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
    except subprocess.TimeoutExpired:
        pytest.skip("the provider can't be had")
    if made.returncode:
        pytest.skip(f"the provider can't be had: {made.stderr.strip()[:200]}")
    done = subprocess.run([*command, "validate"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
