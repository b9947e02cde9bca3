"""Runs a TensorFlow.js graph model with torch alone: no TensorFlow, Node or ONNX at run time.

The file pair is a GraphDef written as JSON and a binary of weights, often stored in fewer bits. Every
node names an operation and its inputs, so a loop over the nodes is the whole interpreter. Only the
operations that the embedded models use are here; another is refused by name when the file is read,
not when the first image comes.

Tensors keep TensorFlow's layout (NHWC for images); convolutions turn to torch's and back.
Format: the graph-model and weights-manifest documents of TensorFlow.js.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - torch's own custom

from lskd_toolkit import LskdError


class GraphError(LskdError):
    """A graph file that cannot be run: a torn pair of files, or an operation that is not known."""


@dataclass(frozen=True, slots=True)
class Node:
    """One step: ``inputs`` are (name of node, number of its output)."""

    name: str
    op: str
    inputs: tuple[tuple[str, int], ...]
    attributes: Mapping[str, Any]


class Graph:
    """A graph model in memory. Call it with one tensor per placeholder; get a tensor per output.

    Arguments:
        nodes: in an order in which every input comes before its use.
        constants: values of the nodes that depend on no placeholder.
        placeholders: names of the inputs. outputs: names of what a call gives back.
    """

    def __init__(
        self,
        nodes: Sequence[Node],
        constants: dict[str, tuple[Tensor, ...]],
        placeholders: Sequence[str],
        outputs: Sequence[str],
    ):
        self.nodes, self.placeholders, self.outputs = tuple(nodes), tuple(placeholders), tuple(outputs)
        self._constants = constants
        self._last_use = {name: node.name for node in self.nodes for name, _ in node.inputs}

    def to(self, device: str) -> Graph:
        """Move the weights; whole-number tensors (shapes, paddings, orders) stay on the CPU."""
        for name, values in self._constants.items():
            self._constants[name] = tuple(v.to(device) if v.is_floating_point() else v for v in values)
        return self

    @torch.inference_mode()
    def __call__(self, **inputs: Tensor) -> dict[str, Tensor]:
        """Run once.

        Raises:
            GraphError: a placeholder was not given, or an unknown one was.
        """
        if set(inputs) != set(self.placeholders):
            raise GraphError(f"the graph takes {list(self.placeholders)}, not {sorted(inputs)}")
        values = dict(self._constants)
        values.update({name: (tensor,) for name, tensor in inputs.items()})
        for node in self.nodes:
            values[node.name] = OPERATIONS[node.op]([values[n][i] for n, i in node.inputs], node.attributes)
            for name, _ in node.inputs:  # activations are let go as soon as nobody needs them
                if self._last_use[name] == node.name and name not in self.outputs:
                    values.pop(name, None)
        return {name: values[name][0] for name in self.outputs}


def read_graph(graph: Path, weights: Path) -> Graph:
    """Read a graph model from its two files and fold what is constant.

    Raises:
        GraphError: the files do not fit each other, or an operation is not known.
    """
    document = json.loads(graph.read_text("utf-8"))
    entries = [entry for group in document["weightsManifest"] for entry in group["weights"]]
    known = {name: (value,) for name, value in read_weights(entries, weights.read_bytes()).items()}
    nodes = _ordered([_node(each) for each in document["modelTopology"]["node"]], graph)
    unknown = sorted({node.op for node in nodes} - set(OPERATIONS) - {"Const", "Placeholder"})
    if unknown:
        raise GraphError(f"{graph.name} uses operations that are not known here: {', '.join(unknown)}")
    steps = []
    with torch.inference_mode():
        for node in nodes:
            if node.op == "Const" and node.name not in known:
                raise GraphError(f"{weights.name} lacks the constant {node.name!r} of {graph.name}")
            if node.op in ("Const", "Placeholder"):
                continue
            if all(name in known for name, _ in node.inputs):
                known[node.name] = OPERATIONS[node.op]([known[n][i] for n, i in node.inputs], node.attributes)
            else:
                steps.append(node)
    used = {name for node in steps for name, _ in node.inputs}
    outputs = sorted(name for name in {node.name for node in steps} - used)
    placeholders = [node.name for node in nodes if node.op == "Placeholder"]
    return Graph(steps, {name: known[name] for name in known if name in used}, placeholders, outputs)


def read_weights(entries: Sequence[Mapping[str, Any]], data: bytes) -> dict[str, Tensor]:
    """Cut the binary into tensors by the manifest's entries, in order; widen what was quantised.

    Halves become float32 as they are; ``uint8`` and ``uint16`` become ``value * scale + min``.

    Raises:
        GraphError: the binary is longer or shorter than the manifest says.
    """
    tensors, at = {}, 0
    for entry in entries:
        quantised = entry.get("quantization", {})
        stored = np.dtype(quantised.get("dtype", entry["dtype"])).newbyteorder("<")
        count = int(np.prod(entry["shape"], dtype=np.int64))
        if at + count * stored.itemsize > len(data):
            raise GraphError(f"the weights end before {entry['name']!r}; fetch them again")
        array = np.frombuffer(data, stored, count, at).reshape(entry["shape"])
        at += count * stored.itemsize
        if stored.kind == "u" and "scale" in quantised:
            array = array.astype(np.float32) * np.float32(quantised["scale"]) + np.float32(quantised["min"])
        tensors[entry["name"]] = torch.from_numpy(array.astype(entry["dtype"]))
    if at != len(data):
        raise GraphError(f"the weights hold {len(data)} bytes where the graph says {at}; fetch them again")
    return tensors


def _node(document: Mapping[str, Any]) -> Node:
    inputs = []
    for reference in document.get("input", ()):
        if not reference.startswith("^"):  # ^name orders side effects; there are none here
            name, _, number = reference.partition(":")
            inputs.append((name, int(number or 0)))
    attributes = {name: _attribute(value) for name, value in document.get("attr", {}).items()}
    return Node(document["name"], document["op"], tuple(inputs), attributes)


def _attribute(value: Mapping[str, Any]) -> Any:
    """Protobuf's JSON: numbers may be text, text is base64, an empty list holds no key at all."""
    if "list" in value:
        return [int(each) for each in value["list"].get("i", ())]
    readers: dict[str, Callable[[Any], Any]] = {
        "i": int, "f": float, "b": bool, "s": lambda text: base64.b64decode(text).decode(),
    }  # fmt: skip
    return next((read(value[key]) for key, read in readers.items() if key in value), None)


