# One bucket for all of a project's studies. Who may do what is said for the bucket as a whole, never for single objects.
resource "google_storage_bucket" "studies" {
  name                        = var.bucket
  location                    = var.region
  storage_class               = "STANDARD"
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  force_destroy               = false

  # What was deleted or replaced can be brought back for this long. A retention policy would not do: it forbids what a
  # rerun must do, to replace results and to remove a stage that failed.
  soft_delete_policy {
    retention_duration_seconds = var.kept_days * 86400
  }

  # Logs of drivers and nodes.
  lifecycle_rule {
    condition {
      age            = var.temporary_kept_days
      matches_prefix = ["google-cloud-dataproc-metainfo/"]
    }
    action {
      type = "Delete"
    }
  }

  # Parts of uploads that were broken off.
  lifecycle_rule {
    condition {
      age = 7
    }
    action {
      type = "AbortIncompleteMultipartUpload"
    }
  }

  dynamic "encryption" {
    for_each = var.kms_key == null ? [] : [var.kms_key]
    content {
      default_kms_key_name = encryption.value
    }
  }

  depends_on = [google_project_service.used]
}

# What Dataproc keeps for a while and nobody asks for later; it needs no way back.
resource "google_storage_bucket" "temporary" {
  name                        = "${var.bucket}-temporary"
  location                    = var.region
  storage_class               = "STANDARD"
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  force_destroy               = true

  soft_delete_policy {
    retention_duration_seconds = 0
  }

  lifecycle_rule {
    condition {
      age = 7
    }
    action {
      type = "Delete"
    }
  }

  dynamic "encryption" {
    for_each = var.kms_key == null ? [] : [var.kms_key]
    content {
      default_kms_key_name = encryption.value
    }
  }

  depends_on = [google_project_service.used]
}
