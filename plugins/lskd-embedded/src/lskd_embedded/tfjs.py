"""Runs a TensorFlow.js graph model with torch alone: no TensorFlow, Node or ONNX at run time.

The file pair is a GraphDef written as JSON and a binary of weights, often stored in fewer bits. Every
node names an operation and its inputs, so a loop over the nodes is the whole interpreter. Only the
operations that the embedded models use are here; another is refused by name when the file is read,
not when the first image comes.

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

from .tfjs_operations import OPERATIONS, GraphError

__all__ = ["Graph", "GraphError", "Node", "read_graph", "read_weights"]


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
    known: dict[str, tuple[Tensor, ...]] = {
        name: (value,) for name, value in read_weights(entries, weights.read_bytes()).items()
    }
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
    readers: dict[str, Callable[[Any], Any]] = {
        "i": int, "f": float, "b": bool, "type": str, "s": lambda text: base64.b64decode(text).decode(),
    }  # fmt: skip
    if "list" in value:
        listed = value["list"]
        return next(
            ([read(each) for each in listed[key]] for key, read in readers.items() if key in listed), []
        )
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
