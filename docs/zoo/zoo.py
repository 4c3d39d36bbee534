"""Trains the models of scikit-learn that skl2onnx exports, and those of XGBoost, LightGBM and CatBoost, compiles each
with Hushproof and compares it with onnxruntime on rows that neither has seen.

    python3 -m venv zoo && zoo/bin/pip install -r docs/zoo/requirements.txt
    cargo build --release && zoo/bin/python docs/zoo/zoo.py target/release/hushproof -o docs/model-zoo.md

A row of the table is one model: whether it compiles or why not, the share of rows with onnxruntime's class or the
largest error as a share of the output's range, log2 rows of the circuit, and seconds of one proof, verified.
`--only NAME` takes the models whose names contain NAME; `--keep DIR` keeps all files.
"""

import argparse
import json
import pathlib
import subprocess
import tempfile
import time
import warnings

import numpy as np
import onnxruntime
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris

warnings.filterwarnings("ignore")
SEED = 7
CALIBRATION, TEST = 100, 40
# Rows that are proved by a program that cannot predict without.
PROVED = 2
HEAD = [
    "| model | compiles | same class | largest error | out of range | k | prove s |",
    "|---|---|---|---|---|---|---|",
]


def iris(binary=False):
    x, y = load_iris(return_X_y=True)
    order = np.random.default_rng(SEED).permutation(len(x))
    x, y = x[order].astype(np.float32), y[order]
    return (x[y > 0], y[y > 0] - 1) if binary else (x, y)


def tumours():
    x, y = load_breast_cancer(return_X_y=True)
    order = np.random.default_rng(SEED).permutation(len(x))
    return x[order][:300, :10].astype(np.float32), y[order][:300]


def diabetes(targets=1):
    x, y = load_diabetes(return_X_y=True)
    order = np.random.default_rng(SEED).permutation(len(x))
    x, y = x[order][:300].astype(np.float32), (y[order][:300] / 100).astype(np.float32)
    return (x, y) if targets == 1 else (x, np.stack([y, x[:, 2] * 10 - y], axis=1))


def missing(x, share=0.15):
    x = x.copy()
    x[np.random.default_rng(SEED).random(x.shape) < share] = np.nan
    return x


def credit(rows=300):
    import pandas

    rng = np.random.default_rng(SEED)
    frame = pandas.DataFrame({
        "age": rng.integers(18, 80, rows).astype(np.float32),
        "amount": (rng.gamma(2, 2000, rows)).astype(np.float32),
        "job": rng.choice(["clerk", "nurse", "pilot", "student"], rows),
        "home": rng.choice(["own", "rent", "free"], rows),
        "grade": rng.integers(0, 5, rows).astype(np.int64),
    })
    risk = frame.amount / 4000 - frame.age / 40 + (frame.job == "student") * 1.5 - (frame.home == "own") * 1.0
    risk += (frame.grade - 2) * 0.4 + rng.normal(0, 0.3, rows)
    return frame, np.where(risk > 0.3, "bad", "good")


class Model:
    """A trained model as ONNX, and rows of its inputs."""

    def __init__(self, onnx, inputs, outputs=None, kind="class"):
        self.onnx, self.inputs, self.outputs, self.kind = onnx, inputs, outputs, kind


def of_sklearn(estimator, x, y=None, kind="class", outputs=None, options=None, types=None, opset=None):
    from skl2onnx import to_onnx
    from skl2onnx.common.data_types import FloatTensorType

    estimator.fit(x, y) if y is not None else estimator.fit(x)
    given = options if options is not None else ({"zipmap": False} if hasattr(estimator, "predict_proba") else None)
    options = {id(estimator): given} if given else None
    types = types or [("X", FloatTensorType([None, x.shape[1]]))]
    proto = to_onnx(estimator, initial_types=types, options=options, target_opset=opset or {"": 18, "ai.onnx.ml": 3})
    inputs = columns(x) if hasattr(x, "columns") else {"X": x}
    return Model(proto.SerializeToString(), inputs, outputs, kind)


def columns(frame):
    return {name: frame[[name]].to_numpy() for name in frame.columns}


