//! How much memory a proof takes.

use crate::Error;

/// A prover.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum System {
    /// This project's.
    Ours,
    /// halo2's `create_proof`.
    Stock,
}

impl System {
    /// As the command line names it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ours => "ours",
            Self::Stock => "stock",
        }
    }
}

/// Bytes of the process or of the linear memory.
pub(crate) struct Peak {
    /// Before the proof: what both provers keep between proofs.
    pub(crate) before: u64,
    /// The most there was during it.
    pub(crate) most: u64,
}

/// The linear memory, which never shrinks: what key generation took at its peak counts too.
#[cfg(target_arch = "wasm32")]
pub(crate) fn during(work: impl FnOnce() -> Result<(), Error>) -> Result<Peak, Error> {
    let before = hushproof_web::memory_bytes() as u64;
    work()?;
    Ok(Peak { before, most: hushproof_web::memory_bytes() as u64 })
}

/// The resident set, whose high-water mark is set back first.
#[cfg(not(target_arch = "wasm32"))]
pub(crate) fn during(work: impl FnOnce() -> Result<(), Error>) -> Result<Peak, Error> {
    std::fs::write("/proc/self/clear_refs", "5")?;
    let before = resident("VmRSS:")?;
    work()?;
    Ok(Peak { before, most: resident("VmHWM:")? })
}

#[cfg(not(target_arch = "wasm32"))]
fn resident(field: &str) -> Result<u64, Error> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let value = status.lines().find_map(|line| line.strip_prefix(field)).ok_or("/proc/self/status lacks a field")?;
    Ok(value.trim().trim_end_matches("kB").trim().parse::<u64>()? * 1024)
}
