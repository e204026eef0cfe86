# The account whose rights the nodes have. It has no key: nothing can be copied out of a cluster to act as it.
resource "google_service_account" "runner" {
  account_id   = "progex-runner"
  display_name = "Runs progex studies on Dataproc"

  depends_on = [google_project_service.used]
}

# A node reports to Dataproc and takes jobs from it; the predefined role's rights to storage are the bucket's, below.
resource "google_project_iam_custom_role" "node" {
  role_id     = "progexNode"
  title       = "Node of a progex cluster"
  description = "What a Dataproc node needs to take part in its cluster, without rights to storage."
  permissions = [
    "dataproc.agents.create",
    "dataproc.agents.delete",
    "dataproc.agents.get",
    "dataproc.agents.update",
    "dataproc.tasks.lease",
    "dataproc.tasks.listInvalidatedLeases",
    "dataproc.tasks.reportStatus",
    "logging.logEntries.create",
    "monitoring.timeSeries.create",
  ]

  depends_on = [google_project_service.used]
}

resource "google_project_iam_member" "runner_is_node" {
  project = var.project
  role    = google_project_iam_custom_role.node.id
  member  = google_service_account.runner.member
}

# Reads inputs, writes stages and results, deletes what a stage that failed left.
resource "google_storage_bucket_iam_member" "runner_uses_bucket" {
  bucket = google_storage_bucket.studies.name
  role   = "roles/storage.objectUser"
  member = google_service_account.runner.member
}

# Asks for the bucket's location and storage class.
resource "google_storage_bucket_iam_member" "runner_sees_bucket" {
  bucket = google_storage_bucket.studies.name
  role   = "roles/storage.legacyBucketReader"
  member = google_service_account.runner.member
}

resource "google_storage_bucket_iam_member" "runner_reads_inputs" {
  for_each = var.input_buckets
  bucket   = each.value
  role     = "roles/storage.objectViewer"
  member   = google_service_account.runner.member
}

# Is billed, as this project, for reading from buckets whose readers pay.
resource "google_project_iam_member" "runner_pays" {
  count   = var.requester_pays ? 1 : 0
  project = var.project
  role    = "roles/serviceusage.serviceUsageConsumer"
  member  = google_service_account.runner.member
}

resource "google_project_iam_member" "submitter_pays" {
  for_each = var.requester_pays ? var.submitters : toset([])
  project  = var.project
  role     = "roles/serviceusage.serviceUsageConsumer"
  member   = each.value
}

# Nodes keep what Dataproc needs for a while: logs of jobs' histories, files of Spark.
resource "google_storage_bucket_iam_member" "runner_uses_temporary" {
  bucket = google_storage_bucket.temporary.name
  role   = "roles/storage.objectUser"
  member = google_service_account.runner.member
}

resource "google_storage_bucket_iam_member" "runner_sees_temporary" {
  bucket = google_storage_bucket.temporary.name
  role   = "roles/storage.legacyBucketReader"
  member = google_service_account.runner.member
}

# Starts workflows and jobs, sees and deletes clusters.
resource "google_project_iam_member" "submitter_uses_dataproc" {
  for_each = var.submitters
  project  = var.project
  role     = "roles/dataproc.editor"
  member   = each.value
}

# Has clusters run as the account above, and as no other.
resource "google_service_account_iam_member" "submitter_uses_runner" {
  for_each           = var.submitters
  service_account_id = google_service_account.runner.name
  role               = "roles/iam.serviceAccountUser"
  member             = each.value
}

# Uploads code and the study, reads logs and results.
resource "google_storage_bucket_iam_member" "submitter_uses_bucket" {
  for_each = var.submitters
  bucket   = google_storage_bucket.studies.name
  role     = "roles/storage.objectUser"
  member   = each.value
}

resource "google_storage_bucket_iam_member" "submitter_sees_bucket" {
  for_each = var.submitters
  bucket   = google_storage_bucket.studies.name
  role     = "roles/storage.legacyBucketReader"
  member   = each.value
}

# A study's inputs are looked at before it is submitted.
resource "google_storage_bucket_iam_member" "submitter_reads_inputs" {
  for_each = { for pair in setproduct(var.submitters, var.input_buckets) : join(" ", pair) => pair }
  bucket   = each.value[1]
  role     = "roles/storage.objectViewer"
  member   = each.value[0]
}
