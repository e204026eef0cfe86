"""Power, said before any result is looked at: formulas, simulation, attainable p-values, depletion of carriers."""
