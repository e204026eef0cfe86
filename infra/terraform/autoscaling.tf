# The same policy as infra/templates/autoscaling.yaml; a test compares them.
resource "google_dataproc_autoscaling_policy" "progex" {
  policy_id = "progex"
  location  = var.region

  worker_config {
    min_instances = 2
    max_instances = 2
    weight        = 1
  }

  secondary_worker_config {
    min_instances = 0
    max_instances = var.most_spot_workers
    weight        = 1
  }

  basic_algorithm {
    cooldown_period = "120s"

    yarn_config {
      graceful_decommission_timeout  = "600s"
      scale_up_factor                = 1
      scale_down_factor              = 1
      scale_up_min_worker_fraction   = 0
      scale_down_min_worker_fraction = 0
    }
  }

  depends_on = [google_project_service.used]
}
