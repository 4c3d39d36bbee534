"""EZKL's side of `cargo xtask bench --vs-ezkl`, run natively.

    native.py prepare --system SYSTEM --model MODEL.onnx --input INPUT.json --cache DIR
    native.py prove --prepared DIR --runs N

`prepare` calibrates, compiles, and makes keys and a throw-away SRS; it keeps them under DIR, keyed by a hash of all
that determines them, and prints {"prepared": folder, "circuit": {...}}. `prove` times input to proof, N times, in one
process of its own, so that its peak memory is the prover's. Each prints one JSON object on stdout; EZKL's own output
goes to stderr. The number of threads is RAYON_NUM_THREADS. EZKL reads its proving key from disk in every call, and that
time is counted.
"""

import argparse
import asyncio
import hashlib
import json
import os
import resource
import shutil
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path
from statistics import median

import ezkl

# Everything not named here is EZKL's default. Calibration sees the measured input only, which suits EZKL: its tables
# are no wider than that input needs. `scales` lists the fixed-point scales (log2) calibration may choose from, by
# default 11 to 13; those make lookup tables that set k on their own, whatever the decomposition. 7 is the scale that
# EZKL's run arguments start from: fast, and less accurate (compare `outputs`).
SYSTEMS = {
    "ezkl-default": {"run_args": {}, "calibration": {}},
    "ezkl-tuned": {"run_args": {"decomp_base": 128, "decomp_legs": 4}, "calibration": {"scales": [7]}},
}
ARTIFACTS = ["model.compiled", "settings.json", "kzg.srs", "pk.key", "vk.key", "input.json"]


def flatten(value):
    """The numbers of a nested array, in row-major order."""
    if isinstance(value, list):
        return [number for item in value for number in flatten(item)]
    return [float(value)]


def ezkl_input(path):
    """INPUT.json as EZKL wants it: {"input_data": [flat array per input]}, inputs in the order of the file."""
    document = json.loads(Path(path).read_text())
    inputs = document["input_data"] if "input_data" in document else list(document.values())
    return {"input_data": [flatten(value) for value in inputs]}


class Stages:
    """Runs EZKL's calls, some of which return futures, and keeps the seconds of each."""

    def __init__(self):
        self.seconds = {}

    async def run(self, name, call, *args, **kwargs):
        start = time.perf_counter()
        result = call(*args, **kwargs)
        if asyncio.isfuture(result) or asyncio.iscoroutine(result):
            result = await result
        self.seconds.setdefault(name, []).append(time.perf_counter() - start)
        if result is False:
            raise RuntimeError(f"EZKL's {name} returned False")
        return result


async def srs(stages, cache, k):
    """A locally generated SRS of 2^k rows. Its secret is known to this machine: for measurements only."""
    path = cache / f"kzg{k}.srs"
    if not path.exists():
        partial = path.with_suffix(f".{os.getpid()}.partial")
        await stages.run("gen_srs", ezkl.gen_srs, str(partial), k)
        partial.rename(path)
    return path


async def prepare(options):
    setting = SYSTEMS[options.system]
    data = json.dumps(ezkl_input(options.input)).encode()
    model = Path(options.model).read_bytes()
    digest = hashlib.sha256()
    for part in (version("ezkl").encode(), json.dumps(setting, sort_keys=True).encode(), model, data):
        digest.update(len(part).to_bytes(8, "little") + part)
    cache = Path(options.cache)
    final = cache / digest.hexdigest()[:24]
    if not final.exists():
        cache.mkdir(parents=True, exist_ok=True)
        work = Path(tempfile.mkdtemp(prefix="partial-", dir=cache))
        try:
            (work / "model.onnx").write_bytes(model)
            (work / "input.json").write_bytes(data)
            await make_artifacts(setting, work, cache)
            work.rename(final)
        except BaseException:
            shutil.rmtree(work, ignore_errors=True)
            raise
    return {"prepared": str(final), "circuit": json.loads((final / "circuit.json").read_text())}


async def make_artifacts(setting, work, cache):
    stages = Stages()
    at = {name: str(work / name) for name in ["model.onnx", "witness.json", *ARTIFACTS]}
    args = ezkl.PyRunArgs()
    for name, value in setting["run_args"].items():
        setattr(args, name, value)
    await stages.run("gen_settings", ezkl.gen_settings, at["model.onnx"], at["settings.json"], py_run_args=args)
    await stages.run(
        "calibrate_settings",
        ezkl.calibrate_settings,
        at["input.json"],
        at["model.onnx"],
        at["settings.json"],
        **setting["calibration"],
    )
    settings = json.loads(Path(at["settings.json"]).read_text())
    k = settings["run_args"]["logrows"]
    await stages.run(
        "compile_circuit", ezkl.compile_circuit, at["model.onnx"], at["model.compiled"], at["settings.json"]
    )
    os.link(await srs(stages, cache, k), at["kzg.srs"])
    await stages.run("setup", ezkl.setup, at["model.compiled"], at["vk.key"], at["pk.key"], at["kzg.srs"])
    circuit = {
        "k": k,
        "rows": settings["num_rows"],
        "run_args": settings["run_args"],
        "prepare_seconds": {name: sum(seconds) for name, seconds in stages.seconds.items()},
        "artifact_bytes": {name: (work / name).stat().st_size for name in ARTIFACTS},
    }
    (work / "circuit.json").write_text(json.dumps(circuit))


async def prove(options):
    prepared = Path(options.prepared)
    stages = Stages()
    with tempfile.TemporaryDirectory() as out:
        witness, proof = f"{out}/witness.json", f"{out}/proof.json"
        compiled, settings, kzg, pk, vk, data = (str(prepared / name) for name in ARTIFACTS)
        for _ in range(options.runs):
            await stages.run("gen_witness", ezkl.gen_witness, data, compiled, witness)
            await stages.run("prove", ezkl.prove, witness, compiled, pk, proof, "single", kzg)
            await stages.run("verify", ezkl.verify, proof, settings, vk, kzg)
        proof_bytes = len(json.loads(Path(proof).read_text())["proof"])
        outputs = json.loads(Path(witness).read_text())["pretty_elements"]["rescaled_outputs"]
    verify = stages.seconds.pop("verify")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {
        "prove_seconds": [sum(run) for run in zip(*stages.seconds.values())],
        "stages": stages.seconds,
        "verify_seconds": median(verify),
        "proof_bytes": proof_bytes,
        "peak_memory_bytes": peak if sys.platform == "darwin" else peak * 1024,
        "outputs": [[float(value) for value in output] for output in outputs],
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    preparing = commands.add_parser("prepare")
    preparing.add_argument("--system", choices=sorted(SYSTEMS), required=True)
    for name in ("--model", "--input", "--cache"):
        preparing.add_argument(name, required=True)
    proving = commands.add_parser("prove")
    proving.add_argument("--prepared", required=True)
    proving.add_argument("--runs", type=int, required=True)
    options = parser.parse_args()
    if options.command == "prove" and options.runs < 1:
        parser.error("--runs must be at least 1")

    stdout = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    result = asyncio.run(prepare(options) if options.command == "prepare" else prove(options))
    print(json.dumps(result), file=stdout, flush=True)


if __name__ == "__main__":
    main()
