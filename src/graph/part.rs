//! A range of output values.

use serde::{Deserialize, Serialize};

use super::softmax;
use crate::{
    codec::{Reader, Writer},
    error::Result,
};

/// The output values `start .. start + len`, of which whoever reads the output takes the softmax.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// The first value.
    pub start: usize,
    /// Number of values, at least one.
    pub len: usize,
}

impl Part {
    /// All of `len` values.
    pub const fn all(len: usize) -> Self {
        Self { start: 0, len }
    }

    /// Whether these are some of `values` values.
    pub fn fits(self, values: usize) -> bool {
        self.len > 0 && self.start.checked_add(self.len).is_some_and(|end| end <= values)
    }

    /// Puts the softmax of the values in their place, where there are such values.
    pub(crate) fn apply(self, values: &mut [f64]) {
        if let Some(part) = values.get_mut(self.start..self.start.saturating_add(self.len)) {
            softmax(part);
        }
    }

    /// Writes a part of `values` values, or that there is none: 0 for none, 1 for all, else 2 and the part.
    pub(crate) fn write(part: Option<Self>, values: usize, w: &mut Writer) {
        match part {
            None => w.u8(0),
            Some(part) if part == Self::all(values) => w.u8(1),
            Some(part) => {
                w.u8(2);
                w.size(part.start);
                w.size(part.len);
            }
        }
    }

    /// Reads what [`Self::write`] writes.
    ///
    /// # Errors
    /// `Artifact` for anything else.
    pub(crate) fn read(r: &mut Reader<'_>, values: usize) -> Result<Option<Self>> {
        match r.u8()? {
            0 => Ok(None),
            1 => Ok(Some(Self::all(values))),
            2 => {
                let part = Self { start: r.size()?, len: r.size()? };
                if part.fits(values) && part != Self::all(values) {
                    return Ok(Some(part));
                }
                Err(r.error("softmax of values that are no part of the output"))
            }
            other => Err(r.error(format!("unknown kind of softmax {other}"))),
        }
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;
    use crate::error::ArtifactKind;

    #[test]
    fn parts_read_back_and_others_are_refused() {
        let bytes = |part: Option<Part>, values: usize| {
            let mut w = Writer::new(b"HUSHTEST", 1);
            Part::write(part, values, &mut w);
            w.finish()
        };
        let read = |bytes: &[u8], values: usize| {
            let mut r = Reader::open(ArtifactKind::Model, b"HUSHTEST", 1, bytes)?;
            let part = Part::read(&mut r, values)?;
            r.finish()?;
            Ok::<_, crate::Error>(part)
        };
        for part in [None, Some(Part::all(3)), Some(Part { start: 1, len: 2 }), Some(Part { start: 0, len: 1 })] {
            assert_eq!(read(&bytes(part, 3), 3).unwrap(), part);
        }
        assert!(read(&bytes(Some(Part { start: 2, len: 2 }), 3), 3).is_err());
        assert!(read(&bytes(Some(Part { start: usize::MAX, len: 2 }), 3), 3).is_err());
        assert!(read(&bytes(Some(Part { start: 1, len: 0 }), 3), 3).is_err());
        assert!(read(&bytes(Some(Part { start: 0, len: 3 }), 4), 3).is_err());
    }

    #[test]
    fn the_softmax_is_of_the_part_only() {
        let mut values = [7.0, 0.0, 0.0];
        Part { start: 1, len: 2 }.apply(&mut values);
        assert_eq!(values, [7.0, 0.5, 0.5]);
        Part { start: 2, len: 2 }.apply(&mut values);
        assert_eq!(values, [7.0, 0.5, 0.5]);
    }
}
