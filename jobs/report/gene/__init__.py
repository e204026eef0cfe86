"""The pages of genes: what is behind a gene's p-values, in figures, tables and words."""

from jobs.report.gene.page import GenePages, UnknownGeneError, gene_page_html, gene_pages

__all__ = ["GenePages", "UnknownGeneError", "gene_page_html", "gene_pages"]
