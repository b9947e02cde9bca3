"""Licences stay apart: what is AGPL is one distribution, and nothing of ours pulls it in."""

from __future__ import annotations

import pytest

from .projects import ROOT, Project, projects

AGPL = {"ultralytics", "ultralytics-opencv-headless", "lskd-yolo"}
PROJECTS = projects()
each_project = pytest.mark.parametrize("project", PROJECTS, ids=[project.name for project in PROJECTS])


@each_project
def test_it_declares_a_licence_and_has_its_text(project: Project):
    licence = project.about["project"]["license"]
    assert licence == ("AGPL-3.0-only" if project.name == "lskd-yolo" else "Apache-2.0")
    text = (project.folder / "LICENSE").read_text(encoding="utf-8")
    if licence == "Apache-2.0":
        assert text == (ROOT / "LICENSE").read_text(encoding="utf-8")


@each_project
def test_only_the_yolo_plugin_may_require_what_is_agpl(project: Project):
    if project.name != "lskd-yolo":
        assert not project.requirements() & AGPL


def test_the_environments_that_people_work_in_hold_nothing_agpl():
    """The one in which the plugin itself is tested, apart from them, does."""
    ours = {*ROOT.glob("requirements/*.txt"), ROOT / "constraints.txt"} - {ROOT / "requirements/vision.txt"}
    for file in ours:
        lines = file.read_text(encoding="utf-8").lower().splitlines()
        assert not [line for line in lines if "ultralytics" in line or "lskd-yolo" in line], file
