"""Outputs: the demo of chapter 08 against plain loops over the recorded outputs."""

import json
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest
from safetensors.numpy import load_file

from dshcourse.demos.outputs import BINS, EDGE, SAMPLE, Outputs
from dshcourse.figures.base import as_svg
from dshlib import codes
from dshlib.data import CLASS_NAMES
from dshlib.metrics import average_precision, mean_average_precision

MODELS = Path(__file__).parents[3] / "data" / "models"
ALPHAS = (0, 0.001, 0.005, 0.01, 0.03, 0.1, 0.3)
DEFAULT = {"alpha": 0.01, "kind": "Shirt", "i": 1, "j": 2}


@pytest.fixture(scope="module")
def recorded():
    return load_file(MODELS / "outputs-alpha.safetensors")


@pytest.fixture(scope="module")
def record():
    return json.loads((MODELS / "outputs-alpha.json").read_text())


@pytest.fixture(scope="module")
def demo(recorded, classroom, record):
    return Outputs(recorded, classroom, record)


@pytest.mark.parametrize("kind", ["all", *CLASS_NAMES])
@pytest.mark.parametrize("alpha", ALPHAS)
def test_numbers_of_a_class_are_those_of_its_recorded_outputs(
    alpha, kind, demo, recorded, classroom
):
    rows = [
        row.astype(float)
        for row, label in zip(recorded[f"queries/{alpha}"], classroom.queries.labels, strict=True)
        if kind in ("all", CLASS_NAMES[label])
    ]
    assert np.array_equal(demo.outputs(alpha, kind), rows)
    flat = [value for row in rows for value in row]
    nearest = [min(abs(value - 1), abs(value + 1)) for value in flat]
    assert demo.gap(alpha, kind) == pytest.approx(sum(nearest) / len(flat))
    for bit, share in enumerate(demo.positive(alpha, kind)):
        assert share == pytest.approx(sum(row[bit] > 0 for row in rows) / len(rows))
    counts = demo.histogram(alpha, kind)
    assert counts.sum() == len(flat)
    low, high = BINS[30], BINS[31]
    assert counts[30] == sum(low <= value < high for value in flat)
    assert counts[0] == sum(value < BINS[1] for value in flat)
    assert counts[-1] == sum(value >= BINS[-2] for value in flat)
    assert (BINS[0], BINS[-1]) == (-EDGE, EDGE)


@pytest.mark.parametrize("alpha", [0, 0.3])
def test_scores_are_those_of_the_recorded_network(alpha, demo, recorded, classroom):
    Q, B = (recorded[f"{part}/{alpha}"].astype(float) for part in ("queries", "database"))
    wanted, labels = classroom.queries.labels, classroom.database.labels
    by_sign = mean_average_precision(
        codes.binarize(Q), wanted, codes.binarize(B), labels, None, "all"
    )
    assert demo.scores[alpha]["full"] == pytest.approx(by_sign, abs=0.002)
    order = ((B**2).sum(axis=1) - 2 * Q @ B.T).argsort(axis=1, kind="stable")
    by_distance = average_precision(labels[order] == wanted[:, None], None, "all").mean()
    assert demo.scores[alpha]["real_full"] == pytest.approx(by_distance, abs=0.002)


@pytest.mark.parametrize("choice", DEFAULT)
def test_each_value_draws_and_its_words_have_the_numbers(choice, demo):
    pictures = set()
    for value in demo.choices[choice][1]:
        now = DEFAULT | {choice: value}
        fig, alt = demo(**{choice: value})
        pictures.add(as_svg(fig, fig.bbox_inches))
        alpha, kind, j, score = now["alpha"], now["kind"], now["j"], demo.scores[now["alpha"]]
        assert f"α = {alpha}, {kind}: quantisation gap {demo.gap(alpha, kind):.2f}." in alt
        assert f"{score['real_full']:.3f} real, {score['full']:.3f} signs." in alt
        share = demo.positive(alpha, kind)[j - 1]
        assert f"output {j} is positive for {share:.0%} of {kind}." in alt
    assert len(pictures) == len(demo.choices[choice][1])


def test_the_points_are_two_outputs_of_400_queries_and_those_of_the_class_are_marked(
    demo, classroom
):
    fig, _ = demo(alpha=0.1, kind="Bag", i=3, j=7)
    others, marked, *_ = (line.get_xydata() for line in fig.axes[1].lines)
    assert len(set(demo.drawn)) == SAMPLE
    expected = np.clip(demo.outputs(0.1, "all")[demo.drawn][:, [2, 6]], -EDGE, EDGE)
    bags = classroom.queries.labels[demo.drawn] == CLASS_NAMES.index("Bag")
    assert np.array_equal(marked, expected[bags])
    assert np.array_equal(others, expected[~bags])
    plt.close(fig)


def test_outputs_of_another_number_of_queries_are_refused(recorded, classroom, record):
    short = {name: u[:-1] for name, u in recorded.items()}
    with pytest.raises(ValueError, match="outputs of 999 images, but the dataset has 1000"):
        Outputs(short, classroom, record)
