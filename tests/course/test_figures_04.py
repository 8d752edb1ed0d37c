"""Figures of chapter 04: matrices in proportion, and the labels that say how many tables."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from dshcourse.figures import chapter_04


def test_matrices_of_the_projection_are_drawn_in_proportion_to_their_shapes():
    R, D = np.ones((8, 144)), np.ones((144, 40))
    fig, alt = chapter_04.plot_projection(R, D)
    sizes = [ax.get_position().size * fig.get_size_inches() for ax in fig.axes]
    entries = [(144, 8), (40, 144), (40, 8), (40, 8)]
    ratios = np.array(sizes) / entries
    assert ratios == pytest.approx(np.full((4, 2), ratios[0, 0]))
    assert "R is 8 by 144" in alt and "D is 144 by 40" in alt
    plt.close(fig)


def test_every_point_of_the_costs_is_labelled_with_its_number_of_tables():
    rows = [(k, L, L / 9, 10 * L, 10 * L + k * L) for k in (8, 12, 16) for L in (1, 4)]
    table = pd.DataFrame(rows, columns=["k", "L", "recall", "candidates", "work"])
    fig, alt = chapter_04.plot_costs(table)
    for ax, cost in zip(fig.axes, ("candidates", "work"), strict=True):
        labels = [(text.xy[0], text.get_text()) for text in ax.texts]
        assert labels == [(row[cost], f"{row['L']:.0f}") for _, row in table.iterrows()]
    assert "k = 16: recall 0.44, 40 candidates, work 104" in alt
    plt.close(fig)


def test_scatter_of_estimates_is_measured_from_the_line_and_predicted_by_the_binomial():
    angle = np.full(4, 90.0)
    fig, alt = chapter_04.plot_angle_estimates(angle, {8: np.array([0.25, 0.75] * 2),
                                                       64: np.full(4, 0.5)})  # fmt: skip
    assert "off by 0.250 (rms) with 8 bits, binomial 0.177" in alt
    assert "off by 0.000 (rms) with 64 bits, binomial 0.062" in alt
    plt.close(fig)
