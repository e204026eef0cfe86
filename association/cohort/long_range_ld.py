"""Regions where linkage disequilibrium spans megabases, so that one haplotype can make a principal component.

Price's 24 regions as converted to GRCh37 and from there to GRCh38, and the inversion at 17q21.31, all rounded
outwards to tenths of a megabase. Positions are in megabases.

References
----------
Price et al. Long-range LD can confound genome scans in admixed populations. AJHG 2008. doi:10.1016/j.ajhg.2008.06.005
Stefansson et al. A common inversion under selection in Europeans. Nature Genetics 2005. doi:10.1038/ng1508
"""

from __future__ import annotations

# Contig, first and last position.
Region = tuple[str, float, float]

LONG_RANGE_LD: dict[str, tuple[Region, ...]] = {
    "GRCh37": (
        ("1", 48.2, 52.3),
        ("2", 86.1, 101.2),
        ("2", 134.7, 138.3),  # lactase
        ("2", 183.2, 190.3),
        ("3", 47.5, 50.1),
        ("3", 83.4, 87.0),
        ("3", 88.9, 96.1),
        ("5", 44.4, 50.5),
        ("5", 97.9, 100.5),
        ("5", 128.9, 132.0),
        ("5", 135.4, 138.5),
        ("6", 25.3, 33.5),  # MHC
        ("6", 56.8, 64.0),
        ("6", 139.9, 142.5),
        ("7", 55.0, 66.4),
        ("8", 7.9, 12.0),  # inversion at 8p23
        ("8", 42.8, 49.9),
        ("8", 111.9, 115.0),
        ("10", 36.9, 43.7),
        ("11", 46.0, 57.3),
        ("11", 87.8, 90.9),
        ("12", 33.1, 41.8),
        ("12", 111.0, 113.6),
        ("17", 43.4, 45.0),  # inversion at 17q21.31
        ("20", 32.5, 35.1),
    ),
    "GRCh38": (
        ("1", 47.7, 51.8),
        ("2", 85.9, 100.6),
        ("2", 134.0, 137.6),  # lactase
        ("2", 182.4, 189.5),
        ("3", 47.4, 50.0),
        ("3", 83.3, 86.9),
        ("3", 88.8, 96.4),
        ("5", 44.4, 51.2),
        ("5", 98.6, 101.2),
        ("5", 129.6, 132.7),
        ("5", 136.1, 139.2),
        ("6", 25.3, 33.5),  # MHC
        ("6", 57.0, 63.3),
        ("6", 139.6, 142.2),
        ("7", 54.9, 66.9),
        ("8", 8.1, 12.2),  # inversion at 8p23
        ("8", 43.0, 49.0),
        ("8", 110.9, 114.0),
        ("10", 36.6, 43.2),
        ("11", 46.0, 57.5),
        ("11", 88.1, 91.2),
        ("12", 32.9, 41.4),
        ("12", 110.5, 113.1),
        ("17", 45.3, 47.0),  # inversion at 17q21.31
        ("20", 33.9, 36.5),
    ),
}
