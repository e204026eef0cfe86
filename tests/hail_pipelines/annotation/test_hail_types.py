import gzip
import json

import pytest

from association.problems import InputError
from hail_pipelines.annotation.hail_types import element_type, read_table_type, struct_fields


def test_fields_of_a_struct_are_named_with_their_types_whatever_lies_within_them():
    frequencies = "Array[Struct{AF:Float64,`odd, name`:Int32}]"
    text = f"Struct{{locus:Locus(GRCh38),freq:{frequencies},`a:b`:+String,d:Dict[String,Int32]}}"
    assert struct_fields(text) == {
        "locus": "Locus(GRCh38)",
        "freq": frequencies,
        "a:b": "String",
        "d": "Dict[String,Int32]",
    }
    assert set(struct_fields(element_type(frequencies))) == {"AF", "odd, name"}
    assert struct_fields("String") == {}


def write_table(path, text, complete=True):
    path.mkdir()
    (path / "metadata.json.gz").write_bytes(gzip.compress(json.dumps({"table_type": text}).encode()))
    if complete:
        (path / "_SUCCESS").touch()
    return path


def test_a_hail_table_is_known_by_its_folder(tmp_path):
    row = "Struct{locus:Locus(GRCh37),alleles:Array[String]}"
    text = f"Table{{global:Struct{{version:String}},key:[locus,alleles],row:{row}}}"
    table = read_table_type(write_table(tmp_path / "a.ht", text))
    assert table.key == ("locus", "alleles")
    assert table.fields == {"locus": "Locus(GRCh37)", "alleles": "Array[String]"}


def test_what_is_no_hail_table_is_refused(tmp_path):
    with pytest.raises(InputError, match="no such table"):
        read_table_type(tmp_path / "absent.ht")
    with pytest.raises(InputError, match="was not written to its end"):
        read_table_type(write_table(tmp_path / "begun.ht", "Table{}", complete=False))
    with pytest.raises(InputError, match="is no Hail Table"):
        read_table_type(write_table(tmp_path / "matrix.ht", "Matrix{global:Struct{}}"))
    (tmp_path / "empty.ht").mkdir()
    with pytest.raises(InputError, match="holds no Hail Table"):
        read_table_type(tmp_path / "empty.ht")


@pytest.mark.usefixtures("hail_session")
def test_a_table_as_hail_writes_it_is_read(tmp_path):
    import hail as hl

    of_type = hl.tstruct(
        locus=hl.tlocus("GRCh38"), alleles=hl.tarray(hl.tstr), **{"odd name": hl.tarray(hl.tstruct(AF=hl.tfloat64))}
    )
    hl.Table.parallelize([], of_type).key_by("locus", "alleles").write(str(tmp_path / "a.ht"))
    table = read_table_type(tmp_path / "a.ht")
    assert table.key == ("locus", "alleles")
    assert set(table.fields) == {"locus", "alleles", "odd name"}
    assert "GRCh38" in table.fields["locus"]
    assert (tmp_path / "a.ht" / "rows" / "metadata.json.gz").is_file()
