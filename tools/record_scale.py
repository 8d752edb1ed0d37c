"""Search 60,000 to 6 million codes; keep time, memory and recall. Read by appendix A3; Linux.

    python -m tools.record_scale

writes data/results/scale.json; finished cells are kept: remove it to measure all again. The first
60,000 codes are real: 64 bits by random projection, of HOG features of all images. The others are
copies with noise. Searches run one query at a time, on one thread, each cell in its own process,
and are timed in processor time. The mAP is counted in one process, and in shards on a Dask cluster.
"""

import argparse
import ctypes
import resource
import time
from concurrent.futures import ProcessPoolExecutor
from functools import lru_cache
from math import log2
from multiprocessing import get_context
from statistics import median

import faiss
import numpy as np
import psutil
from distributed import LocalCluster
from threadpoolctl import threadpool_limits

from dshcourse.console import any_character
from dshcourse.study import records
from dshcourse.study.experiments import workers
from dshcourse.study.scale import BucketTables, FaissIndex, FlatScan, recall, replicate
from dshlib import codes, data
from dshlib.features import hog
from dshlib.hashers.lsh import RandomProjection
from dshlib.metrics import mean_average_precision
from tools.recording import MODELS, keep

COMMAND = "python -m tools.record_scale"
RESULTS = MODELS.parent / "results"
SIZES = (60_000, 200_000, 600_000, 2_000_000, 6_000_000)
N_QUERIES, K, FLIP, SEED, RUNS = 100, 10, 0.1, 0, 5
N_SHARDS, N_WORKERS = 8, 2
SEARCHES = {  # name: the index for n items
    "scan": lambda n: FlatScan(),
    "scan, faiss": lambda n: FaissIndex(),
    "32 tables, 16 bits": lambda n: BucketTables(32, 16, SEED),
    "32 tables, log₂(n/4) bits": lambda n: BucketTables(32, round(log2(n / 4)), SEED),
    "multi-index 4 × 16, faiss": lambda n: FaissIndex((4, 16)),
    "multi-index 3 × 21, 2 flips, faiss": lambda n: FaissIndex((3, 21), flips=2),
}
MAPS = ("mAP, one process", "mAP, Dask")
full = lru_cache(lambda: data.load("full"))


@lru_cache
def database_and_queries():
    """Packed codes of the largest database, of which the others are the beginning, and queries."""
    vectors = hog(full().database.images)
    hasher = RandomProjection(64, SEED, center=True).fit(vectors)
    queries = hasher.encode(hog(full().queries.images[:N_QUERIES]))
    original = codes.pack(hasher.encode(vectors))
    times = -(-max(SIZES) // len(original))
    return replicate(original, times, FLIP, np.random.default_rng(SEED)), codes.pack(queries)


@lru_cache
def exact(items):
    """Distances of the K nearest, by a flat scan."""
    database, queries = database_and_queries()
    return FlatScan().fit(database[:items]).search(queries, K)[1]


def search_cell(method, items):
    """Build one index and search it; runs in a process of its own, where memory can be told."""
    database, queries = database_and_queries()
    before = _resident_bytes()
    database = database[:items].copy()
    start = time.process_time()
    index = SEARCHES[method](items).fit(database)
    build_seconds = time.process_time() - start
    del database  # an index that needs it has kept it
    resident = _resident_bytes() - before
    seconds, distances = _timed(index, queries)
    peak = 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    return {
        "metrics": {"recall": round(recall(distances, exact(items)), 6)},
        "query_ms": round(1000 * seconds / len(queries), 4),
        "build_seconds": round(build_seconds, 3),
        "index_mb": round(resident / 1e6, 1),
        "peak_mb": round(peak / 1e6, 1),
    }


def _resident_bytes():
    """Memory of this process; what was freed is given back first, so that it does not count."""
    ctypes.CDLL(None).malloc_trim(0)
    return psutil.Process().memory_info().rss


def _timed(index, queries):
    """Median processor time of RUNS runs over all queries, one by one, and the distances."""
    seconds = []
    for _ in range(1 + RUNS):  # the first one warms up
        start = time.process_time()
        found = [index.search(query[None], K)[1] for query in queries]
        seconds.append(time.process_time() - start)
    return median(seconds[1:]), np.concatenate(found)


def metric_cell(method, items):
    """mAP@10 of the queries, unrounded, and the wall time of counting on a cluster that stands."""
    database, queries = database_and_queries()
    labels = np.resize(full().database.labels, items)
    sets = queries, full().queries.labels[:N_QUERIES], database[:items], labels
    if method == "mAP, one process":
        start = time.perf_counter()
        score = mean_average_precision(*sets, K)
    else:
        cluster = LocalCluster(n_workers=N_WORKERS, threads_per_worker=1, host="127.0.0.1",
                               dashboard_address=None)  # fmt: skip
        with cluster, workers(cluster.scheduler_address):
            start = time.perf_counter()
            score = mean_average_precision(*sets, K, n_shards=N_SHARDS, n_jobs=-1)
    return {"metrics": {"min": score}, "wall_seconds": round(time.perf_counter() - start, 3)}


def measure(parameters, seed):
    """One cell of the record, and no arrays."""
    method, items = parameters["method"], parameters["items"]
    if method in MAPS:
        cell = metric_cell(method, items)
    else:
        exact(items)  # here, so that the new process finds it and the codes in its memory
        _resident_bytes()  # the peak of the new process begins at what this one holds
        with ProcessPoolExecutor(1, get_context("fork")) as process:
            cell = process.submit(search_cell, method, items).result()
    return {}, {"queries": N_QUERIES, "flip": FLIP} | cell


@threadpool_limits.wrap(1)
def record(folder=RESULTS, methods=(*SEARCHES, *MAPS), sizes=SIZES):
    """Measure what the record in the folder lacks and save after every cell; return the record."""
    faiss.omp_set_num_threads(1)
    settings = [({"method": method, "items": n}, SEED) for method in methods for n in sizes]
    packages = (*records.PACKAGES, "faiss-cpu", "distributed")
    return keep("scale", full(), COMMAND, settings, measure, folder,
                packages, with_arrays=False)  # fmt: skip


@any_character()
def main(arguments=None):
    argparse.ArgumentParser(prog=COMMAND, description=__doc__).parse_args(arguments)
    for entry in record()["cells"]:
        print({name: entry[name] for name in entry if name not in ("seed", "queries", "flip")})


if __name__ == "__main__":
    main()
