"""Writes small/: tiny hand-made ONNX graphs for tests, with onnxruntime reference vectors.

Usage: python models/make_small.py
"""

import numpy as np
from onnx import TensorProto, external_data_helper

import small_networks
import small_planar
import small_products
import small_trees
from onnx_graph import Graph, run_rows
from small_common import CANDIDATES, SMALL, balanced, rows_of, save, weights


def gemm_only(rng):
    graph = Graph("gemm_only", "x", [1, 4])
    weight, bias = graph.constant("weight", rng.normal(size=(4, 3))), graph.constant("bias", rng.normal(size=3))
    graph.node("Gemm", "gemm", weight, bias, transB=0, alpha=0.5, beta=2.0, output="y")
    save(graph.model([1, 3]), rows_of(rng, 4))


def matmul_add_relu(rng):
    graph = Graph("matmul_add_relu", "x", [1, 6])
    graph.node("MatMul", "dense1/matmul", graph.constant("dense1.weight", weights(rng, 8, 6).T))
    graph.node("Add", "dense1/add", graph.constant("dense1.bias", rng.normal(size=8) / 4))
    graph.node("Relu", "dense1/relu")
    graph.node("MatMul", "dense2/matmul", graph.constant("dense2.weight", weights(rng, 3, 8).T))
    graph.node("Sub", "dense2/sub", graph.constant("dense2.offset", rng.normal(size=(1, 3)) / 4), output="y")
    save(graph.model([1, 3]), rows_of(rng, 6))


def sigmoid_hidden(rng):
    graph = Graph("sigmoid_hidden", "x", [1, 5])
    graph.dense("dense1", 4 * weights(rng, 7, 5), rng.normal(size=7))
    graph.node("Sigmoid", "dense1/sigmoid")
    graph.dense("dense2", weights(rng, 2, 7), rng.normal(size=2), output="y")
    save(graph.model([1, 2]), rows_of(rng, 5))


def argmax(rng, name, classes, axis, keepdims):
    candidates = rows_of(rng, 4, count=CANDIDATES)
    graph = Graph(name, "x", [1, 4])
    graph.dense("dense1", 2 * weights(rng, 8, 4), rng.normal(size=8) / 4)
    graph.node("Relu", "dense1/relu")
    hidden = run_rows(graph.model([1, 8]), candidates)
    weight = 2 * weights(rng, classes, 8)
    graph.dense("dense2", weight, -weight @ hidden.mean(axis=0))  # centred, so that every class wins on some rows
    ordered = np.sort(run_rows(graph.model([1, classes]), candidates), axis=1)
    graph.node("ArgMax", "argmax", axis=axis, keepdims=keepdims, output="class")
    model = graph.model([1, 1] if keepdims else [1], TensorProto.INT64)
    labels = run_rows(model, candidates).reshape(-1)
    assert len(np.unique(labels)) == classes, f"{name}: some class never wins"
    save(model, balanced(candidates, labels, ordered[:, -1] - ordered[:, -2]))


def threshold(rng):
    graph = Graph("threshold", "x", [1, 5])
    graph.dense("dense", 3 * weights(rng, 1, 5), [0.3])
    graph.node("Sigmoid", "sigmoid")
    candidates = rows_of(rng, 5, count=CANDIDATES)
    scores = run_rows(graph.model([1, 1]), candidates)[:, 0]
    graph.node("Greater", "greater", graph.constant("threshold", 0.6))
    graph.node("Cast", "cast", to=TensorProto.FLOAT, output="decision")
    save(graph.model([1, 1]), balanced(candidates, scores > 0.6, np.abs(scores - 0.6)))


def reshape_flatten(rng):
    graph = Graph("reshape_flatten", "x", [1, 2, 3])
    graph.node("Reshape", "reshape", graph.constant("shape", [1, 3, -1], np.int64))
    graph.node("Identity", "identity")
    graph.node("Flatten", "flatten", axis=1)
    graph.node("Cast", "cast", to=TensorProto.FLOAT)
    graph.dense("dense", weights(rng, 2, 6), rng.normal(size=2), output="y")
    save(graph.model([1, 2]), rows_of(rng, 2, 3))


def muldiv(rng):
    graph = Graph("muldiv", "x", [1, 4])
    graph.node("Mul", "pre/mul", graph.constant("pre.scale", rng.uniform(0.5, 2, 4)))  # vector
    graph.node("Add", "pre/add", graph.constant("pre.shift", 0.25))  # scalar
    graph.node("Sub", "pre/sub", inputs=[graph.constant("pre.one", [1.0]), graph.last])  # constant minus tensor
    graph.dense("dense", weights(rng, 3, 4), rng.normal(size=3))
    graph.node("Div", "post/div", graph.constant("post.divisor", 3.0))  # scalar
    graph.node("Mul", "post/mul", inputs=[graph.constant("post.scale", -1.5), graph.last])  # scalar on the left
    graph.node("Sub", "post/sub", graph.constant("post.offset", rng.normal(size=(1, 3))))  # row vector
    graph.node("Div", "post/div_vector", graph.constant("post.divisors", [0.5, 2.0, -4.0]), output="y")
    save(graph.model([1, 3]), rows_of(rng, 4))


