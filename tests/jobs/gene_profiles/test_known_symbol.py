"""A gene is found by any of its names, and a name that is none is told with what is near."""

import pytest

from association.problems import InputError
from jobs.gene_profiles.known_symbol import find_gene
from jobs.gene_symbols import known_symbols

GENES = ["NEK1", "SOD1", "TARDBP", "C9orf72", "FUS", "NEFH"]


@pytest.fixture(scope="module")
def symbols():
    return known_symbols()


@pytest.mark.parametrize("name", ["NEK1", "nek1", "Nek1"])
def test_a_symbol_is_found_in_any_case(symbols, name):
    found = find_gene(name, GENES, symbols)
    assert (found.symbol, found.remark) == ("NEK1", "")


def test_an_alias_leads_to_the_gene_and_is_told(symbols):
    found = find_gene("ALS6", GENES, symbols)
    assert found.symbol == "FUS"
    assert "ALS6" in found.remark
    assert "FUS" in found.remark


def test_an_unknown_name_is_refused_with_near_ones(symbols):
    with pytest.raises(InputError, match=r"NEK10: is no gene of these results.*did you mean NEK1"):
        find_gene("NEK10", GENES, symbols)


def test_a_gene_that_the_results_lack_is_told_from_a_name_that_nobody_knows(symbols):
    with pytest.raises(InputError, match="not in the annotation"):
        find_gene("OPTN", GENES, symbols)
    with pytest.raises(InputError, match="none has a similar name"):
        find_gene("<b>", GENES, symbols)


def test_symbols_that_differ_by_case_alone_are_not_guessed(symbols):
    with pytest.raises(InputError, match="did you mean"):
        find_gene("ABCd", ["abcd", "ABCD"], symbols)
