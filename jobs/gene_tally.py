"""How far the stages that go through genes by themselves are: interactions and mechanisms."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pyarrow as pa


class GeneTally:
    """Counts genes as they are finished."""

    def __init__(self) -> None:
        self._finished = self._total = 0

    def follow(self, total: int, batches: Iterable[tuple[pa.Table, pa.Table]]) -> Iterator[tuple[pa.Table, pa.Table]]:
        """Hand out genes and their variants, and count a batch once the next one is asked for.

        Parameters
        ----------
        total
            How many genes there are.
        batches
            Tables of genes, and of their variants.
        """
        self._finished, self._total = 0, total
        for genes, variants in batches:
            yield genes, variants
            self._finished += genes.num_rows
        self._total = 0

    def told(self) -> str | None:
        """Say how far the stage is; None where none is at work."""
        return f"{self._finished:,} of {self._total:,} genes" if self._total else None
