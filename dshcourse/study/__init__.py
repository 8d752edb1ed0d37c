"""What the course measured, and all that is needed to measure it again.

    python -m dshcourse.study table1 --split classroom --seeds 0 1 2

measures a table of the slides; `dshcourse.study.experiments` says which there are.
"""
