//! The Rust that builds for wasm32.
//!
//! Threads need a standard library with atomics, so std itself is built (`-Z build-std`) from the toolchain's own
//! sources. Any stable Rust that has them will do: `RUSTC_BOOTSTRAP=1` unlocks the option. Sources come by `rustup
//! component add rust-src`, on Debian by `rust-web-src`.

use crate::process::{capture, command, execute, root};
use crate::{rustc, system};
use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The target of everything that runs in a browser.
pub(crate) const TARGET: &str = "wasm32-unknown-unknown";

/// Least minor version of Rust 1 that builds this workspace.
const LEAST_MINOR: u32 = 91;

const APT_PACKAGES: &[&str] = &["rustc-web", "rust-web-src", "cargo-web"];

/// One of the builds of the wasm module.
pub(crate) struct Build {
    /// Folder below `pkg/`.
    pub(crate) name: &'static str,
    /// The package whose library it is.
    pub(crate) package: &'static str,
    /// Features of the package.
    pub(crate) features: &'static str,
    /// What rustc may use of WebAssembly.
    target_features: &'static str,
    /// Further flags for rustc.
    flags: &'static str,
}

/// What proves and verifies.
const PROVER: &str = "hushproof-web-prover";

/// Worker threads over one shared memory of at most 4 GiB.
const SHARED_MEMORY: &str = "-C link-arg=--shared-memory -C link-arg=--max-memory=4294967296 -C link-arg=--import-memory \
    -C link-arg=--export=__wasm_init_tls -C link-arg=--export=__tls_size -C link-arg=--export=__tls_align \
    -C link-arg=--export=__tls_base";

/// Worker threads, and fused multiply-add on vectors.
pub(crate) const THREADS: Build = Build {
    name: "threads",
    package: PROVER,
    features: "web-threads",
    target_features: "+atomics,+bulk-memory,+simd128,+relaxed-simd",
    flags: SHARED_MEMORY,
};

/// Worker threads, for browsers without relaxed SIMD.
pub(crate) const PLAIN: Build = Build {
    name: "plain",
    package: PROVER,
    features: "web-threads",
    target_features: "+atomics,+bulk-memory,+simd128",
    flags: SHARED_MEMORY,
};

/// For pages that are not cross-origin isolated, for verification, and for the tests.
pub(crate) const SINGLE: Build =
    Build { name: "single", package: PROVER, features: "", target_features: "+bulk-memory,+simd128", flags: "" };

/// The compiler, on one thread.
pub(crate) const COMPILER: Build = Build { name: "compiler", package: "hushproof-web-compiler", ..SINGLE };

/// The arithmetic of [`THREADS`] for the tests, which run on one thread.
pub(crate) const SINGLE_RELAXED: Build =
    Build { name: "single-relaxed", target_features: "+bulk-memory,+simd128,+relaxed-simd", ..SINGLE };

/// All that is shipped.
pub(crate) const BUILDS: [&Build; 4] = [&THREADS, &PLAIN, &SINGLE, &COMPILER];

impl Build {
    /// The flags for rustc.
    fn rustflags(&self) -> String {
        format!("--cfg {} -C target-feature={} {}", rustc::WITHOUT_TABLE, self.target_features, self.flags)
    }
}

/// A Rust toolchain with the sources of std.
pub(crate) struct Toolchain {
    sysroot: PathBuf,
    linker: PathBuf,
}

impl Toolchain {
    /// The active toolchain if it has the sources of std, else Debian's, else one of them after installing what is
    /// missing.
    pub(crate) fn require() -> Result<Self> {
        let sysroot = match find_sysroot() {
            Some(sysroot) => sysroot,
            None => install()?,
        };
        let linker = find_linker(&sysroot)?;
        Ok(Self { sysroot, linker })
    }

    /// What to print about it: its version and where it is.
    pub(crate) fn describe(&self) -> Result<String> {
        Ok(format!("{} in {}", capture(command(self.program("rustc")).arg("--version"))?, self.sysroot.display()))
    }

    /// A program of this toolchain.
    pub(crate) fn program(&self, name: &str) -> PathBuf {
        self.sysroot.join("bin").join(format!("{name}{}", std::env::consts::EXE_SUFFIX))
    }

