"""Sign random projection keeps its promised probabilities; tables find and rank as defined."""

from itertools import pairwise

import faiss
import numpy as np
import pytest
from scipy import stats
from scipy.spatial.distance import cdist
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from dshlib import codes
from dshlib.hashers.lsh import (
    RANKINGS,
    HashTables,
    RandomProjection,
    candidate_probability,
    collision_probability,
)

ANGLES = [0.1, np.pi / 6, np.pi / 3, np.pi / 2, 2.5]


def pair_at(angle, length=3.0):
    """Two vectors in eight dimensions with this angle between them."""
    u, v = np.linalg.qr(np.random.default_rng(1).normal(size=(8, 2)))[0].T
    return np.array([u, length * (np.cos(angle) * u + np.sin(angle) * v)])


def bits_of_tables(index, X):
    """Bits of all tables by the definition: bool (n, L, k)."""
    return np.stack([(X - index.mean_) @ R.T > 0 for R in index.projection_], axis=1)


def bits_apart(index, x, X):
    """In which bits of which table each row of X differs from x: bool (n, L, k)."""
    return bits_of_tables(index, X) != bits_of_tables(index, x[None])


def least_certain(index, x, n):
    """The n bits of each table with the smallest projection: int (L, n)."""
    return np.argsort(abs(index.projection_ @ (x - index.mean_)), axis=1)[:, :n]


def reached(apart, flips):
    """Ids whose bits differ nowhere, or just in one of the bits `flips` (L, n) of a table."""
    allowed = np.zeros(apart.shape[1:], dtype=bool)
    np.put_along_axis(allowed, flips, True, axis=1)
    alone = (apart.sum(axis=2) == 1) & (apart & allowed).any(axis=2)
    return np.flatnonzero((~apart.any(axis=2) | alone).any(axis=1))


@pytest.fixture(scope="module")
def index(database_hog):
    return HashTables(6, 12, seed=3, center=True).fit(database_hog)


# Probabilities


@pytest.mark.parametrize("angle", ANGLES)
def test_share_of_bits_that_agree_is_one_minus_angle_over_pi(angle):
    X, n = pair_at(angle), 40_000
    a, b = RandomProjection(n).fit(X).encode(X)
    p = collision_probability(angle)
    assert p == pytest.approx(1 - angle / np.pi)
    assert (a == b).mean() == pytest.approx(p, abs=4 * np.sqrt(p * (1 - p) / n))


def test_sixty_degrees_give_two_thirds():
    assert collision_probability(np.pi / 3) == pytest.approx(2 / 3)
    assert collision_probability([0, np.pi]).tolist() == [1, 0]


@pytest.mark.parametrize("angle", ANGLES)
def test_hamming_distance_is_binomial(angle):
    X, k, n = pair_at(angle), 16, 4000
    a, b = RandomProjection(k * n, seed=5).fit(X).encode(X).reshape(2, n, k)
    p = angle / np.pi
    observed = np.bincount(codes.hamming(a, b), minlength=k + 1)
    expected = n * stats.binom.pmf(np.arange(k + 1), k, p)
    rare = expected < 5
    observed = [*observed[~rare], observed[rare].sum()]
    expected = [*expected[~rare], expected[rare].sum()]
    assert stats.chisquare(observed, expected).pvalue > 0.001


@pytest.mark.parametrize(
    ("angle", "n_bits", "n_tables"), [(np.pi / 3, 3, 4), (np.pi / 6, 8, 3), (np.pi / 2, 1, 2)]
)
def test_candidate_probability_is_how_often_real_tables_find_the_pair(angle, n_bits, n_tables):
    (u, v), n = pair_at(angle), 600
    found = [HashTables(n_tables, n_bits, seed).fit([u]).candidates(v).size for seed in range(n)]
    p = candidate_probability(collision_probability(angle), n_bits, n_tables)
    assert np.mean(found) == pytest.approx(p, abs=4 * np.sqrt(p * (1 - p) / n))


def test_and_or_by_hand():
    assert candidate_probability(2 / 3, 1, 1) == pytest.approx(2 / 3)
    assert candidate_probability(0.5, 2, 2) == pytest.approx(1 - (3 / 4) ** 2)
    assert candidate_probability([0, 1], 8, 16).tolist() == [0, 1]


