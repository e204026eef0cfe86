"""Which genes are followed to an outcome: by what symbol, and what is told of those that can't be."""

import logging

import pyarrow as pa

from jobs.gene_symbols import GeneSymbols
from jobs.gene_tally import GeneTally
from jobs.mechanism_stage import _tell, followed_genes

SYMBOLS = GeneSymbols(
    approved={"HGNC:1": "NEW1"},
    names={"HGNC:1": ["NEW1", "OLD1"]},
    genes={
        "approved symbol": {"NEW1": ["HGNC:1"]},
        "previous symbol": {"OLD1": ["HGNC:1"]},
        "withdrawn symbol": {},
        "alias": {},
    },
)


def test_symbols_are_looked_up_and_named_once_and_what_is_not_there_has_a_remark():
    genes = followed_genes(["OLD1", "A", "A", "QUIET", "NOGENE"], ["A", "NEW1"], SYMBOLS, ["QUIET"])
    assert [(one.gene, one.annotated_as, one.in_cohort) for one in genes] == [
        ("OLD1", "NEW1", True),
        ("A", "A", True),
        ("QUIET", "QUIET", False),
        ("NOGENE", None, False),
    ]
    assert genes[2].remark == "no variant in the cohort"
    assert genes[3].remark == "not in the annotation, nor in the table of symbols"


def test_the_log_tells_what_is_not_followed_and_where_there_is_nothing_to_follow(caplog):
    with caplog.at_level(logging.WARNING):
        _tell(followed_genes(["NOGENE", "A"], ["A"], SYMBOLS, []), "nerve", "survival")
        _tell((), "nerve", "survival")
    unknown, nothing = caplog.messages
    assert "NOGENE is not followed: not in the annotation" in unknown
    assert "no gene to follow from nerve to survival" in nothing


def test_the_tally_counts_genes_as_they_are_finished():
    tally, batch = GeneTally(), (pa.table({"gene": ["A", "B"]}), pa.table({}))
    assert tally.told() is None
    told = [tally.told() for _ in tally.follow(4, [batch, batch])]
    assert told == ["0 of 4 genes", "2 of 4 genes"]
    assert tally.told() is None
