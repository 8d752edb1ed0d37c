"""Epochs: the demo of chapter 09 shows what the recorded outputs say, counted anew."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from sklearn.decomposition import PCA

from dshcourse.demos.epochs import DISTANCE_EDGES, SAMPLE, Epochs
from dshcourse.figures.base import as_svg
from dshlib.data import CLASS_NAMES

EPOCHS, N, K = range(5), 500, 12
SCORES = [0.1, 0.3, 0.5, 0.6, 0.65]


@pytest.fixture(scope="module")
def labels():
    return np.random.default_rng(1).integers(0, 10, N)


@pytest.fixture(scope="module")
def outputs(labels):
    """Noise that turns into ten clusters, the last of them far apart."""
    rng = np.random.default_rng(0)
    centres, noise = rng.standard_normal((10, K)), rng.standard_normal((N, K))
    return [0.5 * epoch * (centres[labels] + 0.1 * noise) + 0.05 * noise for epoch in EPOCHS]


@pytest.fixture(scope="module")
def demo(outputs, labels):
    return Epochs(outputs, labels, SCORES, margin=24)


@pytest.fixture(scope="module")
def drawn():
    return np.random.default_rng(0).permutation(N)[:SAMPLE]


@pytest.mark.parametrize("epoch", EPOCHS)
def test_distances_are_those_of_all_pairs_one_by_one(epoch, demo, outputs, labels, drawn):
    b, of = outputs[epoch][drawn], labels[drawn]
    groups = {"similar": [], "dissimilar": []}
    for i in range(SAMPLE - 1):
        same = of[i + 1 :] == of[i]
        squared = np.linalg.norm(b[i + 1 :] - b[i], axis=1) ** 2
        groups["similar"].append(squared[same])
        groups["dissimilar"].append(squared[~same])
    for name, parts in groups.items():
        shares, mean, sd = demo.distances(epoch)[name]
        values = np.concatenate(parts)
        assert (mean, sd) == pytest.approx((values.mean(), values.std()))
        assert shares.sum() == pytest.approx(1)
        assert shares[0] == pytest.approx(np.mean(values < DISTANCE_EDGES[1]))
        assert shares[-1] == pytest.approx(np.mean(values >= DISTANCE_EDGES[-2]))
    assert epoch < 4 or values.max() > DISTANCE_EDGES[-1]  # some lie beyond the end


def test_gap_is_the_mean_of_the_distances_from_plus_or_minus_one(demo, outputs, drawn):
    for epoch in EPOCHS:
        b = outputs[epoch][drawn]
        assert demo.gap(epoch) == pytest.approx(np.minimum(abs(b - 1), abs(b + 1)).mean())


def test_views_are_principal_components_of_the_last_epoch(demo, outputs, drawn):
    pca = PCA(2).fit(outputs[-1][drawn])
    wanted = np.abs([pca.transform(b[drawn]) for b in outputs])
    same = np.isclose(np.abs(demo.views), wanted)
    assert np.all(same.mean(axis=(0, 1)) > 0.985)  # the others are drawn at the ends
    assert np.all(np.abs(demo.views) <= wanted + 1e-9)


def test_each_value_draws_and_the_words_have_its_numbers(demo):
    pictures, defaults = {}, {"epoch": 3, "marked": "Shirt"}
    for name, (_, values, _) in demo.choices.items():
        for value in values:
            at = defaults | {name: value}
            fig, alt = demo(**at)
            epoch, pairs = at["epoch"], demo.distances(at["epoch"])
            told = f"epoch {epoch}: mAP@10 {SCORES[epoch]:.3f}, gap {demo.gap(epoch):.2f}. "
            assert alt.startswith(told)
            for group, (_, mean, sd) in pairs.items():
                assert f"{group}: mean {mean:.3g}, sd {sd:.3g}" in alt
            assert alt.endswith(f"{at['marked']} is marked.")
            pictures[tuple(at.values())] = as_svg(fig, fig.bbox_inches)
    assert len(set(pictures.values())) == len(pictures) == len(EPOCHS) + 10 - 1


def test_squares_are_the_marked_class_and_each_query_is_drawn_once(demo, labels, drawn):
    for number, name in enumerate(CLASS_NAMES):
        fig, _ = demo(marked=name)
        others, marked = fig.axes[2].lines
        plt.close(fig)
        assert marked.get_marker() == "s"
        assert np.array_equal(marked.get_xydata(), demo.views[3][labels[drawn] == number])
        assert len(others.get_xydata()) + len(marked.get_xydata()) == SAMPLE


def test_the_height_of_the_bars_counts_all_outputs(demo):
    fig, _ = demo(epoch=4)
    (bars,) = fig.axes[0].patches
    plt.close(fig)
    assert bars.get_data().values.sum() == SAMPLE * K


def test_a_short_run_of_few_queries_will_do(outputs, labels):
    demo = Epochs([b[:30] for b in outputs[3:]], labels[:30], SCORES[3:], 24)
    assert demo.choices["epoch"][1:] == ([0, 1], 1)
    fig, alt = demo()
    plt.close(fig)
    assert alt.startswith("epoch 1: mAP@10 0.650")


def test_lengths_that_do_not_fit_are_named(outputs, labels):
    with pytest.raises(ValueError, match="4 scores, 500 labels, but outputs of lengths .500"):
        Epochs(outputs, labels, SCORES[:4], 24)
    with pytest.raises(ValueError, match="5 scores, 499 labels"):
        Epochs(outputs, labels[1:], SCORES, 24)
