"""The small graphs of single operators on planes (channels x height x width), written by make_small.py."""

import numpy as np

from onnx_graph import Graph
from small_common import ROWS, clip, conv, dense, head, image_rows, kernel, normalization, save

GELU_OPSET, GELU_IR_VERSION = 20, 9  # the first with Gelu


def single_conv(rng, name, shape, outputs, group_inputs, taps, flat, **attributes):
    """Conv, Relu, Flatten, Gemm."""
    graph = Graph(name, "x", [1, *shape])
    conv(graph, rng, "conv", outputs, group_inputs, taps, **attributes)
    graph.node("Relu", "conv/relu")
    head(graph, rng, flat, 5, image_rows(rng, *shape))


def conv_depthwise(rng):
    graph = Graph("conv_depthwise", "x", [1, 4, 7, 7])
    conv(graph, rng, "depthwise", 4, 1, [3, 3], group=4, pads=[1, 1, 1, 1])
    graph.node("Relu", "depthwise/relu")
    conv(graph, rng, "pointwise", 6, 4, [1, 1])
    graph.node("Relu", "pointwise/relu")
    head(graph, rng, 6 * 49, 5, image_rows(rng, 4, 7, 7))


def conv_1d(rng):
    graph = Graph("conv_1d", "x", [1, 3, 16])
    conv(graph, rng, "conv1", 6, 3, [5], strides=[2], pads=[2, 2])
    graph.node("Relu", "conv1/relu")
    conv(graph, rng, "conv2", 4, 6, [3])
    graph.node("Relu", "conv2/relu")
    head(graph, rng, 4 * 6, 5, image_rows(rng, 3, 16, count=ROWS))


def residual(rng):
    graph = Graph("residual", "x", [1, 2, 6, 6])
    conv(graph, rng, "stem", 4, 2, [3, 3], pads=[1, 1, 1, 1])
    skip = graph.node("Relu", "stem/relu")
    conv(graph, rng, "block1", 4, 4, [3, 3], pads=[1, 1, 1, 1])
    graph.node("Relu", "block1/relu")
    conv(graph, rng, "block2", 4, 4, [3, 3], pads=[1, 1, 1, 1])
    graph.node("Add", "add", skip)
    graph.node("Relu", "add/relu")
    head(graph, rng, 4 * 36, 5, image_rows(rng, 2, 6, 6))


def pooled(rng, name, op, size, flat=48, relu=True, **attributes):
    """Conv, perhaps Relu, a pool, Flatten, Gemm."""
    graph = Graph(name, "x", [1, 1, size, size])
    conv(graph, rng, "conv", 3, 1, [3, 3], pads=[1, 1, 1, 1])
    if relu:
        graph.node("Relu", "conv/relu")
    graph.node(op, "pool", **attributes)
    head(graph, rng, flat, 5, image_rows(rng, 1, size, size))


def batchnorm(rng):
    graph = Graph("batchnorm", "x", [1, 2, 6, 6])
    conv(graph, rng, "conv", 4, 2, [3, 3], bias=False)
    normalization(graph, rng, "conv/norm", 4)
    graph.node("Relu", "conv/relu")
    head(graph, rng, 4 * 16, 5, image_rows(rng, 2, 6, 6))


def batchnorm_alone(rng):
    """On the input, between two activations, and (on a vector) behind a Gemm's Relu."""
    graph = Graph("batchnorm_alone", "x", [1, 2, 5, 5])
    normalization(graph, rng, "norm1", 2)
    graph.node("Relu", "norm1/relu")
    normalization(graph, rng, "norm2", 2)
    graph.node("Relu", "norm2/relu")
    graph.node("Flatten", "flatten1", axis=1)
    dense(graph, rng, "dense", 7, 50)
    graph.node("Relu", "dense/relu")
    normalization(graph, rng, "norm3", 7)
    head(graph, rng, 7, 5, image_rows(rng, 2, 5, 5))


def activation(rng, name, append, gain=3.0, opset=None):
    """Conv, the nodes that `append` adds behind it, Conv, Flatten, Gemm."""
    graph = Graph(name, "x", [1, 1, 6, 6])
    conv(graph, rng, "conv1", 4, 1, [3, 3], gain=gain)
    append(graph, rng)
    conv(graph, rng, "conv2", 3, 4, [3, 3])
    head(graph, rng, 12, 5, image_rows(rng, 1, 6, 6), opset)


