//! The tests themselves, which are in the Python package `onnx`.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha256};
use zip::ZipArchive;

/// The package, of one platform so that it is one file wherever it is read; nothing of it is executed.
const PACKAGE: &str = "onnx==1.22.0";
const WHEEL: &str = "onnx-1.22.0-cp312-abi3-manylinux_2_27_x86_64.manylinux_2_28_x86_64.whl";
const SHA256: &str = "955e02e1f6d385b53d52f9cd7b9cdf5caf417c300bcfe3c64c6d542be763845b";
/// Where it holds the tests.
const TESTS: &str = "onnx/backend/test/data/node";

/// The folder of the tests below `base`, fetched by pip unless it is there.
///
/// # Errors
/// If pip cannot fetch the package, or fetches another than the one with the known digest.
pub(crate) fn tests(base: &Path) -> Result<PathBuf> {
    let (folder, done) = (base.join(TESTS), base.join(format!("{SHA256}.done")));
    if done.is_file() {
        return Ok(folder);
    }
    let wheel = base.join(WHEEL);
    if sha256(&wheel).ok().as_deref() != Some(SHA256) {
        download(base)?;
        let got = sha256(&wheel)?;
        if got != SHA256 {
            bail!("{}: SHA-256 is {got}, expected {SHA256}", wheel.display());
        }
    }
    let mut archive = ZipArchive::new(fs::File::open(&wheel)?)?;
    for index in 0..archive.len() {
        let mut file = archive.by_index(index)?;
        let Some(path) = file.enclosed_name().filter(|path| file.is_file() && path.starts_with(TESTS)) else {
            continue;
        };
        let path = base.join(path);
        path.parent().map_or(Ok(()), fs::create_dir_all)?;
        std::io::copy(&mut file, &mut fs::File::create(&path)?)?;
    }
    fs::write(done, "")?;
    Ok(folder)
}

fn download(base: &Path) -> Result<()> {
    let mut pip = Command::new("python3");
    pip.args(["-m", "pip", "download", PACKAGE, "--no-deps", "--only-binary=:all:", "--disable-pip-version-check"]);
    pip.args(["--platform", "manylinux_2_28_x86_64", "--python-version", "3.12", "--implementation", "cp"]);
    let status = pip.arg("--quiet").arg("--dest").arg(base).status().context("cannot start python3")?;
    if !status.success() {
        bail!("pip cannot fetch ONNX's node tests ({status}); is there a network?");
    }
    Ok(())
}

fn sha256(path: &Path) -> Result<String> {
    let bytes = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect())
}
