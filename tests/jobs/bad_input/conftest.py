"""A study that is refused: with status 2, the place, the value and the remedy, and nothing written."""

from __future__ import annotations

import pytest


class Refusal(str):
    """What the command said."""

    def line_of(self, word):
        """Give the one line that holds a word."""
        found = [line for line in self.splitlines() if word in line]
        assert len(found) == 1, self
        return found[0]


@pytest.fixture
def refusal(progex, folder):
    """Give a function that has the study refused and returns what was said."""

    def refuse(command="validate"):
        outcome = progex(command, folder.study)
        print(outcome.output)
        assert outcome.exit_code == 2, outcome.output
        assert "Traceback" not in outcome.output
        assert outcome.stderr.startswith("error: ")
        assert outcome.stdout == ""
        assert not folder.output.exists()
        return Refusal(outcome.stderr)

    return refuse
