"""The small graphs of the domain ai.onnx.ml, written by make_small.py: trees of every mode and linear models.

Their outputs are written as the program serves them: one vector, named after all outputs.
"""

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper

from onnx_graph import Graph, IR_VERSION, OPSET, write_model, write_rows
from small_common import ROWS, SMALL, rows_of, weights

ML = "ai.onnx.ml"
TYPES = {"label": TensorProto.INT64}


def save(graph, outputs, rows):
    """Writes a graph with the named outputs, {name: shape}, and its vectors."""
    infos = [helper.make_tensor_value_info(name, TYPES.get(name, TensorProto.FLOAT), shape) for name, shape in outputs.items()]
    proto = helper.make_graph(graph.nodes, graph.name, graph.inputs, infos, graph.initializers)
    opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid(ML, 3)]
    model = helper.make_model(proto, opset_imports=opsets, ir_version=IR_VERSION, producer_name="hushproof-models")
    onnx.checker.check_model(model)
    write_model(SMALL / f"{graph.name}.onnx", model)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    values = [np.concatenate([np.ravel(y) for y in session.run(None, {"x": row[np.newaxis]})]) for row in rows]
    vectors = {"inputs": {"x": rows}, "outputs": {"+".join(outputs): np.stack(values).astype(np.float32)}}
    write_rows(SMALL / f"{graph.name}.json", vectors)


def trees(rng, count, depth, features, modes, values):
    """Complete trees as attributes `nodes_*`, and the (tree, node) of each leaf."""
    lists = {name: [] for name in ("treeids", "nodeids", "featureids", "values", "modes", "truenodeids", "falsenodeids")}
    leaves = []
    for tree in range(count):
        for node in range(2 ** (depth + 1) - 1):
            leaf = node >= 2**depth - 1
            if leaf:
                leaves.append((tree, node))
            entry = {
                "treeids": tree,
                "nodeids": node,
                "featureids": 0 if leaf else int(rng.integers(features)),
                "values": 0.0 if leaf else float(np.float32(values(rng))),
                "modes": "LEAF" if leaf else str(rng.choice(modes)),
                "truenodeids": 0 if leaf else 2 * node + 1,
                "falsenodeids": 0 if leaf else 2 * node + 2,
            }
            for name, value in entry.items():
                lists[name].append(value)
    return {f"nodes_{name}": values for name, values in lists.items()}, leaves


def leaf_weights(rng, prefix, leaves, ids):
    """Attributes that give each leaf a number for each id."""
    entries = [(tree, node, id) for tree, node in leaves for id in ids]
    return {
        f"{prefix}_treeids": [tree for tree, _, _ in entries],
        f"{prefix}_nodeids": [node for _, node, _ in entries],
        f"{prefix}_ids": [id for _, _, id in entries],
        f"{prefix}_weights": [float(value) for value in rng.normal(size=len(entries)).astype(np.float32)],
    }


def grid(rng, *shape, count=ROWS):
    """Rows of halves, so that many of them are what a branch compares with."""
    return (rng.integers(-2, 3, (count, *shape)) / 2).astype(np.float32)


def half(rng):
    return rng.integers(-2, 3) / 2


def uniform(rng):
    return rng.uniform(-1, 1)


def trees_modes(rng):
    """Three classes; every kind of branch, values met exactly."""
    modes = [f"BRANCH_{mode}" for mode in ("LEQ", "LT", "GTE", "GT", "EQ", "NEQ")]
    nodes, leaves = trees(rng, 5, 3, 4, modes, half)
    graph = Graph("trees_modes", "x", [1, 4])
    graph.node("TreeEnsembleClassifier", "trees", inputs=["x"], domain=ML, **nodes,
               **leaf_weights(rng, "class", leaves, range(3)), classlabels_int64s=[10, 20, 30], post_transform="SOFTMAX")
    graph.nodes[-1].output[:] = ["label", "scores"]
    save(graph, {"label": [1], "scores": [1, 3]}, grid(rng, 4))


def trees_binary(rng):
    """One score between two classes, behind a scaler with a negative scale."""
    graph = Graph("trees_binary", "x", [1, 5])
    scale = [1.5, -0.75, 2.0, 0.3, -1.1]
    graph.node("Scaler", "scaler", inputs=["x"], domain=ML, offset=[0.1, -0.2, 0.3, 0.0, 0.7], scale=scale)
    nodes, leaves = trees(rng, 6, 2, 5, ["BRANCH_LEQ"], uniform)
    graph.node("TreeEnsembleClassifier", "trees", inputs=[graph.last], domain=ML, **nodes,
               **leaf_weights(rng, "class", leaves, [0]), classlabels_int64s=[0, 1], base_values=[0.1],
               post_transform="LOGISTIC")
    graph.nodes[-1].output[:] = ["label", "scores"]
    save(graph, {"label": [1], "scores": [1, 2]}, rows_of(rng, 5))


def trees_regressor(rng, name, aggregate, targets):
    nodes, leaves = trees(rng, 4, 2, 3, ["BRANCH_LEQ", "BRANCH_GT"], uniform)
    graph = Graph(name, "x", [1, 3])
    graph.node("TreeEnsembleRegressor", "trees", inputs=["x"], domain=ML, output="y", **nodes,
               **leaf_weights(rng, "target", leaves, range(targets)), n_targets=targets, aggregate_function=aggregate)
    save(graph, {"y": [1, targets]}, rows_of(rng, 3))


def trees_computed(rng):
    """Trees on features that are computed, and on the input beside a linear part."""
    graph = Graph("trees_computed", "x", [1, 4])
    graph.dense("dense", 2 * weights(rng, 3, 4), rng.normal(size=3) / 8)
    nodes, leaves = trees(rng, 3, 2, 3, ["BRANCH_LEQ"], uniform)
    graph.node("TreeEnsembleRegressor", "trees", inputs=[graph.last], domain=ML, **nodes,
               **leaf_weights(rng, "target", leaves, [0]), n_targets=1)
    trees_output = graph.last
    graph.last = "x"
    graph.dense("linear", weights(rng, 1, 4), [0.2])
    graph.node("Add", "add", trees_output, output="y")
    save(graph, {"y": [1, 1]}, rows_of(rng, 4))


def linear_classes(rng):
    """Scaler and LinearClassifier with three classes."""
    graph = Graph("linear_classes", "x", [1, 6])
    graph.node("Scaler", "scaler", inputs=["x"], domain=ML, offset=[0.1] * 6, scale=[2.0, 1.0, 0.5, 1.5, 1.0, 0.8])
    graph.node("LinearClassifier", "linear", inputs=[graph.last], domain=ML,
               coefficients=[float(w) for w in rng.normal(size=18).astype(np.float32)],
               intercepts=[0.1, -0.2, 0.0], classlabels_ints=[0, 1, 2], post_transform="SOFTMAX")
    graph.nodes[-1].output[:] = ["label", "scores"]
    save(graph, {"label": [1], "scores": [1, 3]}, rows_of(rng, 6))


GRAPHS = {
    "trees_modes": trees_modes,
    "trees_binary": trees_binary,
    "trees_mean": lambda rng: trees_regressor(rng, "trees_mean", "AVERAGE", 2),
    "trees_most": lambda rng: trees_regressor(rng, "trees_most", "MAX", 1),
    "trees_computed": trees_computed,
    "linear_classes": linear_classes,
}
