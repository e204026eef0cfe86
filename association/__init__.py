"""Numbers only: progression traits, null models, gene tests and their calibration.

Nothing here knows of Hail, Spark, clouds or files, but where compiled kernels are kept.
"""

from pathlib import Path

from association.kernel_cache import keep_kernels

_HERE = Path(__file__).parent
keep_kernels([_HERE, _HERE.parent / "hail_pipelines"])
