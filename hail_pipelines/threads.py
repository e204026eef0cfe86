"""One thread of linear algebra per process.

Spark tasks and scan processes already fill the cores; with more threads each, small matrices cost up to 80 times
more. It must be set before NumPy is loaded, so in the environment that workers inherit.
"""

ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
