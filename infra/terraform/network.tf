# Nodes have internal addresses only. They reach Google's services by Private Google Access, and each other.
resource "google_compute_network" "inside" {
  name                    = "progex"
  auto_create_subnetworks = false

  depends_on = [google_project_service.used]
}

resource "google_compute_subnetwork" "inside" {
  name                     = "progex-${var.region}"
  network                  = google_compute_network.inside.id
  region                   = var.region
  ip_cidr_range            = "10.128.0.0/20"
  private_ip_google_access = true
}

# Dataproc's nodes talk to each other on any port; nothing else is let in, for a network without a rule lets in nothing.
resource "google_compute_firewall" "between_nodes" {
  name        = "progex-between-nodes"
  network     = google_compute_network.inside.id
  direction   = "INGRESS"
  source_tags = ["progex"]
  target_tags = ["progex"]

  allow {
    protocol = "tcp"
  }
  allow {
    protocol = "udp"
  }
  allow {
    protocol = "icmp"
  }
}

resource "google_compute_router" "way_out" {
  count   = var.way_to_pypi ? 1 : 0
  name    = "progex"
  network = google_compute_network.inside.id
  region  = var.region
}

# A way out for packages, none in.
resource "google_compute_router_nat" "way_out" {
  count                              = var.way_to_pypi ? 1 : 0
  name                               = "progex"
  router                             = google_compute_router.way_out[0].name
  region                             = var.region
  nat_ip_allocate_option             = "AUTO_ONLY"
  source_subnetwork_ip_ranges_to_nat = "ALL_SUBNETWORKS_ALL_IP_RANGES"
}
