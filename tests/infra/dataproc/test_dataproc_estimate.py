"""Costs and times are estimates, dated, and grow with what they should grow with."""

from collections import defaultdict

import pytest

from infra.dataproc.estimate import estimate
from infra.dataproc.machines import MEMORY_PER_VCPU, machine
from infra.dataproc.plan import Hardware
from infra.dataproc.prices import hourly_cost

SMALL = Hardware(machine("n2-standard-4"), machine("n2-standard-4"), 2, 0)


def with_spot(number):
    return Hardware(machine("n2-standard-4"), machine("n2-standard-4"), 2, number)


def test_an_hour_costs_its_machines_disks_and_dataproc():
    price = hourly_cost(SMALL, "us-central1")
    machines = 3 * (4 * 0.031611 + 16 * 0.004237)
    disks = 300 * 0.10 / 730  # As infra/templates/cluster.yaml asks for.
    assert price.total == pytest.approx(machines + disks + 12 * 0.010)
    assert price.as_of.startswith("20")


def test_disks_are_those_that_are_asked_for():
    from infra.dataproc.prices import _disk_sizes
    from infra.dataproc.templates import read_template

    asked = read_template("cluster", defaultdict(lambda: None))
    sizes = {name: asked[f"{name}_config"]["disk_config"]["boot_disk_size_gb"] for name in _disk_sizes()}
    assert _disk_sizes() == sizes
    dearer = hourly_cost(with_spot(4), "us-central1").machines - hourly_cost(SMALL, "us-central1").machines
    machines = 4 * 0.4 * (4 * 0.031611 + 16 * 0.004237)
    assert dearer == pytest.approx(machines + 4 * sizes["secondary_worker"] * 0.10 / 730)


def test_what_a_cluster_may_grow_to_counts_in_the_cost_and_not_in_the_time():
    small, grown = (estimate(10**12, 3_000, SMALL, "us-central1", most) for most in (None, with_spot(50)))
    assert grown.hours == small.hours
    assert grown.hourly == estimate(0, 0, with_spot(50), "us-central1").hourly > small.hourly


def test_spot_workers_cost_less_than_plain_ones():
    four = Hardware(machine("n2-standard-4"), machine("n2-standard-4"), 6, 0)
    assert hourly_cost(with_spot(4), "us-central1").total < hourly_cost(four, "us-central1").total


def test_a_region_that_is_not_listed_counts_as_the_dearest():
    dearest = max(hourly_cost(SMALL, name).total for name in ("us-central1", "europe-west6", "australia-southeast1"))
    assert hourly_cost(SMALL, "moon-base1").total == dearest


@pytest.mark.parametrize("family", MEMORY_PER_VCPU)
def test_every_family_has_a_price(family):
    one = machine(f"{family}-standard-4")
    assert hourly_cost(Hardware(one, one), "us-central1").machines > 0


def test_more_workers_take_less_time_until_the_start_is_all():
    hours = [estimate(10**12, 3_000, with_spot(number), "us-central1").hours for number in (0, 8, 1000)]
    assert hours == sorted(hours, reverse=True)
    assert estimate(0, 0, SMALL, "us-central1").hours == pytest.approx(480 / 3600)


def test_work_is_what_was_measured():
    expected = estimate(322_000_000, 3_000, SMALL, "us-central1")
    assert expected.calls == pytest.approx(150e6)
    assert expected.core_hours * 3600 == pytest.approx(150e6 * 234e-9 * 1.5)


def test_says_that_it_is_an_estimate_and_how_old_its_prices_are():
    text = str(estimate(10**9, 300, SMALL, "europe-west1"))
    assert "estimate" in text
    assert "list prices as of 20" in text
