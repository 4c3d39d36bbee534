//! `cargo xtask env`: for `eval "$(cargo xtask env)"`, after which `cargo` and `wasm-pack` build for wasm32 in that shell.

use crate::toolchain::{BUILDS, SINGLE, Toolchain};
use crate::{setup, system};
use anyhow::{Context, Result, bail};

/// Prints one `export` line per variable: those of the build `single`, or of the one named.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let named = |name: &String| BUILDS.into_iter().find(|build| build.name == name);
    let build = match arguments {
        [] => &SINGLE,
        [name] => named(name).with_context(|| format!("no build named {name}"))?,
        [_, more, ..] => bail!("unexpected argument {more}"),
    };
    let toolchain = Toolchain::require()?;
    setup::wasm_bindgen()?;
    setup::wasm_pack()?;
    for (name, value) in toolchain.environment(build)? {
        println!("export {name}={}", quote(&value));
    }
    println!("export CHROMEDRIVER={}", quote(&system::require(&system::CHROMEDRIVER)?.to_string_lossy()));
    println!("unset CARGO RUSTFLAGS CARGO_ENCODED_RUSTFLAGS RUSTUP_TOOLCHAIN");
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
