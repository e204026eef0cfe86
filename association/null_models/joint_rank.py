"""The null model of a joint rank of function and survival: least squares on ranks.

Every pair of samples is compared, and a sample's score is its wins less its losses (combined assessment of function
and survival, CAFS). Scores are ranked, ties at their average rank, and

    rank = X b + e,   s2 = RSS / (n - p),   M = (rank - X b) / s2,   V = I / s2.

Axes: n samples, p columns: the intercept and the covariates, centred at their means.

References
----------
Berry JD, Miller R, Moore DH, Cudkowicz ME, van den Berg LH, Kerr DA, Dong Y, Ingersoll EW, Archibald D (2013) The
Combined Assessment of Function and Survival (CAFS): a new endpoint for ALS clinical trials. Amyotroph Lateral Scler
Frontotemporal Degener 14:162-168. doi:10.3109/21678421.2012.762930
"""

from __future__ import annotations

from dataclasses import replace

from scipy.stats import rankdata

from association.null_models.design import Design, missing_problems
from association.null_models.linear import fit_linear
from association.null_models.null_model import Fit, Floats
from association.problems import InputError


def fit_joint_rank(score: Floats, design: Design) -> Fit:
    """Fit the ranks of pairwise comparisons on covariates alone.

    Parameters
    ----------
    score
        Wins less losses against all other samples (n), none missing; higher is better.
    design
        Covariates without an intercept; the model adds "intercept" as its first column.

    Returns
    -------
    Fit
        As of `fit_linear`, in units of ranks.

    Raises
    ------
    InputError
        If scores are missing or all alike, or as `fit_linear`.
    """
    if problems := list(missing_problems("score", score)):
        raise InputError("null model", problems)
    fit = fit_linear(rankdata(score), design)
    return replace(fit, model=replace(fit.model, kind="joint_rank"))
