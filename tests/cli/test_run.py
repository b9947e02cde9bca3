"""``lskd run`` and its neighbours as a user meets them: words, exit codes, bad input."""

from __future__ import annotations

import io
import json
import os
import shutil
import sqlite3
import subprocess
import sys

import numpy as np
import PIL.Image
import pytest

from lskd_toolkit.store import Store

WORLD = [
    "--source", "smallworld", "--proposer", "smallworld", "--teacher", "smallworld", "--critic", "smallworld",
    "--verbalizer", "smallworld-local,smallworld-relation", "--set", "source.count=5",
]  # fmt: skip
PLAIN = ["--verbalizer", "none", "--teacher", "none", "--critic", "none", "--no-report"]


def lskd(*words, check=False, env=None, cwd=None):
    return subprocess.run(
        [sys.executable, "-c", "from lskd_toolkit.cli.main import main; main()", *map(str, words)],
        capture_output=True, text=True, check=check, env={**os.environ, **(env or {})}, cwd=cwd,
    )  # fmt: skip


def test_a_run_says_what_came_of_it_and_where_to_look(tmp_path):
    answer = lskd("run", *WORLD, "--out", tmp_path / "r")
    assert answer.returncode == 0, answer.stderr
    assert "5 images" in answer.stdout
    assert (tmp_path / "r" / "report" / "index.html").exists()
    again = lskd("run", "--out", tmp_path / "r", "--json")
    told = json.loads(again.stdout)
    assert told["counts"]["images_ok"] == 5
    assert lskd("stats", tmp_path / "r", "--json").returncode == 0
    assert "ok" in lskd("why", tmp_path / "r", "000001").stdout
    assert lskd("export", tmp_path / "r", "--to", "parquet").returncode == 0
    assert lskd("tables", tmp_path / "r").stdout.count(".parquet") == 6


def test_the_same_command_without_out_goes_on_in_the_same_folder(tmp_path):
    for _ in range(2):
        assert lskd("run", *WORLD, "--no-report", cwd=tmp_path).returncode == 0
    assert len(list((tmp_path / "runs").iterdir())) == 1


def test_init_writes_a_configuration_that_run_takes(tmp_path):
    PIL.Image.new("RGB", (40, 30), "green").save(tmp_path / "a.png")
    path = tmp_path / "run.yaml"
    assert lskd("init", path).returncode == 0
    assert "is there already" in lskd("init", path).stderr
    text = path.read_text().replace("paths: [photos]", f"paths: [{tmp_path / 'a.png'}]")
    path.write_text(text)
    answer = lskd("run", "--config", path, "--out", tmp_path / "r", "--proposer", "smallworld", *PLAIN)
    assert answer.returncode == 0, answer.stderr


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["run"], 2, "lskd run photos/"),
        (["run", "--source", "smalworld"], 2, "did you mean 'smallworld'"),
        (["run", "--source", "smallworld", "--proposer", "yolo"], 2, "pip install lskd-yolo"),
        (["run", *WORLD, "--set", "source.cuont=3"], 2, "did you mean 'count'"),
        (["run", *WORLD, "--set", "source.count=three"], 2, "option 'count'"),
        (["run", *WORLD, "--set", "teecher.x=1"], 2, "did you mean 'teacher'"),
        (["run", *WORLD, "--threshold", "7"], 2, "not in the range"),
        (["run", "no-such-folder", "--proposer", "smallworld", "--teacher", "none"], 2, "no-such-folder"),
        (["rum"], 2, "Did you mean 'run'"),
        (["stats", "nowhere"], 1, "is no run folder"),
        (["components", "show", "nothing"], 2, "lskd components list"),
        (["weights", "fetch", "nanodet.bim"], 2, "nanodet.bi"),
    ],
)
def test_wrong_words_are_one_line_with_the_mend_and_exit_2(words, code, said, tmp_path):
    answer = lskd(*words, cwd=tmp_path)
    assert answer.returncode == code, answer.stderr
    assert said in answer.stderr
    assert "Traceback" not in answer.stderr


def test_debug_shows_the_traceback(tmp_path):
    assert "Traceback" in lskd("--debug", "stats", tmp_path).stderr


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may write anywhere")
def test_an_unwritable_folder_is_one_line(tmp_path):
    (tmp_path / "ro").mkdir(mode=0o555)
    answer = lskd("run", *WORLD, "--out", tmp_path / "ro" / "r")
    assert (answer.returncode, "choose another with --out" in answer.stderr) == (1, True)


def test_a_file_where_the_folder_should_be_is_one_line(tmp_path):
    (tmp_path / "r").write_text("I am a file")
    answer = lskd("run", *WORLD, "--out", tmp_path / "r" / "deeper")
    assert answer.returncode == 1
    assert "choose another with --out" in answer.stderr


