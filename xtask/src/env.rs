//! `cargo xtask env`: for `eval "$(cargo xtask env)"`, after which `cargo` and `wasm-pack` build for wasm32 in that shell.

use crate::toolchain::{SINGLE, THREADS, Toolchain};
use crate::{setup, system};
use anyhow::Result;

/// Prints one `export` line per variable: those of the build without threads, or with `threads` those of the other.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let build = if arguments == ["threads"] {
        &THREADS
    } else {
        crate::no_arguments(arguments)?;
        &SINGLE
    };
    let toolchain = Toolchain::require()?;
    setup::wasm_bindgen()?;
    setup::wasm_pack()?;
    for (name, value) in toolchain.environment(build)? {
        println!("export {name}={}", quote(&value));
    }
    println!("export CHROMEDRIVER={}", quote(&system::require(&system::CHROMEDRIVER)?.to_string_lossy()));
    println!("unset CARGO RUSTFLAGS CARGO_ENCODED_RUSTFLAGS RUSTC_WRAPPER RUSTUP_TOOLCHAIN");
    Ok(())
}

/// The text as one word of a POSIX shell.
fn quote(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    #[test]
    fn quotes_survive_the_shell() {
        assert_eq!(super::quote("a 'b'"), r"'a '\''b'\'''");
    }
}
