"""Whether a gene acts on progression by way of something that was measured."""
