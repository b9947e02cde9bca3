"""The operations of a TensorFlow.js graph in torch: inputs and attributes in, a tuple of outputs out.

Tensors keep TensorFlow's layout (NHWC for images); convolutions turn to torch's and back. Only what the
embedded models use is here. Meaning of each: TensorFlow's own documentation of the operation.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - torch's own custom

from lskd_toolkit import LskdError


class GraphError(LskdError):
    """A graph file that cannot be run: a torn pair of files, or an operation that is not known."""


def _channels_first(x: Tensor) -> Tensor:
    return x.permute(0, 3, 1, 2)


def _channels_last(x: Tensor) -> Tensor:
    return x.permute(0, 2, 3, 1)


def _windowed(x: Tensor, size: Sequence[int], attributes: Mapping[str, Any], fill: float = 0.0) -> Tensor:
    """NHWC to NCHW, padded as SAME asks: the odd pixel goes below and to the right."""
    if attributes.get("data_format", "NHWC") != "NHWC":
        raise GraphError(f"data format {attributes['data_format']} is not known here")
    x = _channels_first(x)
    if attributes["padding"] != "SAME":
        return x
    pads: list[int] = []
    steps, holes = attributes["strides"], attributes.get("dilations") or [1, 1, 1, 1]
    for axis in (1, 0):  # torch names the last axis first
        reach, step = (size[axis] - 1) * holes[axis + 1] + 1, steps[axis + 1]
        missing = max(0, (-(-x.shape[axis + 2] // step) - 1) * step + reach - x.shape[axis + 2])
        pads += [missing // 2, missing - missing // 2]
    return F.pad(x, pads, value=fill)


def _convolution(inputs: Sequence[Tensor], attributes: Mapping[str, Any]) -> tuple[Tensor]:
    return _convolved(inputs, attributes, inputs[1].permute(3, 2, 0, 1), groups=1)


def _depthwise(inputs: Sequence[Tensor], attributes: Mapping[str, Any]) -> tuple[Tensor]:
    """Each channel by its own kernels: ``(height, width, channels, kernels)`` as TensorFlow has them."""
    high, wide, channels, each = inputs[1].shape
    kernel = inputs[1].permute(2, 3, 0, 1).reshape(channels * each, 1, high, wide)
    return _convolved(inputs, attributes, kernel, groups=channels)


def _convolved(
    inputs: Sequence[Tensor], attributes: Mapping[str, Any], kernel: Tensor, groups: int
) -> tuple[Tensor]:
    """A convolution, with the bias and the activation that a converter fused into it."""
    x = _windowed(inputs[0], kernel.shape[2:], attributes)
    holes = attributes.get("dilations") or [1, 1, 1, 1]
    fused = attributes.get("fused_ops") or []
    unknown = sorted(set(fused) - {"BiasAdd", *ACTIVATIONS})
    if unknown:
        raise GraphError(f"a convolution fused with {unknown[0]} is not known here")
    bias = inputs[2] if "BiasAdd" in fused else None
    y = F.conv2d(x, kernel, bias, attributes["strides"][1:3], 0, holes[1:3], groups)
    for name in fused:
        y = ACTIVATIONS[name](y) if name in ACTIVATIONS else y
    return (_channels_last(y),)


def _max_pool(inputs: Sequence[Tensor], attributes: Mapping[str, Any]) -> tuple[Tensor]:
    size = attributes["ksize"][1:3]
    x = _windowed(inputs[0], size, attributes, fill=float("-inf"))
    return (_channels_last(F.max_pool2d(x, size, attributes["strides"][1:3])),)


def _resize(inputs: Sequence[Tensor], attributes: Mapping[str, Any]) -> tuple[Tensor]:
    x, size = inputs
    corners, centres = attributes.get("align_corners", False), attributes.get("half_pixel_centers", False)
    if not (corners or centres):
        raise GraphError("ResizeBilinear without half_pixel_centers or align_corners is not known here")
    y = F.interpolate(_channels_first(x), size.tolist(), mode="bilinear", align_corners=corners)
    return (_channels_last(y),)


def _pad(inputs: Sequence[Tensor], attributes: Mapping[str, Any]) -> tuple[Tensor]:
    value = inputs[2].item() if len(inputs) > 2 else 0.0
    return (F.pad(inputs[0], inputs[1].flip(0).flatten().tolist(), value=value),)


def _scatter(inputs: Sequence[Tensor], attributes: Mapping[str, Any]) -> tuple[Tensor]:
    at, shape, values, default = inputs
    dense = torch.full(tuple(shape.tolist()), default.item(), dtype=default.dtype)
    if at.numel():
        dense[tuple(at.reshape(len(at), -1).long().T)] = values
    return (dense,)


def _gather(inputs: Sequence[Tensor], attributes: Mapping[str, Any]) -> tuple[Tensor]:
    """``GatherNd``: the last axis of the indices names a place along the first axes of the values."""
    values, at = inputs[0], inputs[1].long().to(inputs[0].device)
    return (values[tuple(at.unbind(-1))],)


def _with(join: Callable[[Tensor, Tensor], Tensor]) -> Operation:
    """An operation of two tensors."""
    return lambda x, a: (join(*_alike(x)),)


def _alike(tensors: Sequence[Tensor]) -> list[Tensor]:
    """The tensors on one device: whole-number constants stay on the CPU, what they meet may not be there."""
    device = next((each.device for each in tensors if each.device.type != "cpu"), tensors[0].device)
    return [each.to(device) for each in tensors]


DTYPES = {"DT_FLOAT": torch.float32, "DT_INT32": torch.int32, "DT_INT64": torch.int64}
ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {"Relu": torch.relu, "Relu6": F.relu6}
Operation = Callable[[Sequence[Tensor], Mapping[str, Any]], tuple[Tensor, ...]]
OPERATIONS: dict[str, Operation] = {
    "_FusedConv2D": _convolution,
    "Add": _with(torch.add),
    "AddV2": _with(torch.add),
    "ArgMax": lambda x, a: (x[0].argmax(int(x[1])).to(DTYPES[a.get("output_type", "DT_INT64")]),),
    "Cast": lambda x, a: (x[0].to(DTYPES[a["DstT"]]),),
    "ConcatV2": lambda x, a: (torch.cat(_alike(x[:-1]), int(x[-1])),),
    "Conv2D": _convolution,
    "DepthwiseConv2dNative": _depthwise,
    "ExpandDims": lambda x, a: (x[0].unsqueeze(int(x[1])),),
    "FloorDiv": _with(lambda a, b: torch.div(a, b, rounding_mode="floor")),
    "FusedDepthwiseConv2dNative": _depthwise,
    "GatherNd": _gather,
    "Identity": lambda x, a: (x[0],),
    "LeakyRelu": lambda x, a: (F.leaky_relu(x[0], a.get("alpha", 0.2)),),
    "MaxPool": _max_pool,
    "Mean": lambda x, a: (x[0].mean(x[1].flatten().tolist(), keepdim=a.get("keep_dims", False)),),
    "Mul": _with(torch.mul),
    "Pack": lambda x, a: (torch.stack(_alike(x), a.get("axis") or 0),),
    "Pad": _pad,
    "PadV2": _pad,
    "RealDiv": _with(torch.div),
    "Relu": lambda x, a: (torch.relu(x[0]),),
    "Reshape": lambda x, a: (x[0].reshape(x[1].tolist()),),
    "ResizeBilinear": _resize,
    "Sigmoid": lambda x, a: (torch.sigmoid(x[0]),),
    "Softmax": lambda x, a: (torch.softmax(x[0], -1),),
    "SparseToDense": _scatter,
    "SplitV": lambda x, a: torch.split(x[0], x[1].tolist(), int(x[2])),
    "Sqrt": lambda x, a: (torch.sqrt(x[0]),),
    "SquaredDifference": _with(lambda a, b: (a - b) ** 2),
    "Squeeze": lambda x, a: (x[0].squeeze(tuple(a["squeeze_dims"])),),
    "Sub": _with(torch.sub),
    "Transpose": lambda x, a: (x[0].permute(x[1].tolist()),),
    "Unpack": lambda x, a: x[0].unbind(a.get("axis") or 0),
}
