"""Whether a bucket is where the machines are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from association.problems import InputError

if TYPE_CHECKING:
    from infra.storage.bucket_path import BucketPath

# Pairs of regions that go by a name of their own.
_TWO_REGIONS = {
    "ASIA1": ("ASIA-NORTHEAST1", "ASIA-NORTHEAST2"),
    "EUR4": ("EUROPE-NORTH1", "EUROPE-WEST4"),
    "NAM4": ("US-CENTRAL1", "US-EAST1"),
}
_CONTINENTS = {"US": ("US-",), "EU": ("EUROPE-",), "ASIA": ("ASIA-",)}


def check_location(place: BucketPath, region: str | None) -> None:
    """See that a bucket is there, and in or around a region.

    Raises
    ------
    InputError
        If it is missing, may not be read, or is elsewhere.
    """
    location, regions = place.client.objects.location(place.bucket)
    if region is None or is_near(region.upper(), location.upper(), regions):
        return
    message = (
        f"the bucket is in {location.lower()}, the cluster in {region}: every byte between them would be paid for "
        f"and come slowly; use a bucket in {region}, or a cluster in a region of the bucket"
    )
    raise InputError.single(f"gs://{place.bucket}", "region", message)


def is_near(region: str, location: str, regions: tuple[str, ...]) -> bool:
    """Say whether a region is a location, or one that it spans; all in capitals."""
    named = regions or _TWO_REGIONS.get(location, (location,))
    continent = _CONTINENTS.get(location, ())
    return region in named or (bool(continent) and region.startswith(continent))
