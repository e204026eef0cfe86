"""What a page for others may not show is taken out of its inputs here, before any section is made of them.

So neither text, figure, description nor file can hold it. A count of 1 to 4 people becomes `numbers.FEW`, which is
written "<5"; what would tell such a count becomes missing. The rules, for people to read, are in
docs/report_for_others.md.
"""

from jobs.report.withheld.withhold import withhold

__all__ = ["withhold"]
