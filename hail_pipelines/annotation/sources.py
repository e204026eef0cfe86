"""Where a variant's genes and consequences come from.

Every source is brought to one shape: gene entries of each variant, one per transcript or per row of the source.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Literal

from hail_pipelines.annotation.parts import Transcripts
from hail_pipelines.places import Place

SourceKind = Literal["vep", "snpeff", "info", "table", "hail_vep", "gene_model"]


@dataclass(frozen=True)
class FrequencyFile:
    """A file of variants with their frequencies in a reference population.

    Attributes
    ----------
    path
        The file, of a kind as a variant table's.
    af
        Column of the alternate allele's frequency; in a Hail Table also a field within it: `freq[0].AF`.
    columns
        The file's own name for each of contig, position, ref and alt, where it differs.
    """

    path: Place
    af: str
    columns: dict[str, str] = dataclasses.field(default_factory=dict)


@dataclass(frozen=True)
class AnnotationSource:
    """What annotation to read, and which parts of it.

    Attributes
    ----------
    kind
        "vep" (CSQ), "snpeff" (ANN), "info" (plain INFO fields), "table" (a file of variants), "hail_vep" (VEP run by
        Hail) or "gene_model" (which genes' coding intervals hold a variant, and nothing more).
    field
        The INFO field of "vep" and "snpeff".
    transcripts
        Which of VEP's transcripts count.
    scores, fields
        Names of numbers and of texts: parts of CSQ or ANN, columns, fields of VEP's transcripts. One that the source
        has not is an INFO field.
    low_is_damaging
        Scores of which the smallest of a gene's transcripts counts, not the largest.
    external_af
        Where the alternate allele's frequency in a reference population stands, None if nowhere.
    gene_field, consequence_field
        The INFO fields of "info".
    table
        The file of "table": tab-separated, or Parquet if it ends in .parquet, CSV if in .csv or .csv.gz, a Hail Table
        if in .ht.
    columns
        The table's own name for each of contig, position, ref, alt, gene and consequence, where it differs;
        `loftee` may be named too.
    config
        What "hail_vep" tells `hl.vep`; None for that of the cluster.
    gene_model
        A GTF or BED file of genes.
    padding
        Bases on both sides of a gene's intervals that count as it, for "gene_model".
    frequencies
        A file with the external frequencies, None if there is none.
    """

    kind: SourceKind = "vep"
    field: str = "CSQ"
    transcripts: Transcripts = "all"
    scores: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    low_is_damaging: frozenset[str] = frozenset()
    external_af: str | None = None
    gene_field: str | None = None
    consequence_field: str | None = None
    table: Place | None = None
    columns: dict[str, str] = dataclasses.field(default_factory=dict)
    config: Place | None = None
    gene_model: Place | None = None
    padding: int = 0
    frequencies: FrequencyFile | None = None

    @property
    def needs_hail(self) -> bool:
        """Whether Hail must run: for VEP, or to read a Hail Table."""
        files = [self.table, self.frequencies.path if self.frequencies else None]
        return self.kind == "hail_vep" or any(file is not None and file.name.endswith(".ht") for file in files)

    @property
    def values(self) -> tuple[str, ...]:
        """Every name of a score, a text or the external frequency."""
        external = (self.external_af,) if self.external_af is not None else ()
        return tuple(dict.fromkeys((*self.scores, *external, *self.fields)))

    @property
    def info_fields(self) -> tuple[str, ...]:
        """The INFO fields that must be loaded with the calls, whatever the source's own parts are called."""
        if self.kind in ("vep", "snpeff"):
            return (self.field,)
        if self.kind == "info":
            named = (self.gene_field, self.consequence_field, *self.values)
            return tuple(dict.fromkeys(name for name in named if name is not None))
        return self.values if self.kind == "gene_model" else ()