def test_opposite_vectors_never_collide_in_single_precision_either():
    assert collision_probability(np.arccos(np.float32(-1))) == 0


@pytest.mark.parametrize("angle", [-0.1, 3.2, np.nan, [1, 4]])
def test_an_angle_beyond_0_to_pi_is_refused(angle):
    with pytest.raises(ValueError, match="angle must lie between 0 and π"):
        collision_probability(angle)


# Projections


def test_shorter_codes_are_prefixes_of_longer_ones(query_hog):
    long = RandomProjection(64, seed=2).fit(query_hog).encode(query_hog)
    short = RandomProjection(11, seed=2).fit(query_hog).encode(query_hog)
    assert np.array_equal(short, long[:, :11])


def test_more_tables_or_bits_never_change_those_there(query_hog):
    many = HashTables(5, 9, seed=2).fit(query_hog)
    few = HashTables(2, 4, seed=2).fit(query_hog)
    assert np.array_equal(few.projection_, many.projection_[:2, :4])
    assert np.array_equal(few.codes_.reshape(-1, 2, 4), many.codes_.reshape(-1, 5, 9)[:, :2, :4])


def test_no_two_tables_and_no_two_seeds_share_a_hyperplane(query_hog):
    indexes = [HashTables(16, 8, seed).fit(query_hog[:2]) for seed in (0, 1)]
    planes = np.concatenate([index.projection_.reshape(-1, 144) for index in indexes])
    assert len(np.unique(planes[:, 0])) == len(planes) == 2 * 16 * 8
    cosines = 1 - cdist(planes, planes, "cosine") - np.eye(len(planes))
    assert abs(cosines).max() < 6 / np.sqrt(144)


def test_codes_are_the_sides_of_the_hyperplanes(query_hog):
    for center in (False, True):
        hasher = RandomProjection(20, center=center).fit(query_hog)
        X = query_hog.astype(float)
        middle = X.mean(axis=0) if center else np.zeros(144)
        assert hasher.mean_ == pytest.approx(middle)
        projected = (X - middle) @ hasher.projection_.T
        assert hasher.project(query_hog) == pytest.approx(projected)
        assert np.array_equal(hasher.encode(query_hog), projected > 0)


def test_length_of_a_vector_does_not_matter_unless_centred(query_hog):
    hasher = RandomProjection(32).fit(query_hog)
    assert np.array_equal(hasher.encode(8 * query_hog), hasher.encode(query_hog))


# Non-negative features lie in one orthant


def test_uncentred_bits_of_hog_agree_at_least_half_the_time(query_hog):
    X, n = query_hog[:100], 4096
    angles = np.arccos(np.clip(1 - cdist(X, X, "cosine"), -1, 1))
    assert collision_probability(angles).min() >= 0.5
    bits = RandomProjection(n).fit(X).encode(X)
    assert 1 - codes.hamming(bits[:, None], bits[None]).max() / n > 0.5 - 4 * 0.5 / np.sqrt(n)


def test_centring_leaves_far_fewer_candidates(database_hog, query_hog):
    plain, centred = (
        np.mean([index.candidates(x).size for x in query_hog[:100]]) / len(database_hog)
        for index in (HashTables(16, 8, center=c).fit(database_hog) for c in (False, True))
    )
    assert plain > 0.5
    assert centred < plain / 3


# Candidates


@pytest.mark.parametrize("center", [False, True])
@pytest.mark.parametrize(("n_tables", "n_bits"), [(1, 1), (4, 8), (3, 16), (2, 64)])
def test_candidates_are_the_union_of_the_buckets(n_tables, n_bits, center, database_hog, query_hog):
    index = HashTables(n_tables, n_bits, center=center).fit(database_hog)
    for x in [*query_hog[:5], database_hog[7].astype(float)]:
        same_bucket = ~bits_apart(index, x, database_hog).any(axis=2)
        expected = np.flatnonzero(same_bucket.any(axis=1))
        assert index.candidates(x).dtype == np.int64
        assert np.array_equal(index.candidates(x), expected)
    assert 7 in expected


def test_buckets_hold_every_item_once_in_each_table(index, database_hog):
    sizes = index.bucket_sizes()
    bits = bits_of_tables(index, database_hog)
    assert len(sizes) == 6
    for table, found in enumerate(sizes):
        _, counts = np.unique(bits[:, table], axis=0, return_counts=True)
        assert found.sum() == 6000
        assert found.tolist() == sorted(counts, reverse=True)