def test_a_full_disk_is_one_line(tmp_path):
    """A real limit: files of this process may not grow past 200 kB."""
    script = (
        "import resource, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); "
        "resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000)); "
        "from lskd_toolkit.cli.main import main; main()"
    )
    words = ["run", *WORLD[:-1], "source.count=400", "--out", str(tmp_path / "r"), "--no-report"]
    answer = subprocess.run([sys.executable, "-c", script, *words], capture_output=True, text=True)
    assert answer.returncode == 1, answer.stderr
    assert "Traceback" not in answer.stderr
    assert len(answer.stderr.strip().splitlines()[-1]) < 300
    assert lskd(*words).returncode == 0  # with room again, the same command goes on


def test_a_second_run_on_the_folder_and_a_newer_schema_are_refused(tmp_path):
    assert lskd("run", *WORLD, "--out", tmp_path, "--no-report").returncode == 0
    with Store(tmp_path):
        answer = lskd("run", "--out", tmp_path)
    assert (answer.returncode, "is in use by process" in answer.stderr) == (1, True)
    with sqlite3.connect(tmp_path / "run.sqlite") as db:
        db.execute("PRAGMA user_version=99")
    answer = lskd("run", "--out", tmp_path)
    assert (answer.returncode, "newer lskd-toolkit" in answer.stderr) == (1, True)


def test_stopped_by_the_budget_is_exit_3_and_resumable(tmp_path):
    (tmp_path / "run.yaml").write_text("teacher: {use: llm, parts: {backend: smallworld}}\n")
    named = WORLD[:4] + WORLD[6:]  # the teacher is the file's
    words = ["run", *named, "--config", tmp_path / "run.yaml", "--out", tmp_path / "r", "--no-report"]
    answer = lskd(*words, "--max-requests", "2")
    assert answer.returncode == 3, answer.stderr
    assert "run the same command" in answer.stderr
    answer = lskd(*words)
    assert answer.returncode == 0, answer.stderr


def photo(path, **options):
    rng = np.random.default_rng(len(path.name))
    PIL.Image.fromarray(rng.integers(0, 255, (60, 80, 3), np.uint8)).save(path, **options)


@pytest.fixture
def mess(tmp_path):
    """A folder with everything that goes wrong."""
    folder = tmp_path / "mess"
    folder.mkdir()
    photo(folder / "good.jpg")
    shutil.copy(folder / "good.jpg", folder / "twin.jpg")
    (folder / "empty.jpg").write_bytes(b"")
    data = (folder / "good.jpg").read_bytes()
    (folder / "truncated.jpg").write_bytes(data[: len(data) // 2])
    (folder / "text.png").write_text("I am no picture")
    PIL.Image.fromarray(np.full((20, 30), 60000, np.uint16)).save(folder / "deep.png")
    PIL.Image.new("CMYK", (30, 20), (10, 90, 200, 0)).save(folder / "cmyk.jpg")
    frames = [PIL.Image.new("P", (20, 20), k) for k in range(3)]
    frames[0].save(folder / "moving.gif", save_all=True, append_images=frames[1:])
    for turn in range(1, 9):
        exif = PIL.Image.Exif()
        exif[0x0112] = turn
        PIL.Image.new("RGB", (30 + turn, 20), (turn * 20, 0, 0)).save(folder / f"turn{turn}.jpg", exif=exif)
    PIL.Image.new("RGB", (1, 1)).save(folder / "dot.png")
    buffer = io.BytesIO()
    PIL.Image.new("1", (20_000, 20_000)).save(buffer, "PNG")
    (folder / "huge.png").write_bytes(buffer.getvalue())
    (folder / "dangling.jpg").symlink_to(folder / "nowhere.jpg")
    photo(folder / "ünï cödé 写真.png")
    photo(folder / "two\nlines.png")
    photo(folder / "a b c.png")
    return folder


def test_a_folder_of_everything_that_goes_wrong_completes_and_loses_nothing(mess, tmp_path):
    out = tmp_path / "r"
    answer = lskd("run", mess, "--out", out, "--proposer", "smallworld", "--verbalizer", "none",
                  "--teacher", "smallworld", "--critic", "smallworld", "--json")  # fmt: skip
    assert answer.returncode == 0, answer.stderr
    told = json.loads(lskd("stats", out, "--json", check=True).stdout)["images"]
    assert told["found"] == len(list(mess.iterdir())) == told["ok"] + told["refused"] + told["duplicate"]
    assert told["duplicate"] == 1
    assert told["refused"] == 5
    with sqlite3.connect(out / "run.sqlite") as db:
        rows = dict(db.execute("SELECT id, status || ': ' || reason FROM images"))
    assert rows["empty.jpg"].startswith("refused: empty")
    assert "truncated" in rows["truncated.jpg"]
    assert rows["text.png"].startswith("refused:")
    assert "megapixels" in rows["huge.png"]
    assert "dangling" in rows["dangling.jpg"]
    assert rows["twin.jpg"] == "duplicate: duplicate of good.jpg"
    for name in (
        "two\nlines.png",
        "ünï cödé 写真.png",
        "deep.png",
        "cmyk.jpg",
        "moving.gif",
        "dot.png",
        "turn6.jpg",
    ):
        assert rows[name] == "ok: ", (name, rows[name])
    strict = lskd("run", "--out", out, "--strict", "--no-report")
    assert strict.returncode == 1
    assert "5 refused" in strict.stdout
