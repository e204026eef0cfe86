"""What `jobs.follow_up` says of its genes, for all profiled genes and traits: effects, and variants one by one.

Rows that were made there are taken from there; for a trait in which a gene is none of the strongest they are made
here, with fewer permutations.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from association import hit_effects, single_variants
from association.calibration.monte_carlo import Effort
from association.gene_profile.profile import ProfiledTrait
from association.leave_one_out import MOST_PERMUTATIONS
from association.scan_settings import ScanSettings
from hail_pipelines.places import readable
from infra.storage import Place
from jobs.gene_profiles.chosen_genes import Row
from jobs.result_files import file_names

EFFECTS, VARIANTS = "effects", "variants"
SCHEMAS = {EFFECTS: hit_effects.SCHEMA, VARIANTS: single_variants.SCHEMA}


def effects(
    hits: Sequence[Row],
    variants: pa.Table,
    trait: ProfiledTrait,
    settings: ScanSettings,
    followed: Mapping[str, pa.Table],
) -> pa.Table:
    """Give the effects of genes in one trait.

    Parameters
    ----------
    hits
        Of each gene the row whose mask tells its carriers.
    variants
        The gene store's rows of these genes.
    trait, settings
        As for `profile_genes`.
    followed
        Tables of `jobs.follow_up`, as far as there are any.
    """
    known = _of_trait(followed, EFFECTS, trait)
    there = set(known["gene"].to_pylist())
    # Of a mask that nobody carries there is no effect.
    asked = [hit for hit in hits if hit["gene"] not in there and hit["carriers"]]
    made = hit_effects.hit_effects(asked, variants, trait.scan, trait.outcome, _briefly(settings))
    return pa.concat_tables([_of_genes(known, [hit["gene"] for hit in hits]), made])


def variants_alone(
    variants: pa.Table, trait: ProfiledTrait, settings: ScanSettings, followed: Mapping[str, pa.Table]
) -> pa.Table:
    """Test each variant of profiled genes in one trait; parameters as of `effects`."""
    known = _of_trait(followed, VARIANTS, trait)
    there = known["gene"].unique()
    others = variants.filter(pc.invert(pc.is_in(variants["gene"], there)))
    made = single_variants.scan_variants(others, [trait.scan], _briefly(settings))
    return pa.concat_tables([_of_genes(known, variants["gene"].unique().to_pylist()), made])


def read_followed(folder: Place) -> dict[str, pa.Table]:
    """Read what the follow-up left of effects and variants; nothing where it left none."""
    files = {name: folder / file_names(name)[0] for name in SCHEMAS}
    return {name: pq.read_table(readable(file)) for name, file in files.items() if file.is_file()}


def _of_trait(followed: Mapping[str, pa.Table], name: str, trait: ProfiledTrait) -> pa.Table:
    table = followed.get(name, SCHEMAS[name].empty_table())
    return table.filter(pc.equal(table["trait"], trait.scan.name)).cast(SCHEMAS[name])


def _of_genes(table: pa.Table, genes: Collection[str]) -> pa.Table:
    return table.filter(pc.is_in(table["gene"], pa.array(sorted(genes), pa.string())))


def _briefly(settings: ScanSettings) -> ScanSettings:
    """Give settings whose permutations are soon over."""
    effort = Effort(MOST_PERMUTATIONS, MOST_PERMUTATIONS, settings.effort.enough)
    return replace(settings, effort=effort, panel=frozenset())
