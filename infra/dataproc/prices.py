"""What a cluster costs in an hour, by a dated table of list prices: an estimate, never a bill."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any

import yaml

from infra.dataproc.machines import Machine
from infra.dataproc.plan import Hardware

HOURS_PER_MONTH = 730


@dataclass(frozen=True)
class HourlyCost:
    """US dollars per hour of a whole cluster.

    Attributes
    ----------
    machines
        Plain machines and spot ones, with their disks.
    dataproc
        Dataproc's own fee.
    as_of
        Date of the prices.
    """

    machines: float
    dataproc: float
    as_of: str

    @property
    def total(self) -> float:
        """All of it."""
        return self.machines + self.dataproc


def hourly_cost(hardware: Hardware, region: str) -> HourlyCost:
    """Give what a cluster costs per hour while all its machines are there."""
    prices = _table()
    factor = prices["regions"].get(region, max(prices["regions"].values()))
    driver, worker = (_machine_hour(one, prices) for one in (hardware.driver, hardware.worker))
    sizes = _disk_sizes()
    disks = sizes["master"] + sizes["worker"] * hardware.workers + sizes["secondary_worker"] * hardware.spot_workers
    plain = driver + worker * (hardware.workers + prices["spot_share"] * hardware.spot_workers)
    vcpus = hardware.driver.vcpus + hardware.worker_vcpus
    return HourlyCost(
        machines=factor * (plain + disks * prices["balanced_disk_per_gb_month"] / HOURS_PER_MONTH),
        dataproc=vcpus * prices["dataproc_per_vcpu_hour"],
        as_of=str(prices["as_of"]),
    )


def _machine_hour(one: Machine, prices: dict[str, Any]) -> float:
    price = prices["machines"][one.family]
    return float(price["vcpu_hour"] * one.vcpus + price["gib_hour"] * one.memory_gib)


@lru_cache(maxsize=1)
def _disk_sizes() -> dict[str, int]:
    """Give the gigabytes of a machine's disk, by what the machine is for: those that are asked for."""
    cluster = yaml.safe_load(resources.files("infra.templates").joinpath("cluster.yaml").read_text(encoding="utf-8"))
    kinds = ("master", "worker", "secondary_worker")
    return {kind: int(cluster[f"{kind}_config"]["disk_config"]["boot_disk_size_gb"]) for kind in kinds}


@lru_cache(maxsize=1)
def _table() -> dict[str, Any]:
    text = resources.files("infra.dataproc").joinpath("prices.yaml").read_text(encoding="utf-8")
    table: dict[str, Any] = yaml.safe_load(text)
    return table
