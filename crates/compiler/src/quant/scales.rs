//! Which real number a code of each tensor stands for.

/// The scales of all tensors of a model, the input first: `real = scale · (code − zero_point)`, one of each per
/// channel; decisions have scale 1.
#[derive(Debug, Clone, PartialEq)]
pub struct Scales {
    /// The code of the value 0; empty where it is 0.
    pub zero_point: Vec<Vec<i64>>,
    /// The width of one code.
    pub scale: Vec<Vec<f64>>,
    /// The largest error of a function's table on the arguments seen, as a share of the range of a channel's values.
    pub function_error: f64,
}

impl Scales {
    /// The real values of a tensor's codes.
    pub(crate) fn values(&self, tensor: usize, codes: impl ExactSizeIterator<Item = i64>) -> Vec<f64> {
        let (zero_point, scale) = (&self.zero_point[tensor], &self.scale[tensor]);
        let plane = (codes.len() / scale.len().max(1)).max(1);
        let value = |(index, code): (usize, i64)| {
            let channel = index / plane;
            (code - zero_point.get(channel).copied().unwrap_or(0)) as f64 * scale.get(channel).copied().unwrap_or(1.0)
        };
        codes.enumerate().map(value).collect()
    }
}
