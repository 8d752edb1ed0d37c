"""Margin: the demo of chapter 09 against plain loops over the recorded outputs."""

import json
import statistics
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest
from safetensors.numpy import load_file

from dshcourse.demos.margin import EDGES, SAMPLE, Margin
from dshcourse.figures.base import as_svg
from dshlib import codes
from dshlib.metrics import average_precision, mean_average_precision

MODELS = Path(__file__).parents[3] / "data" / "models"
MARGINS = (3, 6, 12, 24, 36, 48, 96)


@pytest.fixture(scope="module")
def recorded():
    return load_file(MODELS / "outputs-margin.safetensors")


@pytest.fixture(scope="module")
def record():
    return json.loads((MODELS / "outputs-margin.json").read_text())


@pytest.fixture(scope="module")
def demo(recorded, classroom, record):
    return Margin(recorded, classroom.queries.labels, record)


def scores_of(record, m, metric):
    """A metric of the networks of one margin, a value per seed."""
    return [c["metrics"][metric] for c in record["cells"] if c["parameters"] == {"margin": m}]


def squared_distances(recorded, labels, m):
    """Of all pairs of the drawn queries, one by one."""
    drawn = np.random.default_rng(0).permutation(len(labels))[:SAMPLE]
    outputs, classes = recorded[f"queries/{m}"][drawn].astype(float), labels[drawn]
    groups = {"similar": [], "dissimilar": []}
    for i, (b, own) in enumerate(zip(outputs, classes, strict=True)):
        squared = ((outputs[i + 1 :] - b) ** 2).sum(axis=1)
        same = classes[i + 1 :] == own
        groups["similar"].extend(squared[same])
        groups["dissimilar"].extend(squared[~same])
    return groups


def test_the_slider_has_the_recorded_margins(demo):
    assert demo.choices["m"][1:] == (list(MARGINS), 24)


@pytest.mark.parametrize("m", MARGINS)
def test_numbers_and_words_of_a_margin_are_those_of_its_recorded_outputs(
    m, demo, recorded, record, classroom
):
    expected = squared_distances(recorded, classroom.queries.labels, m)
    for name, values in expected.items():
        assert np.sort(demo.squared(m)[name]) == pytest.approx(np.sort(values))
        shares = demo.shares[m][name]
        assert shares.sum() == pytest.approx(1)
        assert shares[3] == pytest.approx(np.mean([EDGES[3] <= d < EDGES[4] for d in values]))
        assert shares[-1] == pytest.approx(np.mean([d >= EDGES[-2] for d in values]))
    nearer = sum(d < m for d in expected["dissimilar"]) / len(expected["dissimilar"])
    assert demo.within(m) == pytest.approx(nearer)
    fig, alt = demo(m=m)
    plt.close(fig)
    signs, real = (scores_of(record, m, metric) for metric in ("min", "real_min"))
    assert len(signs) == len(real) == 3
    told = "{:.3f} ± {:.3f}"
    by_signs, by_outputs = (
        told.format(statistics.mean(values), statistics.stdev(values)) for values in (signs, real)
    )
    assert alt.startswith(f"m = {m}: AP@10 out of 10 is {by_signs} by signs, {by_outputs} by real ")
    for name, values in expected.items():
        assert f"{name}: mean {statistics.mean(values):.3g}" in alt
    assert f"{nearer:.0%} of the dissimilar pairs are nearer than m." in alt
    used = {tuple(bits) for bits in recorded[f"database/{m}"] > 0}
    assert f"by real outputs; the database has {len(used)} codes." in alt


def test_pictures_differ_and_show_the_margin_and_the_present_score(demo, record):
    pictures = set()
    for m in MARGINS:
        fig, _ = demo(m=m)
        left, right = fig.axes
        *_, line = left.lines
        present = right.lines[-1]
        assert line.get_xdata() == pytest.approx([np.sqrt(m)] * 2)
        (x,), (y,) = present.get_data()
        assert (x, y) == pytest.approx((m, statistics.mean(scores_of(record, m, "min"))))
        pictures.add(as_svg(fig, fig.bbox_inches))
    assert len(pictures) == len(MARGINS)


def test_lines_and_bars_of_the_scores_are_means_and_standard_deviations(demo, record):
    fig, _ = demo()
    plt.close(fig)
    right = fig.axes[1]
    for index, metric in enumerate(("min", "real_min")):
        line, bars = right.lines[index], right.collections[index]
        values = [scores_of(record, m, metric) for m in MARGINS]
        assert line.get_xdata() == pytest.approx(MARGINS)
        assert line.get_ydata() == pytest.approx([statistics.mean(v) for v in values])
        halves = [np.ptp(bar[:, 1]) / 2 for bar in bars.get_segments()]
        assert halves == pytest.approx([statistics.stdev(v) for v in values])


@pytest.mark.parametrize("m", [3, 96])
def test_scores_are_those_of_the_recorded_network(m, recorded, record, classroom):
    Q, B = (recorded[f"{part}/{m}"].astype(float) for part in ("queries", "database"))
    wanted, labels = classroom.queries.labels, classroom.database.labels
    (seed_0,) = [
        c["metrics"] for c in record["cells"] if c["parameters"] == {"margin": m} and c["seed"] == 0
    ]
    by_sign = mean_average_precision(codes.binarize(Q), wanted, codes.binarize(B), labels)
    assert seed_0["min"] == pytest.approx(by_sign, abs=0.002)
    order = ((B**2).sum(axis=1) - 2 * Q @ B.T).argsort(axis=1, kind="stable")[:, :10]
    relevant = labels[order] == wanted[:, None]
    by_distance = np.mean([average_precision(row, 10, n_relevant=10) for row in relevant])
    assert seed_0["real_min"] == pytest.approx(by_distance, abs=0.002)


def test_outputs_of_another_number_of_queries_are_refused(recorded, classroom, record):
    with pytest.raises(ValueError, match="outputs of 1000 images, but 999 labels"):
        Margin(recorded, classroom.queries.labels[1:], record)