def _ordered(nodes: Sequence[Node], graph: Path) -> list[Node]:
    """The nodes, every input before its use (files need not be in that order)."""
    done: set[str] = set()
    ordered, waiting = [], list(nodes)
    while waiting:
        ready = [node for node in waiting if all(name in done for name, _ in node.inputs)]
        if not ready:
            raise GraphError(
                f"{graph.name} is not a graph: {waiting[0].name!r} waits for itself or for nothing"
            )
        ordered += ready
        done.update(node.name for node in ready)
        waiting = [node for node in waiting if node.name not in done]
    return ordered


# --- the operations: inputs and attributes in, a tuple of outputs out --------------------------------


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
    kernel = inputs[1].permute(3, 2, 0, 1)
    x = _windowed(inputs[0], kernel.shape[2:], attributes)
    holes = attributes.get("dilations") or [1, 1, 1, 1]
    return (_channels_last(F.conv2d(x, kernel, None, attributes["strides"][1:3], 0, holes[1:3])),)


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


Operation = Callable[[Sequence[Tensor], Mapping[str, Any]], tuple[Tensor, ...]]
OPERATIONS: dict[str, Operation] = {
    "Add": lambda x, a: (x[0] + x[1],),
    "AddV2": lambda x, a: (x[0] + x[1],),
    "ConcatV2": lambda x, a: (torch.cat(list(x[:-1]), int(x[-1])),),
    "Conv2D": _convolution,
    "Identity": lambda x, a: (x[0],),
    "LeakyRelu": lambda x, a: (F.leaky_relu(x[0], a.get("alpha", 0.2)),),
    "MaxPool": _max_pool,
    "Pad": _pad,
    "PadV2": _pad,
    "Reshape": lambda x, a: (x[0].reshape(x[1].tolist()),),
    "ResizeBilinear": _resize,
    "Sigmoid": lambda x, a: (torch.sigmoid(x[0]),),
    "SparseToDense": _scatter,
    "SplitV": lambda x, a: torch.split(x[0], x[1].tolist(), int(x[2])),
    "Transpose": lambda x, a: (x[0].permute(x[1].tolist()),),
}
