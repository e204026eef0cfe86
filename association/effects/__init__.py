"""Effect sizes of genes that are reported, finite where carriers are few."""
