"""The small convolutional networks, their decisions and the graphs to refuse, written by make_small.py."""

import numpy as np
from onnx import TensorProto
from onnxruntime.capi import onnxruntime_pybind11_state as errors

from onnx_graph import Graph, run_rows
from small_common import (
    IMAGE_ROWS,
    balanced,
    clip,
    conv,
    dense,
    head,
    image_rows,
    kernel,
    normalization,
    save,
    weights,
)

CANDIDATES = 4096  # random images that a decision graph chooses its rows from


def lenet_like(rng, name, pool):
    graph = Graph(name, "image", [1, 1, 12, 12])
    for index, (outputs, inputs, size) in enumerate([(4, 1, 5), (8, 4, 3)], start=1):
        conv(graph, rng, f"conv{index}", outputs, inputs, [size, size], pads=[size // 2] * 4)
        graph.node("Relu", f"conv{index}/relu")
        graph.node(pool, f"pool{index}", kernel_shape=[2, 2], strides=[2, 2])
    graph.node("Flatten", "flatten1", axis=1)
    dense(graph, rng, "dense", 20, 72)
    graph.node("Relu", "dense/relu")
    head(graph, rng, 20, 10, image_rows(rng, 1, 12, 12))


def lenet_pair(rng, name, groups, hidden):
    """Both of the pair have 2,916 weights, 87 biases and the same planes; they differ where the weights lie.

    Multiply-accumulates: conv1 64 * 9 * 12, conv2 16 * 9 * 12 * 12 / groups, then the dense weights once each.
    """
    sizes = [48, *hidden, 12]
    count = 9 * 12 + 9 * 144 // groups + sum(a * b for a, b in zip(sizes, sizes[1:]))
    products = count + 63 * 9 * 12 + 15 * 9 * 144 // groups
    assert (count, products) == (2_916, {"lenet_pair_a": 14_580, "lenet_pair_b": 29_160}[name])
    graph = Graph(name, "image", [1, 1, 8, 8])
    for index, (inputs, group) in enumerate([(1, 1), (12, groups)], start=1):
        conv(graph, rng, f"conv{index}", 12, inputs // group, [3, 3], pads=[1, 1, 1, 1], group=group)
        graph.node("Relu", f"conv{index}/relu")
        graph.node("MaxPool", f"pool{index}", kernel_shape=[2, 2], strides=[2, 2])
    graph.node("Flatten", "flatten", axis=1)
    for index, (inputs, outputs) in enumerate(zip(sizes, sizes[1:]), start=1):
        dense(graph, rng, f"dense{index}", outputs, inputs)
        if index < 3:
            graph.node("Relu", f"dense{index}/relu")
    save(graph.model([1, 12]), image_rows(rng, 1, 8, 8))


def inverted(graph, rng, name, inputs, wide, outputs, stride, act, gain=2.0):
    """Appends pointwise, depthwise and pointwise Convs with `act` behind the first two; returns the output."""
    conv(graph, rng, f"{name}.expand", wide, inputs, [1, 1], gain)
    act(f"{name}.expand", wide)
    conv(graph, rng, f"{name}.depth", wide, 1, [3, 3], gain, group=wide, pads=[1, 1, 1, 1], strides=[stride, stride])
    act(f"{name}.depth", wide)
    return conv(graph, rng, f"{name}.project", outputs, wide, [1, 1])


def mobile_block(rng):
    graph = Graph("mobile_block", "x", [1, 4, 8, 8])

    def relu6(name, channels):
        clip(graph, f"{name}/clip")

    skip = inverted(graph, rng, "block1", 4, 12, 6, 2, relu6, gain=3.0)
    inverted(graph, rng, "block2", 6, 18, 6, 1, relu6, gain=3.0)
    graph.node("Add", "add", skip)
    graph.node("GlobalAveragePool", "pool")
    head(graph, rng, 6, 5, image_rows(rng, 4, 8, 8))


def liveness_like(rng):
    """A face-liveness network in small: raw pixels 0 to 255, PRelu, a depthwise Conv over the last whole plane."""
    graph = Graph("liveness_like", "image", [1, 3, 20, 20])

    def act(name, channels):
        slope = graph.constant(f"{name}.slope", rng.uniform(-0.2, 0.6, (channels, 1, 1)))
        graph.node("PRelu", f"{name}/prelu", slope)

    conv(graph, rng, "stem", 8, 3, [3, 3], gain=0.01, strides=[2, 2], pads=[1, 1, 1, 1])
    act("stem", 8)
    conv(graph, rng, "depth", 8, 1, [3, 3], 1.4, group=8, pads=[1, 1, 1, 1])
    act("depth", 8)
    skip = graph.last
    inverted(graph, rng, "block1", 8, 12, 8, 1, act, gain=1.4)
    graph.node("Add", "add", skip)
    inverted(graph, rng, "block2", 8, 12, 8, 2, act, gain=1.4)
    conv(graph, rng, "separate", 16, 8, [1, 1], 1.4)
    act("separate", 16)
    conv(graph, rng, "whole", 16, 1, [5, 5], 1.4, group=16)
    graph.node("Flatten", "flatten1", axis=1)
    dense(graph, rng, "embed", 8, 16)
    normalization(graph, rng, "norm", 8)
    head(graph, rng, 8, 3, rng.integers(0, 256, (IMAGE_ROWS, 3, 20, 20)))


def pooled_vector(rng, name, outputs):
    """Starts a graph that ends in `outputs` linear functions of four pooled channels."""
    graph = Graph(name, "x", [1, 1, 6, 6])
    conv(graph, rng, "conv", 4, 1, [3, 3], gain=3.0)
    graph.node("Relu", "conv/relu")
    graph.node("GlobalAveragePool", "pool")
    graph.node("Flatten", "flatten", axis=1)
    candidates = image_rows(rng, 1, 6, 6, count=CANDIDATES)
    features = run_rows(graph.model([1, 4]), candidates)
    weight = 4 * weights(rng, outputs, 4)
    graph.dense("head", weight, -weight @ features.mean(axis=0))  # centred, so that every class wins on some rows
    return graph, candidates


def softmax_end(rng):
    graph, candidates = pooled_vector(rng, "softmax_end", 5)
    graph.node("Softmax", "softmax", axis=1, output="y")
    save(graph.model([1, 5]), candidates[:IMAGE_ROWS])


def conv_argmax(rng):
    graph, candidates = pooled_vector(rng, "conv_argmax", 4)
    ordered = np.sort(run_rows(graph.model([1, 4]), candidates), axis=1)
    graph.node("ArgMax", "argmax", axis=1, keepdims=1, output="class")
    model = graph.model([1, 1], TensorProto.INT64)
    labels = run_rows(model, candidates).reshape(-1)
    assert len(np.unique(labels)) == 4, "conv_argmax: some class never wins"
    save(model, balanced(candidates, labels, ordered[:, -1] - ordered[:, -2]))


def conv_threshold(rng):
    graph, candidates = pooled_vector(rng, "conv_threshold", 1)
    graph.node("Sigmoid", "sigmoid")
    scores = run_rows(graph.model([1, 1]), candidates)[:, 0]
    graph.node("Greater", "greater", graph.constant("threshold", 0.55))
    graph.node("Cast", "cast", to=TensorProto.FLOAT, output="decision")
    save(graph.model([1, 1]), balanced(candidates, scores > 0.55, np.abs(scores - 0.55)))


def strided(graph, rng, count):
    """Appends `count` Convs of stride 2, from one channel to four."""
    for index in range(count):
        conv(graph, rng, f"conv{index}", 4, 4 if index else 1, [3, 3], strides=[2, 2], pads=[1, 1, 1, 1])
        graph.node("Relu", f"conv{index}/relu")


def strided_deep(rng):
    """From 32 x 32 to 1 x 1 by five strides of 2."""
    graph = Graph("strided_deep", "x", [1, 1, 32, 32])
    strided(graph, rng, 5)
    head(graph, rng, 4, 5, image_rows(rng, 1, 32, 32))


def save_refused(model, rows):
    """Saves the inputs and checks that onnxruntime refuses the model."""
    try:
        run_rows(model, rows)
    except (errors.Fail, errors.InvalidArgument, errors.RuntimeException):
        return save(model, rows, run=False)
    raise AssertionError(f"{model.graph.name}: onnxruntime accepts it")


def kernel_too_large(rng):
    """A 6 x 6 kernel on 3 x 3 values with one zero around them."""
    graph = Graph("kernel_too_large", "x", [1, 1, 3, 3])
    conv(graph, rng, "conv", 2, 1, [6, 6], pads=[1, 1, 1, 1])
    graph.node("Flatten", "flatten", axis=1)
    dense(graph, rng, "head", 3, 2, output="y")
    save_refused(graph.model([1, 3], infer_shapes=False), image_rows(rng, 1, 3, 3))


def strided_too_deep(rng):
    """As strided_deep, but a 3 x 3 kernel without padding follows on the last 1 x 1 values."""
    graph = Graph("strided_too_deep", "x", [1, 1, 32, 32])
    strided(graph, rng, 5)
    conv(graph, rng, "last", 2, 4, [3, 3])
    graph.node("Flatten", "flatten", axis=1)
    dense(graph, rng, "head", 3, 2, output="y")
    save_refused(graph.model([1, 3], infer_shapes=False), image_rows(rng, 1, 32, 32))


def shape_mismatch(rng):
    """The sum of 4 x 4 and 3 x 3 values."""
    graph = Graph("shape_mismatch", "x", [1, 2, 5, 5])
    left = conv(graph, rng, "left", 2, 2, [2, 2])
    graph.last = "x"
    right = conv(graph, rng, "right", 2, 2, [3, 3])
    graph.node("Add", "add", inputs=[left, right])
    graph.node("Flatten", "flatten", axis=1)
    dense(graph, rng, "head", 3, 32, output="y")
    save_refused(graph.model([1, 3], infer_shapes=False), image_rows(rng, 2, 5, 5))


def zero_axis(rng):
    """The declared input has no rows of pixels, so that its Gemm has no weights."""
    graph = Graph("zero_axis", "x", [1, 2, 0, 4])
    graph.node("Relu", "relu")
    graph.node("Flatten", "flatten", axis=1)
    graph.dense("head", np.zeros((3, 0)), rng.normal(size=3), output="y")
    save(graph.model([1, 3]))


def zero_slice(rng):
    """A Slice from 2 to 2 leaves nothing of a plane."""
    graph = Graph("zero_slice", "x", [1, 2, 4, 4])
    bounds = [graph.constant(f"slice.{key}", [value], np.int64) for key, value in zip("sea", (2, 2, 2))]
    graph.node("Slice", "slice", *bounds)
    graph.node("Flatten", "flatten", axis=1)
    graph.dense("head", np.zeros((3, 0)), rng.normal(size=3), output="y")
    save(graph.model([1, 3]), image_rows(rng, 2, 4, 4), run=False)


def huge_weights(rng, name, gain):
    """Finite weights of about 1e30 in one output channel of the first Conv; `gain` scales the second Conv's."""
    graph = Graph(name, "x", [1, 1, 6, 6])
    first = kernel(rng, 2, 1, 3, 3)
    first[0] *= 1e30
    graph.conv("conv1", first, rng.normal(size=2) / 4, kernel_shape=[3, 3])
    graph.node("Relu", "conv1/relu")
    conv(graph, rng, "conv2", 2, 2, [3, 3], gain=gain)
    graph.node("Flatten", "flatten", axis=1)
    dense(graph, rng, "head", 3, 8, output="y")
    model, rows = graph.model([1, 3]), image_rows(rng, 1, 6, 6)
    finite = bool(np.isfinite(run_rows(model, rows)).all())
    assert finite == (gain < 1e9), name
    save(model, rows, run=finite)


GRAPHS = {
    "lenet_like": lambda rng: lenet_like(rng, "lenet_like", "MaxPool"),
    "lenet_like_avg": lambda rng: lenet_like(rng, "lenet_like_avg", "AveragePool"),
    "lenet_pair_a": lambda rng: lenet_pair(rng, "lenet_pair_a", 4, [39, 12]),
    "lenet_pair_b": lambda rng: lenet_pair(rng, "lenet_pair_b", 1, [12, 39]),
    "mobile_block": mobile_block,
    "liveness_like": liveness_like,
    "softmax_end": softmax_end,
    "conv_argmax": conv_argmax,
    "conv_threshold": conv_threshold,
    "strided_deep": strided_deep,
    "kernel_too_large": kernel_too_large,
    "strided_too_deep": strided_too_deep,
    "shape_mismatch": shape_mismatch,
    "zero_axis": zero_axis,
    "zero_slice": zero_slice,
    "huge_weights": lambda rng: huge_weights(rng, "huge_weights", 1.4),
    "huge_weights_overflow": lambda rng: huge_weights(rng, "huge_weights_overflow", 1e30),
}
