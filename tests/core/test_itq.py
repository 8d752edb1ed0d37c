"""ITQ: the loss never rises, each step is the best there is, and peers agree."""

import faiss
import numpy as np
import pytest
from scipy.linalg import orthogonal_procrustes
from sklearn.base import clone
from sklearn.decomposition import PCA
from sklearn.exceptions import NotFittedError
from sklearn.utils.estimator_checks import parametrize_with_checks

from dshlib.hashers.itq import ITQ
from dshlib.hashers.lsh import HashTables, RandomProjection


@parametrize_with_checks(
    [RandomProjection(1), RandomProjection(4), HashTables(1, 1), HashTables(2, 4), ITQ(1), ITQ(2)]
)
def test_estimators_keep_the_rules_of_scikit_learn(estimator, check):
    check(estimator)


def coordinates(hasher, X):
    """PCA coordinates V, before the rotation."""
    return (X.astype(float) - hasher.mean_) @ hasher.components_.T


def loss_of(V, R):
    return float(((np.where(V @ R > 0, 1, -1) - V @ R) ** 2).sum())


def faiss_rotation(V, start, n_iter):
    """R of faiss's ITQ after some iterations from a start: float32 (n_bits, n_bits)."""
    peer = faiss.ITQMatrix(len(start))
    faiss.copy_array_to_vector(start.ravel(), peer.init_rotation)
    peer.max_iter = n_iter
    peer.train(V.astype(np.float32))
    return faiss.vector_to_array(peer.A).reshape(start.shape).T


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("n_bits", [1, 2, 8, 32])
def test_loss_never_rises_and_is_that_of_the_codes(n_bits, seed, database_hog):
    hasher = ITQ(n_bits, seed=seed).fit(database_hog)
    assert hasher.loss_.shape == (51,)
    assert (np.diff(hasher.loss_) <= 1e-9 * hasher.loss_[0]).all()
    if n_bits > 1:
        assert hasher.loss_[-1] < hasher.loss_[0]
    V = coordinates(hasher, database_hog)
    assert hasher.loss_[-1] == pytest.approx(loss_of(V, hasher.rotation_))
    bits, n = hasher.encode(database_hog), len(database_hog)
    assert hasher.loss_[-1] == pytest.approx(
        ((np.where(bits, 1, -1) - V @ hasher.rotation_) ** 2).sum()
    )
    l1 = np.abs(V @ hasher.rotation_).sum()
    assert hasher.loss_[-1] == pytest.approx(n * n_bits + (V**2).sum() - 2 * l1)


@pytest.mark.parametrize("n_iter", [0, 1, 50])
def test_rotation_is_orthogonal_and_distances_stay(n_iter, database_hog):
    hasher = ITQ(12, n_iter=n_iter).fit(database_hog)
    assert hasher.rotation_.T @ hasher.rotation_ == pytest.approx(np.eye(12), abs=1e-12)
    V, rotated = coordinates(hasher, database_hog), hasher.project(database_hog)
    assert np.linalg.norm(rotated[0] - rotated[1:9], axis=1) == pytest.approx(
        np.linalg.norm(V[0] - V[1:9], axis=1)
    )


def test_pca_is_centred_and_not_whitened(database_hog):
    hasher = ITQ(6).fit(database_hog)
    pca = PCA(6, svd_solver="full").fit(database_hog.astype(float))
    V = coordinates(hasher, database_hog)
    assert hasher.mean_ == pytest.approx(database_hog.astype(float).mean(axis=0))
    assert V.var(axis=0, ddof=1) == pytest.approx(pca.explained_variance_)
    assert np.abs(V) == pytest.approx(np.abs(pca.transform(database_hog.astype(float))), abs=1e-9)


@pytest.mark.parametrize("n_bits", [2, 8, 16])
def test_every_iteration_is_scipys_procrustes_solution(n_bits, database_hog):
    R = ITQ(n_bits, n_iter=0, seed=4).fit(database_hog).rotation_
    V = coordinates(ITQ(n_bits, n_iter=0).fit(database_hog), database_hog)
    for n_iter in range(1, 6):
        R, _ = orthogonal_procrustes(V, np.where(V @ R > 0, 1.0, -1.0))
        assert ITQ(n_bits, n_iter, seed=4).fit(database_hog).rotation_ == pytest.approx(R)


