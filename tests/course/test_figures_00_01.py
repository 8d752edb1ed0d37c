"""Figures of chapters 00 and 01: classes, the way through the chapters, disturbed queries."""

import re

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from dshcourse.figures import chapter_00, chapter_01
from dshlib import CLASS_NAMES
from tools.chapters import CHAPTERS


def test_a_column_shows_the_first_images_of_its_class(classroom):
    images, labels = classroom.database.images, classroom.database.labels
    fig, alt = chapter_00.plot_classes(images, labels, CLASS_NAMES)
    shown = np.array([ax.images[0].get_array() for ax in fig.axes])
    columns = shown.reshape(chapter_00.N_SHOWN, 10, 28, 28).swapaxes(0, 1)
    for c, (name, column) in enumerate(zip(CLASS_NAMES, columns, strict=True)):
        assert (column == images[labels == c][: chapter_00.N_SHOWN]).all()
        assert f"{name}: {np.flatnonzero(labels == c)[0]}," in alt
    plt.close(fig)


def test_every_chapter_has_a_place_on_the_way_to_a_score():
    fig, alt = chapter_00.plot_course()
    assert set(re.findall(r"\b\d\d\b", alt)) == {path.name[:2] for path in CHAPTERS}
    plt.close(fig)


def test_title_names_the_first_k_at_which_all_probably_differ():
    fig, alt = chapter_00.plot_all_differ(
        np.arange(20, 24), np.array([0, 0.4, 0.6, 0.9]), np.array([0, 0.5, 0.6, 1]), 10
    )
    assert alt.startswith("With 22 random bits")
    plt.close(fig)


def test_disturbed_queries_have_a_panel_for_shift_and_one_for_contrast():
    shifted = pd.DataFrame({"pixels": [0.7, 0.2], "HOG": [0.6, 0.5]}, index=[0, 5])
    fig, alt = chapter_01.plot_disturbed(shifted, shifted.set_axis([100, 40]))
    assert "pixels: 0.7 at 0 to 0.2 at 5" in alt and "HOG: 0.6 at 100 to 0.5 at 40" in alt
    assert fig.axes[1].xaxis_inverted() and not fig.axes[0].xaxis_inverted()
    plt.close(fig)
