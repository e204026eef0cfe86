"""How long a run takes and what it costs, before it begins: from the size of its VCFs alone.

Costs per call are those of docs/scale.md (3,000 samples); gene tests are taken as another half of the work on calls,
which is a guess: they grow with traits and permutations, not with the file. So the estimate is good to a factor of
two or three, and says so.
"""

from __future__ import annotations

from dataclasses import dataclass

from infra.dataproc.plan import Hardware
from infra.dataproc.prices import hourly_cost

# 322 MB of bgzipped GT:AD:DP:GQ hold 3,000 x 50,000 calls.
BYTES_PER_CALL = 322e6 / (3_000 * 50_000)
# load 156, measure 48, variants 24, annotate and gene store 6: core nanoseconds per call.
NANOSECONDS_PER_CALL = 234.0
# Kinship, on one core: 0.13 ns per pair of samples and variant, at 10,000 variants.
NANOSECONDS_PER_PAIR = 0.13 * 10_000
SHARE_OF_TESTS = 0.5
# Making the cluster and setting its nodes up, then starting Spark.
START_SECONDS = 360.0
# Tables, traits, report: what one core does however many there are.
SERIAL_SECONDS = 120.0


@dataclass(frozen=True)
class Estimate:
    """What a run is expected to take.

    Attributes
    ----------
    calls
        Genotype calls in the VCFs.
    core_hours
        Work that workers share.
    hours
        From the request to the end, the cluster's start included.
    cost
        US dollars.
    hourly
        US dollars per hour of the cluster.
    prices_as_of
        Date of the price table.
    """

    calls: float
    core_hours: float
    hours: float
    cost: float
    hourly: float
    prices_as_of: str

    def __str__(self) -> str:
        """Say it in two lines."""
        return (
            f"estimate: {self.hours:.1f} h ({self.core_hours:,.1f} core-hours for {self.calls:.1e} calls), about "
            f"${self.cost:,.2f} at ${self.hourly:,.2f} an hour\n"
            f"  an estimate, good to a factor of two or three: list prices as of {self.prices_as_of}, costs per call "
            "of docs/scale.md; storage and traffic are not counted"
        )


def estimate(vcf_bytes: int, samples: int, hardware: Hardware, region: str, most: Hardware | None = None) -> Estimate:
    """Estimate time and cost of a run.

    Parameters
    ----------
    vcf_bytes
        Size of all VCFs, compressed.
    samples
        Samples in them.
    hardware, region
        The cluster, and where it is.
    most
        What the cluster may grow to, whose cost counts; by default it does not grow.
    """
    calls = vcf_bytes / BYTES_PER_CALL
    shared = calls * NANOSECONDS_PER_CALL * 1e-9 * (1 + SHARE_OF_TESTS)
    alone = SERIAL_SECONDS + samples * (samples - 1) / 2 * NANOSECONDS_PER_PAIR * 1e-9
    hours = (START_SECONDS + shared / max(1, hardware.worker_vcpus) + alone) / 3600
    price = hourly_cost(most or hardware, region)
    return Estimate(calls, shared / 3600, hours, hours * price.total, price.total, price.as_of)