@pytest.mark.parametrize("n_bits", [8, 16, 32])
def test_loss_is_not_above_that_of_faiss_from_the_same_start(n_bits, database_hog):
    """Not equal: faiss 1.15.1 transposes one factor of the SVD, so that its loss can rise."""
    hasher = ITQ(n_bits).fit(database_hog)
    V = coordinates(hasher, database_hog)
    theirs = faiss_rotation(V, ITQ(n_bits, n_iter=0).fit(database_hog).rotation_, n_iter=50)
    assert theirs.T @ theirs == pytest.approx(np.eye(n_bits), abs=1e-5)
    assert hasher.loss_[0] > loss_of(V, theirs)  # so both start badly, and faiss learns something
    assert hasher.loss_[-1] < loss_of(V, theirs)


@pytest.mark.parametrize("n_bits", [8, 16, 32])
def test_one_iteration_is_that_of_faiss_but_for_the_transposed_factor(n_bits, database_hog):
    """With BᵀV = U S Aᵀ ours is R = A Uᵀ; theirs, times U, is A but for the signs of the SVD."""
    start = ITQ(n_bits, n_iter=0).fit(database_hog)
    V, R = coordinates(start, database_hog), start.rotation_
    theirs = faiss_rotation(V, R, n_iter=1)
    U, _, At = np.linalg.svd(np.where(V @ R > 0, 1.0, -1.0).T @ V)
    assert ITQ(n_bits, n_iter=1).fit(database_hog).rotation_ == pytest.approx(At.T @ U.T)
    assert np.abs(theirs @ U) == pytest.approx(np.abs(At), abs=1e-5)


def test_points_at_the_corners_of_a_turned_square_are_fitted_exactly():
    turn = np.deg2rad(27)
    square = np.array([[1, 1], [1, -1], [-1, 1], [-1, -1]]) @ [
        [np.cos(turn), np.sin(turn)],
        [-np.sin(turn), np.cos(turn)],
    ]
    hasher = ITQ(2).fit(np.repeat(square, 5, axis=0))
    assert hasher.loss_[-1] == pytest.approx(0, abs=1e-20)
    assert len(np.unique(hasher.encode(square), axis=0)) == 4


def test_scale_of_the_features_changes_no_code(query_hog):
    assert np.array_equal(
        ITQ(8).fit(query_hog).encode(query_hog), ITQ(8).fit(4 * query_hog).encode(4 * query_hog)
    )


def test_seed_fixes_the_start_and_parameters_survive(query_hog):
    first = ITQ(8, n_iter=3, seed=5)
    again = clone(first).fit(query_hog)
    assert first.fit(query_hog) is first
    assert first.get_params() == {"n_bits": 8, "n_iter": 3, "seed": 5}
    assert np.array_equal(first.rotation_, again.rotation_)
    assert not np.allclose(first.rotation_, ITQ(8, 3, seed=6).fit(query_hog).rotation_)


def test_labels_are_ignored(query_hog, classroom):
    labelled = ITQ(8).fit(query_hog, classroom.queries.labels)
    assert np.array_equal(labelled.rotation_, ITQ(8).fit(query_hog).rotation_)


@pytest.mark.parametrize(
    ("hasher", "rows", "message"),
    [
        (ITQ(0), 20, "n_bits == 0"),
        (ITQ(8, n_iter=-1), 20, "n_iter == -1"),
        (ITQ(8, seed=-1), 20, "seed == -1"),
        (ITQ(145), 1000, r"n_bits=145, but it must be at most 144.*n_features=144"),
        (ITQ(8), 7, r"n_bits=8, but it must be at most 7.*n_samples=7"),
    ],
)
def test_sizes_out_of_range_are_refused_by_name(hasher, rows, message, query_hog):
    with pytest.raises(ValueError, match=message):
        hasher.fit(query_hog[:rows])


def test_n_bits_must_be_whole(query_hog):
    with pytest.raises(TypeError, match="n_bits"):
        ITQ(2.5).fit(query_hog)


def test_nothing_works_before_fit_or_with_another_width(query_hog):
    with pytest.raises(NotFittedError):
        ITQ(4).encode(query_hog)
    with pytest.raises(ValueError, match="features"):
        ITQ(4).fit(query_hog).encode(query_hog[:, 1:])
