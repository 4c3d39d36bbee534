//! Which real number a code of each tensor stands for.

/// The scales of all tensors of a model, the input first: `real = zero + code · step`, one of each per channel; decisions
/// have step 1.
#[derive(Debug, Clone, PartialEq)]
pub struct Scales {
    /// The value of code 0; empty where it is 0.
    pub zero: Vec<Vec<f64>>,
    /// The width of one code.
    pub step: Vec<Vec<f64>>,
}

impl Scales {
    /// The real values of a tensor's codes.
    pub(crate) fn values(&self, tensor: usize, codes: impl ExactSizeIterator<Item = i64>) -> Vec<f64> {
        let (zero, step) = (&self.zero[tensor], &self.step[tensor]);
        let plane = (codes.len() / step.len().max(1)).max(1);
        let value = |(index, code): (usize, i64)| {
            let channel = index / plane;
            zero.get(channel).copied().unwrap_or(0.0) + code as f64 * step.get(channel).copied().unwrap_or(1.0)
        };
        codes.enumerate().map(value).collect()
    }
}
