"""Settings of what is tested: masks, gene tests, calibration, gene lists, follow-up."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from jobs.study.section import Name, Section

# Begins an entry of the panel that stands for a gene list.
LIST_PREFIX = "list:"
# A symbol holds no blanks, commas or the like.
SEPARATORS = "\t,; "
# Panels in jobs/panels: ClinGen's genes of ALS and of Charcot-Marie-Tooth disease, the peripheral nerve.
BuiltInPanel = Literal["als_clingen", "cmt_clingen"]


class DamagingScore(Section):
    """Which missense variants count as damaging."""

    score: Annotated[str, Field(description="one of annotation.scores")]
    at_least: float


class Mask(Section):
    """Which variants of a gene are taken together."""

    name: Annotated[
        Name,
        Field(
            description="plof, plof_or_damaging_missense, missense or synonymous; with 'where', a name of its own "
            "(letters, digits and _)"
        ),
    ]
    where: Annotated[
        str | None,
        Field(
            description="an expression on consequence, loftee, minor_allele_count, external_af and the names in "
            "annotation.scores and annotation.fields, e.g. consequence in plof or REVEL >= 0.7"
        ),
    ] = None
    max_allele_frequency: Annotated[
        list[Annotated[float, Field(gt=0, le=0.5)]],
        Field(
            min_length=1,
            description="ceilings on the minor allele frequency, cohort and external; a row of results each",
        ),
    ] = [0.01]
    damaging: DamagingScore | None = None

    @model_validator(mode="after")
    def _damaging_belongs_to_its_mask(self) -> Mask:
        if (self.damaging is not None) != (self.name == "plof_or_damaging_missense"):
            raise ValueError("'damaging' is needed by the mask plof_or_damaging_missense, and only by it")
        return self


class GeneTest(Section):
    """A test of a gene, how it weighs variants, and how a burden collapses them."""

    test: Literal["burden", "skat", "skat_o", "acat_v"]
    weights: Annotated[
        str,
        Field(
            pattern=r"^(flat|beta_1_25|madsen_browning|score:.+)$",
            description="flat, or by minor allele frequency (beta_1_25, madsen_browning), or by score:NAME of "
            "annotation.scores; on dosage",
        ),
    ] = "flat"
    coding: Annotated[
        Literal["sum", "max", "any", "two_hits"],
        Field(
            description="burden only: sum of alleles, the worst variant, any variant (dominant), or two alleles in "
            "the gene (recessive)"
        ),
    ] = "sum"

    @model_validator(mode="after")
    def _fits_its_test(self) -> GeneTest:
        if self.coding != "sum" and self.test != "burden":
            raise ValueError("'coding' is for the burden test only")
        if self.weights != "flat" and self.test == "acat_v":
            raise ValueError("acat_v has weights of its own; leave 'weights' out")
        if self.weights != "flat" and self.coding in ("any", "two_hits"):
            raise ValueError(f"the coding '{self.coding}' counts carriers, whatever the weights; leave 'weights' out")
        return self


class Calibration(Section):
    """How permutation p-values are counted."""

    seed: Annotated[int, Field(ge=0, lt=2**63)] = 1
    max_permutations: Annotated[
        int, Field(ge=1_000, le=1_000_000_000, description="where a test stops, unless fewer than 10 were as extreme")
    ] = 100_000
    escalate_to: Annotated[
        int | None, Field(ge=1_000, le=1_000_000_000, description="where such a test stops; null: ten times as many")
    ] = None
    exceedances: Annotated[
        int, Field(ge=10, description="a test stops once this many permutations were at least as extreme")
    ] = 200
    panel: Annotated[
        list[str], Field(description="genes that are worth more permutations; list:NAME for those of a gene list")
    ] = []
    panel_permutations: Annotated[int, Field(ge=1_000, le=1_000_000_000)] = 10_000_000
    family_permutations: Annotated[
        int,
        Field(
            ge=0,
            le=10_000,
            description="for Westfall-Young's p-values adjusted for all genes, which are all kept in memory; 0: none",
        ),
    ] = 1_000


class GeneList(Section):
    """A list of genes, such as a panel: one that others made, in a file, or one that progex brings with it."""

    name: Annotated[Name, Field(description="letters, digits and _, beginning with a letter")]
    panel: Annotated[
        BuiltInPanel | None,
        Field(description="a panel of progex's own, with its version and source; instead of version and path"),
    ] = None
    version: Annotated[
        str | None, Field(min_length=1, description="of the list, or the date of its download; needed with path")
    ] = None
    source: Annotated[str | None, Field(min_length=1, description="who made the list, and from what")] = None
    path: Annotated[str | None, Field(description="a table, or a text with a gene per line")] = None
    column: Annotated[
        str | None, Field(description="the column of gene symbols; null: the file has a gene per line and no header")
    ] = None


class FollowUp(Section):
    """Which genes are looked at again, variant by variant."""

    genes: Annotated[
        int,
        Field(
            ge=0,
            description="the strongest genes of each trait, beside all whose false discovery rate is at most 10%",
        ),
    ] = 10
    single_variants: Annotated[bool, Field(description="test every variant by itself, of all genes")] = False
