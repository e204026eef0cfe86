"""Memory follows the machine type, and a driver too small for its study is refused."""

import pytest

from association.problems import InputError
from infra.dataproc.machines import MEMORY_PER_VCPU, machine
from infra.dataproc.memory import check_driver, driver_java_mib, driver_needs_gib, worker_memory


@pytest.mark.parametrize(
    ("name", "vcpus", "gib"),
    [("n2-highmem-8", 8, 64), ("n1-standard-4", 4, 15), ("n2d-highcpu-16", 16, 16), ("n2-custom-8-65536", 8, 64)],
)
def test_knows_what_stands_behind_a_name(name, vcpus, gib):
    one = machine(name)
    assert (one.vcpus, one.memory_gib) == (vcpus, gib)


@pytest.mark.parametrize(
    "name",
    [
        *("n2-highmem", "x9-standard-4", "n2-standard-0", "n2-custom-0-0", "c2-highmem-4", ""),
        *("n4-standard-4", "c4-standard-4", "c2-custom-4-8192", "c3-custom-4-8192", "c2d-custom-4-8192"),
    ],
)
def test_refuses_a_name_that_it_does_not_know(name):
    with pytest.raises(InputError, match="is no machine type known here; name one of n1, n2"):
        machine(name, "cloud.worker_machine")


def test_agrees_with_hailctl_on_what_both_know():
    from hailtop.hailctl.dataproc.start import MACHINE_MEM

    both = [name for name in MACHINE_MEM if name.split("-")[0] in MEMORY_PER_VCPU and "mega" not in name]
    # hailctl says 52 and 786 GiB where Compute Engine has 6.5 and 8 per vCPU; highcpu of e2, n2 and n1 are rounded.
    close = [name for name in both if machine(name).memory_gib == pytest.approx(MACHINE_MEM[name], rel=0.03)]
    assert close == both


@pytest.mark.parametrize(
    "name", ["n2-standard-2", "n2-standard-4", "n2-highmem-8", "e2-standard-16", "n1-highmem-64"]
)
def test_executors_fill_a_worker_and_leave_the_system_its_part(name):
    worker = machine(name)
    memory = worker_memory(worker)
    executors = worker.vcpus // memory.executor_cores
    assert memory.java_mib + memory.python_mib == memory.executor_mib
    assert memory.executors == executors
    # Spark's application master lies on one of the workers, and takes 896 MiB of it.
    assert executors * memory.executor_mib + 896 <= memory.yarn_mib <= (worker.memory_gib - 4) * 1024
    assert executors * memory.executor_mib > 0.95 * (memory.yarn_mib - 1024)
    assert memory.python_mib > memory.java_mib


def test_a_worker_too_small_for_its_tasks_is_refused():
    with pytest.raises(InputError, match=r"n2-highcpu-4 has 4 GiB, too little for 4 tasks"):
        worker_memory(machine("n2-highcpu-4"))


def test_the_drivers_java_stays_small():
    assert driver_java_mib(machine("n2-highmem-8")) == int(57.6 * 0.25 * 1024)
    assert driver_java_mib(machine("n2-highmem-80")) == 16 * 1024


def test_a_driver_that_holds_the_study_passes_and_one_that_does_not_names_one_that_does():
    check_driver(machine("n2-highmem-8"), 50_000, 4e6)
    assert driver_needs_gib(500_000, 12.3e6) == pytest.approx(24.5, abs=0.5)
    with pytest.raises(InputError, match=r"n2-standard-4 leaves 9 GiB .* needs about 24 GiB .* take n2-highmem-8"):
        check_driver(machine("n2-standard-4"), 500_000, 12.3e6)
    with pytest.raises(InputError, match="no n2 machine holds it"):
        check_driver(machine("n2-standard-4"), 20_000_000, 1e9)
