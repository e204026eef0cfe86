"""A picture's file holds the pixels that were drawn, and how large they are."""

import io

import numpy as np
from matplotlib.figure import Figure
from PIL import Image

from jobs.report.png import encode, png


def test_another_program_reads_back_every_pixel_and_the_resolution():
    pixels = np.random.default_rng(1).integers(0, 256, (7, 5, 3), dtype=np.uint8)
    read = Image.open(io.BytesIO(encode(pixels, pixels_per_inch=200)))
    assert read.format == "PNG"
    np.testing.assert_array_equal(np.asarray(read), pixels)
    np.testing.assert_allclose(read.info["dpi"], 200, atol=0.01)


def test_a_figure_has_the_pixels_of_its_size_and_stands_on_white():
    figure = Figure(figsize=(2, 1), facecolor="none")
    read = Image.open(io.BytesIO(png(figure, pixels_per_inch=50)))
    assert read.size == (100, 50)
    assert read.getcolors() == [(5000, (255, 255, 255))]