def relu_wide(rng):
    graph = Graph("relu_wide", "x", [1, 20])
    graph.dense("dense1", weights(rng, 40, 20), rng.normal(size=40) / 4)
    graph.node("Relu", "dense1/relu")
    graph.dense("dense2", weights(rng, 3, 40), rng.normal(size=3) / 4, output="y")
    save(graph.model([1, 3]), rows_of(rng, 20))


def relu_input_only(rng):
    graph = Graph("relu_input_only", "x", [1, 4])
    graph.node("Relu", "relu")
    graph.dense("dense", weights(rng, 2, 4), rng.normal(size=2), output="y")
    save(graph.model([1, 2]), rows_of(rng, 4))


def unsupported(rng):
    """Gemm, Det, Gemm and the exact GELU x * (1 + erf(x / sqrt 2)) / 2: Det has no circuit."""
    graph = Graph("unsupported", "x", [1, 4])
    graph.dense("dense1", weights(rng, 5, 4) / 4, np.zeros(5))
    graph.node("Det", "dense1/det")
    hidden = graph.dense("dense2", weights(rng, 3, 5), np.zeros(3))
    graph.node("Div", "gelu/div", graph.constant("gelu.sqrt2", np.sqrt(2)))
    graph.node("Erf", "gelu/erf")
    graph.node("Add", "gelu/add", graph.constant("gelu.one", 1.0))
    graph.node("Mul", "gelu/mul", hidden)
    graph.node("Mul", "gelu/half", graph.constant("gelu.half", 0.5), output="y")
    save(graph.model([1, 3]), rows_of(rng, 4))


def dynamic_batch(rng):
    graph = Graph("dynamic_batch", "x", ["N", 4])
    graph.dense("dense", weights(rng, 3, 4), rng.normal(size=3), output="y")
    save(graph.model(["N", 3]), rows_of(rng, 4))


def dynamic_inner(rng):
    """The middle axis "T" has no value to bind it to; the reference rows use T = 3."""
    graph = Graph("dynamic_inner", "x", [1, "T", 4])
    graph.node("MatMul", "matmul", graph.constant("weight", weights(rng, 2, 4).T), output="y")
    save(graph.model([1, "T", 2]), rows_of(rng, 3, 4))


def external_data(rng):
    """The weight is declared as stored in external_data.bin, which is not written."""
    graph = Graph("external_data", "x", [1, 4])
    graph.dense("dense", weights(rng, 3, 4), rng.normal(size=3), output="y")
    model = graph.model([1, 3])
    weight = model.graph.initializer[0]
    length = len(weight.raw_data)
    external_data_helper.set_external_data(weight, "external_data.bin", offset=0, length=length)
    weight.ClearField("raw_data")
    save(model)


GRAPHS = {
    "gemm_only": gemm_only,
    "matmul_add_relu": matmul_add_relu,
    "sigmoid_hidden": sigmoid_hidden,
    "argmax3": lambda rng: argmax(rng, "argmax3", 3, axis=1, keepdims=1),
    "argmax3_squeezed": lambda rng: argmax(rng, "argmax3_squeezed", 3, axis=1, keepdims=0),
    "argmax5": lambda rng: argmax(rng, "argmax5", 5, axis=-1, keepdims=1),
    "threshold": threshold,
    "reshape_flatten": reshape_flatten,
    "muldiv": muldiv,
    "relu_wide": relu_wide,
    "relu_input_only": relu_input_only,
    "unsupported": unsupported,
    "dynamic_batch": dynamic_batch,
    "dynamic_inner": dynamic_inner,
    "external_data": external_data,
}


def main():
    SMALL.mkdir(exist_ok=True)
    # Each list has seeds of its own, so that a graph added to one leaves the others' bytes alone.
    lists = [(GRAPHS, 1, 10_000), (small_planar.GRAPHS, 101, 15_000), (small_networks.GRAPHS, 201, 15_000)]
    lists.append((small_products.GRAPHS, 301, 15_000))
    lists.append((small_trees.GRAPHS, 401, 15_000))
    for graphs, first, limit in lists:
        for seed, (name, write) in enumerate(graphs.items(), start=first):
            write(np.random.default_rng(seed))
            size = (SMALL / f"{name}.onnx").stat().st_size
            assert size < limit, f"{name}.onnx has {size} bytes"
            print(f"{name}.onnx: {size} bytes")


if __name__ == "__main__":
    main()
