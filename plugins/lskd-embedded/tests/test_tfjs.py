"""The graph interpreter against torch itself, on graphs small enough to write by hand."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from lskd_embedded.tfjs import Graph, GraphError, read_graph, read_weights
from torch.nn import functional as F  # noqa: N812


def text(value: str) -> dict:
    return {"s": base64.b64encode(value.encode()).decode()}


def numbers(*values: int) -> dict:
    return {"list": {"i": [str(value) for value in values]}}


def write(
    folder: Path, nodes: list[dict], weights: dict[str, np.ndarray], stored: str | None = None
) -> Graph:
    """Write the two files of a graph model as the converter does and read them back."""
    consts = [{"name": name, "op": "Const", "attr": {}} for name in weights]
    entries, data = [], b""
    for name, array in weights.items():
        entry = {"name": name, "shape": list(array.shape), "dtype": array.dtype.name}
        if stored and array.dtype == np.float32:
            entry["quantization"] = {"dtype": stored, "original_dtype": "float32"}
            array = array.astype(stored)  # noqa: PLW2901
        entries.append(entry)
        data += array.tobytes()
    topology = {"node": [*nodes, *consts, {"name": "x", "op": "Placeholder", "attr": {}}]}
    document = {"modelTopology": topology, "weightsManifest": [{"paths": ["g.bin"], "weights": entries}]}
    (folder / "g.json").write_text(json.dumps(document))
    (folder / "g.bin").write_bytes(data)
    return read_graph(folder / "g.json", folder / "g.bin")


def node(name: str, op: str, *inputs: str, **attr: dict) -> dict:
    return {"name": name, "op": op, "input": list(inputs), "attr": attr}


def conv(name: str, op: str, *inputs: str, padding: str, stride: int) -> dict:
    return node(
        name, op, *inputs,
        padding=text(padding), strides=numbers(1, stride, stride, 1), dilations=numbers(1, 1, 1, 1),
        data_format=text("NHWC"),
    )  # fmt: skip


@pytest.fixture
def image() -> torch.Tensor:
    return torch.randn(2, 7, 9, 3, generator=torch.Generator().manual_seed(0))


def weight(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).normal(size=shape).astype(np.float32)


def test_pad_convolution_bias_and_leaky_relu_are_torchs_own(tmp_path, image):
    kernel, bias = weight(3, 3, 3, 4), weight(4)
    graph = write(
        tmp_path,
        [
            node("leak", "LeakyRelu", "sum", alpha={"f": 0.1}),  # out of order on purpose
            node("padded", "Pad", "x", "pads"),
            conv("conv", "Conv2D", "padded", "kernel", padding="VALID", stride=2),
            node("sum", "AddV2", "conv", "bias"),
        ],
        {"kernel": kernel, "bias": bias, "pads": np.array([[0, 0], [1, 2], [0, 1], [0, 0]], np.int32)},
    )
    padded = F.pad(image.permute(0, 3, 1, 2), (0, 1, 1, 2))
    expected = F.leaky_relu(
        F.conv2d(padded, torch.tensor(kernel).permute(3, 2, 0, 1), torch.tensor(bias), 2), 0.1
    )
    assert torch.allclose(graph(x=image)["leak"], expected.permute(0, 2, 3, 1), atol=1e-5)


def named(*values: str) -> dict:
    return {"list": {"s": [text(value)["s"] for value in values]}}


@pytest.mark.parametrize(
    ("fused", "activation"), [("Relu", torch.relu), ("Relu6", F.relu6), (None, lambda x: x)]
)
def test_what_a_converter_fused_into_a_convolution_comes_after_it(tmp_path, image, fused, activation):
    kernel, bias = weight(1, 1, 3, 4) * 5, weight(4) * 5
    step = conv("y", "_FusedConv2D", "x", "kernel", "bias", padding="VALID", stride=1)
    step["attr"]["fused_ops"] = named("BiasAdd", *([fused] if fused else []))
    graph = write(tmp_path, [step], {"kernel": kernel, "bias": bias})
    expected = activation(image @ torch.tensor(kernel[0, 0]) + torch.tensor(bias))
    assert torch.allclose(graph(x=image)["y"], expected, atol=1e-5)


def test_a_fused_step_that_is_not_known_is_named(tmp_path, image):
    step = conv("y", "_FusedConv2D", "x", "kernel", padding="VALID", stride=1)
    step["attr"]["fused_ops"] = named("BiasAdd", "Elu")
    graph = write(tmp_path, [step], {"kernel": weight(1, 1, 3, 4)})
    with pytest.raises(GraphError, match="Elu"):
        graph(x=image)


@pytest.mark.parametrize("op", ["DepthwiseConv2dNative", "FusedDepthwiseConv2dNative"])
def test_a_depthwise_convolution_gives_every_channel_its_own_kernels(tmp_path, image, op):
    kernel = weight(3, 3, 3, 2)
    graph = write(tmp_path, [conv("y", op, "x", "kernel", padding="SAME", stride=2)], {"kernel": kernel})
    y = graph(x=image)["y"]
    assert y.shape == (2, 4, 5, 6)
    for channel in range(3):  # torch alone, a channel at a time; 7 by 9 pixels need one of padding each side
        alone = F.conv2d(
            image[..., channel][:, None], torch.tensor(kernel[:, :, channel]).permute(2, 0, 1)[:, None],
            None, 2, 1,
        )  # fmt: skip
        assert torch.allclose(y[..., 2 * channel : 2 * channel + 2], alone.permute(0, 2, 3, 1), atol=1e-5)


def test_where_the_largest_is_and_what_stands_there(tmp_path, image):
    """The steps by which MoveNet reads its heat maps: a place from a number, and a value at the place."""
    graph = write(
        tmp_path,
        [
            node("flat", "Reshape", "x", "shape"),
            node("at", "ArgMax", "flat", "one", output_type={"type": "DT_INT32"}),
            node("row", "FloorDiv", "at", "width"),
            node("before", "Mul", "row", "width"),
            node("column", "Sub", "at", "before"),
            node("place", "Pack", "batch", "row", "column", axis={"i": "1"}),
            node("there", "GatherNd", "x", "place"),
            node("real", "Cast", "column", DstT={"type": "DT_FLOAT"}),
        ],
        {
            "shape": np.array([2, 63], np.int32), "one": np.array(1, np.int32),
            "width": np.array(9, np.int32), "batch": np.array([0, 1], np.int32),
        },
    )  # fmt: skip
    heat = image[..., :1].contiguous()
    out = graph(x=heat)
    assert out["there"].flatten().tolist() == heat.amax((1, 2, 3)).tolist()
    assert out["real"].dtype == torch.float32
    assert out["real"].tolist() == (heat.reshape(2, -1).argmax(1) % 9).tolist()


def test_arithmetic_is_torchs_own(tmp_path, image):
    other = weight(3)
    pairs = {"Sub": torch.sub, "Mul": torch.mul, "RealDiv": torch.div}
    graph = write(
        tmp_path,
        [
            *[node(op, op, "x", "other") for op in pairs],
            node("SquaredDifference", "SquaredDifference", "x", "other"),
            node("root", "Sqrt", "SquaredDifference"),
            node("mean", "Mean", "x", "axes", keep_dims={"b": False}),
            node("softmax", "Softmax", "x"),
            node("relu", "Relu", "x"),
            node("parts", "Unpack", "x", axis={"i": "0"}, num={"i": "2"}),
            node("wide", "ExpandDims", "parts:1", "first"),
            node("narrow", "Squeeze", "wide", squeeze_dims=numbers(0)),
        ],
        {"other": other, "axes": np.array([1, 2], np.int32), "first": np.array(0, np.int32)},
    )
    out = graph(x=image)
    for op, of_torch in pairs.items():
        assert torch.equal(out[op], of_torch(image, torch.tensor(other)))
    assert torch.allclose(out["root"], (image - torch.tensor(other)).abs(), atol=1e-6)
    assert torch.allclose(out["mean"], image.mean((1, 2)))
    assert torch.allclose(out["softmax"].sum(-1), torch.ones(2, 7, 9))
    assert torch.equal(out["relu"], image.clamp(min=0))
    assert torch.equal(out["narrow"], image[1])


@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("side", [2, 3])
def test_same_padding_puts_the_odd_pixel_below_and_to_the_right(tmp_path, image, stride, side):
    kernel = weight(side, side, 3, 1)
    graph = write(
        tmp_path, [conv("y", "Conv2D", "x", "kernel", padding="SAME", stride=stride)], {"kernel": kernel}
    )
    y = graph(x=image)["y"]
    assert y.shape == (2, -(-7 // stride), -(-9 // stride), 1)
    # By the definition: TensorFlow's documentation of SAME, one output at a time.
    for row in range(y.shape[1]):
        for column in range(y.shape[2]):
            above = max((y.shape[1] - 1) * stride + side - 7, 0) // 2
            left = max((y.shape[2] - 1) * stride + side - 9, 0) // 2
            total = 0.0
            for i in range(side):
                for j in range(side):
                    r, c = row * stride + i - above, column * stride + j - left
                    if 0 <= r < 7 and 0 <= c < 9:
                        total += float(image[1, r, c].numpy() @ kernel[i, j, :, 0])
            assert float(y[1, row, column, 0]) == pytest.approx(total, abs=1e-4)


def test_pooling_ignores_the_padding_even_below_zero(tmp_path):
    graph = write(
        tmp_path,
        [
            node(
                "y",
                "MaxPool",
                "x",
                padding=text("SAME"),
                strides=numbers(1, 2, 2, 1),
                ksize=numbers(1, 3, 3, 1),
            )
        ],
        {},
    )  # fmt: skip
    assert torch.equal(graph(x=torch.full((1, 4, 4, 1), -5.0))["y"], torch.full((1, 2, 2, 1), -5.0))


def test_resize_split_concat_transpose_and_reshape(tmp_path, image):
    graph = write(
        tmp_path,
        [
            node("big", "ResizeBilinear", "x", "size", half_pixel_centers={"b": True}),
            node("parts", "SplitV", "big", "sizes", "last"),
            node("back", "ConcatV2", "parts:1", "parts", "last"),
            node("turned", "Transpose", "back", "order"),
            node("flat", "Reshape", "turned", "shape"),
            node("y", "Sigmoid", "flat"),
        ],
        {
            "size": np.array([14, 18], np.int32), "sizes": np.array([1, 2], np.int32),
            "last": np.array(3, np.int32), "order": np.array([0, 3, 1, 2], np.int32),
            "shape": np.array([2, -1], np.int32),
        },
    )  # fmt: skip
    big = F.interpolate(image.permute(0, 3, 1, 2), (14, 18), mode="bilinear", align_corners=False)
    expected = torch.cat([big[:, 1:], big[:, :1]], 1).reshape(2, -1).sigmoid()
    assert torch.allclose(graph(x=image)["y"], expected, atol=1e-5)


def test_what_depends_on_no_input_is_computed_once_while_reading(tmp_path, image):
    graph = write(
        tmp_path,
        [
            node("shape", "AddV2", "base", "sparse"),
            node("sparse", "SparseToDense", "at", "length", "values", "zero"),
            node("y", "Reshape", "x", "shape"),
        ],
        {
            "base": np.array([0, 0, -1], np.int32), "at": np.array([[0], [1]], np.int32),
            "length": np.array([3], np.int32), "values": np.array([2, 3], np.int32),
            "zero": np.array(0, np.int32),
        },
    )  # fmt: skip
    assert [step.op for step in graph.nodes] == ["Reshape"]
    assert torch.equal(graph(x=image)["y"], image.reshape(2, 3, -1))


def test_half_precision_weights_are_widened(tmp_path, image):
    bias = weight(3)
    graph = write(tmp_path, [node("y", "Add", "x", "bias")], {"bias": bias}, stored="float16")
    y = graph(x=image)["y"]
    assert y.dtype == torch.float32
    assert torch.equal(y, image + torch.tensor(bias.astype(np.float16).astype(np.float32)))


def test_bytes_become_numbers_by_scale_and_least_value():
    entry = {
        "name": "w", "shape": [3], "dtype": "float32",
        "quantization": {"dtype": "uint8", "scale": 0.5, "min": -1.0},
    }  # fmt: skip
    assert read_weights([entry], bytes([0, 2, 255]))["w"].tolist() == [-1.0, 0.0, 126.5]


@pytest.mark.parametrize("data", [b"\0" * 7, b"\0" * 9])
def test_weights_of_the_wrong_length_are_refused(data):
    with pytest.raises(GraphError, match="fetch them again"):
        read_weights([{"name": "w", "shape": [2], "dtype": "float32"}], data)


def test_an_unknown_operation_is_named_when_the_file_is_read(tmp_path):
    with pytest.raises(GraphError, match="FancyNewOp"):
        write(tmp_path, [node("y", "FancyNewOp", "x")], {})


def test_a_graph_that_waits_for_nothing_is_refused(tmp_path):
    with pytest.raises(GraphError, match="'y' waits"):
        write(tmp_path, [node("y", "Identity", "absent")], {})


def test_the_wrong_input_is_refused(tmp_path, image):
    graph = write(tmp_path, [node("y", "Identity", "x")], {})
    with pytest.raises(GraphError, match="'x'"):
        graph(picture=image)
