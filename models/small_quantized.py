"""The small graphs that are quantized already, written by make_small.py: QDQ and QLinear forms."""

import numpy as np
from onnx import TensorProto

from onnx_graph import Graph, run_rows
from small_common import image_rows, kernel, save, weights

ROWS = 24
SHRINK = 0.9  # share of the seen range that codes cover, so that some values saturate


def rows_of(rng, *shape):
    """Noise images whose values are no round numbers: in units of a scale, those would lie on ties."""
    rows = image_rows(rng, *shape, count=ROWS)
    return (rows + rng.uniform(-0.004, 0.004, rows.shape)).astype(np.float32)


def scale_of(values, dtype, symmetric):
    """Scale and zero point of `values`, as exporters choose them."""
    info = np.iinfo(dtype)
    low, high = SHRINK * min(values.min(), 0), SHRINK * max(values.max(), 0)
    if symmetric:
        return np.float32(max(-low, high) / info.max), 0
    scale = np.float32((high - low) / (info.max - info.min))
    return scale, int(np.clip(np.round(info.min - low / scale), info.min, info.max))


def codes(graph, name, rows, dtype, symmetric=False, shape=None):
    """QuantizeLinear and DequantizeLinear of the last value, at the range that `rows` show."""
    values = rows if shape is None else run_rows(graph.model(shape), rows)
    scale, zero = scale_of(values, dtype, symmetric)
    names = [graph.constant(f"{name}.scale", scale), graph.constant(f"{name}.zero", zero, dtype)]
    graph.node("QuantizeLinear", f"{name}/quantize", *names)
    return graph.node("DequantizeLinear", f"{name}/dequantize", *names)


def weight_codes(weight, axis):
    """Codes of INT8 and scales, one for each coordinate of the axis."""
    others = tuple(i for i in range(weight.ndim) if i != axis)
    scales = (np.abs(weight).max(axis=others) / 127).astype(np.float32)
    shape = [-1 if i == axis else 1 for i in range(weight.ndim)]
    return np.round(weight / scales.reshape(shape)).astype(np.int8), scales


def dequantized(graph, name, weight, axis):
    """A constant in codes behind DequantizeLinear; its name."""
    quantized, scales = weight_codes(weight, axis)
    last = graph.last
    inputs = [graph.constant(f"{name}.codes", quantized, np.int8), graph.constant(f"{name}.scales", scales)]
    output = graph.node("DequantizeLinear", f"{name}/dequantize", inputs=inputs, axis=axis)
    graph.last = last
    return output


def conv(graph, rng, name, outputs, inputs, taps, **attributes):
    """Conv with weights in codes per output channel."""
    weight = dequantized(graph, f"{name}.weight", kernel(rng, outputs, inputs, *taps), 0)
    bias = graph.constant(f"{name}.bias", rng.normal(size=outputs) / 8)
    return graph.node("Conv", f"{name}/conv", weight, bias, kernel_shape=taps, **attributes)


def qdq_residual(rng):
    """UINT8 activations with zero points, INT8 weights per channel; Relu, a residual sum, a max pool, Gemm, codes at the end."""
    rows = rows_of(rng, 2, 6, 6)
    graph = Graph("qdq_residual", "x", [1, 2, 6, 6])
    codes(graph, "input", rows, np.uint8)
    conv(graph, rng, "stem", 4, 2, [3, 3], pads=[1, 1, 1, 1])
    graph.node("Relu", "stem/relu")
    skip = codes(graph, "stem", rows, np.uint8, shape=[1, 4, 6, 6])
    conv(graph, rng, "block1", 4, 4, [3, 3], pads=[1, 1, 1, 1])
    graph.node("Relu", "block1/relu")
    codes(graph, "block1", rows, np.uint8, shape=[1, 4, 6, 6])
    conv(graph, rng, "block2", 4, 4, [3, 3], pads=[1, 1, 1, 1])
    codes(graph, "block2", rows, np.uint8, shape=[1, 4, 6, 6])
    graph.node("Add", "add", skip)
    codes(graph, "add", rows, np.uint8, shape=[1, 4, 6, 6])
    graph.node("MaxPool", "pool", kernel_shape=[2, 2], strides=[2, 2])
    graph.node("Flatten", "flatten", axis=1)
    weight = dequantized(graph, "head.weight", 2 * weights(rng, 5, 36), 0)
    graph.node("Gemm", "head/gemm", weight, graph.constant("head.bias", rng.normal(size=5) / 8), transB=1)
    codes(graph, "head", rows, np.uint8, shape=[1, 5])
    save(graph.model([1, 5]), rows)


