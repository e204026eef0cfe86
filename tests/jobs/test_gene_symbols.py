"""Gene symbols over time: HGNC's renamed, withdrawn, shared and unknown names against an annotation's."""

import pandas as pd
import pytest

from association.problems import InputError
from jobs.gene_list_matches import match_gene_lists, write_gene_lists
from jobs.gene_lists import ReadList, read_panel
from jobs.gene_symbols import read_gene_symbols, symbols_of
from jobs.study.study import Study

COMPLETE_SET = """hgnc_id\tsymbol\tname\tlocus_group\tstatus\talias_symbol\tprev_symbol
HGNC:1260\tCFAP410\tcilia\tprotein-coding gene\tApproved\t"YF5|A2|LRRC76"\tC21orf2
HGNC:5959\tELP1\telongator\tprotein-coding gene\tApproved\t"IKAP|TOT1"\t"DYS|IKBKAP"
HGNC:16873\tFIG4\tphosphatase\tprotein-coding gene\tApproved\t"SAC3|ALS11"\tKIAA0274
HGNC:6946\tMCM3AP\tnuclear export\tprotein-coding gene\tApproved\t"GANP|SAC3"\t
HGNC:11179\tSOD1\tdismutase\tprotein-coding gene\tApproved\tIPOA\tALS1
HGNC:442\tOLDALS\tsymbol withdrawn, see HGNC:11179\t\tSymbol Withdrawn\t\t
HGNC:2\tA12M2\tadenovirus site\t\tEntry Withdrawn\t\t
"""
DOWNLOAD = """HGNC ID\tApproved symbol\tApproved name\tStatus\tPrevious symbols\tAlias symbols
HGNC:5959\tELP1\telongator\tApproved\tDYS, IKBKAP\tIKAP, TOT1, IKI3
"""


@pytest.fixture
def symbols(tmp_path):
    (tmp_path / "hgnc.tsv").write_text(COMPLETE_SET)
    return read_gene_symbols(tmp_path / "hgnc.tsv")


@pytest.mark.parametrize(
    ("symbol", "annotated", "name", "remark"),
    [
        ("IKBKAP", {"ELP1"}, "ELP1", "previous symbol of ELP1"),
        ("ELP1", {"IKBKAP"}, "IKBKAP", "annotated as IKBKAP"),
        ("IKAP", {"IKBKAP"}, "IKBKAP", "alias of ELP1; annotated as IKBKAP"),
        ("OLDALS", {"SOD1"}, "SOD1", "withdrawn symbol of SOD1"),
        ("CFAP410", {"LRRC76"}, "LRRC76", "annotated as LRRC76"),
        ("SAC3", {"FIG4", "MCM3AP"}, None, "alias of several genes: FIG4, MCM3AP; name the one that is meant"),
        ("FIG4", {"SAC3"}, None, "not in the annotation"),
        ("ELP1", {"SOD1"}, None, "not in the annotation"),
        ("DYS", {"SOD1"}, None, "previous symbol of ELP1, not in the annotation"),
        ("A12M2", {"SOD1"}, None, "withdrawn by HGNC"),
        ("NOBODYS1", {"SOD1"}, None, "not in the annotation, nor in the table of symbols"),
    ],
)
def test_a_symbol_is_found_by_any_name_of_its_gene_and_never_by_a_shared_one(
    symbols, symbol, annotated, name, remark
):
    assert symbols.find(symbol, annotated) == (name, remark)


def test_custom_downloads_of_hgnc_are_read_like_its_complete_set(tmp_path):
    (tmp_path / "download.tsv").write_text(DOWNLOAD)
    assert read_gene_symbols(tmp_path / "download.tsv").find("IKBKAP", {"ELP1"})[0] == "ELP1"


HEADER = "hgnc_id\tsymbol\tname\tstatus\tprev_symbol\talias_symbol\n"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (None, "no such table; check gene_symbols"),
        ("gene\tname\nSOD1\tdismutase\n", "no column 'hgnc_id'"),
        (f"{HEADER}HGNC:1\tSOD1\t\t\t\t\nHGNC:1\tFUS\t\t\t\t\n", "line 3: has an id that is above"),
        (f"{HEADER}HGNC:1\tSOD1\t\t\t\t\nHGNC:2\t\t\t\t\t\n", "line 3: has no symbol"),
    ],
)
def test_another_table_is_refused(tmp_path, text, words):
    if text is not None:
        (tmp_path / "hgnc.tsv").write_text(text)
    with pytest.raises(InputError) as caught:
        read_gene_symbols(tmp_path / "hgnc.tsv")
    assert words in str(caught.value)


def test_without_a_table_the_genes_of_progex_own_panels_are_known_by_their_old_names(tmp_path):
    symbols = symbols_of(Study.model_construct(gene_symbols=None), tmp_path / "study.yaml")
    assert symbols.find("CFAP410", {"C21orf2"})[0] == "C21orf2"
    for panel in ("als_clingen", "cmt_clingen"):
        for gene in read_panel("own", panel).genes:
            assert symbols.owners(gene)[0] == "approved symbol", gene


def test_the_lists_table_says_what_the_annotation_calls_a_gene_and_whether_anyone_carries_it(symbols, tmp_path):
    listed = ReadList("own", "1", ("ELP1", "SOD1", "FIG4", "NOBODYS1"), 0, "a paper")
    (match,) = match_gene_lists([listed], ["IKBKAP"], symbols, in_model=["IKBKAP", "SOD1"])
    assert match.symbols == {"IKBKAP", "SOD1", "FIG4", "NOBODYS1"}
    write_gene_lists([match], tmp_path)
    table = pd.read_csv(tmp_path / "gene_lists.tsv", sep="\t", keep_default_na=False)
    assert table[["in_cohort", "annotated_as", "remark"]].to_numpy().tolist() == [
        ["yes", "IKBKAP", "annotated as IKBKAP"],
        ["no", "SOD1", "no variant in the cohort"],
        ["no", "", "not in the annotation"],
        ["no", "", "not in the annotation, nor in the table of symbols"],
    ]
    assert set(table["source"]) == {"a paper"}