def frame_types(frame):
    from skl2onnx.common.data_types import FloatTensorType, Int64TensorType, StringTensorType

    of = {"f": FloatTensorType, "i": Int64TensorType}
    return [(name, of.get(frame[name].dtype.kind, StringTensorType)([None, 1])) for name in frame.columns]


def models():
    """Name and maker of every model."""
    from sklearn import (
        calibration, cluster, compose, cross_decomposition, decomposition, discriminant_analysis, ensemble,
        feature_selection, gaussian_process, impute, linear_model, mixture, multiclass, multioutput, naive_bayes,
        neighbors, neural_network, pipeline, preprocessing, svm, tree,
    )

    make = {}
    scaled = lambda estimator: pipeline.make_pipeline(preprocessing.StandardScaler(), estimator)
    # Classifiers.
    for name, estimator in {
        "AdaBoostClassifier": ensemble.AdaBoostClassifier(n_estimators=10, random_state=SEED),
        "BaggingClassifier": ensemble.BaggingClassifier(n_estimators=5, random_state=SEED),
        "BaggingClassifier (logistic)": ensemble.BaggingClassifier(
            linear_model.LogisticRegression(), n_estimators=3, random_state=SEED),
        "BernoulliNB": naive_bayes.BernoulliNB(binarize=2.0),
        "CalibratedClassifierCV (sigmoid)": calibration.CalibratedClassifierCV(
            linear_model.LogisticRegression(), cv=2),
        "CategoricalNB": pipeline.make_pipeline(
            preprocessing.KBinsDiscretizer(4, encode="ordinal", strategy="uniform"), naive_bayes.CategoricalNB()),
        "ComplementNB": naive_bayes.ComplementNB(),
        "DecisionTreeClassifier": tree.DecisionTreeClassifier(max_depth=5, random_state=SEED),
        "ExtraTreeClassifier": tree.ExtraTreeClassifier(max_depth=5, random_state=SEED),
        "ExtraTreesClassifier": ensemble.ExtraTreesClassifier(10, max_depth=5, random_state=SEED),
        "GaussianNB": naive_bayes.GaussianNB(),
        "GradientBoostingClassifier": ensemble.GradientBoostingClassifier(n_estimators=10, random_state=SEED),
        "HistGradientBoostingClassifier": ensemble.HistGradientBoostingClassifier(max_iter=10, random_state=SEED),
        "KNeighborsClassifier": neighbors.KNeighborsClassifier(n_neighbors=3),
        "LinearDiscriminantAnalysis": discriminant_analysis.LinearDiscriminantAnalysis(),
        "LinearSVC": (scaled(svm.LinearSVC(random_state=SEED)), {}),
        "LogisticRegression": scaled(linear_model.LogisticRegression()),
        "LogisticRegressionCV": scaled(linear_model.LogisticRegressionCV(cv=2)),
        "MLPClassifier": scaled(neural_network.MLPClassifier((8,), max_iter=300, random_state=SEED)),
        "MultinomialNB": naive_bayes.MultinomialNB(),
        "NuSVC": scaled(svm.NuSVC(nu=0.1)),
        "OneVsOneClassifier": multiclass.OneVsOneClassifier(linear_model.LogisticRegression()),
        "OneVsRestClassifier": multiclass.OneVsRestClassifier(linear_model.LogisticRegression()),
        "PassiveAggressiveClassifier": scaled(linear_model.SGDClassifier(
            loss="hinge", penalty=None, learning_rate="pa1", eta0=1.0, random_state=SEED)),
        "Perceptron": scaled(linear_model.Perceptron(random_state=SEED)),
        "QuadraticDiscriminantAnalysis": discriminant_analysis.QuadraticDiscriminantAnalysis(),
        "RadiusNeighborsClassifier": neighbors.RadiusNeighborsClassifier(radius=2.0),
        "RandomForestClassifier": ensemble.RandomForestClassifier(10, max_depth=5, random_state=SEED),
        "RidgeClassifier": scaled(linear_model.RidgeClassifier()),
        "RidgeClassifierCV": scaled(linear_model.RidgeClassifierCV()),
        "SGDClassifier (hinge)": scaled(linear_model.SGDClassifier(random_state=SEED)),
        "SGDClassifier (log_loss)": scaled(linear_model.SGDClassifier(loss="log_loss", random_state=SEED)),
        "StackingClassifier": ensemble.StackingClassifier(
            [("tree", tree.DecisionTreeClassifier(max_depth=3)), ("nb", naive_bayes.GaussianNB())], cv=2),
        "SVC (linear)": scaled(svm.SVC(kernel="linear")),
        "SVC (rbf)": scaled(svm.SVC()),
        "SVC (poly)": scaled(svm.SVC(kernel="poly")),
        "SVC (sigmoid)": scaled(svm.SVC(kernel="sigmoid")),
        "VotingClassifier (hard)": ensemble.VotingClassifier(
            [("tree", tree.DecisionTreeClassifier(max_depth=3)), ("lr", linear_model.LogisticRegression())],
            flatten_transform=False),
        "VotingClassifier (soft)": ensemble.VotingClassifier(
            [("tree", tree.DecisionTreeClassifier(max_depth=3)), ("lr", linear_model.LogisticRegression())],
            voting="soft", flatten_transform=False),
    }.items():
        estimator, options = estimator if isinstance(estimator, tuple) else (estimator, None)
        make[name] = lambda estimator=estimator, options=options: of_sklearn(estimator, *iris(), options=options)
    for name, estimator in {
        "AdaBoostClassifier, binary": ensemble.AdaBoostClassifier(n_estimators=10, random_state=SEED),
        "GradientBoostingClassifier, binary": ensemble.GradientBoostingClassifier(n_estimators=10, random_state=SEED),
        "LogisticRegression, binary": scaled(linear_model.LogisticRegression()),
        "RandomForestClassifier, binary": ensemble.RandomForestClassifier(10, max_depth=5, random_state=SEED),
        "SVC (rbf), binary": scaled(svm.SVC()),
        "SVC (rbf, probability), binary": scaled(svm.SVC(probability=True, random_state=SEED)),
        "GaussianNB, binary": naive_bayes.GaussianNB(),
    }.items():
        make[name] = lambda estimator=estimator: of_sklearn(estimator, *iris(True))
    make["GaussianProcessClassifier"] = lambda: of_sklearn(
        gaussian_process.GaussianProcessClassifier(), *[part[:60] for part in iris(True)])
    make["MultiOutputClassifier"] = lambda: of_sklearn(
        multioutput.MultiOutputClassifier(linear_model.LogisticRegression()),
        iris()[0], np.stack([iris()[1] > 0, iris()[1] > 1], axis=1).astype(np.int64))
    # Regressors.
    for name, estimator in {
        "ARDRegression": linear_model.ARDRegression(),
        "AdaBoostRegressor": ensemble.AdaBoostRegressor(n_estimators=5, random_state=SEED),
        "BaggingRegressor": ensemble.BaggingRegressor(n_estimators=3, random_state=SEED),
        "BayesianRidge": linear_model.BayesianRidge(),
        "DecisionTreeRegressor": tree.DecisionTreeRegressor(max_depth=5, random_state=SEED),
        "ElasticNet": linear_model.ElasticNet(0.01),
        "ElasticNetCV": linear_model.ElasticNetCV(cv=2),
        "ExtraTreeRegressor": tree.ExtraTreeRegressor(max_depth=5, random_state=SEED),
        "ExtraTreesRegressor": ensemble.ExtraTreesRegressor(10, max_depth=5, random_state=SEED),
        "GammaRegressor": linear_model.GammaRegressor(),
        "GaussianProcessRegressor": gaussian_process.GaussianProcessRegressor(
            gaussian_process.kernels.RBF(1.0, "fixed"), alpha=1.0),
        "GradientBoostingRegressor": ensemble.GradientBoostingRegressor(n_estimators=10, random_state=SEED),
        "HistGradientBoostingRegressor": ensemble.HistGradientBoostingRegressor(max_iter=10, random_state=SEED),
        "HuberRegressor": linear_model.HuberRegressor(),
        "Lars": linear_model.Lars(),
        "LarsCV": linear_model.LarsCV(cv=2),
        "Lasso": linear_model.Lasso(0.001),
        "LassoCV": linear_model.LassoCV(cv=2),
        "LassoLars": linear_model.LassoLars(0.001),
        "LassoLarsIC": linear_model.LassoLarsIC(),
        "LinearRegression": linear_model.LinearRegression(),
        "LinearSVR": svm.LinearSVR(random_state=SEED),
        "MLPRegressor": neural_network.MLPRegressor(hidden_layer_sizes=(8,), max_iter=500, random_state=SEED),
        "NuSVR": svm.NuSVR(),
        "OrthogonalMatchingPursuit": linear_model.OrthogonalMatchingPursuit(),
        "PLSRegression": cross_decomposition.PLSRegression(2),
        "PoissonRegressor": linear_model.PoissonRegressor(),
        "QuantileRegressor": linear_model.QuantileRegressor(alpha=0.001),
        "RANSACRegressor": linear_model.RANSACRegressor(random_state=SEED),
        "RandomForestRegressor": ensemble.RandomForestRegressor(10, max_depth=5, random_state=SEED),
        "Ridge": linear_model.Ridge(),
        "RidgeCV": linear_model.RidgeCV(),
        "SGDRegressor": scaled(linear_model.SGDRegressor(random_state=SEED)),
        "SVR (rbf)": svm.SVR(),
        "SVR (linear)": svm.SVR(kernel="linear"),
        "StackingRegressor": ensemble.StackingRegressor(
            [("tree", tree.DecisionTreeRegressor(max_depth=3)), ("lr", linear_model.LinearRegression())], cv=2),
        "TheilSenRegressor": linear_model.TheilSenRegressor(random_state=SEED),
        "TweedieRegressor": linear_model.TweedieRegressor(power=1.5),
        "VotingRegressor": ensemble.VotingRegressor(
            [("tree", tree.DecisionTreeRegressor(max_depth=3)), ("lr", linear_model.LinearRegression())]),
    }.items():
        make[name] = lambda estimator=estimator: of_sklearn(estimator, *diabetes(), kind="value")
    for name, estimator in {
        "MultiTaskElasticNet": linear_model.MultiTaskElasticNet(0.01),
        "MultiTaskLasso": linear_model.MultiTaskLasso(0.01),
        "MultiOutputRegressor": multioutput.MultiOutputRegressor(linear_model.Ridge()),
    }.items():
        make[name] = lambda estimator=estimator: of_sklearn(estimator, *diabetes(2), kind="value")
    make["KNeighborsRegressor"] = lambda: of_sklearn(
        neighbors.KNeighborsRegressor(n_neighbors=3), *[part[:150] for part in diabetes()], kind="value")
    # Others.
    for name, estimator in {
        "BayesianGaussianMixture": mixture.BayesianGaussianMixture(n_components=2, random_state=SEED),
        "GaussianMixture": mixture.GaussianMixture(n_components=3, random_state=SEED),
        "IsolationForest": ensemble.IsolationForest(n_estimators=3, max_samples=32, random_state=SEED),
        "KMeans": cluster.KMeans(n_clusters=3, random_state=SEED),
        "MiniBatchKMeans": cluster.MiniBatchKMeans(n_clusters=3, random_state=SEED),
        "LocalOutlierFactor": neighbors.LocalOutlierFactor(n_neighbors=3, novelty=True),
        "OneClassSVM": scaled(svm.OneClassSVM(nu=0.2)),
    }.items():
        make[name] = lambda estimator=estimator: of_sklearn(estimator, iris()[0], options={})
    for name, estimator in {
        "Binarizer": preprocessing.Binarizer(threshold=2.0),
        "FunctionTransformer": preprocessing.FunctionTransformer(),
        "IncrementalPCA": decomposition.IncrementalPCA(2),
        "KBinsDiscretizer (onehot)": preprocessing.KBinsDiscretizer(4, encode="onehot-dense", strategy="uniform"),
        "KBinsDiscretizer (ordinal)": preprocessing.KBinsDiscretizer(4, encode="ordinal", strategy="uniform"),
        "MaxAbsScaler": preprocessing.MaxAbsScaler(),
        "MinMaxScaler": preprocessing.MinMaxScaler(),
        "Normalizer (l2)": preprocessing.Normalizer(),
        "PCA": decomposition.PCA(2),
        "PolynomialFeatures": preprocessing.PolynomialFeatures(2),
        "PowerTransformer": preprocessing.PowerTransformer(),
        "RobustScaler": preprocessing.RobustScaler(),
        "SimpleImputer": impute.SimpleImputer(),
        "StandardScaler": preprocessing.StandardScaler(),
        "TruncatedSVD": decomposition.TruncatedSVD(2),
        "VarianceThreshold": feature_selection.VarianceThreshold(),
    }.items():
        make[name] = lambda estimator=estimator: of_sklearn(estimator, iris()[0], kind="value")
    # Missing values, columns, categories.
    make["SimpleImputer + LogisticRegression, missing"] = lambda: of_sklearn(
        pipeline.make_pipeline(impute.SimpleImputer(), preprocessing.StandardScaler(),
                               linear_model.LogisticRegression()), missing(iris()[0]), iris()[1])
    make["HistGradientBoostingClassifier, missing"] = lambda: of_sklearn(
        ensemble.HistGradientBoostingClassifier(max_iter=10, random_state=SEED), missing(iris()[0]), iris()[1])
    make["DecisionTreeClassifier, missing"] = lambda: of_sklearn(
        tree.DecisionTreeClassifier(max_depth=5, random_state=SEED), missing(iris()[0]), iris()[1])
    numbers, texts = ["age", "amount"], ["job", "home", "grade"]

    def pipe(estimator, encode=True):
        encoder = preprocessing.OneHotEncoder(handle_unknown="ignore") if encode else preprocessing.OrdinalEncoder()
        split = compose.ColumnTransformer([("n", preprocessing.StandardScaler(), numbers), ("c", encoder, texts)])
        frame, y = credit()
        return of_sklearn(pipeline.make_pipeline(split, estimator), frame, y, types=frame_types(frame))

    make["ColumnTransformer + LogisticRegression"] = lambda: pipe(linear_model.LogisticRegression(max_iter=1000))
    make["ColumnTransformer + RandomForest"] = lambda: pipe(
        ensemble.RandomForestClassifier(5, max_depth=4, random_state=SEED))
    make["ColumnTransformer + GradientBoosting"] = lambda: pipe(
        ensemble.GradientBoostingClassifier(n_estimators=10, random_state=SEED))
    make["ColumnTransformer + MLP"] = lambda: pipe(
        neural_network.MLPClassifier((8,), max_iter=300, random_state=SEED))
    make["ColumnTransformer (ordinal) + DecisionTree"] = lambda: pipe(
        tree.DecisionTreeClassifier(max_depth=5, random_state=SEED), encode=False)
    # Boosting libraries.
    def xgb(estimator, x, y, kind="class"):
        from onnxmltools import convert_xgboost
        from onnxmltools.convert.common.data_types import FloatTensorType

        estimator.fit(x, y)
        onnx = convert_xgboost(estimator, initial_types=[("X", FloatTensorType([None, x.shape[1]]))])
        return Model(onnx.SerializeToString(), {"X": x}, None, kind)

    def lgb(estimator, x, y, kind="class", **fit):
        from onnxmltools import convert_lightgbm
        from onnxmltools.convert.common.data_types import FloatTensorType

        estimator.fit(x, y, **fit)
        onnx = convert_lightgbm(estimator, initial_types=[("X", FloatTensorType([None, x.shape[1]]))], zipmap=False)
        return Model(onnx.SerializeToString(), {"X": x}, None, kind)

    def cat(estimator, x, y, kind="class"):
        estimator.fit(x, y)
        with tempfile.NamedTemporaryFile(suffix=".onnx") as file:
            estimator.save_model(file.name, format="onnx")
            return Model(pathlib.Path(file.name).read_bytes(), {"features": x}, None, kind)

    import catboost
    import lightgbm
    import xgboost

    few = {"n_estimators": 10, "max_depth": 3, "random_state": SEED}
    make["XGBClassifier"] = lambda: xgb(xgboost.XGBClassifier(**few), *iris())
    make["XGBClassifier, binary"] = lambda: xgb(xgboost.XGBClassifier(**few), *tumours())
    make["XGBClassifier, missing"] = lambda: xgb(xgboost.XGBClassifier(**few), missing(tumours()[0]), tumours()[1])
    make["XGBRegressor"] = lambda: xgb(xgboost.XGBRegressor(**few), *diabetes(), kind="value")
    make["XGBRFClassifier"] = lambda: xgb(xgboost.XGBRFClassifier(**few), *tumours())
    quiet = {**few, "verbose": -1, "min_child_samples": 5}
    make["LGBMClassifier"] = lambda: lgb(lightgbm.LGBMClassifier(**quiet), *iris())
    make["LGBMClassifier, binary"] = lambda: lgb(lightgbm.LGBMClassifier(**quiet), *tumours())
    make["LGBMClassifier, missing"] = lambda: lgb(
        lightgbm.LGBMClassifier(**quiet), missing(tumours()[0]), tumours()[1])
    make["LGBMRegressor"] = lambda: lgb(lightgbm.LGBMRegressor(**quiet), *diabetes(), kind="value")

    def categorical():
        frame, y = credit()
        x = np.stack([frame[c].astype("category").cat.codes if frame[c].dtype.kind not in "fi" else frame[c]
                      for c in frame.columns], axis=1).astype(np.float32)
        return lgb(lightgbm.LGBMClassifier(**quiet, cat_smooth=1, min_data_per_group=5), x,
                   (y == "bad").astype(int), categorical_feature=[2, 3, 4])

    make["LGBMClassifier, categorical"] = categorical
    silent = {"iterations": 10, "depth": 3, "verbose": 0, "random_seed": SEED, "allow_writing_files": False}
    make["CatBoostClassifier"] = lambda: cat(catboost.CatBoostClassifier(**silent), *iris())
    make["CatBoostClassifier, binary"] = lambda: cat(catboost.CatBoostClassifier(**silent), *tumours())
    make["CatBoostRegressor"] = lambda: cat(catboost.CatBoostRegressor(**silent), *diabetes(), kind="value")
    return make


