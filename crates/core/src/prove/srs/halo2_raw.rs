//! Parameters as `ParamsKZG::write` of halo2-axiom (and of PSE's halo2) writes them: k as 4 little-endian bytes, then
//! the points of the `.srs` format, without magic or checksum.

use super::{MAX_K, MIN_K, Srs, format};
use crate::error::Result;

pub(super) fn read(bytes: &[u8]) -> Result<Srs> {
    let unknown = || format::bad("neither an .srs file, nor a snarkjs .ptau file, nor halo2 parameters");
    let (k, points) = bytes.split_first_chunk().ok_or_else(unknown)?;
    let k = u32::from_le_bytes(*k);
    if !(MIN_K..=MAX_K).contains(&k) {
        return Err(unknown());
    }
    if points.len() != format::points_bytes(k) {
        let expected = 4 + format::points_bytes(k);
        return Err(format::bad(format!("{} bytes; halo2 parameters for k = {k} have {expected}", bytes.len())));
    }
    format::read_points(k, points, false)
}
