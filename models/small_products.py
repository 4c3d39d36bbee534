"""The small graphs with products of two private tensors, written by make_small.py."""

import numpy as np

from onnx_graph import Graph
from small_common import conv, dense, head, image_rows, rows_of, save, weights


def mul_gate(rng):
    """Features times a gate of as many planes."""
    graph = Graph("mul_gate", "x", [1, 2, 6, 6])
    conv(graph, rng, "features", 3, 2, [3, 3], pads=[1, 1, 1, 1])
    features = graph.node("Relu", "features/relu")
    graph.last = "x"
    conv(graph, rng, "gate", 3, 2, [1, 1])
    gate = graph.node("Sigmoid", "gate/sigmoid")
    graph.node("Mul", "mul", inputs=[features, gate])
    conv(graph, rng, "conv", 2, 3, [3, 3])
    graph.node("Relu", "conv/relu")
    head(graph, rng, 2 * 16, 5, image_rows(rng, 2, 6, 6))


def se_block(rng):
    """Squeeze and excitation with a skip: every channel times a value that depends on all of them."""
    graph = Graph("se_block", "x", [1, 2, 6, 6])
    conv(graph, rng, "conv", 4, 2, [3, 3], pads=[1, 1, 1, 1])
    x = graph.node("Relu", "conv/relu")
    graph.node("GlobalAveragePool", "pool")
    graph.node("Flatten", "squeeze", axis=1)
    dense(graph, rng, "dense1", 2, 4)
    graph.node("Relu", "dense1/relu")
    dense(graph, rng, "dense2", 4, 2)
    graph.node("Sigmoid", "dense2/sigmoid")
    graph.node("Reshape", "excite", graph.constant("shape", [1, 4, 1, 1], np.int64))
    graph.node("Mul", "mul", x)
    graph.node("Add", "add", x)
    conv(graph, rng, "last", 2, 4, [3, 3])
    graph.node("Relu", "last/relu")
    head(graph, rng, 2 * 16, 5, image_rows(rng, 2, 6, 6))


def projection(graph, rng, name, x, size):
    """x times a constant matrix."""
    graph.last = x
    return graph.node("MatMul", f"{name}/matmul", graph.constant(f"{name}.weight", 2 * weights(rng, size, size).T))


def attention1(rng):
    """One head: Relu(Q K' / 2) V of four tokens, without a softmax."""
    graph = Graph("attention1", "x", [1, 4, 6])
    query, key, value = (projection(graph, rng, name, "x", 6) for name in ("query", "key", "value"))
    graph.last = key
    transposed = graph.node("Transpose", "transpose", perm=[0, 2, 1])
    graph.node("MatMul", "scores", inputs=[query, transposed])
    graph.node("Div", "scores/div", graph.constant("scale", 2.0))
    graph.node("Relu", "scores/relu")
    graph.node("MatMul", "mix", value)
    head(graph, rng, 24, 5, rows_of(rng, 4, 6))


def matmul_private(rng):
    """Products of two batches of matrices, one operand broadcast, and of such a batch with itself."""
    graph = Graph("matmul_private", "x", [1, 24])
    dense(graph, rng, "left", 12, 24)
    left = graph.node("Reshape", "left/reshape", graph.constant("left.shape", [2, 3, 2], np.int64))
    graph.last = "x"
    dense(graph, rng, "right", 8, 24)
    right = graph.node("Reshape", "right/reshape", graph.constant("right.shape", [2, 4], np.int64))
    graph.node("MatMul", "matmul1", inputs=[left, right])
    graph.node("Relu", "matmul1/relu")
    rectified = graph.last
    transposed = graph.node("Transpose", "transpose", perm=[0, 2, 1])
    graph.node("MatMul", "matmul2", inputs=[transposed, rectified])
    graph.node("Reshape", "reshape", graph.constant("shape", [1, 32], np.int64))
    dense(graph, rng, "head", 5, 32, output="y")
    save(graph.model([1, 5]), rows_of(rng, 24))


def glu_vector(rng):
    """A gated linear unit of vectors."""
    graph = Graph("glu_vector", "x", [1, 8])
    dense(graph, rng, "value", 6, 8)
    value = graph.last
    graph.last = "x"
    dense(graph, rng, "gate", 6, 8)
    graph.node("Sigmoid", "gate/sigmoid")
    graph.node("Mul", "mul", value)
    dense(graph, rng, "head", 5, 6, output="y")
    save(graph.model([1, 5]), rows_of(rng, 8))


def square(rng):
    """The square of a tensor of planes, and of a vector."""
    graph = Graph("square", "x", [1, 1, 6, 6])
    conv(graph, rng, "conv", 3, 1, [3, 3])
    graph.node("Mul", "square1", graph.last)
    graph.node("Flatten", "flatten1", axis=1)
    dense(graph, rng, "dense", 8, 48)
    graph.node("Mul", "square2", graph.last)
    dense(graph, rng, "head", 5, 8, output="y")
    save(graph.model([1, 5]), image_rows(rng, 1, 6, 6))


GRAPHS = {
    "mul_gate": mul_gate,
    "se_block": se_block,
    "attention1": attention1,
    "matmul_private": matmul_private,
    "glu_vector": glu_vector,
    "square": square,
}