def prelu(graph, rng):
    """Slopes of either sign, below and above 1."""
    slopes = np.array([0.25, -0.1, 1.5, 0.02]).reshape(4, 1, 1)
    graph.node("PRelu", "prelu", graph.constant("prelu.slope", slopes))


def operator(op, **attributes):
    """What appends one node without constants."""
    return lambda graph, rng: graph.node(op, op.lower(), **attributes)


def silu(graph, rng):
    x = graph.last
    graph.node("Sigmoid", "silu/sigmoid")
    graph.node("Mul", "silu/mul", inputs=[x, graph.last])


def gelu_erf(graph, rng):
    """x * (1 + erf(x / sqrt 2)) / 2, as exported below opset 20."""
    x = graph.last
    graph.node("Div", "gelu/div", graph.constant("gelu.sqrt2", np.sqrt(2)))
    graph.node("Erf", "gelu/erf")
    graph.node("Add", "gelu/add", graph.constant("gelu.one", 1.0))
    graph.node("Mul", "gelu/mul", inputs=[x, graph.last])
    graph.node("Mul", "gelu/half", graph.constant("gelu.half", 0.5))


def concat_slice(rng):
    """Two branches joined along channels; of the six, channels 1 to 4, and of those, rows 1 to 4."""
    graph = Graph("concat_slice", "x", [1, 3, 6, 6])
    conv(graph, rng, "left", 4, 3, [3, 3], pads=[1, 1, 1, 1])
    left = graph.node("Relu", "left/relu")
    graph.last = "x"
    conv(graph, rng, "right", 2, 3, [1, 1])
    right = graph.node("Relu", "right/relu")
    graph.node("Concat", "concat", inputs=[left, right], axis=1)
    for name, axis in [("channels", 1), ("rows", 2)]:
        bounds = [graph.constant(f"{name}.{key}", [value], np.int64) for key, value in zip("sea", (1, 5, axis))]
        graph.node("Slice", f"{name}/slice", *bounds)
    conv(graph, rng, "conv", 3, 4, [3, 3])
    graph.node("Relu", "conv/relu")
    head(graph, rng, 3 * 2 * 4, 5, image_rows(rng, 3, 6, 6))


def pad(rng):
    graph = Graph("pad", "x", [1, 2, 5, 5])
    graph.node("Pad", "pad1", graph.constant("pad1.pads", [0, 0, 1, 2, 0, 0, 0, 1], np.int64))
    conv(graph, rng, "conv1", 3, 2, [3, 3])
    graph.node("Relu", "conv1/relu")
    amounts, zero = graph.constant("pad2.pads", [0, 0, 2, 0, 0, 0, 1, 1], np.int64), graph.constant("pad2.zero", 0.0)
    graph.node("Pad", "pad2", amounts, zero)
    conv(graph, rng, "conv2", 3, 3, [3, 3])
    graph.node("Relu", "conv2/relu")
    head(graph, rng, 3 * 25, 5, image_rows(rng, 2, 5, 5))


def transpose(rng):
    """Channels last before a Reshape, as graphs converted from TensorFlow have it."""
    graph = Graph("transpose", "x", [1, 2, 5, 4])
    conv(graph, rng, "conv", 3, 2, [3, 3], pads=[1, 1, 1, 1])
    graph.node("Relu", "conv/relu")
    graph.node("Transpose", "transpose", perm=[0, 2, 3, 1])
    graph.node("Reshape", "reshape", graph.constant("shape", [1, 60], np.int64))
    dense(graph, rng, "dense", 5, 60, output="y")
    save(graph.model([1, 5]), image_rows(rng, 2, 5, 4))


