"""Models: found, read without running code in them, and refused in one line."""

from __future__ import annotations

import pickle
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch

from lskd_toolkit import UsageError, WeightsMissing, create


def proposer(model: Any, **options: Any) -> Any:
    return create("proposer", "yolo", device="cpu", **{"model": str(model), "imgsz": 160, **options})


class Evil:
    """Runs code when it is unpickled."""

    def __init__(self, witness: Path):
        self.witness = witness

    def __reduce__(self) -> Any:
        return Path.touch, (self.witness,)


def test_a_checkpoint_that_would_run_code_is_refused_and_runs_none(made: Any, tmp_path: Path) -> None:
    path, witness = tmp_path / "evil.pt", tmp_path / "witness"
    checkpoint = torch.load(made("yolo11n"), weights_only=False)
    torch.save({**checkpoint, "date": Evil(witness)}, path)
    with pytest.raises(UsageError, match=r"could run code.*state_dict\(\).*proposer\.yolo\.weights"):
        proposer(path)
    assert not witness.exists()
    torch.load(path, weights_only=False)
    assert witness.exists()


def test_a_module_that_the_checkpoint_names_is_not_installed(made: Any, tmp_path: Path) -> None:
    checkpoint = torch.load(made("yolo11n"), weights_only=False)
    path = tmp_path / "stranger.pt"

    class Stranger:
        pass

    Stranger.__module__, Stranger.__qualname__ = "a_package_that_is_not_there", "Stranger"
    with pytest.MonkeyPatch.context() as patch:
        import sys
        import types

        module = types.ModuleType("a_package_that_is_not_there")
        module.Stranger = Stranger  # type: ignore[attr-defined]
        patch.setitem(sys.modules, "a_package_that_is_not_there", module)
        torch.save({**checkpoint, "date": Stranger()}, path)
    with pytest.raises(UsageError, match="could run code"):
        proposer(path)


@pytest.mark.parametrize(
    "content",
    [b"", b"GIF89a", pickle.dumps({"model": 1}), b"PK\x03\x04" + bytes(50)],
    ids=["empty", "gif", "pickle", "zip"],
)
def test_what_is_no_checkpoint_is_refused_in_one_line(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "broken.pt"
    path.write_bytes(content)
    with pytest.raises(UsageError, match=r"'broken\.pt'") as error:
        proposer(path)
    assert "\n" not in str(error.value)


def test_a_checkpoint_cut_short_is_refused(made: Any, tmp_path: Path) -> None:
    path = tmp_path / "short.pt"
    whole = made("yolo11n").read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(UsageError, match="no checkpoint"):
        proposer(path)


def test_tensors_alone_fill_an_architecture(made: Any, drawn: Any, picture: Any, tmp_path: Path) -> None:
    """What the refusal says to do, in both forms."""
    from safetensors.torch import save_file

    pixels = drawn(120, 160)
    checkpoint = torch.load(made("yolo11n"), weights_only=False)
    state = checkpoint["model"].float().state_dict()
    torch.save(state, tmp_path / "tensors.pt")
    save_file(state, tmp_path / "tensors.safetensors")
    wanted = [(r.box, r.score) for r in proposer(made("yolo11n")).propose([picture(pixels)])[0].kept]
    for name in ("tensors.pt", "tensors.safetensors"):
        yolo = proposer("yolo11n.yaml", weights=str(tmp_path / name))
        assert [(r.box, r.score) for r in yolo.propose([picture(pixels)])[0].kept] == wanted
    with pytest.raises(UsageError, match=r"no state dict of this architecture.*Missing key|size mismatch"):
        proposer("yolo11s.yaml", weights=str(tmp_path / "tensors.pt"))


def test_a_yaml_of_one_s_own_names_its_classes(made: Any, drawn: Any, picture: Any, tmp_path: Path) -> None:
    import ultralytics

    source = Path(ultralytics.__file__).parent / "cfg/models/11/yolo11.yaml"
    path = tmp_path / "mine-yolo11n.yaml"
    path.write_text(source.read_text().replace("nc: 80", "nc: 2\nnames: [hat, umbrella]"))
    yolo = proposer(path, conf=0)
    assert {region.label for region in yolo.propose([picture(drawn(120, 160))])[0].kept} <= {
        "hat",
        "umbrella",
    }


def test_a_yaml_is_not_evaluated(tmp_path: Path) -> None:
    """An activation is an expression to ultralytics, unless it is told to be careful."""
    import ultralytics

    source = Path(ultralytics.__file__).parent / "cfg/models/11/yolo11.yaml"
    witness = tmp_path / "witness"
    path = tmp_path / "evil-yolo11n.yaml"
    path.write_text(
        f"activation: __import__('pathlib').Path({str(witness)!r}).touch() or nn.SiLU()\n"
        + source.read_text()
    )
    with pytest.raises(UsageError, match="describes no model"):
        proposer(path)
    assert not witness.exists()


def test_weights_of_a_yaml_are_drawn_the_same_for_a_seed_and_move_no_other_draw(
    drawn: Any, picture: Any
) -> None:
    def boxes(seed: int) -> Any:
        yolo = create(
            "proposer", "yolo", device="cpu", seed=seed, model="yolo11n.yaml", imgsz=160, conf=0, max_det=5
        )
        return [(region.box, region.score) for region in yolo.propose([picture(drawn(120, 160))])[0].kept]

    state = torch.get_rng_state()
    assert boxes(1) == boxes(1)
    assert torch.equal(state, torch.get_rng_state())


def test_a_name_is_looked_for_in_the_cache(
    made: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LSKD_CACHE", str(tmp_path))
    with pytest.raises(WeightsMissing, match=r"none is fetched unasked; curl -fL .*/yolo11n\.pt https://"):
        proposer("yolo11n.pt")
    (tmp_path / "weights/ultralytics").mkdir(parents=True)
    shutil.copy(made("yolo11n"), tmp_path / "weights/ultralytics" / "yolo11n.pt")
    proposer("yolo11n.pt")


@pytest.mark.parametrize(
    ("options", "error", "said"),
    [
        ({"model": "no/such.pt"}, WeightsMissing, "no checkpoint at 'no/such.pt'"),
        ({"model": "https://host/yolo11n.pt"}, UsageError, "is an address"),
        ({"model": "ul://user/project/model"}, UsageError, "is an address"),
        ({"model": "yolo11n.onnx"}, UsageError, "neither a checkpoint"),
        ({"model": "no-such.yaml"}, UsageError, "no architecture 'no-such.yaml'"),
        ({"model": "yolo11n-cls.yaml"}, UsageError, "for the task classify, which finds no regions"),
        ({"model": "yolo11n.yaml", "weights": "no/such.pt"}, WeightsMissing, "no checkpoint at"),
        ({"model": "yolo11n.yaml", "classes": ["unicorn"]}, UsageError, "knows no 'unicorn', but"),
    ],
    ids=lambda v: v if isinstance(v, str) else None,
)
def test_what_cannot_be_used_is_refused_in_one_line(options: Any, error: Any, said: str) -> None:
    with pytest.raises(error, match=re.escape(said)) as raised:
        proposer(**options)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("name", ["it's.pt"])
def test_a_name_for_which_ultralytics_would_look_in_the_network_is_refused(
    made: Any, tmp_path: Path, name: str
) -> None:
    shutil.copy(made("yolo11n"), tmp_path / name)
    with pytest.raises(UsageError, match="name it checkpoint"):
        proposer(tmp_path / name)
