"""How fast dshlib is, beside other tools that do the same: python -m tools.benchmarks [AREA ...]"""