@pytest.mark.parametrize("n_tables", [1, 4, 6])
def test_first_tables_are_the_index_that_fitting_so_many_builds(
    n_tables, index, database_hog, query_hog
):
    part = index.first(n_tables)
    alone = HashTables(n_tables, 12, seed=3, center=True).fit(database_hog)
    for x in query_hog[:20]:
        assert np.array_equal(part.candidates(x, 2), alone.candidates(x, 2))
        for rank in RANKINGS:
            assert np.array_equal(part.query(x, rank=rank), alone.query(x, rank=rank))
    assert len(part.bucket_sizes()) == n_tables and len(index.bucket_sizes()) == 6


@pytest.mark.parametrize("n_tables", [0, 7])
def test_more_tables_than_there_are_cannot_be_first(n_tables, index):
    with pytest.raises(ValueError, match="n_tables"):
        index.first(n_tables)


def test_nothing_is_found_in_empty_buckets(database_hog):
    index = HashTables(2, 64).fit(database_hog)
    opposite = -database_hog[0]
    assert index.candidates(opposite).size == 0
    for rank in RANKINGS:
        ids = index.query(opposite, rank=rank)
        assert ids.size == 0 and ids.dtype == np.int64


# Ranking


@pytest.mark.parametrize("probes", [0, 3])
@pytest.mark.parametrize("rank", RANKINGS)
def test_ranking_is_that_of_brute_force_with_ties_by_ascending_id(rank, probes, query_hog):
    X = np.tile(query_hog[:400], (2, 1)).astype(float)  # every vector twice: every rank has ties
    index = HashTables(5, 6, seed=1, center=True).fit(X)
    for x in query_hog[400:410].astype(float):
        apart = bits_apart(index, x, X)
        if rank == "votes":
            flips = least_certain(index, x, probes)
            distances = -sum(
                np.isin(np.arange(len(X)), reached(apart[:, [t]], flips[[t]])) for t in range(5)
            )
        elif rank in ("hamming", "jaccard"):
            bits = bits_of_tables(index, np.vstack([x, X])).reshape(-1, 30)
            distances = cdist(bits[:1], bits[1:], rank)[0]
        else:
            distances = cdist([x - index.mean_], X - index.mean_, rank)[0]
        ids = index.candidates(x, probes)
        expected = ids[np.lexsort((ids, distances[ids].round(12)))]
        assert len(ids) > 20
        for k in (1, 10, 800):
            assert np.array_equal(index.query(x, k, rank, probes), expected[:k])


def test_ten_by_votes_without_probes_by_default(index, query_hog):
    x = query_hog[0]
    assert np.array_equal(index.query(x), index.query(x, 10, "votes", 0))
    assert index.query(x).size == 10


@pytest.mark.parametrize(("n_tables", "n_bits"), [(4, 8), (3, 5), (2, 16), (8, 12)])
def test_hamming_distances_are_those_of_faiss_multi_hash(n_tables, n_bits, database_hog, query_hog):
    index = HashTables(n_tables, n_bits).fit(database_hog)
    R = index.projection_.reshape(-1, 144)
    packed, queries = (
        np.packbits(X.astype(float) @ R.T > 0, axis=1, bitorder="little")
        for X in (database_hog, query_hog[:50])
    )
    theirs = faiss.IndexBinaryMultiHash(8 * packed.shape[1], n_tables, n_bits)
    theirs.add(packed)
    found, ids = theirs.search(queries, 10)
    for x, code, distances in zip(query_hog, queries, np.where(ids < 0, -1, found), strict=False):
        ours = codes.hamming(packed[index.query(x, 10, "hamming")], code).sum(axis=1)
        assert ours.tolist() == distances[distances >= 0].tolist()


# Probes


@pytest.mark.parametrize("probes", [0, 1, 4, 12])
def test_probes_flip_the_least_certain_bits(probes, index, database_hog, query_hog):
    for x in query_hog[:10].astype(float):
        expected = reached(bits_apart(index, x, database_hog), least_certain(index, x, probes))
        assert np.array_equal(index.candidates(x, probes), expected)


