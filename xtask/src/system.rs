//! Programs that come from the operating system: finding them, and installing them by apt where that is possible.

use crate::process::{command, execute, succeeds};
use anyhow::{Result, bail};
use std::path::{Path, PathBuf};

/// A program, the apt package that has it, and what to do on a system without apt.
pub(crate) struct Program {
    pub(crate) names: &'static [&'static str],
    pub(crate) package: &'static str,
    pub(crate) elsewhere: &'static str,
}

pub(crate) const CHROMIUM: Program = Program {
    names: &["chromium", "chromium-browser", "google-chrome"],
    package: "chromium",
    elsewhere: "install Chromium or Chrome and put it in PATH as `chromium`",
};
pub(crate) const CHROMEDRIVER: Program = Program {
    names: &["chromedriver"],
    package: "chromium-driver",
    elsewhere: "install the chromedriver of your browser's version (brew install chromedriver)",
};
pub(crate) const FIREFOX: Program = Program {
    names: &["firefox-esr", "firefox"],
    package: "firefox-esr",
    elsewhere: "install Firefox and put it in PATH as `firefox`",
};
pub(crate) const PIP: Program =
    Program { names: &["pip3", "pip"], package: "python3-pip", elsewhere: "install Python 3 with pip" };
pub(crate) const WASM_LD: Program =
    Program { names: &["wasm-ld", "wasm-ld-19"], package: "lld-19", elsewhere: "install lld (brew install lld)" };

/// The folder into which `cargo install` puts programs.
pub(crate) fn cargo_bin() -> PathBuf {
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let user = std::env::var_os("HOME").or_else(|| std::env::var_os("USERPROFILE")).map(PathBuf::from);
    home.or_else(|| user.map(|user| user.join(".cargo"))).unwrap_or_default().join("bin")
}

/// Where the first of these programs is: in PATH, or among what cargo installed.
pub(crate) fn find(names: &[&str]) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = std::env::split_paths(&path).chain([cargo_bin()]).collect();
    let candidates = names.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
    candidates.flat_map(|path| [path.with_extension("exe"), path]).find(|path| path.is_file())
}

/// Finds the program, installing its package first where apt is at hand.
pub(crate) fn require(program: &Program) -> Result<PathBuf> {
    if let Some(path) = find(program.names) {
        return Ok(path);
    }
    if !is_debian() {
        bail!("{} is missing: {}", program.names[0], program.elsewhere);
    }
    apt_install(&[program.package])?;
    match find(program.names) {
        Some(path) => Ok(path),
        None => bail!("{} has no {}", program.package, program.names[0]),
    }
}

/// Whether packages come by apt here.
pub(crate) fn is_debian() -> bool {
    Path::new("/etc/debian_version").exists() && find(&["apt-get"]).is_some()
}

/// Installs Debian packages, as root or through a `sudo` that asks nothing.
pub(crate) fn apt_install(packages: &[&str]) -> Result<()> {
    let install = [&["install", "-y", "--no-install-recommends"], packages].concat();
    eprintln!("setup: apt-get {}", install.join(" "));
    apt(&install).or_else(|_| apt_upgrade(packages))
}

/// Installs the newest release of Debian packages, by package lists made anew.
pub(crate) fn apt_upgrade(packages: &[&str]) -> Result<()> {
    apt(&["update"])?;
    apt(&[&["install", "-y", "--no-install-recommends"], packages].concat())
}

fn apt(arguments: &[&str]) -> Result<()> {
    let prefix: &[&str] = if is_root() {
        &[]
    } else if succeeds(command("sudo").args(["-n", "true"])) {
        &["sudo", "-n"]
    } else {
        bail!("not root and no password-free sudo; run: sudo apt-get {}", arguments.join(" "))
    };
    let words = [prefix, &["env", "DEBIAN_FRONTEND=noninteractive", "apt-get"], arguments].concat();
    execute(command(words[0]).args(&words[1..]))
}

fn is_root() -> bool {
    crate::process::capture(command("id").arg("-u")).is_ok_and(|id| id == "0")
}
