"""Trains the digits network and writes every digits_* file and the `planar_models` of manifest.json.

Usage: python models/train_digits.py
"""

import json
import os
from pathlib import Path

os.environ["OMP_NUM_THREADS"] = "1"  # one thread: the sums, and so the files, do not depend on the core count
os.environ["OPENBLAS_NUM_THREADS"] = "1"

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from onnx_graph import Graph, run_rows, write_manifest, write_model, write_rows

HERE = Path(__file__).resolve().parent
ID = "digits_cnn"
SEED = 0
TEST_ROWS = 360
CALIBRATION_ROWS = 100
LARGEST_PIXEL = 16
CLASSES = [str(digit) for digit in range(10)]
LEAST_ACCURACY = 0.96
REFERENCE_TOLERANCE = 1e-4  # largest |onnxruntime - numpy| of a logit

CHANNELS = 8, 16
KERNEL = 3
PLANE = 3  # height and width after the pool
EPOCHS = 60
BATCH = 64
LEARNING_RATE = 0.004  # of Adam; falls to 0 along a half cosine
WEIGHT_DECAY = 0.02  # decoupled, as a multiple of the learning rate; weights only


def patches(x):
    """Windows of `x` [rows, channels, height, width] as [rows, height', width', channels * KERNEL * KERNEL]."""
    windows = sliding_window_view(x, (KERNEL, KERNEL), axis=(2, 3)).transpose(0, 2, 3, 1, 4, 5)
    return windows.reshape(*windows.shape[:3], -1)


def convolve(x, weight, bias):
    """Valid convolution; returns the planes and the patches of `x`."""
    columns = patches(x)
    y = columns @ weight.reshape(len(weight), -1).T + bias
    return y.transpose(0, 3, 1, 2), columns


def padded(x):
    """`x` with one zero around each plane."""
    return np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))


def convolve_back(gradient, columns, weight):
    """Gradients of a convolution's weight and bias."""
    flat = gradient.transpose(0, 2, 3, 1).reshape(-1, len(weight))
    return (flat.T @ columns.reshape(len(flat), -1)).reshape(weight.shape), flat.sum(axis=0)


