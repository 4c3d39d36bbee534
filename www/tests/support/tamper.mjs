// Changing one thing in a proof file, whatever its exact form.

/** The proof with one digit of its longest string (the proof's bytes) changed. */
export function tamperProof(text) {
  const file = JSON.parse(text);
  const [holder, key] = strings(file).reduce((longest, place) => (at(place).length > at(longest).length ? place : longest));
  const bytes = holder[key];
  const middle = bytes.length >> 1;
  holder[key] = bytes.slice(0, middle) + (bytes[middle] === "0" ? "1" : "0") + bytes.slice(middle + 1);
  return JSON.stringify(file);
}

/** The proof with its first public output raised: in both forms, should it be written as a number and as an encoding. */
export function tamperOutput(text) {
  const file = JSON.parse(text);
  if (!file.outputs) throw new Error("the proof file has no outputs");
  let changed = 0;
  const walk = (value) => {
    if (typeof value === "number") {
      changed += 1;
      return value + 1;
    }
    if (Array.isArray(value)) return [changed === 0 ? walk(value[0]) : value[0], ...value.slice(1)];
    if (typeof value === "object" && value !== null) {
      for (const key of Object.keys(value)) if (changed === 0) value[key] = walk(value[key]);
    }
    return value;
  };
  file.outputs = walk(file.outputs);
  if (changed === 0) throw new Error("the proof file has no numeric output");
  return JSON.stringify(file);
}

function strings(value) {
  return Object.entries(value).flatMap(([key, child]) => {
    if (typeof child === "string") return [[value, key]];
    return typeof child === "object" && child !== null ? strings(child) : [];
  });
}

function at([holder, key]) {
  return holder[key];
}
