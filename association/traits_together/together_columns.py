"""The columns of the tables of traits together: name, type and meaning, listed once."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from association.results import COLUMNS, METHODS, Column

# What tells a row of a result table from others of its trait.
KEY = ("gene", "mask", "max_af", "test", "weights", "coding")
PAIR_PLACE = (*KEY, "carriers", "primary", "flags")

BONFERRONI = "bonferroni"
TOGETHER_METHODS = {
    "enumeration": METHODS["enumeration"],
    "permutation": "counted on permutations of whole samples within strata, with a 95% Monte Carlo interval",
    BONFERRONI: "the number of traits times the smallest of their own p-values, which permutations did not resolve",
}

_MEANINGS = {
    "samples": "samples with at least one of the traits",
    "variants": "variants in the mask that one of these carries",
    "carriers": "of these, who carry at least one of them",
    "test": "burden, skat, or omnibus: the best of these, and of all masks but the control where the mask is all",
    "primary": "the one row of its gene that counts in the family of genes",
    "min_attainable_p": "no traits could give these genotypes a smaller p-value",
}
_FIRST = ("gene", "contig", "start", "mask", "max_af", "test", "weights", "coding", "samples", "variants", "carriers")
_OF_RESULTS = {column.name: column for column in COLUMNS}


def gene_columns(traits: Sequence[str]) -> list[Column]:
    """List the columns of the table of genes.

    Parameters
    ----------
    traits
        Names of the traits, in order.
    """
    number = len(traits)
    own = [
        Column(f"p_value_{name}", pa.float64(), f"p-value of {name} by itself, from results/gene_tests")
        for name in traits
    ]
    fewest = [
        Column(
            f"p_at_least_{count}",
            pa.float64(),
            f"p-value of an association with at least {count} of the {number} traits (partial conjunction)",
        )
        for count in range(2, number + 1)
    ]
    return [
        *(_of_results(name) for name in (*_FIRST, "primary")),
        *own,
        Column("strongest_trait", pa.string(), "the trait with the smallest p-value by itself"),
        *_p_value("p_any", "p-value of an association with any of the traits: the best of them, paid for"),
        Column("neg_log10_p_any", pa.float64(), "-log10 of p_any"),
        Column("q_any", pa.float64(), "Benjamini-Hochberg of p_any over genes of 3 carriers or more, primary rows"),
        *fewest,
        *_p_value("p_heterogeneous", "p-value of all traits at once, each in its own direction"),
        Column("p_heterogeneous_asymptotic", pa.float64(), "its large-sample value, where it is 0.05 or less"),
        *_p_value("p_homogeneous", "p-value of all traits at once, for worse in all or for better in all"),
        Column("p_homogeneous_asymptotic", pa.float64(), "its large-sample value, where it is 0.05 or less"),
        *(_of_results(name) for name in ("min_attainable_p", "flags", "reason")),
    ]


def pair_columns() -> list[Column]:
    """List the columns of the table of pairs."""
    return [
        *(_of_results(name) for name in PAIR_PLACE),
        Column("trait_1", pa.string(), "a trait"),
        Column("trait_2", pa.string(), "another"),
        Column("p_1", pa.float64(), "p-value of trait 1 by itself"),
        Column("p_2", pa.float64(), "p-value of trait 2 by itself"),
        Column("p_both", pa.float64(), "p-value of an association with both: the larger one (intersection-union)"),
        Column("neg_log10_p_both", pa.float64(), "-log10 of it"),
        *_p_value("p_2_given_1", "p-value of what the gene says of trait 2 beyond what trait 1 tells of it"),
        *_p_value("p_1_given_2", "p-value of what the gene says of trait 1 beyond what trait 2 tells of it"),
        Column("reason", pa.string(), "why there is no p-value of one trait given the other"),
    ]


CORRELATION_COLUMNS = (
    Column("trait_1", pa.string(), "a trait"),
    Column("trait_2", pa.string(), "another"),
    Column("samples_1", pa.int32(), "samples with trait 1"),
    Column("samples_2", pa.int32(), "samples with trait 2"),
    Column("samples_both", pa.int32(), "samples with both"),
    Column("residual_correlation", pa.float64(), "of score residuals within strata, over samples with both"),
    Column("residual_lower", pa.float64(), "95% interval, lower end"),
    Column("residual_upper", pa.float64(), "upper end"),
    Column(
        "same_direction",
        pa.bool_(),
        "whether worse is more of both, or less of both: then p_homogeneous adds them up, else it takes one from the "
        "other; null: not known of one of them",
    ),
    Column("genes", pa.int32(), "genes of 3 carriers or more in both traits, by the first burden and mask"),
    Column("gene_correlation", pa.float64(), "of the genes' signed burden statistics, as normal deviates of their p"),
    Column("gene_lower", pa.float64(), "95% interval, lower end"),
    Column("gene_upper", pa.float64(), "upper end"),
    Column(
        "gene_correlation_expected",
        pa.float64(),
        "what the residuals' correlation and the shared samples make of genes without any effect",
    ),
)


def schema_of(columns: Sequence[Column]) -> pa.Schema:
    """Give the schema of a table, with what each column means."""
    return pa.schema([pa.field(one.name, one.type, metadata={"meaning": one.meaning}) for one in columns])


def _of_results(name: str) -> Column:
    known = _OF_RESULTS[name]
    return Column(name, known.type, _MEANINGS.get(name, known.meaning))


def _p_value(name: str, meaning: str) -> list[Column]:
    return [
        Column(name, pa.float64(), meaning),
        Column(f"{name}_lower", pa.float64(), "95% Monte Carlo interval of it, lower end"),
        Column(f"{name}_upper", pa.float64(), "upper end"),
        Column(f"{name}_method", pa.string(), f"how it was made: {', '.join(TOGETHER_METHODS)}"),
        Column(f"{name}_permutations", pa.int64(), "permutations made, or arrangements enumerated"),
    ]
