"""Who a report is for, and from which count on it may tell of people.

A site reads everything about its own patients. What is sent to a consortium tells of nobody in a group so small that
a patient could be found in it.
"""

from __future__ import annotations

from enum import StrEnum


class Audience(StrEnum):
    """Who reads a report.

    Attributes
    ----------
    SITE
        People who may see the patients' own data: nothing is withheld.
    CONSORTIUM
        Anyone else: counts from 1 to `least - 1` are withheld, and everything that tells them.
    """

    SITE = "site"
    CONSORTIUM = "consortium"

    @property
    def least(self) -> int:
        """Give the smallest count of people that may be told; zero may be told always."""
        return 1 if self is Audience.SITE else 5
