"""Simulate 50 samples with relatives and run plink2 on them: `python relatives.py`, with plink2 on the path.

Writes relatives.dosages.txt (a line per variant, a character per sample, "." where missing), and from plink2
relatives.expected_king.tsv (--make-king-table) and relatives.expected_pca.tsv (--pca at the first 300 variants, which
miss no call; one line of eigenvalues, then a line per sample).
"""

import subprocess
import tempfile
from pathlib import Path

import numpy as np

SEED, SAMPLES, VARIANTS, COMPLETE, COMPONENTS = 20260109, 50, 600, 300, 3
HEADER = '##fileformat=VCFv4.2\n##contig=<ID=1>\n##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">\n'
CALLS = {"0": "0/0", "1": "0/1", "2": "1/1", ".": "./."}
HERE = Path(__file__).parent


def simulate(rng):
    """Two populations; samples 40-45 are children of 0 and 1, and of 2 and 3; 46 is 4 again; 5% miss a call."""
    ancestral = rng.uniform(0.1, 0.9, VARIANTS)
    # No variant may be constant: plink2 would count it among the variants of its components.
    populations = [np.clip(rng.beta(9 * ancestral, 9 * (1 - ancestral)), 0.1, 0.9) for _ in range(2)]
    frequency = np.stack([populations[sample % 2] for sample in range(SAMPLES)], axis=1)
    alleles = (rng.random((2, VARIANTS, SAMPLES)) < frequency).astype(int)
    for child in range(40, 46):
        for side, parent in enumerate([(0, 1), (2, 3)][child % 2]):
            chosen = rng.integers(0, 2, VARIANTS)
            alleles[side, :, child] = alleles[chosen, np.arange(VARIANTS), parent]
    alleles[:, :, 46] = alleles[:, :, 4]
    text = alleles.sum(axis=0).astype(str)
    missing = rng.random(text.shape) < 0.05
    missing[:COMPLETE] = False
    return np.where(missing, ".", text)


def main():
    """Write the dosages and what plink2 makes of them."""
    dosages = simulate(np.random.default_rng(SEED))
    (HERE / "relatives.dosages.txt").write_text("".join("".join(row) + "\n" for row in dosages))
    names = [f"S{sample:02d}" for sample in range(SAMPLES)]
    fixed = "\t".join(["#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO", "FORMAT", *names])
    rows = [
        "\t".join(["1", str(1000 * (place + 1)), f"v{place}", "A", "C", ".", ".", ".", "GT", *map(CALLS.get, row)])
        for place, row in enumerate(dosages)
    ]
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        (work / "all.vcf").write_text(HEADER + "\n".join([fixed, *rows]) + "\n")
        (work / "complete.vcf").write_text(HEADER + "\n".join([fixed, *rows[:COMPLETE]]) + "\n")
        king = ["--make-king-table", "counts", "cols=id,nsnp,hethet,ibs0,kinship"]
        run = ["plink2", "--silent", "--threads", "1"]
        subprocess.run([*run, "--vcf", "all.vcf", *king, "--out", "all"], cwd=work, check=True)
        subprocess.run(
            [*run, "--vcf", "complete.vcf", "--pca", str(COMPONENTS), "--out", "pca"], cwd=work, check=True
        )
        (HERE / "relatives.expected_king.tsv").write_text((work / "all.kin0").read_text())
        eigenvalues = "\t".join((work / "pca.eigenval").read_text().split())
        vectors = (work / "pca.eigenvec").read_text().splitlines()[1:]
        (HERE / "relatives.expected_pca.tsv").write_text("\n".join([f"eigenvalue\t{eigenvalues}", *vectors]) + "\n")


if __name__ == "__main__":
    main()
