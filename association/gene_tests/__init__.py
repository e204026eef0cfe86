"""Tests of one gene from its score and covariance: weights, masks, burden, SKAT, SKAT-O, ACAT."""
