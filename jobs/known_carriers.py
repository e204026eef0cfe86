"""Who carries what is known: by columns of the participants table, and by a list of variants."""

from __future__ import annotations

import logging
import re
from collections.abc import Collection, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from association.problems import InputError, Problem
from association.scan import variant_names
from hail_pipelines.places import listed, readable
from infra.storage import Place
from jobs.clinical.labels import YES
from jobs.clinical.needed import covariates_of
from jobs.clinical.read import Clinical
from jobs.study.covariates import Covariate
from jobs.study.study import Study
from jobs.study.traits import Trait

log = logging.getLogger(__name__)

VARIANT = re.compile(r"(chr)?[^-\s]+-[0-9]+-[ACGTN]+-[ACGTN]+")
OF_VARIANTS = "carrier of known variants"
REASON = "carries a known variant: left out to see what is found without"
MOST_PROBLEMS = 5


def read_known_variants(path: Place) -> tuple[str, ...]:
    """Read a list of variants, a line each; contigs come back without "chr".

    Raises
    ------
    InputError
        If there is no such file, it names no variant, or lines of it are none.
    """
    if not path.is_file():
        raise InputError.single(str(path), "file", "no such list of variants; check known_genes.variants")
    try:
        lines = [line.split("#", 1)[0].strip() for line in path.read_text(encoding="utf-8-sig").splitlines()]
    except UnicodeDecodeError as error:
        message = "not UTF-8 text; expected a variant a line, such as 21-31663829-A-G, not a VCF or a compressed file"
        raise InputError.single(path.name, f"byte {error.start}", message) from None
    message = "expected a variant as contig-position-ref-alt, such as 21-31663829-A-G"
    wrong = [number for number, line in enumerate(lines, 1) if line and not VARIANT.fullmatch(line)]
    if wrong:
        raise InputError(
            path.name, [Problem(f"line {number}", message) for number in wrong[:MOST_PROBLEMS]], len(wrong)
        )
    named = tuple(dict.fromkeys(line.removeprefix("chr") for line in lines if line))
    if not named:
        raise InputError.single(path.name, "file", "names no variant")
    return named


def carriers_of(store: Place, variants: Sequence[str], samples: pd.Series) -> tuple[pd.Series, set[str]]:
    """Say who of the store's samples carries any of some variants, and which of these the store has.

    Parameters
    ----------
    store
        The gene store.
    variants
        Names, without "chr".
    samples
        The store's samples, in its order.
    """
    found: set[str] = set()
    carries = np.zeros(len(samples), np.bool_)
    for part in listed(store, "part-*.parquet"):
        table = pq.read_table(readable(part), columns=["contig", "position", "ref", "alt", "carriers"])
        names = pc.replace_substring_regex(variant_names(table), "^chr", "")
        own = table.filter(pc.is_in(names, pa.array(list(variants))))
        found |= set(pc.unique(names.filter(pc.is_in(names, pa.array(list(variants))))).to_pylist())
        for row in own["carriers"].to_pylist():
            carries[row] = True
    return pd.Series(carries, index=samples.to_numpy()), found


def tell_of_missing(listed: Sequence[str], found: Collection[str], most: int = 10) -> None:
    """Warn of listed variants that the store does not have, naming the first of them."""
    missing = [variant for variant in listed if variant not in found]
    if missing:
        some = ", ".join(missing[:most]) + (", ..." if len(missing) > most else "")
        remedy = "another build? not left-aligned?"
        message = "%d of %d known variants are not among the cohort's rare variants, or written otherwise (%s): %s"
        log.warning(message, len(missing), len(listed), remedy, some)


def known_carriers(study: Study, clinical: Clinical, by_variants: pd.Series | None) -> pd.DataFrame:
    """Give a column per source of knowledge: 1 for carriers, 0 for others, NaN where not known (n participants).

    Parameters
    ----------
    study, clinical
        Settings and tables.
    by_variants
        Who carries a listed variant, by sample; None where no variants are listed.
    """
    columns = study.known_genes.columns if study.known_genes is not None else []
    known = {}
    for column in columns:
        words = clinical.own[column].astype("string").str.strip().str.lower()
        known[column] = words.isin(YES).astype(np.float64).where(words.notna())
    if by_variants is not None:
        known[OF_VARIANTS] = clinical.participants["sample"].map(by_variants.astype(np.float64))
    return pd.DataFrame(known, index=clinical.participants.index)


def without_carriers(clinical: Clinical, known: pd.DataFrame) -> Clinical:
    """Keep carriers of anything known out of every trait."""
    carries = (known == 1).any(axis=1)
    return replace(clinical, barred=clinical.barred.astype(object).where(clinical.barred.notna() | ~carries, REASON))


def adjusted_for_carriers(
    study: Study, trait: Trait, clinical: Clinical, known: pd.DataFrame, strata: pd.Series
) -> tuple[Study, Clinical]:
    """Give a trait an indicator of each source that it is not adjusted for already; not knowing is a level too.

    Parameters
    ----------
    study, trait, clinical
        Settings and tables.
    known
        From `known_carriers`.
    strata
        Stratum of each sample in the trait, by sample; a source that is one within each is left out.
    """
    present = covariates_of(study, trait)
    samples = clinical.participants["sample"]
    within = known.fillna(-1.0)[samples.isin(strata.index)].groupby(samples.map(strata)).nunique()
    told = within.columns[(within > 1).any()]
    new = [column for column in told if column not in {one.column for one in present}]
    words = {column: known[column].map({1.0: "yes", 0.0: "no"}).astype(object) for column in new}
    unknown = [Covariate(column=column, kind="categorical", missing="indicator") for column in new]
    own = trait.model_copy(update={"covariates": [*present, *unknown]})
    return study.model_copy(update={"traits": [own]}), replace(clinical, own=clinical.own.assign(**words))
