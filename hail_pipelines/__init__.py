"""From joint calls to carriers: loading, quality control, annotation, the gene store and its scan."""

# Before any kernel: it says where compiled ones are kept.
import association  # noqa: F401
