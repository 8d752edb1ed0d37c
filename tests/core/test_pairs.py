"""Which images form a pair: by chance, as in the slides, or all with all, as in the paper."""

import itertools

import pytest
import torch

from dshlib.pairs import all_pairs, siamese_pairs


def test_all_pairs_are_every_unordered_pair_once():
    labels = torch.tensor([3, 1, 3, 2, 1, 1])
    first, second, y = all_pairs(labels)
    assert list(zip(first.tolist(), second.tolist(), strict=True)) == list(
        itertools.combinations(range(6), 2)
    )
    assert torch.equal(y == 1, labels[first] != labels[second])


def test_a_siamese_pair_is_similar_exactly_if_the_classes_are_equal_and_half_are():
    labels = torch.arange(5000) % 7 * 3 - 4
    partner, y = siamese_pairs(labels, torch.Generator().manual_seed(0))
    assert torch.equal(y == 1, labels != labels[partner])
    assert abs(y.double().mean() - 0.5) < 4 * 0.5 / 5000**0.5  # 4 standard deviations


def test_every_image_can_become_a_partner():
    labels, generator = torch.tensor([0, 1, 1, 2, 2, 2]), torch.Generator().manual_seed(0)
    met = {
        (i, j)
        for _ in range(300)
        for i, j in enumerate(siamese_pairs(labels, generator)[0].tolist())
    }
    assert met == set(itertools.product(range(6), repeat=2))


def test_the_generator_decides_the_pairs():
    labels = torch.arange(100) % 10
    (a, y_a), (b, y_b), (c, _) = (
        siamese_pairs(labels, torch.Generator().manual_seed(s)) for s in (1, 1, 2)
    )
    assert torch.equal(a, b) and torch.equal(y_a, y_b) and not torch.equal(a, c)


def test_labels_may_be_booleans():
    labels = torch.tensor([True, False, True, False])
    for pairs in (siamese_pairs, all_pairs):
        made = [
            pairs(given, *[torch.Generator().manual_seed(0)] * (pairs is siamese_pairs))
            for given in (labels, labels.long())
        ]
        assert all(map(torch.equal, *made))


def test_one_class_has_no_dissimilar_pairs():
    with pytest.raises(ValueError, match="^labels has one class only"):
        siamese_pairs(torch.ones(5, dtype=torch.long))
