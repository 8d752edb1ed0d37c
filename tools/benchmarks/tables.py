"""Query of 8 hash tables × 8 bits, k = 10, centred unit HOG, one thread; both with our planes."""

from functools import partial

from nearpy import Engine
from nearpy.distances import EuclideanDistance
from nearpy.filters import NearestFilter
from nearpy.hashes import RandomBinaryProjections
from threadpoolctl import threadpool_limits

from dshlib.hashers.lsh import HashTables
from tools.benchmarks.inputs import features
from tools.benchmarks.timing import medians, show


@threadpool_limits.wrap(1)
def run():
    for n in (20_000, 60_000):
        tables = HashTables(8, 8).fit(features()[1][:n])
        ranks = {rank: partial(tables.query, k=10, rank=rank) for rank in ("euclidean", "votes")}
        searches = (*ranks.values(), _engine(tables).neighbours)
        (*ours, theirs), runs = medians(*[partial(_search_100_times, s) for s in searches])
        for rank, seconds in zip(ranks, ours, strict=True):
            show(f"{n:,} items, {rank}", seconds / 100, runs, "NearPy, euclidean", theirs / 100)


def _search_100_times(search):
    for x in features()[0][:100]:
        search(x)


def _engine(tables):
    """NearPy with the same planes and items, so that its candidates are the same."""
    hashes = [RandomBinaryProjections(str(t), 8) for t in range(8)]
    engine = Engine(144, hashes, EuclideanDistance(), vector_filters=[NearestFilter(10)])
    for table_hash, planes in zip(hashes, tables.projection_, strict=True):
        table_hash.normals = planes
    for i, vector in enumerate(tables.vectors_):
        engine.store_vector(vector, i)
    return engine
