//! Whether a proof fits into memory, before its key is derived.

use crate::error::{Error, Result};

/// Refuses work that needs more memory than the system can give. Where the system does not tell, and in a browser
/// (whose bound is checked when the model is loaded), all is taken to fit.
///
/// # Errors
/// `OutOfMemory`.
pub(super) fn check(needed_bytes: u64) -> Result<()> {
    match available_bytes() {
        Some(available_bytes) if needed_bytes > available_bytes => {
            Err(Error::OutOfMemory { needed_bytes, available_bytes })
        }
        _ => Ok(()),
    }
}

#[cfg(not(target_os = "linux"))]
const fn available_bytes() -> Option<u64> {
    None
}

/// Memory that can be had without pushing out other programs, and swap.
#[cfg(target_os = "linux")]
fn available_bytes() -> Option<u64> {
    parse(&std::fs::read_to_string("/proc/meminfo").ok()?)
}

/// Reads `MemAvailable` and `SwapFree`, which are in KiB.
#[cfg(target_os = "linux")]
fn parse(meminfo: &str) -> Option<u64> {
    let field = |name: &str| -> Option<u64> {
        let value = meminfo.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
        value.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
    };
    Some(field("MemAvailable")?.saturating_add(field("SwapFree").unwrap_or(0)))
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::{check, parse};
    use crate::error::Error;

    #[test]
    fn reads_what_linux_tells() {
        let text = "MemTotal:       16 kB\nMemFree: 1 kB\nMemAvailable:   8 kB\nSwapFree: 2 kB\n";
        assert_eq!(parse(text), Some(10 * 1024));
        assert_eq!(parse("MemAvailable: 8 kB\n"), Some(8 * 1024));
        for text in ["", "MemAvailable: 8 MB\n", "MemAvailable: x kB\n", "MemAvailableX: 8 kB\n"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn refuses_what_no_machine_has() {
        assert!(check(1 << 10).is_ok());
        assert!(matches!(check(u64::MAX), Err(Error::OutOfMemory { needed_bytes: u64::MAX, .. })));
    }
}
