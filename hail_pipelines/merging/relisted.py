"""Carriers that a cohort did not list by itself, read from its calls.

A cohort lists carriers of what is rare in it. What is rare among all may be common, have no minor allele, or have the
other one, in a single cohort: of these variants alone the calls are read again, judged as they were.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from association.genotypes.judged_calls import judge_calls
from association.genotypes.minor_alleles import carriers_of
from hail_pipelines.merging.cohort import Cohort
from hail_pipelines.quality_control.carrier_files import CARRIERS
from hail_pipelines.quality_control.kept_samples import columns_of, people_of
from hail_pipelines.quality_control.variant_shares import PLACES, read_variants, shares_of, variant_facts


def list_again(cohort: Cohort, wanted: NDArray[np.int32], minor_is_ref: NDArray[np.bool_]) -> pa.Table:
    """List the carriers of some of a cohort's variants, as `carriers/` has them.

    Parameters
    ----------
    cohort
        The cohort.
    wanted
        Its own numbers of the variants.
    minor_is_ref
        Whether the reference is the allele to list, of each of them.
    """
    if not len(wanted):
        return CARRIERS.empty_table()
    variants = read_variants(cohort.calls, PLACES)
    chosen, by_ref = np.zeros((2, variants.num_rows), np.bool_)
    chosen[wanted], by_ref[wanted] = True, minor_is_ref
    facts = variant_facts(variants, chosen)
    columns = columns_of(cohort.kept, cohort.names)
    people, expected = people_of(cohort.kept, columns, len(cohort.names)), cohort.alleles > 0
    tables = []
    for share in shares_of(cohort.calls, variants, facts, chosen):
        for where, calls in share.blocks():
            places, own = share.facts.places[where], share.variants[where]
            judged = judge_calls(calls, places, people, cohort.genotype.limits)
            rows = np.arange(len(where), dtype=np.intp)
            found = carriers_of(judged.genotypes, columns, rows, by_ref[own], places, expected)
            listed = (found.starts, found.numbers), (found.starts, found.dosages)
            lists = [pa.ListArray.from_arrays(*one) for one in (*listed, (found.missing_starts, found.missing))]
            tables.append(pa.table([pa.array(own, pa.int32()), pa.array(by_ref[own]), *lists], schema=CARRIERS))
    return pa.concat_tables(tables)
