"""A notebook as it was handed in, put back into the shape of the handout.

Tests, text and set-up are the handout's, whatever was done to them. Answers are the student's, and
cells of their own stay where they were, and carry no marks.
"""

import copy


def grade_id(cell):
    """The name of a cell in the handout; None for a cell of the student's own."""
    mark = cell.get("metadata", {}).get("nbgrader")
    return mark.get("grade_id") if isinstance(mark, dict) else None


def repair(notebook, release):
    """Return the notebook to mark, and remarks for the teacher on what had happened to it."""
    ours = {grade_id(cell): cell for cell in release.cells}
    answers, extra, twice, edited, last = {}, {}, [], [], None
    for cell in notebook.cells:
        name = grade_id(cell)
        if name in ours and name not in answers:
            answers[name], last = cell.source, name
            if not _is_answer(ours[name]) and cell.source.strip() != ours[name].source.strip():
                edited.append(name)
        else:
            twice += [name] if name in ours else []
            extra.setdefault(last, []).append(_plain(cell))
    mended = copy.deepcopy(release)
    mended.cells = list(extra.get(None, []))
    for name, cell in ours.items():
        kept = copy.deepcopy(cell)
        if _is_answer(cell):
            kept.source = answers.get(name, "")
        mended.cells += [kept, *extra.get(name, [])]
    return mended, _remarks(ours, answers, twice, edited)


def _is_answer(cell):
    return cell.metadata.nbgrader.solution


def _is_code(cell):
    return cell.cell_type == "code"


def _plain(cell):
    own = copy.deepcopy(cell)
    own.metadata.clear()
    if own.cell_type == "code":
        own.outputs, own.execution_count = [], None
    return own


def _remarks(ours, answers, twice, edited):
    missing = [name for name in ours if name not in answers]
    if len(missing) == len(ours):
        return ["no cell of the handout was found: was the notebook copied by hand?"]
    lost = [name for name in missing if _is_answer(ours[name])]
    back = [name for name in missing if ours[name].metadata.nbgrader.grade and name not in lost]
    findings = {
        "answer deleted": lost, "test deleted, put back": back,
        "cell there twice, the last one to run counts": [n for n in twice if _is_code(ours[n])],
        "text there twice, the first one counts": [n for n in twice if not _is_code(ours[n])],
        "test or text edited, put back": [name for name in edited if not name.startswith("text")],
    }  # fmt: skip
    return [f"{what}: {', '.join(names)}" for what, names in findings.items() if names]