def resize_nearest(rng):
    graph = Graph("resize_nearest", "x", [1, 2, 4, 4])
    conv(graph, rng, "conv1", 3, 2, [3, 3], pads=[1, 1, 1, 1])
    source = graph.node("Relu", "conv1/relu")
    scales = graph.constant("scales", [1, 1, 2, 2])
    modes = {"mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
    graph.node("Resize", "resize", inputs=[source, "", scales], **modes)
    conv(graph, rng, "conv2", 2, 3, [3, 3])
    graph.node("Relu", "conv2/relu")
    head(graph, rng, 2 * 36, 5, image_rows(rng, 2, 4, 4))


def conv_transpose(rng):
    graph = Graph("conv_transpose", "x", [1, 2, 4, 4])
    conv(graph, rng, "conv", 3, 2, [3, 3], pads=[1, 1, 1, 1])
    graph.node("Relu", "conv/relu")
    weight = kernel(rng, 3, 2, 3, 3)  # of a ConvTranspose: [inputs, outputs / groups, height, width]
    attributes = {"strides": [2, 2], "pads": [1, 1, 1, 1], "output_padding": [1, 1]}
    graph.conv("up", weight, rng.normal(size=2) / 4, op="ConvTranspose", kernel_shape=[3, 3], **attributes)
    graph.node("Relu", "up/relu")
    head(graph, rng, 2 * 64, 5, image_rows(rng, 2, 4, 4))


SAME = [1, 1, 1, 1]
GRAPHS = {
    "conv_same": lambda rng: single_conv(rng, "conv_same", [2, 6, 6], 4, 2, [3, 3], 144, pads=SAME),
    "conv_valid_stride2": lambda rng: single_conv(
        rng, "conv_valid_stride2", [2, 9, 9], 4, 2, [3, 3], 64, strides=[2, 2]
    ),
    "conv_dilated": lambda rng: single_conv(
        rng, "conv_dilated", [2, 8, 8], 3, 2, [3, 3], 192, dilations=[2, 2], pads=[2, 2, 2, 2]
    ),
    "conv_grouped": lambda rng: single_conv(rng, "conv_grouped", [4, 6, 6], 6, 2, [3, 3], 216, group=2, pads=SAME),
    "conv_depthwise": conv_depthwise,
    "conv_asymmetric_pad": lambda rng: single_conv(
        rng, "conv_asymmetric_pad", [2, 5, 7], 3, 2, [2, 3], 60, strides=[1, 2], pads=[0, 1, 1, 2]
    ),
    "conv_1d": conv_1d,
    "residual": residual,
    "maxpool2": lambda rng: pooled(rng, "maxpool2", "MaxPool", 8, relu=False, kernel_shape=[2, 2], strides=[2, 2]),
    "maxpool3_overlapping": lambda rng: pooled(
        rng, "maxpool3_overlapping", "MaxPool", 9, kernel_shape=[3, 3], strides=[2, 2]
    ),
    "maxpool3_padded": lambda rng: pooled(
        rng, "maxpool3_padded", "MaxPool", 8, kernel_shape=[3, 3], strides=[2, 2], pads=SAME
    ),
    "avgpool": lambda rng: pooled(rng, "avgpool", "AveragePool", 8, kernel_shape=[2, 2], strides=[2, 2]),
    "avgpool_padded_included": lambda rng: pooled(
        rng, "avgpool_padded_included", "AveragePool", 8, kernel_shape=[3, 3], strides=[2, 2], pads=SAME,
        count_include_pad=1,
    ),
    "avgpool_padded_excluded": lambda rng: pooled(
        rng, "avgpool_padded_excluded", "AveragePool", 8, kernel_shape=[3, 3], strides=[2, 2], pads=SAME,
        count_include_pad=0,
    ),
    "global_avgpool": lambda rng: pooled(rng, "global_avgpool", "GlobalAveragePool", 6, flat=3),
    "batchnorm": batchnorm,
    "batchnorm_alone": batchnorm_alone,
    "prelu": lambda rng: activation(rng, "prelu", prelu),
    "leaky_relu": lambda rng: activation(rng, "leaky_relu", operator("LeakyRelu", alpha=0.1)),
    "relu6": lambda rng: activation(rng, "relu6", lambda graph, rng: clip(graph, "clip"), gain=20.0),
    "hardswish": lambda rng: activation(rng, "hardswish", operator("HardSwish"), gain=8.0),
    "hardsigmoid": lambda rng: activation(rng, "hardsigmoid", operator("HardSigmoid", alpha=0.2, beta=0.5), gain=6.0),
    "tanh": lambda rng: activation(rng, "tanh", operator("Tanh")),
    "silu": lambda rng: activation(rng, "silu", silu, gain=6.0),
    "gelu": lambda rng: activation(
        rng, "gelu", operator("Gelu"), opset={"opset": GELU_OPSET, "ir_version": GELU_IR_VERSION}
    ),
    "gelu_erf": lambda rng: activation(rng, "gelu_erf", gelu_erf),
    "concat_slice": concat_slice,
    "pad": pad,
    "transpose": transpose,
    "resize_nearest": resize_nearest,
    "conv_transpose": conv_transpose,
}
