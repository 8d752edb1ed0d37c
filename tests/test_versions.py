"""The version stands in one place, and changelog, citation and package repeat it."""

import re
from pathlib import Path

import yaml

import dshlib

ROOT = Path(__file__).parents[1]
CHANGELOG = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
RELEASES = re.findall(r"^## \[(\d+)\.(\d+)\.(\d+)\] – (\d{4}-\d\d-\d\d)$", CHANGELOG, re.MULTILINE)
MODULE = r"`(dsh(?:lib|course)[\w.]*)`"
CITATION = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))


def test_changelog_and_citation_are_of_this_version():
    *version, date = RELEASES[0]
    assert ".".join(version) == dshlib.__version__
    assert (CITATION["version"], CITATION["date-released"]) == (dshlib.__version__, date)


def test_changelog_goes_back_in_versions_and_time_under_the_headings_of_keep_a_changelog():
    headings = re.findall(r"^## .*$", CHANGELOG.replace("## [Unreleased]\n", "", 1), re.MULTILINE)
    assert len(headings) == len(RELEASES)
    numbers = [(tuple(map(int, version)), date) for *version, date in RELEASES]
    assert numbers == sorted(numbers, reverse=True)
    kinds = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
    assert set(re.findall(r"^### (.*)$", CHANGELOG, re.MULTILINE)) <= kinds


def test_commands_and_modules_in_the_changelog_exist_or_are_said_to_be_removed():
    removed = re.findall(r"### Removed\n.*?(?=\n##|\Z)", CHANGELOG, flags=re.DOTALL)
    kept = re.sub("|".join(map(re.escape, removed)), "", CHANGELOG)
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"`make (\w+)", kept):
        assert f"\n{target}:" in makefile, target
    for module in {*re.findall(MODULE, kept)} - {*re.findall(MODULE, "".join(removed))}:
        path = ROOT / module.replace(".", "/")
        assert path.is_dir() or path.with_suffix(".py").exists(), module


def test_citation_has_what_the_format_asks_and_the_works_the_course_rests_on():
    assert CITATION["cff-version"] == "1.2.0"
    assert {"message", "title", "authors"} <= set(CITATION)
    (author,) = CITATION["authors"]
    assert author["name"] in (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert CITATION["license"] == "MIT"
    works = {work.get("doi") or work["url"] for work in CITATION["references"]}
    assert works == {"10.1109/CVPR.2016.227", "https://arxiv.org/abs/1708.07747"}
