// One change to a proof file.

/** One hexadecimal digit in the middle of the proof's bytes changed. */
export function tamperProof(text) {
  return changed(text, (file) => {
    const middle = file.proof.length >> 1;
    const digit = file.proof[middle] === "0" ? "1" : "0";
    return { proof: file.proof.slice(0, middle) + digit + file.proof.slice(middle + 1) };
  });
}

/** The first public output raised by one step. */
export function tamperOutput(text) {
  return changed(text, ({ public: { outputs: [first, ...rest], ...others } }) => ({
    public: { outputs: [first + 1, ...rest], ...others },
  }));
}

/** Another context written into the file. */
export function tamperContext(text, context) {
  return changed(text, () => ({ context }));
}

function changed(text, change) {
  const file = JSON.parse(text);
  const result = JSON.stringify({ ...file, ...change(file) });
  if (result === JSON.stringify(file)) throw new Error("nothing was changed");
  return result;
}