def rows_of(inputs, rows):
    """Inputs as JSON: an array for each tensor of the graph."""
    def plain(value):
        if isinstance(value, (str, np.str_)):
            return str(value)
        return None if isinstance(value, (float, np.floating)) and np.isnan(value) else value.item()

    return {name: [[plain(value) for value in row] for row in values[rows]] for name, values in inputs.items()}


class Program:
    """The program, whose answers are JSON: one object, or one on each line."""

    def __init__(self, path):
        self.path, self.timeout = path, 900
        self.predicts = b"predict" in subprocess.run([path, "--help"], capture_output=True).stdout

    def lines(self, *args):
        command = [self.path, *map(str, args), "--json"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=self.timeout)
        try:
            answers = [json.loads(done.stdout)] if done.stdout.strip() else []
        except json.JSONDecodeError:
            answers = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
        if done.returncode not in (0, 1) or not answers or "error" in answers[0] and "row" not in answers[0]:
            raise RuntimeError((answers or [{}])[0].get("error") or "".join(done.stderr.strip().splitlines()[-1:]))
        return answers

    def __call__(self, *args):
        return self.lines(*args)[0]


def measure(run, directory, model):
    """Compiles, predicts rows that were not seen, proves one and verifies it."""
    (directory / "model.onnx").write_bytes(model.onnx)
    session = onnxruntime.InferenceSession(model.onnx)
    inputs = dict(zip([entry.name for entry in session.get_inputs()], model.inputs.values()))
    count = len(next(iter(inputs.values())))
    unseen = slice(count - TEST, count)
    (directory / "calibration.json").write_text(json.dumps(rows_of(inputs, slice(0, CALIBRATION))))
    (directory / "unseen.json").write_text(json.dumps(rows_of(inputs, unseen)))
    compiled, srs = directory / "model.hush", None
    run("compile", directory / "model.onnx", "-o", compiled, "--calibration", directory / "calibration.json")
    k = run("inspect", compiled)["k"]
    feed = {}
    for entry, values in zip(session.get_inputs(), inputs.values()):
        kinds = {"tensor(int64)": np.int64, "tensor(double)": np.float64, "tensor(string)": object}
        feed[entry.name] = values[unseen].astype(kinds.get(entry.type, np.float32))
    srs = directory.parent / f"k{k}.srs"
    if not srs.exists():
        run("srs", "new", "-k", k, "-o", srs)
    run("keys", compiled, "--srs", srs, "-o", directory / "model.vk")

    def prove(row):
        record, proof = directory / "record.json", directory / "proof.json"
        run("input", compiled, "--data", directory / "unseen.json", "--row", row, "-o", record)
        start = time.monotonic()
        run("prove", compiled, "--input", record, "--srs", srs, "--context", "00", "-o", proof)
        seconds = time.monotonic() - start
        return run("verify", directory / "model.vk", proof, "--context", "00"), seconds

    rows = range(TEST if run.predicts else PROVED)
    if run.predicts:
        predicted = run.lines("predict", compiled, "--data", directory / "unseen.json")
        seconds = next(prove(row)[1] for row in rows if "outputs" in predicted[row])
    else:
        predicted, seconds = zip(*[prove(row) for row in rows])
        seconds = min(seconds)
    return compare(session.run(None, feed), predicted, rows, model.kind), k, seconds


