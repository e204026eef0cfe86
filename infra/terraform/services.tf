# What makes something waits for these; a project that is new has none of them.
resource "google_project_service" "used" {
  for_each = toset([
    "compute.googleapis.com",
    "dataproc.googleapis.com",
    "iam.googleapis.com",
    "storage.googleapis.com",
  ])
  service            = each.value
  disable_on_destroy = false
}
