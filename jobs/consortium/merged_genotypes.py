"""The genotypes that `progex merge` leaves, and the stages of a run that take them in place of VCFs.

They are what quality control and annotation leave of one cohort: the stages copy them, and a run goes on from there.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial

import pandas as pd

from association.problems import InputError
from hail_pipelines.places import readable
from hail_pipelines.vcf.files import VcfSummary
from infra.provenance import fingerprint
from infra.storage import Place, copy_whole
from jobs.stage import Counts, Folders, Stage

# Written last: what was merged, and what became of it.
MERGED = "merged.json"
SAMPLES, KINSHIP, STRUCTURE = "samples.parquet", "kinship.parquet", "structure.json"
# What each stage of a run promises to those behind it.
OUTPUTS = {
    "samples": (SAMPLES, KINSHIP, STRUCTURE),
    "variants": ("carriers", "variants.parquet", "attrition.json"),
    "annotate": ("genes.parquet",),
}
CODE = ("jobs.consortium.merged_genotypes",)


def merged_summary(folder: Place) -> VcfSummary:
    """Say whose genotypes a merge left, in the words of what VCFs hold.

    Raises
    ------
    InputError
        If the folder is not what a merge left.
    """
    if not (folder / MERGED).is_file():
        message = f"{folder} holds no {MERGED}; name the folder 'genotypes' that `progex merge` wrote"
        raise InputError.single("study file", "genotypes.merged", message)
    samples = pd.read_parquet(readable(folder / SAMPLES), columns=["sample"])["sample"]
    return VcfSummary(tuple(samples), (), {}, {}, {}, (), False)


def merged_stages(folder: Place) -> list[Stage]:
    """Give the stages that put merged genotypes where a run looks for them."""
    read = (fingerprint(folder / MERGED),)
    return [Stage(name, [], read, (), outputs, CODE, _copying(folder, outputs)) for name, outputs in OUTPUTS.items()]


def _copying(folder: Place, outputs: tuple[str, ...]) -> Callable[[Place, Folders], Counts]:
    return partial(_copy, folder, outputs)


def _copy(folder: Place, outputs: tuple[str, ...], target: Place, _: Folders) -> Counts:
    for name in outputs:
        copy_whole(folder / name, target / name)
    counts: Counts = json.loads((folder / MERGED).read_text())["counts"]
    return counts
