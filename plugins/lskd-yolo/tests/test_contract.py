"""The contracts of a proposer, with boxes and with masks."""

from __future__ import annotations

from typing import Any

import pytest

from lskd_toolkit.testing import check_proposer


@pytest.mark.parametrize("model", ["yolo26n", "yolov8n-seg", "yolo11n-obb"])
def test_contracts(made: Any, drawn: Any, picture: Any, model: str) -> None:
    pictures = [picture(drawn(*size)) for size in [(120, 160), (100, 160), (160, 120), (64, 64)]]
    check_proposer("yolo", pictures=pictures, model=str(made(model)), imgsz=160, max_det=20)
