"""Trains a network that makes an embedding of a handwritten digit, and writes the one that compares two embeddings.

The pair shows chained proofs: an embedding is committed to once, and compared later. Writes digits_embedding.onnx,
digits_match.onnx, digits_match_calibration.json and embedding_schema.json.

Usage: python models/train_pair.py
"""

import json
import os
from pathlib import Path

os.environ["OMP_NUM_THREADS"] = "1"
os.environ["OPENBLAS_NUM_THREADS"] = "1"

import numpy as np
from onnx import TensorProto, helper, numpy_helper
from sklearn.datasets import load_digits
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier

from onnx_graph import IR_VERSION, OPSET, Graph, run_rows, write_model, write_rows

HERE = Path(__file__).resolve().parent
SEED = 0
TEST_ROWS = 360
HIDDEN = 32
WIDTH = 8  # numbers of an embedding
LARGEST = 50  # of such a number, of either sign
SPREAD = 25  # the largest one on the training rows
COSINE = (1, 2)  # the least cosine of two embeddings of one digit
PAIRS = 200


def graph(classifier, analysis, scale):
    """image [1, 1, 8, 8] -> embedding [1, WIDTH], whose numbers are rounded when they are committed to."""
    g = Graph("digits_embedding", "image", [1, 1, 8, 8])
    g.node("Flatten", "flatten", axis=1)
    g.dense("hidden", classifier.coefs_[0].T, classifier.intercepts_[0])
    g.node("Relu", "relu")
    weight = analysis.scalings_[:, :WIDTH].T * scale
    g.dense("embedding", weight, -weight @ analysis.xbar_, output="embedding")
    return g.model([1, WIDTH])


def match():
    """enrolled, shown [1, WIDTH] -> same [1]: whether their cosine is at least p / q, in whole numbers and without roots.

    dot > 0 and q^2 dot^2 >= p^2 |enrolled|^2 |shown|^2.
    """
    p, q = COSINE
    nodes, constants = [], {"p2": [p * p], "q2": [q * q], "zero": [0], "axis": [1]}

    def node(op, inputs, output, **attributes):
        nodes.append(helper.make_node(op, inputs, [output], name=output, **attributes))

    for name, a, b in [("dot", "enrolled", "shown"), ("first", "enrolled", "enrolled"), ("second", "shown", "shown")]:
        node("Mul", [a, b], f"{name}_products")
        node("ReduceSum", [f"{name}_products", "axis"], name, keepdims=0)
    node("Mul", ["dot", "dot"], "dot_dot")
    node("Mul", ["dot_dot", "q2"], "left")
    node("Mul", ["first", "second"], "norms")
    node("Mul", ["norms", "p2"], "right")
    node("GreaterOrEqual", ["left", "right"], "near")
    node("Greater", ["dot", "zero"], "acute")
    node("And", ["near", "acute"], "same")
    tensors = [
        numpy_helper.from_array(np.asarray(value, np.int64 if name == "axis" else np.float32), name)
        for name, value in constants.items()
    ]
    vector = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, WIDTH]) for name in ["enrolled", "shown"]]
    same = [helper.make_tensor_value_info("same", TensorProto.BOOL, [1])]
    made = helper.make_graph(nodes, "digits_match", vector, same, tensors)
    opsets = [helper.make_opsetid("", OPSET)]
    return helper.make_model(made, opset_imports=opsets, ir_version=IR_VERSION, producer_name="hushproof-models")


def cosines(a, b):
    return (a * b).sum(axis=1) / np.sqrt((a * a).sum(axis=1) * (b * b).sum(axis=1))


def main():
    dataset = load_digits()
    images = dataset.images[:, np.newaxis]
    train_x, test_x, train_y, test_y = train_test_split(
        images, dataset.target, test_size=TEST_ROWS, stratify=dataset.target, random_state=SEED
    )
    flat = train_x.reshape(len(train_x), -1)
    classifier = MLPClassifier((HIDDEN,), alpha=1.0, max_iter=1500, random_state=SEED).fit(flat, train_y)
    hidden = np.maximum(flat @ classifier.coefs_[0] + classifier.intercepts_[0], 0)
    analysis = LinearDiscriminantAnalysis(solver="svd").fit(hidden, train_y)
    scale = SPREAD / np.abs((hidden - analysis.xbar_) @ analysis.scalings_[:, :WIDTH]).max()
    model = graph(classifier, analysis, scale)

    embeddings = np.rint(run_rows(model, test_x))
    assert np.abs(embeddings).max() <= LARGEST
    rng = np.random.default_rng(SEED)
    others = rng.permutation(TEST_ROWS)
    same = test_y == test_y[others]
    near = cosines(embeddings, embeddings[others]) >= COSINE[0] / COSINE[1]
    by_class = [np.flatnonzero(test_y == label) for label in range(10)]
    partner = np.array([rng.choice(by_class[label]) for label in test_y])
    alike = cosines(embeddings, embeddings[partner]) >= COSINE[0] / COSINE[1]
    print(f"of two images of one digit {alike.mean():.3f} match, of two digits {near[~same].mean():.3f}")

    train = np.rint(run_rows(model, train_x[:PAIRS]))
    write_model(HERE / "digits_embedding.onnx", model)
    write_model(HERE / "digits_match.onnx", match())
    rows = {"enrolled": train, "shown": np.roll(train, 1, axis=0)}
    # Half of the pairs are of one digit.
    labels = train_y[:PAIRS]
    for row in range(0, PAIRS, 2):
        rows["shown"][row] = train[rng.choice(np.flatnonzero(labels == labels[row]))]
    write_rows(HERE / "digits_match_calibration.json", {name: value.astype(int) for name, value in rows.items()})
    field = {"kind": "integer", "min": -LARGEST, "max": LARGEST}
    fields = [{"name": f"e{number}", **field} for number in range(WIDTH)]
    schema = {"version": 1, "name": "digit embedding", "fields": fields}
    (HERE / "embedding_schema.json").write_text(json.dumps(schema, indent=1) + "\n")


if __name__ == "__main__":
    main()
