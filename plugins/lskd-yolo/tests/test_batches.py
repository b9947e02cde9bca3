"""An image's regions do not depend on what else is looked at, nor on how much at once."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from lskd_toolkit import Refined, create

SIZES = [(120, 160), (160, 120), (118, 157), (97, 211), (33, 40), (120, 160), (240, 320), (3, 400)]


def proposer(model: Any, **options: Any) -> Any:
    return create("proposer", "yolo", device="cpu", model=str(model), imgsz=160, **options)


@pytest.mark.parametrize("model", ["yolo11n", "yolov8n-seg", "yolo26n-seg"])
def test_images_of_all_sizes_together_are_as_each_alone(
    made: Any, drawn: Any, picture: Any, model: str
) -> None:
    """ultralytics would pad all of them to a square, and see each smaller and elsewhere."""
    pictures = [picture(drawn(height + i, width)) for i, (height, width) in enumerate(SIZES)]
    yolo = proposer(made(model))
    together = yolo.propose(pictures)
    assert together == [yolo.propose([one])[0] for one in pictures]
    assert [one.image.width for one in pictures] == [size[1] for size in SIZES]
    assert len({len(one.kept) for one in together}) > 2


def test_ultralytics_itself_lets_a_batch_change_an_image(made: Any, drawn: Any) -> None:
    """Else all of this would be for nothing."""
    import ultralytics

    yolo = ultralytics.YOLO(str(made("yolo11n")))
    one, other = (np.ascontiguousarray(drawn(*size)[..., ::-1]) for size in SIZES[:2])
    said = {"imgsz": 160, "device": "cpu", "verbose": False}
    alone, beside = yolo.predict(one, **said)[0], yolo.predict([one, other], **said)[0]
    assert alone.boxes.data.shape != beside.boxes.data.shape or not torch.equal(
        alone.boxes.data, beside.boxes.data
    )


def test_several_go_through_the_model_at_once_where_their_canvas_is_the_same(
    made: Any, drawn: Any, picture: Any
) -> None:
    """Images of other sizes fill the same canvas too. Sums are added in another order then."""
    pictures = [
        picture(drawn(height, width)) for height, width in [(120, 160), (118, 157), (240, 320), (123, 160)]
    ]
    through: list[int] = []
    together = proposer(made("yolov8n-seg"), batch=3)
    net = together.detector._predictor.model.backend.model
    net.register_forward_pre_hook(lambda _, given: through.append(len(given[0])))
    ours = together.propose(pictures)
    assert through == [3, 1]
    for one, other in zip(proposer(made("yolov8n-seg")).propose(pictures), ours, strict=True):
        assert_close(one, other)


def assert_close(one: Refined, other: Refined) -> None:
    assert len(one.kept) == len(other.kept) > 0
    for mine, theirs in zip(one.kept, other.kept, strict=True):
        assert mine.label == theirs.label
        assert mine.score == pytest.approx(theirs.score, abs=1e-3)


def test_the_same_image_gives_the_same_regions_from_another_instance(
    made: Any, drawn: Any, picture: Any
) -> None:
    one = proposer(made("yolo26n-seg")).propose([picture(drawn(120, 160))])
    assert one == proposer(made("yolo26n-seg")).propose([picture(drawn(120, 160))])


def test_overlaps_are_removed_from_every_image_however_long_it_takes(
    made: Any, drawn: Any, picture: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ultralytics stops after two seconds and gives nothing for the rest of the batch."""
    from ultralytics.utils import nms

    pictures = [picture(drawn(120 + i, 160)) for i in range(3)]
    yolo = proposer(made("yolo11n"), batch=3)
    quick = yolo.propose(pictures)
    clock = iter(range(0, 10**6, 100))
    monkeypatch.setattr(nms.time, "time", lambda: next(clock))
    assert yolo.propose(pictures) == quick
    assert all(one.kept for one in quick)


def test_threads_are_left_as_they_were(made: Any, drawn: Any, picture: Any) -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        proposer(made("yolo11n")).propose([picture(drawn(120, 160))])
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)
