"""Trains the breast-cancer models and writes every breast_cancer_* file and the `models` of manifest.json.

Usage: python models/train.py
"""

import json
import os
from pathlib import Path

os.environ["OMP_NUM_THREADS"] = "1"  # one thread: the sums, and so the files, do not depend on the core count
os.environ["OPENBLAS_NUM_THREADS"] = "1"

import numpy as np
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GridSearchCV, StratifiedKFold, train_test_split
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from onnx_graph import Graph, run_rows, write_manifest, write_model, write_rows

HERE = Path(__file__).resolve().parent
SEED = 0
TEST_ROWS = 171
CALIBRATION_ROWS = 100
THRESHOLD = 0.5
CLASSES = ["benign", "malignant"]
REFERENCE_TOLERANCE = 1e-5  # largest |onnxruntime - scikit-learn| in probability


def select(estimator, grid, records, labels):
    """Fits `estimator` behind a StandardScaler with the `grid` value that 5-fold cross-validation prefers."""
    folds = StratifiedKFold(5, shuffle=True, random_state=SEED)
    search = GridSearchCV(make_pipeline(StandardScaler(), estimator), grid, scoring="neg_log_loss", cv=folds)
    return search.fit(records, labels)


def standardized(name, scaler):
    """Starts a graph on raw records: (record - mean) / std."""
    graph = Graph(name, "record", [1, scaler.mean_.size])
    graph.node("Sub", "standardize/sub", graph.constant("standardize.mean", scaler.mean_[np.newaxis]))
    graph.node("Div", "standardize/div", graph.constant("standardize.std", scaler.scale_[np.newaxis]))
    return graph


def logreg_graph(scaler, classifier):
    graph = standardized("breast_cancer_logreg", scaler)
    graph.dense("dense", classifier.coef_, classifier.intercept_)
    graph.node("Sigmoid", "sigmoid", output="probability")
    return graph.model([1, 1])


def mlp_graph(scaler, classifier):
    graph = standardized("breast_cancer_mlp", scaler)
    layers = list(zip(classifier.coefs_, classifier.intercepts_))
    for index, (weight, bias) in enumerate(layers, start=1):
        graph.dense(f"dense{index}", weight.T, bias)
        if index < len(layers):
            graph.node("Relu", f"dense{index}/relu")
    graph.node("Sigmoid", "sigmoid", output="probability")
    return graph.model([1, 1])


def label_of(feature):
    """Display label of a scikit-learn feature name, e.g. "radius error" -> "Radius, standard error"."""
    if feature.endswith(" error"):
        feature = feature.removesuffix(" error") + ", standard error"
    return feature[0].upper() + feature[1:]


MODELS = [
    {
        "id": "breast_cancer_logreg",
        "title": "Breast cancer, logistic regression",
        "description": "Probability that a breast mass is malignant, from 30 measurements of its cell nuclei: "
        "standardization, one linear layer and a sigmoid.",
        "estimator": LogisticRegression(max_iter=10_000, tol=1e-8, random_state=SEED),
        "grid": {"logisticregression__C": [0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0]},
        "graph": logreg_graph,
    },
    {
        "id": "breast_cancer_mlp",
        "title": "Breast cancer, neural network",
        "description": "Probability that a breast mass is malignant, from 30 measurements of its cell nuclei: "
        "standardization, hidden layers of 16 and 8 units with ReLU, and a sigmoid.",
        "estimator": MLPClassifier((16, 8), solver="adam", learning_rate_init=0.003, max_iter=2_000, random_state=SEED),
        "grid": {"mlpclassifier__alpha": [0.1, 0.3, 1.0, 3.0]},
        "graph": mlp_graph,
    },
]


def main():
    dataset = load_breast_cancer()
    records = dataset.data
    labels = 1 - dataset.target  # scikit-learn codes malignant as 0 and benign as 1; here malignant is 1
    train_x, test_x, train_y, test_y = train_test_split(
        records, labels, test_size=TEST_ROWS, stratify=labels, random_state=SEED
    )
    calibration = train_x[:CALIBRATION_ROWS]

    entries, right = [], np.ones(TEST_ROWS, bool)
    for spec in MODELS:
        search = select(spec["estimator"], spec["grid"], train_x, train_y)
        pipeline = search.best_estimator_
        model = spec["graph"](pipeline[0], pipeline[-1])
        probability = run_rows(model, test_x)[:, 0]

        error = np.abs(probability - pipeline.predict_proba(test_x)[:, 1]).max()
        assert error <= REFERENCE_TOLERANCE, f"{spec['id']}: onnxruntime differs from scikit-learn by {error}"
        predicted = probability >= THRESHOLD
        right &= predicted == test_y
        correct = int((predicted == test_y).sum())
        train_correct = int((pipeline.predict(train_x) == train_y).sum())
        missed = int((~predicted & (test_y == 1)).sum())
        print(
            f"{spec['id']}: {search.best_params_}; held-out {correct}/{TEST_ROWS} = {correct / TEST_ROWS:.4f} "
            f"({missed} malignant missed, {TEST_ROWS - correct - missed} false alarms), "
            f"AUC {roc_auc_score(test_y, probability):.4f}; training {train_correct}/{len(train_y)}; "
            f"onnxruntime vs scikit-learn {error:.1e}"
        )

        write_model(HERE / f"{spec['id']}.onnx", model)
        write_rows(HERE / f"{spec['id']}.reference.json", probability)
        entries.append(
            {
                "id": spec["id"],
                "title": spec["title"],
                "description": spec["description"],
                "onnx": f"{spec['id']}.onnx",
                "input": "record",
                "output": "probability",
                "features": [label_of(name) for name in dataset.feature_names],
                "classes": CLASSES,
                "threshold": THRESHOLD,
                "accuracy": round(correct / TEST_ROWS, 6),
                "correct": correct,
                "rows": TEST_ROWS,
                "test": "breast_cancer_test.json",
                "test_labels": "breast_cancer_test_labels.json",
                "calibration": "breast_cancer_calibration.json",
                "reference": f"{spec['id']}.reference.json",
            }
        )

    # The examples are the first rows of each class that both models classify correctly.
    examples = {name: int(np.flatnonzero(right & (test_y == label))[0]) for label, name in enumerate(CLASSES)}
    for entry in entries:
        entry["examples"] = examples

    write_rows(HERE / "breast_cancer_test.json", {"record": test_x})
    write_rows(HERE / "breast_cancer_calibration.json", {"record": calibration})
    np.savez_compressed(HERE / "breast_cancer_calibration.npz", record=calibration.astype(np.float32))
    (HERE / "breast_cancer_test_labels.json").write_text(json.dumps(test_y.tolist()) + "\n")
    write_rows(HERE / "breast_cancer_record.json", {"record": test_x[[examples["malignant"]]]})
    write_manifest(HERE / "manifest.json", "models", entries)


if __name__ == "__main__":
    main()
