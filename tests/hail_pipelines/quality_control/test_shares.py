"""What is written depends on the calls alone: not on who works, in which order, or how the calls are dealt out."""

from __future__ import annotations

import pickle
import shutil
from functools import partial

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from association.genotypes.calls import Calls
from hail_pipelines.call_files import PartWriter, part_path, read_part
from hail_pipelines.quality_control import measure as measuring
from hail_pipelines.quality_control import variant_shares, verdicts
from hail_pipelines.quality_control.final_counts import FinalCounts
from hail_pipelines.quality_control.genotypes import GenotypeThresholds
from hail_pipelines.quality_control.measure import measure
from hail_pipelines.quality_control.regions import Regions
from hail_pipelines.quality_control.site_counts import SITE_BYTES, SiteCounts
from hail_pipelines.quality_control.verdicts import judge_variants
from hail_pipelines.shares import Workers
from hail_pipelines.whole_file import SUFFIX

FILES = ("sites.parquet", "samples.parquet", "common.parquet", "variants.parquet", "attrition.json")


def run(cohort, calls, folder, workers=None):
    """Measure and judge; give the bytes of all files but the carriers, and these as rows."""
    folder.mkdir()
    shared = {"genotype": GenotypeThresholds(), "variant": cohort.thresholds, "workers": workers or Workers()}
    measure(calls, folder, regions=Regions(), min_allele_frequency=0.05, **shared)
    judge_variants(calls, folder, cohort.facts, folder, max_allele_frequency=0.2, **shared)
    carriers = pq.read_table(folder / "carriers").sort_by("variant").to_pylist()
    return {name: (folder / name).read_bytes() for name in FILES}, carriers


@pytest.fixture(scope="module")
def dealt(cohort, tmp_path_factory):
    """The same calls in five parts of few rows, in an order of their own."""
    calls, source = tmp_path_factory.mktemp("dealt") / "calls", cohort.folder / "calls"
    calls.mkdir()
    variants, draw = pq.read_table(source / "variants.parquet"), np.random.default_rng(4)
    number = variants.num_rows
    part, row = variants["part"].to_numpy(), variants["row"].to_numpy()
    order = draw.permutation(number)
    where = {name: np.empty(number, np.int32) for name in ("part", "row")}
    for new, chosen in enumerate(np.array_split(order, 5)):
        with PartWriter(part_path(calls, 3 * new)) as writer:
            for block in np.array_split(np.arange(len(chosen)), 4):
                one_by_one = [next(read_part(part_path(source, part[one]), row[[one]]))[1] for one in chosen[block]]
                names = ("genotypes", "quality", "depth", "reference_reads", "alternate_reads")
                stacked = {name: np.concatenate([getattr(call, name) for call in one_by_one]) for name in names}
                writer.write(pa.table({"number": chosen[block]}), Calls(**stacked))
        where["part"][chosen], where["row"][chosen] = 3 * new, np.arange(len(chosen))
    for name, values in where.items():
        place = variants.column_names.index(name)
        variants = variants.set_column(place, variants.schema.field(name), pa.array(values))
    pq.write_table(variants, calls / "variants.parquet")
    pq.write_table(pq.read_table(source / "samples.parquet"), calls / "samples.parquet")
    return calls


def test_threads_change_no_byte(cohort, dealt, tmp_path):
    assert run(cohort, dealt, tmp_path / "one") == run(cohort, dealt, tmp_path / "four", Workers(threads=4))


def test_shares_go_to_other_processes_and_back(cohort, dealt, tmp_path, monkeypatch):
    """As the workers of a cluster get them; they come back in any order."""

    def sent(work, shares, workers):
        work = pickle.loads(pickle.dumps(work))
        assert isinstance(work, partial)
        found = [pickle.loads(pickle.dumps(work(pickle.loads(pickle.dumps(share))))) for share in reversed(shares)]
        return found[::-1]

    expected = run(cohort, dealt, tmp_path / "here")
    for module in (measuring, verdicts):
        monkeypatch.setattr(module, "do_shares", sent)
    assert run(cohort, dealt, tmp_path / "there") == expected


@pytest.mark.parametrize("most", [1, 2, 512])
def test_how_calls_are_dealt_out_changes_nothing_but_the_last_bits_of_sums(
    cohort, dealt, tmp_path, monkeypatch, most
):
    monkeypatch.setattr(variant_shares, "MOST_SHARES", most)
    found, carriers = run(cohort, dealt, tmp_path / "dealt")
    for name in set(FILES) - {"samples.parquet"}:
        assert found[name] == (cohort.folder / name).read_bytes()
    tables = [pd.read_parquet(folder / "samples.parquet") for folder in (tmp_path / "dealt", cohort.folder)]
    pd.testing.assert_frame_equal(*tables, rtol=1e-14)
    assert carriers == pq.read_table(cohort.folder / "carriers").sort_by("variant").to_pylist()


def test_nothing_is_left_behind(cohort, dealt, tmp_path):
    run(cohort, dealt, tmp_path / "out")
    assert {path.name for path in (tmp_path / "out").iterdir()} == {*FILES, "carriers"}


def damage(path, names):
    """Make columns of a file unreadable."""
    content, metadata = bytearray(path.read_bytes()), pq.read_metadata(path)
    for group in map(metadata.row_group, range(metadata.num_row_groups)):
        for column in map(group.column, range(group.num_columns)):
            if column.path_in_schema.startswith(names):
                start = column.dictionary_page_offset or column.data_page_offset
                content[start : start + column.total_compressed_size] = b"\xff" * column.total_compressed_size
    path.write_bytes(bytes(content))


def test_only_what_variants_are_judged_by_is_read_of_them_and_row_groups_change_no_byte(cohort, tmp_path):
    """What a record says of consequences may be longer than all the rest."""
    shutil.copytree(cohort.folder / "calls", tmp_path / "calls")
    path = tmp_path / "calls" / "variants.parquet"
    variants = pq.read_table(path)
    info = variants["info"].combine_chunks()
    texts = pa.array([[f"stop_gained|{number}"] for number in range(len(info))])
    wide = pa.StructArray.from_arrays([*info.flatten(), texts], names=[*info.type.names, "CSQ"])
    pq.write_table(variants.set_column(variants.column_names.index("info"), "info", wide), path, row_group_size=17)
    damage(path, ("info.CSQ", "old_alleles"))
    for column in ("info", "old_alleles"):
        with pytest.raises((OSError, pa.ArrowInvalid)):
            pq.read_table(path, columns=[column])
    found, _ = run(cohort, tmp_path / "calls", tmp_path / "out")
    assert found == {name: (cohort.folder / name).read_bytes() for name in FILES}


def test_what_comes_back_of_a_variant_is_as_large_as_said():
    def size(counts):
        return sum(array.nbytes for array in vars(counts).values())

    assert size(SiteCounts.zero(1000)) == 1000 * SITE_BYTES
    assert [size(FinalCounts.zero(1000, batches)) for batches in (1, 7)] == [72_000, 120_000]


def test_each_attempt_at_a_share_writes_its_sums_under_a_name_of_its_own(cohort, dealt, tmp_path, monkeypatch):
    names, save = [], np.savez

    def savez(file, **arrays):
        names.append(file.name)
        save(file, **arrays)

    monkeypatch.setattr(np, "savez", savez)
    for folder in ("once", "again"):
        run(cohort, dealt, tmp_path / folder)
    assert all(name.endswith(SUFFIX) for name in names)
    assert len({name.rpartition("/")[2] for name in names}) == len(names) >= 10
