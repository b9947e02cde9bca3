"""ultralytics' predictor, each image treated as if it were alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from lskd_toolkit import UsageError

from .words import is_open

if TYPE_CHECKING:
    from .options import YoloOptions


class Detector:
    """A model on its device. ``predict`` gives, for each image, what `YOLO.predict` gives for it alone."""

    def __init__(self, yolo: Any, options: YoloOptions, device: str):
        from ultralytics.utils.checks import check_imgsz

        self.device = _device(device)
        on_cpu = self.device.type == "cpu"
        half = not on_cpu if options.half is None else options.half
        self.batch = options.batch or (1 if on_cpu else 16)
        said: dict[str, Any] = {
            "conf": options.conf, "iou": options.iou, "max_det": options.max_det, "mode": "predict",
            "retina_masks": options.retina_masks, "quantize": 16 if half and not on_cpu else None,
            "batch": 1, "rect": True, "save": False, "verbose": False, "embed": None,
            "device": str(self.device),
            "classes": _filter(yolo, options.classes),
            "agnostic_nms": _is_yoloe(yolo) if options.agnostic_nms is None else options.agnostic_nms,
        }  # fmt: skip
        if options.imgsz is not None:
            said["imgsz"] = options.imgsz
        threads = torch.get_num_threads()
        try:
            predictor = _alone(yolo.task_map[yolo.task]["predictor"])(overrides={**yolo.overrides, **said})
            predictor.callbacks = defaultdict(list)  # among them what sends usage data
            predictor.setup_model(yolo.model, verbose=False)
        finally:
            torch.set_num_threads(threads)  # which ultralytics sets to what it likes
        predictor.imgsz = check_imgsz(predictor.args.imgsz, stride=predictor.model.stride, min_dim=2)
        self._predictor = predictor
        self._canvas = lru_cache(4096)(self._laid_out)

    def predict(self, images: Sequence[np.ndarray]) -> list[Any]:
        """Results (`ultralytics.engine.results.Results`) of RGB images uint8 ``(H, W, 3)``, in their order.

        Those go through the model together that fill a canvas of the same size; a canvas is never made larger
        for the sake of others, which would shift what the model sees.
        """
        groups: dict[tuple[int, ...], list[int]] = defaultdict(list)
        for i, image in enumerate(images):
            groups[self._canvas(image.shape[0], image.shape[1])].append(i)
        found: dict[int, Any] = {}
        for group in groups.values():
            for start in range(0, len(group), self.batch):
                some = group[start : start + self.batch]
                bgr = [np.ascontiguousarray(images[i][..., ::-1]) for i in some]
                found.update(zip(some, self._predictor(source=bgr), strict=True))
        return [found[i] for i in range(len(images))]

    def _laid_out(self, height: int, width: int) -> tuple[int, ...]:
        """The shape in which an image of that size goes through the model."""
        shape: tuple[int, ...] = self._predictor.pre_transform([np.zeros((height, width, 3), np.uint8)])[
            0
        ].shape
        return shape


def _alone(predictor: type) -> type:
    """The predictor's class, whose images do not depend on each other.

    ultralytics pads images to a common square where their sizes differ, and gives up on the rest of a batch
    when removing overlaps takes long; here each image is laid out and gone through by itself.
    """

    class Alone(predictor):  # type: ignore[misc]
        batch: Any

        def pre_transform(self, im: list[np.ndarray]) -> list[np.ndarray]:
            return [super(Alone, self).pre_transform([one])[0] for one in im]

        def postprocess(self, preds: Any, img: torch.Tensor, orig_imgs: list[np.ndarray]) -> list[Any]:
            paths, images, said = self.batch
            results = []
            for i in range(len(img)):
                self.batch = paths[i : i + 1], images[i : i + 1], said[i : i + 1]
                row = _row(preds, i, len(img))
                results += super().postprocess(row, img[i : i + 1], orig_imgs[i : i + 1])
            self.batch = paths, images, said
            return results

    return Alone


def _row(value: Any, i: int, of: int) -> Any:
    """One image's part of what a model gives for a batch, however nested."""
    if isinstance(value, torch.Tensor):
        return value[i : i + 1] if value.ndim and value.shape[0] == of else value
    if isinstance(value, list | tuple):
        return type(value)([_row(one, i, of) for one in value])
    if isinstance(value, dict):
        return {key: _row(one, i, of) for key, one in value.items()}
    return value


def _filter(yolo: Any, classes: Sequence[str]) -> list[int] | None:
    """The model's numbers of classes that it was trained for; None where it gives nothing else."""
    if not classes or is_open(yolo):
        return None
    names = yolo.model.names
    known = {
        str(name): number for number, name in (names.items() if isinstance(names, dict) else enumerate(names))
    }
    lacking = [name for name in classes if name not in known]
    if lacking:
        some = ", ".join(list(known)[:12]) + (", …" if len(known) > 12 else "")
        raise UsageError(
            f"this model knows no {lacking[0]!r}, but {some}; for any words take a YOLO-World or YOLOE"
        )
    return [int(known[name]) for name in classes]


def _is_yoloe(yolo: Any) -> bool:
    return type(yolo).__name__ == "YOLOE"


def _device(of_the_run: str) -> torch.device:
    """The run's device; where that is any GPU and this torch sees none, the CPU."""
    device = torch.device(of_the_run)
    if device.type == "cuda" and not torch.cuda.is_available():
        if device.index is not None:
            raise UsageError(f"this torch sees no GPU for --device {of_the_run}; use --device cpu")
        return torch.device("cpu")
    return device
