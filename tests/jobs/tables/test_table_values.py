"""What texts mean as numbers, and what is said of those that mean none."""

import numpy as np
import pytest

from jobs.tables.values import number_fault, read_numbers


@pytest.mark.parametrize(
    "text", ["3,5", "62 years", "85%", "1,234", "high", "inf", "1e999", "<5", "2020-01-01", "0x1F"]
)
def test_what_is_no_finite_number_is_not_read_as_one(text):
    assert np.isnan(read_numbers(np.array([text], dtype=object))).all()


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("3,5", "has a decimal comma; write 3.5"),
        ("-0,25", "has a decimal comma; write -0.25"),
        ("0,125", "has a decimal comma; write 0.125"),
        ("1,234", "may be a decimal one or set off thousands; write 1.234 or 1234"),
        ("1,234.5", "sets off thousands; write 1234.5"),
        ("1.234,5", "sets off thousands; write 1234.5"),
        ("12 345", "sets off thousands; write 12345"),
        ("1,234,567", "sets off thousands; write 1234567"),
        ("62 years", "has a unit attached; write 62"),
        ("85%", "has a unit attached; write 85"),
        ("3,5 mV", "has a unit attached; write 3.5"),
        ("<5", "is a bound, not a number"),
        ("> 48", "is a bound, not a number"),
        ("2020-05-03", "is a date where a number belongs"),
        ("03-May", "is a date where a number belongs"),
        ("high", "is not a number; write one, or leave it empty"),
        ("", "is not a number"),
    ],
)
def test_the_fault_of_a_text_says_what_to_write(text, fault):
    assert fault in number_fault(text)
