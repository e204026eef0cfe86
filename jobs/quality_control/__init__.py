"""Quality control decided: who stays and why, from what was measured of the calls and what the tables say."""
