"""Figures of chapter 11: labels that can be read, bars that add up, words with every number."""

import matplotlib.pyplot as plt
import pandas as pd
import pytest

from dshcourse.figures import chapter_11
from dshcourse.study import experiments
from dshcourse.study.records import load_recorded


def test_labels_of_all_recorded_networks_stand_apart_and_within_the_figure():
    record = load_recorded("networks-classroom.json")
    networks = experiments.summary(record, "min").set_index("network")
    networks["training, s"] = experiments.costs(record)["train_seconds"].droplevel("n_bits")
    fig, alt = chapter_11.plot_networks(networks, "T")
    fig.canvas.draw()
    boxes = [label.get_window_extent() for label in fig.axes[0].texts]
    assert len(boxes) == len(networks) and alt.startswith("T.")
    frame = fig.axes[0].get_window_extent()
    for i, box in enumerate(boxes):
        assert not any(box.overlaps(other) for other in boxes[:i])
        assert frame.x0 < box.x0 and box.x1 < frame.x1
    plt.close(fig)


def test_scores_of_rescoring_are_all_in_the_words():
    scores = pd.DataFrame({"LSH": [0.3, 0.4, 0.5], "DSH": [0.8, 0.9, 0.7]}, index=[0, 20, 6000])
    fig, alt = chapter_11.plot_rescored(scores)
    assert "LSH: 0.300 at code alone, 0.400 at 20, 0.500 at 6,000" in alt
    assert [label.get_text() for label in fig.axes[0].get_xticklabels()] == [
        "code alone", "20", "6,000"
    ]  # fmt: skip
    plt.close(fig)


def test_the_least_that_is_read_is_that_of_codes_and_vectors_together():
    costs = pd.DataFrame({"c": [900, 100, 50], "codes, kB": [6.0, 50.0, 200.0],
                          "vectors, kB": [500.0, 60.0, 30.0]}, index=[8, 64, 256])  # fmt: skip
    fig, alt = chapter_11.plot_bytes_read(costs)
    assert alt.startswith("A recall of 0.9 reads least with 64 bits.")
    assert "8 bits: c = 900, codes 6 kB, vectors 500 kB" in alt
    tops = [bar.get_y() + bar.get_height() for bar in fig.axes[0].patches[3:]]
    assert tops == pytest.approx([506, 110, 230])
    plt.close(fig)