class Network:
    """Conv 3x3 (padded), Relu, Conv 3x3, Relu, MaxPool 2x2, Gemm."""

    def __init__(self, rng):
        first, second = CHANNELS

        def he(*shape):
            return rng.normal(size=shape) * np.sqrt(2 / np.prod(shape[1:]))

        self.parameters = {
            "conv1.weight": he(first, 1, KERNEL, KERNEL),
            "conv1.bias": np.zeros(first),
            "conv2.weight": he(second, first, KERNEL, KERNEL),
            "conv2.bias": np.zeros(second),
            "dense.weight": he(len(CLASSES), second * PLANE * PLANE),
            "dense.bias": np.zeros(len(CLASSES)),
        }

    def forward(self, images):
        """Logits of raw images [rows, 1, 8, 8], and what `gradients` needs."""
        p = self.parameters
        y1, columns1 = convolve(padded(images / LARGEST_PIXEL), p["conv1.weight"], p["conv1.bias"])
        a1 = np.maximum(y1, 0)
        y2, columns2 = convolve(a1, p["conv2.weight"], p["conv2.bias"])
        windows = np.maximum(y2, 0).reshape(len(y2), CHANNELS[1], PLANE, 2, PLANE, 2)
        pooled = windows.max(axis=(3, 5), keepdims=True)
        features = pooled.reshape(len(y2), -1)
        logits = features @ p["dense.weight"].T + p["dense.bias"]
        return logits, (columns1, a1, columns2, y2, windows, pooled, features)

    def gradients(self, images, labels):
        """Gradient of the mean cross-entropy, per parameter."""
        p = self.parameters
        logits, (columns1, a1, columns2, y2, windows, pooled, features) = self.forward(images)
        probability = np.exp(logits - logits.max(axis=1, keepdims=True))
        probability /= probability.sum(axis=1, keepdims=True)
        probability[np.arange(len(labels)), labels] -= 1
        d_logits = probability / len(labels)

        winners = windows == pooled
        shares = winners / winners.sum(axis=(3, 5), keepdims=True)
        d_pooled = (d_logits @ p["dense.weight"]).reshape(pooled.shape)
        d_y2 = (shares * d_pooled).reshape(y2.shape) * (y2 > 0)
        d_weight2, d_bias2 = convolve_back(d_y2, columns2, p["conv2.weight"])
        flipped = p["conv2.weight"][:, :, ::-1, ::-1].transpose(1, 0, 2, 3)
        d_a1, _ = convolve(padded(padded(d_y2)), flipped, 0)
        d_weight1, d_bias1 = convolve_back(d_a1 * (a1 > 0), columns1, p["conv1.weight"])
        return {
            "conv1.weight": d_weight1,
            "conv1.bias": d_bias1,
            "conv2.weight": d_weight2,
            "conv2.bias": d_bias2,
            "dense.weight": d_logits.T @ features,
            "dense.bias": d_logits.sum(axis=0),
        }

    def train(self, images, labels, rng):
        """Adam with decoupled weight decay for EPOCHS epochs."""
        moments = {name: (np.zeros_like(value), np.zeros_like(value)) for name, value in self.parameters.items()}
        batches = [
            order for _ in range(EPOCHS) for order in np.array_split(rng.permutation(len(labels)), len(labels) // BATCH)
        ]
        for step, batch in enumerate(batches, start=1):
            rate = LEARNING_RATE * (1 + np.cos(np.pi * step / len(batches))) / 2
            for name, gradient in self.gradients(images[batch], labels[batch]).items():
                mean, square = moments[name]
                mean += 0.1 * (gradient - mean)
                square += 0.001 * (gradient**2 - square)
                update = (mean / (1 - 0.9**step)) / (np.sqrt(square / (1 - 0.999**step)) + 1e-8)
                if name.endswith("weight"):
                    update += WEIGHT_DECAY * self.parameters[name]
                self.parameters[name] -= rate * update

    def graph(self):
        p = self.parameters
        graph = Graph(ID, "image", [1, 1, 8, 8])
        graph.node("Div", "scale/div", graph.constant("scale.largest", float(LARGEST_PIXEL)))
        graph.conv("conv1", p["conv1.weight"], p["conv1.bias"], kernel_shape=[KERNEL, KERNEL], pads=[1, 1, 1, 1])
        graph.node("Relu", "conv1/relu")
        graph.conv("conv2", p["conv2.weight"], p["conv2.bias"], kernel_shape=[KERNEL, KERNEL])
        graph.node("Relu", "conv2/relu")
        graph.node("MaxPool", "pool/maxpool", kernel_shape=[2, 2], strides=[2, 2])
        graph.node("Flatten", "flatten", axis=1)
        graph.dense("dense", p["dense.weight"], p["dense.bias"], output="logits")
        return graph.model([1, len(CLASSES)])


def main():
    dataset = load_digits()
    images = dataset.images[:, np.newaxis].astype(np.int64)
    train_x, test_x, train_y, test_y = train_test_split(
        images, dataset.target, test_size=TEST_ROWS, stratify=dataset.target, random_state=SEED
    )
    rng = np.random.default_rng(SEED)
    network = Network(rng)
    network.train(train_x, train_y, rng)

    model = network.graph()
    logits = run_rows(model, test_x)
    error = np.abs(logits - network.forward(test_x)[0]).max()
    assert error <= REFERENCE_TOLERANCE, f"{ID}: onnxruntime differs from numpy by {error}"
    right = logits.argmax(axis=1) == test_y
    correct, accuracy = int(right.sum()), right.mean()
    assert accuracy >= LEAST_ACCURACY, f"{ID}: held-out accuracy {accuracy}"
    trained = int((network.forward(train_x)[0].argmax(axis=1) == train_y).sum())
    print(
        f"{ID}: {sum(value.size for value in network.parameters.values())} parameters; "
        f"held-out {correct}/{TEST_ROWS} = {accuracy:.4f}; training {trained}/{len(train_y)}; "
        f"onnxruntime vs numpy {error:.1e}"
    )

    # The examples are the first row of each class that the network classifies correctly.
    examples = {name: int(np.flatnonzero(right & (test_y == label))[0]) for label, name in enumerate(CLASSES)}
    write_model(HERE / f"{ID}.onnx", model)
    write_rows(HERE / f"{ID}.reference.json", logits)
    write_rows(HERE / "digits_test.json", {"image": test_x})
    (HERE / "digits_test_labels.json").write_text(json.dumps(test_y.tolist()) + "\n")
    calibration = train_x[:CALIBRATION_ROWS]
    write_rows(HERE / "digits_calibration.json", {"image": calibration})
    np.savez_compressed(HERE / "digits_calibration.npz", image=calibration.astype(np.float32))
    write_rows(HERE / "digits_image.json", {"image": test_x[[examples["3"]]]})
    entry = {
        "id": ID,
        "title": "Handwritten digits, convolutional network",
        "description": "The digit that an image of 8 x 8 pixels shows: two convolutions with ReLU, a max-pool and one "
        "linear layer.",
        "onnx": f"{ID}.onnx",
        "input": "image",
        "input_shape": list(train_x.shape[1:]),
        "input_range": [0, LARGEST_PIXEL],
        "output": "logits",
        "classes": CLASSES,
        "accuracy": round(correct / TEST_ROWS, 6),
        "correct": correct,
        "rows": TEST_ROWS,
        "test": "digits_test.json",
        "test_labels": "digits_test_labels.json",
        "calibration": "digits_calibration.json",
        "record": "digits_image.json",
        "reference": f"{ID}.reference.json",
        "examples": examples,
    }
    write_manifest(HERE / "manifest.json", "planar_models", [entry])


if __name__ == "__main__":
    main()
