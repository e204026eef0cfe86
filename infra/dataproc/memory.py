"""Who gets how much of a machine's memory, and whether the driver's suffices.

On a worker the system keeps a tenth, at least 4 GiB; YARN has the rest and gives it to executors of up to four cores.
One GiB of that stays free, for Spark's application master lies on one of the workers, which is not known before.
The work is done by Python beside each executor's Java, so Java gets two fifths and Python three. On the driver's
machine the system keeps as much; Java gets a quarter of the rest, at most 16 GiB, for it only hands out work, and
Python the remainder.
"""

from __future__ import annotations

from dataclasses import dataclass

from association.problems import InputError
from infra.dataproc.machines import Machine, machine

GIB = 1 << 30
LEAST_FOR_THE_SYSTEM_GIB = 4
SYSTEM_SHARE = 0.1
MASTER_MIB = 1024
CORES_PER_EXECUTOR = 4
JAVA_SHARE_OF_EXECUTOR = 0.4
JAVA_SHARE_OF_DRIVER = 0.25
MOST_JAVA_ON_DRIVER_GIB = 16

# What the driver holds (docs/scale.md): keys and counts of each variant, the dosages of the common ones, and itself.
BYTES_PER_VARIANT = 133
COMMON_VARIANTS = 45_000
DRIVER_ITSELF_GIB = 2


@dataclass(frozen=True)
class WorkerMemory:
    """How a worker's memory is shared out.

    Attributes
    ----------
    yarn_mib
        What all executors of a machine have together, with Spark's application master.
    executors
        How many of them.
    executor_cores
        Tasks that an executor does at a time.
    executor_mib
        What one executor has: Java and Python.
    java_mib, python_mib
        The two parts of it.
    """

    yarn_mib: int
    executors: int
    executor_cores: int
    executor_mib: int
    java_mib: int
    python_mib: int


def worker_memory(worker: Machine) -> WorkerMemory:
    """Share out a worker's memory.

    Raises
    ------
    InputError
        If the machine has too little for a task's 512 MiB.
    """
    yarn = int((worker.memory_gib - _of_the_system(worker)) * 1024)
    cores = min(CORES_PER_EXECUTOR, worker.vcpus)
    executor = max(0, yarn - MASTER_MIB) // worker.vcpus * cores
    if executor < 512 * cores:
        message = (
            f"{worker.name} has {worker.memory_gib:g} GiB, too little for {worker.vcpus} tasks; take a larger one"
        )
        raise InputError.single("cloud", "cloud.worker_machine", message)
    java = int(executor * JAVA_SHARE_OF_EXECUTOR)
    return WorkerMemory(yarn, worker.vcpus // cores, cores, executor, java, executor - java)


def driver_java_mib(driver: Machine) -> int:
    """Give the memory of the driver's Java; Python has what that and the system leave."""
    usable = driver.memory_gib - _of_the_system(driver)
    return max(1024, int(min(MOST_JAVA_ON_DRIVER_GIB, usable * JAVA_SHARE_OF_DRIVER) * 1024))


def driver_needs_gib(samples: int, variants: float) -> float:
    """Give what the driver's Python holds of a study of so many samples and variants."""
    return DRIVER_ITSELF_GIB + (BYTES_PER_VARIANT * variants + COMMON_VARIANTS * samples) / GIB


def check_driver(driver: Machine, samples: int, variants: float) -> None:
    """Guard the driver: refuse a machine whose Python can't hold what it must.

    Raises
    ------
    InputError
        With a machine type that can.
    """
    needs = driver_needs_gib(samples, variants)
    if needs <= _left_for_python(driver):
        return
    larger = (machine(f"n2-highmem-{vcpus}") for vcpus in (4, 8, 16, 32, 48, 64, 80))
    fits = next((one.name for one in larger if needs <= _left_for_python(one)), None)
    remedy = f"take {fits}" if fits else "no n2 machine holds it: cut the study into parts by chromosome"
    message = (
        f"{driver.name} leaves {_left_for_python(driver):.0f} GiB to the driver's Python, which needs about "
        f"{needs:.0f} GiB for {samples:,} samples and {variants / 1e6:.1f} million variants; {remedy}"
    )
    raise InputError.single("cloud", "cloud.driver_machine", message)


def _of_the_system(one: Machine) -> float:
    return max(LEAST_FOR_THE_SYSTEM_GIB, SYSTEM_SHARE * one.memory_gib)


def _left_for_python(driver: Machine) -> float:
    return driver.memory_gib - _of_the_system(driver) - driver_java_mib(driver) / 1024
