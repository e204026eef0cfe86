"""Whether a bucket is where the machines are, and encrypts with the key that it should."""

from __future__ import annotations

from typing import TYPE_CHECKING

from association.problems import InputError

if TYPE_CHECKING:
    from infra.storage.bucket_path import BucketPath

# Pairs of regions that go by a name of their own.
_TWO_REGIONS = {
    "ASIA1": ("ASIA-NORTHEAST1", "ASIA-NORTHEAST2"),
    "EUR4": ("EUROPE-NORTH1", "EUROPE-WEST4"),
    "EUR5": ("EUROPE-WEST1", "EUROPE-WEST2"),
    "EUR7": ("EUROPE-WEST2", "EUROPE-WEST3"),
    "EUR8": ("EUROPE-WEST3", "EUROPE-WEST6"),
    "NAM4": ("US-CENTRAL1", "US-EAST1"),
}
_CONTINENTS = {"US": "US-", "EU": "EUROPE-", "ASIA": "ASIA-"}
# London and Zurich are in Europe, but not in the European Union, where a bucket in "EU" keeps its objects.
_OUTSIDE = ("EUROPE-WEST2", "EUROPE-WEST6")


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
    continent = _CONTINENTS.get(location)
    return region in named or (continent is not None and region.startswith(continent) and region not in _OUTSIDE)


def check_key_of(place: BucketPath) -> None:
    """See that a bucket encrypts with the key of the settings what is written without naming one.

    Raises
    ------
    InputError
        If it takes another, or Google's own.
    """
    key = place.client.settings.kms_key
    if key is None or place.client.objects.default_key(place.bucket) == key:
        return
    message = (
        "Spark and Hail name no key for what they write: the bucket's default key must be the same, and is not; run "
        f"`gcloud storage buckets update gs://{place.bucket} --default-encryption-key={key}`, or leave kms_key out"
    )
    raise InputError.single(f"gs://{place.bucket}", "cloud.kms_key", message)
