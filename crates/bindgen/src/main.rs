//! Writes the JavaScript bindings of a wasm module, as `wasm-bindgen --target web` does: `bindgen MODULE.wasm FOLDER
//! NAME`.
//!
//! `cargo xtask build-web` runs it. It takes the generator's library, which builds in a fraction of the time of the
//! whole program, and is a crate of its own so that nothing else waits for that.

use anyhow::{Context, Result, bail};
use wasm_bindgen_cli_support::Bindgen;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [module, folder, name] = &arguments[..] else { bail!("bindgen MODULE.wasm FOLDER NAME") };
    let mut bindgen = Bindgen::new();
    bindgen.web(true)?.typescript(true).remove_name_section(true).remove_producers_section(true);
    let written = bindgen.input_path(module).out_name(name).generate(folder);
    written.with_context(|| format!("cannot write the bindings of {module}"))
}