def test_every_probe_adds_candidates_and_takes_none_away(index, query_hog):
    for x in query_hog[:10]:
        found = [set(index.candidates(x, probes).tolist()) for probes in range(13)]
        assert all(less <= more for less, more in pairwise(found))
        assert len(found[0]) < len(found[-1])


def test_probes_find_more_of_the_exact_neighbours_than_blind_flips(database_hog, query_hog):
    index, n = HashTables(4, 12, center=True).fit(database_hog), 3
    blind_flips = np.tile(np.arange(n), (4, 1))
    exact = np.argsort(cdist(query_hog[:100], database_hog), axis=1)[:, :10]
    none, probed, blind = np.mean(
        [
            [
                np.isin(neighbours, index.candidates(x)).mean(),
                np.isin(neighbours, index.candidates(x, n)).mean(),
                np.isin(
                    neighbours, reached(bits_apart(index, x, database_hog), blind_flips)
                ).mean(),
            ]
            for x, neighbours in zip(query_hog.astype(float), exact, strict=False)
        ],
        axis=0,
    )
    assert none < blind
    assert probed > blind + 0.1


# scikit-learn's rules, and what is refused


@pytest.mark.parametrize(
    "estimator", [RandomProjection(8, seed=5, center=True), HashTables(3, 7, seed=5, center=True)]
)
def test_parameters_survive_cloning_and_fitting(estimator, query_hog):
    before = estimator.get_params()
    assert before["n_bits"] in (7, 8) and before["seed"] == 5 and before["center"] is True
    copy = clone(estimator)
    assert copy.get_params() == before and not hasattr(copy, "projection_")
    assert copy.fit(query_hog) is copy
    assert copy.get_params() == before
    again = clone(copy).fit(query_hog)
    assert np.array_equal(again.projection_, copy.projection_)


@pytest.mark.parametrize(
    ("estimator", "name"),
    [
        (RandomProjection(0), "n_bits"),
        (RandomProjection(-3), "n_bits"),
        (HashTables(2, 0), "n_bits"),
        (HashTables(2, -1), "n_bits"),
        (HashTables(2, 65), "n_bits"),
        (HashTables(0, 8), "n_tables"),
        (HashTables(-1, 8), "n_tables"),
    ],
    ids=repr,
)
def test_sizes_out_of_range_are_refused_by_name(estimator, name, query_hog):
    with pytest.raises(ValueError, match=name):
        estimator.fit(query_hog)


@pytest.mark.parametrize("estimator", [RandomProjection(8), HashTables(2, 8)], ids=repr)
def test_nan_in_the_features_is_refused(estimator, query_hog):
    broken = query_hog[:5].copy()
    broken[3, 3] = np.nan
    with pytest.raises(ValueError, match="NaN"):
        estimator.fit(broken)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"probes": -1}, "probes"),
        ({"probes": 13}, "probes"),
        ({"rank": "manhattan"}, "rank='manhattan', but it must be one of votes, euclidean"),
        ({"k": 0}, "k == 0"),
        ({"k": -5}, "k == -5"),
    ],
)
def test_options_out_of_range_are_refused_by_name(options, message, index, query_hog):
    with pytest.raises(ValueError, match=message):
        index.query(query_hog[0], **options)


def test_a_query_must_be_one_vector_of_the_right_width_without_nan(index, query_hog):
    for x in (query_hog[0, :-1], query_hog[:1], np.append(query_hog[0], 0), 3.0):
        with pytest.raises(ValueError, match=r"x must have shape \(144,\)"):
            index.candidates(x)
    with pytest.raises(ValueError, match="NaN"):
        index.query(np.full(144, np.nan))
    with pytest.raises(ValueError, match="features"):
        RandomProjection(8).fit(query_hog).encode(query_hog[:, :-1])


@pytest.mark.parametrize(
    "use",
    [
        lambda x: RandomProjection(8).encode([x]),
        lambda x: HashTables(2, 8).candidates(x),
        lambda x: HashTables(2, 8).query(x),
        lambda x: HashTables(2, 8).bucket_sizes(),
    ],
    ids=["encode", "candidates", "query", "bucket_sizes"],
)
def test_nothing_works_before_fit(use, query_hog):
    with pytest.raises(NotFittedError):
        use(query_hog[0])