def compare(expected, predicted, rows, kind):
    """Share of rows with the same classes, the largest error of the numbers as a share of their range, and the number
    of rows that are out of the calibrated range."""
    parts = [np.asarray(part, dtype=object) for part in expected if not isinstance(part, list)]
    want = np.concatenate([part.reshape(part.shape[0], -1)[rows.start : rows.stop] for part in parts], axis=1)
    real = np.array([isinstance(value, (float, np.floating)) for value in want[0]])
    same, errors, refused = [], [], 0
    for row, wanted in zip(predicted, want):
        if "outputs" not in row:
            refused += 1
            continue
        got = sum(row["outputs"].values(), [])
        for at, name in row.get("names", {}).items():
            got[int(at)] = name
        classes = [(a, b) for a, b, number in zip(wanted, got, real) if not number]
        same.append(all(a == b if isinstance(b, str) else round(b) == int(a) for a, b in classes))
        errors.append(max([abs(a - b) for a, b, number in zip(wanted, got, real) if number], default=0.0))
    numbers = want[:, real].astype(float)
    reach = (numbers.max() - numbers.min() if numbers.size else 0.0) or 1.0
    agree = f"{100 * np.mean(same):.1f} %" if kind == "class" and not real.all() and same else ""
    error = f"{100 * max(errors, default=0.0) / reach:.2g} %" if numbers.size else ""
    return agree, error, refused


