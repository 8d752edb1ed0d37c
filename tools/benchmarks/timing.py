"""Times of ours and of peers, taken in turn and shown in one line each."""

from statistics import median
from time import perf_counter
from timeit import timeit

LINE = "{:<32} {:>9} {:>4}  {:<30} {:>9} {:>8}  {}"


def medians(*functions):
    """Median seconds of each function and the number of runs: 3 to 15 in 15 s, after a warm-up."""
    for function in functions:
        function()
    times, start = [], perf_counter()
    while len(times) < 3 or (len(times) < 15 and perf_counter() - start < 15):
        times.append([timeit(function, number=1) for function in functions])
    return [median(column) for column in zip(*times, strict=True)], len(times)


def show(what, ours, runs, peer="", theirs=None, limit=None):
    """Print a line. Parameters: ours, theirs and limit in seconds; the ratio is theirs / ours."""
    target = f"<= {in_unit(limit)}: {'' if ours <= limit else 'NOT '}met" if limit else ""
    more = ("", "") if theirs is None else (in_unit(theirs), f"{theirs / ours:,.1f}×")
    print(LINE.format(what, in_unit(ours), runs, peer, *more, target).rstrip(), flush=True)


def in_unit(seconds):
    return f"{1000 * seconds:.2f} ms" if seconds < 0.1 else f"{seconds:.2f} s"
