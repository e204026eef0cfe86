resource "google_project_service" "used" {
  for_each           = toset(["compute.googleapis.com", "dataproc.googleapis.com", "storage.googleapis.com"])
  service            = each.value
  disable_on_destroy = false
}
