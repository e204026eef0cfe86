"""The columns of the tables that a gene's page is drawn from: name, type, unit and meaning, listed once.

The carriers of a gene are, for each trait, those of the mask behind the gene's p-value. A line stands for one of
them: they are numbered in order of their residuals, for each trait anew, and none can be told from one trait to the
next. Still a row of a line says what happened to one person, and these tables stay where the genotypes are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pyarrow as pa

from association.results import COLUMNS as RESULT_COLUMNS
from association.results import Column

CARRIERS, OTHERS = "carriers", "others"
# Kinds of traits: with a time to an event, with visits, with a number each, with yes or no.
TIMES, VISITS, VALUES, CASES = "times", "visits", "values", "cases"
# What begins the name of a column with a number that annotation keeps.
SCORE_PREFIX = "score_"

_IN_RESULTS = {column.name: column for column in RESULT_COLUMNS}
_GENE, _TRAIT, _MASK, _MAX_AF = (_IN_RESULTS[name] for name in ("gene", "trait", "mask", "max_af"))
_LINE = Column("line", pa.int32(), "a carrier, by the order of residuals in this trait: 1, 2, ...")
_GROUP = Column("group", pa.string(), "carriers or others")
_ALLELES = Column("alleles", pa.float64(), "minor alleles that the carrier has in the mask")
_TIME = "months on the trait's clock; of a time to event from a table of your own, its unit"

GROUPS = (
    _GENE,
    _TRAIT,
    Column("kind", pa.string(), "what the trait is: times, visits, values or cases"),
    _MASK,
    _MAX_AF,
    *(_IN_RESULTS[name] for name in ("test", "weights", "coding", "p_value", "neg_log10_p", "method")),
    _IN_RESULTS["variants"],
    Column("carriers", pa.int32(), "samples with the trait that carry a variant of the mask"),
    Column("others", pa.int32(), "samples with the trait that carry none"),
    Column("events_carriers", pa.int32(), "carriers with the event; of a yes-or-no trait, with a yes"),
    Column("events_others", pa.int32(), "others with it"),
    Column("expected_carriers", pa.float64(), "events expected among carriers under the null model"),
    Column("median_carriers", pa.float64(), "when half of the carriers have had the event, or the median of values"),
    Column("median_others", pa.float64(), "the same of the others"),
    Column("others_low", pa.float64(), "10% quantile of the others' values"),
    Column("others_lower_quartile", pa.float64(), "25% quantile of them"),
    Column("others_upper_quartile", pa.float64(), "75% quantile of them"),
    Column("others_high", pa.float64(), "90% quantile of them"),
    Column("p_proportional", pa.float64(), "that the carriers' hazard ratio does not change with time"),
    Column("flags", pa.string(), "cautions of the gene's primary row, separated by ';'"),
    Column("reason", pa.string(), "why p_proportional is missing where the trait is a time to event"),
)
CURVES = (
    _GENE,
    _TRAIT,
    _GROUP,
    Column("time", pa.float64(), f"{_TIME}: the start of the curve, each event time, and the last exit"),
    Column("at_risk", pa.int32(), "at risk just before; in the first row, just after the start"),
    Column("events", pa.int32(), "events at that time, or since the row before where steps were left out"),
    Column(
        "survival",
        pa.float64(),
        "without the event from then on: Kaplan-Meier with delayed entry, among those without it at the start; "
        "with a competing event, 1 less the cumulative incidence",
    ),
    Column("lower", pa.float64(), "95% interval on the log-log scale, lower end; none with a competing event"),
    Column("upper", pa.float64(), "upper end"),
)
AT_RISK = (_GENE, _TRAIT, _GROUP, Column("time", pa.float64(), _TIME), Column("at_risk", pa.int32(), "at risk then"))
COURSE = (
    _GENE,
    _TRAIT,
    _LINE,
    Column("time", pa.float64(), "months from the first visit"),
    Column("value", pa.float64(), "measured then, in the measure's own unit"),
)
COURSE_BAND = (
    _TRAIT,
    Column("time", pa.float64(), "middle of a bin, months from the first visit"),
    Column("lower", pa.float64(), "10% quantile of all samples' values in the bin"),
    Column("middle", pa.float64(), "median of them"),
    Column("upper", pa.float64(), "90% quantile of them"),
    Column("patients", pa.int32(), "samples with a visit in the bin"),
)
VALUES_OF_CARRIERS = (
    _GENE,
    _TRAIT,
    _LINE,
    Column("value", pa.float64(), "the trait's value; of visits, the slope of the carrier's own line per month"),
)
INFLUENCE = (
    _GENE,
    _TRAIT,
    _LINE,
    _ALLELES,
    Column("event", pa.int32(), "1 with the event or a yes, 0 without; empty for other traits"),
    Column("residual", pa.float64(), "score residual under the null model, observed less expected"),
    Column("effect", pa.float64(), "one-step effect per minor allele in the mask, of all carriers"),
    Column("dfbeta", pa.float64(), "by how much it is larger than without this carrier's alleles"),
)
SITES = (
    _GENE,
    Column("variant", pa.string(), "contig-position-ref-alt"),
    Column("contig", pa.string(), "chromosome, as the reference genome names it"),
    Column("position", pa.int32(), "1-based"),
    Column("coding_position", pa.int32(), "base of the coding sequence, where annotation tells it"),
    Column("hgvs_p", pa.string(), "change of the protein, where annotation tells it"),
    Column("consequence", pa.string(), "most severe consequence in the gene"),
    Column("allele_count", pa.int32(), "minor alleles, among all samples that passed quality control"),
    Column("allele_number", pa.int32(), "alleles that were called in them"),
    Column("frequency", pa.float64(), "the first over the second"),
    Column("external_af", pa.float64(), "frequency of the minor allele in the reference"),
    Column("carriers", pa.int32(), "samples that carry the minor allele"),
    Column("missing", pa.int32(), "samples without a call"),
    Column("call_rate", pa.float64(), "calls that were good enough, of all"),
    Column("het_balance", pa.float64(), "share of heterozygotes' reads that have the alternate allele"),
    Column("mean_gq", pa.float64(), "mean genotype quality of the carriers' calls, where it is known"),
    Column("masks", pa.string(), "masks that hold it, at one of their ceilings or another, separated by ';'"),
)
EXONS = (
    _GENE,
    Column("contig", pa.string(), "chromosome, as the reference genome names it"),
    Column("start", pa.int32(), "first coding base, 1-based, all transcripts together"),
    Column("end", pa.int32(), "last coding base"),
    Column("coding_start", pa.int32(), "coding bases up to and with the first, in the direction of the genome"),
)

TABLES: Mapping[str, Sequence[Column]] = {
    "groups": GROUPS,
    "curves": CURVES,
    "at_risk": AT_RISK,
    "course": COURSE,
    "course_band": COURSE_BAND,
    "values": VALUES_OF_CARRIERS,
    "influence": INFLUENCE,
    "sites": SITES,
    "exons": EXONS,
}


def schema_of(table: str, scores: Sequence[str] = ()) -> pa.Schema:
    """Give the schema of a table.

    Parameters
    ----------
    table
        One of `TABLES`.
    scores
        Names of the scores that annotation keeps, without `score_`; of "sites".
    """
    return pa.schema(
        [pa.field(one.name, one.type, metadata={"meaning": one.meaning}) for one in columns_of(table, scores)]
    )


def columns_of(table: str, scores: Sequence[str] = ()) -> tuple[Column, ...]:
    """Give the columns of a table; parameters as of `schema_of`."""
    kept = (Column(SCORE_PREFIX + name, pa.float64(), f"{name}, as annotated") for name in scores)
    return (*TABLES[table], *kept)
