"""Machine types: how many vCPUs and how much memory stand behind a name such as `n2-highmem-8`."""

from __future__ import annotations

import re
from dataclasses import dataclass

from association.problems import InputError

# GiB of memory per vCPU of each class, by family; of those that boot from the templates' kind of disk.
MEMORY_PER_VCPU: dict[str, dict[str, float]] = {
    "n1": {"standard": 3.75, "highmem": 6.5, "highcpu": 0.9},
    "n2": {"standard": 4, "highmem": 8, "highcpu": 1},
    "n2d": {"standard": 4, "highmem": 8, "highcpu": 1},
    "e2": {"standard": 4, "highmem": 8, "highcpu": 1},
    "c2": {"standard": 4},
    "c2d": {"standard": 4, "highmem": 8, "highcpu": 2},
    "c3": {"standard": 4, "highmem": 8, "highcpu": 2},
    "c3d": {"standard": 4, "highmem": 8, "highcpu": 2},
}
# Families whose machines may have any memory.
CUSTOM = ("n1", "n2", "n2d", "e2")


@dataclass(frozen=True)
class Machine:
    """A machine type.

    Attributes
    ----------
    name
        As Compute Engine knows it.
    family
        Such as "n2"; prices go by it.
    vcpus
        Virtual processors: hardware threads.
    memory_gib
        Memory of the whole machine.
    """

    name: str
    family: str
    vcpus: int
    memory_gib: float


def machine(name: str, setting: str = "machine type") -> Machine:
    """Give the machine behind a name: `FAMILY-CLASS-VCPUS`, or of some families `FAMILY-custom-VCPUS-MEBIBYTES`.

    Parameters
    ----------
    name
        The machine type.
    setting
        Where it stands, for the message.

    Raises
    ------
    InputError
        If the name is not one of those known here.
    """
    if found := re.fullmatch(r"(\w+)-custom-(\d+)-(\d+)", name):
        family, vcpus, mebibytes = found[1], int(found[2]), int(found[3])
        if family in CUSTOM and vcpus and mebibytes:
            return Machine(name, family, vcpus, mebibytes / 1024)
    if found := re.fullmatch(r"(\w+)-(standard|highmem|highcpu)-(\d+)", name):
        per_vcpu = MEMORY_PER_VCPU.get(found[1], {}).get(found[2])
        if per_vcpu is not None and int(found[3]):
            return Machine(name, found[1], int(found[3]), per_vcpu * int(found[3]))
    known = ", ".join(MEMORY_PER_VCPU)
    message = (
        f"'{name}' is no machine type known here; name one of {known}, such as n2-highmem-8, or n2-custom-8-65536"
    )
    raise InputError.single("cloud", setting, message)
