// Proves and verifies with EZKL's browser engine in a dedicated worker, as its threads require.
import init, { genWitness, initThreadPool, prove, verify } from "/engine/web/ezkl.js";

async function fetchBytes(name) {
  const response = await fetch(`/prepared/${name}`);
  if (!response.ok) throw new Error(`${name}: HTTP ${response.status}`);
  return new Uint8ClampedArray(await response.arrayBuffer());
}

function timed(call) {
  const start = performance.now();
  const result = call();
  return [result, (performance.now() - start) / 1000];
}

async function bench({ threads, runs }) {
  if (!crossOriginIsolated) throw new Error("the page is not cross-origin isolated");
  const start = performance.now();
  const { memory } = await init();
  await initThreadPool(threads);
  const names = ["model.compiled", "settings.json", "kzg.srs", "pk.key", "vk.key", "input.json"];
  const [compiled, settings, srs, pk, vk, input] = await Promise.all(names.map(fetchBytes));
  const report = {
    load_seconds: (performance.now() - start) / 1000,
    prove_seconds: [],
    stages: { gen_witness: [], prove: [] },
    verify_seconds: [],
    memory_bytes: [],
  };
  for (let run = 0; run < runs; run++) {
    const [witness, witnessSeconds] = timed(() => genWitness(compiled, input));
    const [proof, proveSeconds] = timed(() => prove(new Uint8ClampedArray(witness), pk, compiled, srs));
    report.memory_bytes.push(memory.buffer.byteLength);
    const [valid, verifySeconds] = timed(() => verify(new Uint8ClampedArray(proof), vk, settings, srs));
    if (!valid) throw new Error("EZKL rejected its own proof");
    report.prove_seconds.push(witnessSeconds + proveSeconds);
    report.stages.gen_witness.push(witnessSeconds);
    report.stages.prove.push(proveSeconds);
    report.verify_seconds.push(verifySeconds);
    report.proof_bytes = JSON.parse(new TextDecoder().decode(proof)).proof.length;
  }
  return report;
}

onmessage = async ({ data }) => {
  try {
    postMessage({ report: await bench(data) });
  } catch (error) {
    postMessage({ error: String(error?.stack ?? error) });
  }
};