def qdq_symmetric(rng):
    """INT8 everywhere without zero points, Relu in front of the codes and behind them, as TensorRT's tools write them."""
    rows = rows_of(rng, 1, 8, 8)
    graph = Graph("qdq_symmetric", "x", [1, 1, 8, 8])
    codes(graph, "input", rows, np.int8, True)
    conv(graph, rng, "conv1", 6, 1, [3, 3], strides=[2, 2], pads=[1, 1, 1, 1])
    codes(graph, "conv1", rows, np.int8, True, [1, 6, 4, 4])
    graph.node("Relu", "conv1/relu")
    conv(graph, rng, "conv2", 6, 1, [3, 3], group=6, pads=[1, 1, 1, 1])
    graph.node("Relu", "conv2/relu")
    codes(graph, "conv2", rows, np.int8, True, [1, 6, 4, 4])
    graph.node("GlobalAveragePool", "pool")
    graph.node("Flatten", "flatten", axis=1)
    weight = dequantized(graph, "head.weight", 2 * weights(rng, 4, 6), 0)
    graph.node("Gemm", "head/gemm", weight, transB=1)
    codes(graph, "head", rows, np.int8, True, [1, 4])
    save(graph.model([1, 4]), rows)


def qlinear(rng):
    """QuantizeLinear, QLinearConv per channel with a bias in INT32, QLinearMatMul, DequantizeLinear; the Relu is in the zero
    points."""
    rows = rows_of(rng, 2, 5, 5)
    graph = Graph("qlinear", "x", [1, 2, 5, 5])
    scale, zero = scale_of(rows, np.uint8, False)
    x = [graph.constant("x.scale", scale), graph.constant("x.zero", zero, np.uint8)]
    graph.node("QuantizeLinear", "quantize", *x)
    quantized, scales = weight_codes(kernel(rng, 3, 2, 3, 3), 0)
    w = [graph.constant("conv.codes", quantized, np.int8), graph.constant("conv.scales", scales)]
    w.append(graph.constant("conv.zeros", np.zeros(3), np.int8))
    y = [graph.constant("conv.scale", 0.015), graph.constant("conv.zero", 0, np.uint8)]
    bias = graph.constant("conv.bias", np.round(rng.normal(size=3) / (8 * scale * scales)), np.int32)
    graph.node("QLinearConv", "conv", *x, *w, *y, bias, pads=[1, 1, 1, 1], strides=[2, 2])
    graph.node("Flatten", "flatten", axis=1)
    quantized, scales = weight_codes(2 * weights(rng, 4, 27).T, 1)
    w = [graph.constant("head.codes", quantized, np.int8), graph.constant("head.scales", scales.max())]
    w.append(graph.constant("head.zero", 0, np.int8))
    z = [graph.constant("y.scale", 0.04), graph.constant("y.zero", 120, np.uint8)]
    graph.node("QLinearMatMul", "head", *y, *w, *z)
    graph.node("DequantizeLinear", "dequantize", *z, output="y")
    save(graph.model([1, 4]), rows)


def q_integer(rng):
    """Codes as the graph's input, ConvInteger and MatMulInteger, scales by Mul."""
    graph = Graph("q_integer", "x", [1, 1, 4, 4])
    graph.inputs[0].type.tensor_type.elem_type = TensorProto.UINT8
    zero = graph.constant("x.zero", 128, np.uint8)
    weight = graph.constant("conv.codes", rng.integers(-127, 128, (2, 1, 3, 3)), np.int8)
    graph.node("ConvInteger", "conv", weight, zero, graph.constant("conv.zero", 0, np.int8))
    graph.node("Cast", "conv/cast", to=TensorProto.FLOAT)
    graph.node("Mul", "conv/scale", graph.constant("conv.scale", 1e-3))
    graph.node("Relu", "conv/relu")
    names = [graph.constant("hidden.scale", 0.1), graph.constant("hidden.zero", 0, np.uint8)]
    graph.node("QuantizeLinear", "hidden/quantize", *names)
    graph.node("Flatten", "flatten", axis=1)
    weight = graph.constant("head.codes", rng.integers(-127, 128, (8, 3)), np.int8)
    graph.node("MatMulInteger", "head", weight)
    graph.node("Cast", "head/cast", to=TensorProto.FLOAT)
    graph.node("Mul", "head/scale", graph.constant("head.scale", 1e-4), output="y")
    save(graph.model([1, 3]), rng.integers(0, 256, (ROWS, 1, 4, 4)).astype(np.float32), run=False)


GRAPHS = {"qdq_residual": qdq_residual, "qdq_symmetric": qdq_symmetric, "qlinear": qlinear, "q_integer": q_integer}