def write(path, summary, table, head=HEAD, mark="<!-- table -->"):
    """The table behind the mark in a file, up to the next section."""
    intro, _, rest = (path.read_text() if path.exists() else "").partition(mark)
    _, section, after = rest.partition("\n## ")
    path.write_text("\n".join([intro + mark, "", summary, "", *head, *table, ""]) + section + after)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("-o", "--output")
    parser.add_argument("--only", default="")
    parser.add_argument("--keep")
    args = parser.parse_args()
    run = Program(args.program)
    root = pathlib.Path(args.keep or tempfile.mkdtemp())
    table, good, total = [], 0, 0
    for name, make in models().items():
        if args.only not in name:
            continue
        directory = root / "".join(c if c.isalnum() else "-" for c in name)
        directory.mkdir(parents=True, exist_ok=True)
        try:
            model = make()
        except Exception as error:  # noqa: BLE001: whatever an exporter may say
            print(f"{name}: not exported: {error}"[:200], flush=True)
            continue
        total += 1
        try:
            (agree, error, refused), k, seconds = measure(run, directory, model)
            good += 1
            out = f"{refused} refused" if refused else ""
            line = f"| {name} | yes | {agree} | {error} | {out} | {k} | {seconds:.2f} |"
        except Exception as error:  # noqa: BLE001
            reason = str(error).replace("\n", " ").replace("|", "/")[:160]
            line = f"| {name} | {reason} | | | | | |"
        print(line, flush=True)
        table.append(line)
        if args.output:
            write(pathlib.Path(args.output), f"{good} of {total} models compile.", table)
    print(f"{good} of {total} compile")


if __name__ == "__main__":
    main()
