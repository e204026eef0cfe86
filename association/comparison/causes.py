"""The names of what can move a p-value between two runs, in the order that they are told in."""

from __future__ import annotations

# How the question was asked.
NOT_ASKED = "not asked"
GENE_GAINED, GENE_LOST, GENE_RENAMED = "gene gained", "gene lost", "gene renamed"
TRAIT_GAINED, TRAIT_LOST = "trait gained", "trait lost"
MASK_RULE, CEILING, WEIGHTS, TESTS = "mask rule", "ceiling", "weights", "tests"
CALIBRATION, CONDITIONING, VERSIONS = "calibration", "conditioning", "versions"
# How it was answered.
METHOD, MONTE_CARLO = "method", "Monte Carlo"
# Who carries what.
VARIANTS_GAINED, VARIANTS_LOST = "variants gained", "variants lost"
FLIPPED = "minor allele flipped"
CALLS_GAINED, CALLS_LOST = "calls gained", "calls lost"
CARRIERS_JOINED, CARRIERS_LEFT = "carriers joined", "carriers left"
# What became of those who carry as before.
EVENTS_GAINED, EVENTS_LOST = "events gained", "events lost"
FOLLOWED_LONGER, VALUES_CHANGED = "followed longer", "values changed"
# The trait without genes.
REDEFINED, MODEL, OTHER_SAMPLES = "redefined", "model", "other samples"
# Of a meta-analysis, which has no carriers to look at.
COHORTS = "cohorts"
# Nothing that is compared.
UNKNOWN = "unknown"

OF_A_PERSON = (EVENTS_GAINED, EVENTS_LOST, FOLLOWED_LONGER, VALUES_CHANGED)
ORDER = (
    *(NOT_ASKED, GENE_GAINED, GENE_LOST, GENE_RENAMED, TRAIT_GAINED, TRAIT_LOST),
    *(MASK_RULE, CEILING, WEIGHTS, TESTS, CALIBRATION, CONDITIONING, VERSIONS),
    *(METHOD, MONTE_CARLO, VARIANTS_GAINED, VARIANTS_LOST, FLIPPED, CALLS_GAINED, CALLS_LOST),
    *(CARRIERS_JOINED, CARRIERS_LEFT, *OF_A_PERSON, REDEFINED, MODEL, OTHER_SAMPLES, COHORTS, UNKNOWN),
)
