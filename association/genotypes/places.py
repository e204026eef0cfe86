"""What a place on the genome is to a man: he has two copies of it, or one.

The pseudoautosomal regions of X and Y are alike on both; everyone has two copies of them.
"""

from __future__ import annotations

AUTOSOME, PSEUDOAUTOSOMAL, ON_X, ON_Y = range(4)
PLACES = 4