    /// Whether the toolchain has this program (Debian's has no clippy).
    pub(crate) fn has(&self, name: &str) -> bool {
        self.program(name).is_file()
    }

    /// This toolchain's cargo, building for wasm32; what an outer cargo or rustup set is removed.
    pub(crate) fn cargo(&self, build: &Build) -> Result<Command> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let folders = std::iter::once(self.sysroot.join("bin")).chain(std::env::split_paths(&path));
        let mut cargo = command(self.program("cargo"));
        for name in ["CARGO", "RUSTUP_TOOLCHAIN", "RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS"] {
            cargo.env_remove(name);
        }
        cargo.env("PATH", std::env::join_paths(folders)?);
        cargo.env("RUSTC", self.program("rustc")).env("RUSTDOC", self.program("rustdoc"));
        cargo.env("RUSTC_WRAPPER", std::env::current_exe().context("cannot find this program")?);
        cargo.env("RUSTC_BOOTSTRAP", "1").env("CARGO_UNSTABLE_BUILD_STD", "std,panic_abort");
        cargo.env("CARGO_TARGET_DIR", root().join("target/web"));
        cargo.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", &self.linker);
        cargo.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS", build.rustflags());
        Ok(cargo)
    }
}

fn find_sysroot() -> Option<PathBuf> {
    [Path::new("rustc"), Path::new("/usr/bin/rustc")].into_iter().find_map(usable_sysroot)
}

/// The sysroot of this rustc, if it is new enough and has the sources of std.
fn usable_sysroot(rustc: &Path) -> Option<PathBuf> {
    let ask = |argument: &str| capture(command(rustc).args(argument.split(' '))).ok();
    let minor = ask("--version")?.split('.').nth(1)?.parse::<u32>().ok()?;
    let sysroot = PathBuf::from(ask("--print sysroot")?);
    let usable = minor >= LEAST_MINOR
        && sysroot.join("lib/rustlib/src/rust/library/std/Cargo.toml").exists()
        && sysroot.join("bin").join(format!("cargo{}", std::env::consts::EXE_SUFFIX)).exists();
    usable.then_some(sysroot)
}

/// The sources of std from rustup, else a whole toolchain from Debian, of which old package lists may know a release
/// that is too old.
fn install() -> Result<PathBuf> {
    let usable = |step: Result<()>| match find_sysroot() {
        Some(sysroot) => Ok(sysroot),
        None => {
            step?;
            bail!("no Rust >= 1.{LEAST_MINOR} with the sources of std; run: rustup component add rust-src")
        }
    };
    let mut found = usable(Ok(()));
    if found.is_err() && system::find(&["rustup"]).is_some() {
        found = usable(execute(command("rustup").args(["component", "add", "rust-src"])));
    }
    if found.is_err() && system::is_debian() {
        found = usable(system::apt_install(APT_PACKAGES));
    }
    if found.is_err() && system::is_debian() {
        found = usable(system::apt_upgrade(APT_PACKAGES));
    }
    found
}

/// rust-lld of this toolchain or of any other that rustup has, else wasm-ld of LLVM.
fn find_linker(sysroot: &Path) -> Result<PathBuf> {
    let mut sysroots = vec![sysroot.to_path_buf()];
    if let Some(home) = system::cargo_bin().parent().and_then(Path::parent) {
        let rustup = std::env::var_os("RUSTUP_HOME").map_or_else(|| home.join(".rustup"), PathBuf::from);
        if let Ok(entries) = std::fs::read_dir(rustup.join("toolchains")) {
            sysroots.extend(entries.flatten().map(|entry| entry.path()));
        }
    }
    for sysroot in sysroots {
        let Ok(hosts) = std::fs::read_dir(sysroot.join("lib/rustlib")) else { continue };
        let name = format!("bin/rust-lld{}", std::env::consts::EXE_SUFFIX);
        if let Some(linker) = hosts.flatten().map(|host| host.path().join(&name)).find(|path| path.is_file()) {
            return Ok(linker);
        }
    }
    system::require(&system::WASM_LD)
}
