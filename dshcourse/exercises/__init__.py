"""Instant checks of exercises: ✓, or a hint that names the mistake.

    check("hash_bits", hash_bits)

An answer is a function. It is tried on inputs that the notebook does not show, so neither a
hard-coded result nor a variable of the notebook will do. A wrong result is compared with those of
known mistakes, and the hint of the one that matches is shown. One module a chapter.
"""

from importlib import import_module
from pkgutil import iter_modules

from dshcourse.console import any_character
from dshcourse.exercises.exercise import problem_of

EXERCISES = {
    name: exercise
    for module in iter_modules(__path__, "dshcourse.exercises.")
    if "chapter_" in module.name
    for name, exercise in import_module(module.name).EXERCISES.items()
}


@any_character()
def check(exercise, answer):
    """Print ✓ if `answer`, a function, solves the exercise of that name, else ✗ and a hint."""
    problem = hint(exercise, answer)
    print("✓ correct" if problem is None else f"✗ {problem}")


def hint(exercise, answer):
    """What is wrong with `answer`, in words; None if nothing is."""
    if exercise not in EXERCISES:
        raise ValueError(f"exercise={exercise!r}, but it must be one of {', '.join(EXERCISES)}")
    if not callable(answer):
        return f"give the function itself, not its result: check({exercise!r}, {exercise})"
    return problem_of(EXERCISES[exercise], answer)
