# The section `cloud` of a study file, to copy.
output "cloud" {
  value = {
    project         = var.project
    region          = var.region
    bucket          = google_storage_bucket.studies.name
    temp_bucket     = google_storage_bucket.temporary.name
    service_account = google_service_account.runner.email
    subnet          = google_compute_subnetwork.inside.id
    tags            = ["progex"]
  }
}

output "autoscaling_policy" {
  value = google_dataproc_autoscaling_policy.progex.name
}
