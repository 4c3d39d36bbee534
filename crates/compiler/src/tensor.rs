//! Dense tensors of real numbers in row-major (ONNX) order, and numpy broadcasting. No ONNX, no quantization here.

/// Most elements a tensor may have; larger ones are refused before anything is allocated.
pub(crate) const MAX_ELEMENTS: usize = 1 << 28;

/// Kind of element, as far as operators care.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DType {
    /// Real numbers.
    Float,
    /// Integers: shapes, axes, class indices.
    Int,
    /// Truth values, stored as 0 and 1.
    Bool,
    /// Names, stored as their numbers in a list.
    Name,
}

/// What is known of a tensor before its values: element kind and shape.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fact {
    /// Kind of element.
    pub(crate) dtype: DType,
    /// Sizes in ONNX order; a scalar has none.
    pub(crate) shape: Vec<usize>,
}

impl Fact {
    /// A tensor of real numbers.
    pub(crate) const fn float(shape: Vec<usize>) -> Self {
        Self { dtype: DType::Float, shape }
    }

    /// Number of elements, of a fact whose [`Self::checked_len`] is known.
    pub(crate) fn len(&self) -> usize {
        self.shape.iter().product()
    }

    /// Whether an axis is empty.
    pub(crate) fn is_empty(&self) -> bool {
        self.shape.contains(&0)
    }

    /// Number of elements; [`None`] if an axis is empty or there are more than [`MAX_ELEMENTS`].
    pub(crate) fn checked_len(&self) -> Option<usize> {
        self.bounded_len().filter(|len| *len > 0)
    }

    /// Number of elements, which only a constant may have none of; [`None`] if there are more than [`MAX_ELEMENTS`].
    pub(crate) fn bounded_len(&self) -> Option<usize> {
        let len = self.shape.iter().try_fold(1usize, |len, size| len.checked_mul(*size))?;
        (len <= MAX_ELEMENTS).then_some(len)
    }
}

/// A tensor with its values.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Tensor {
    fact: Fact,
    data: Vec<f64>,
    limits: Option<[f64; 2]>,
}

impl Tensor {
    /// `data` in row-major order; [`None`] if its length does not fit the shape.
    pub(crate) fn new(fact: Fact, data: Vec<f64>) -> Option<Self> {
        (fact.bounded_len()? == data.len()).then_some(Self { fact, data, limits: None })
    }

    /// A scalar real number.
    pub(crate) fn scalar(value: f64) -> Self {
        Self { fact: Fact::float(vec![]), data: vec![value], limits: None }
    }

    /// The same values, of an element type with this least and largest value.
    pub(crate) fn with_limits(self, limits: Option<[f64; 2]>) -> Self {
        Self { limits, ..self }
    }

    /// Least and largest value of the element type, where it is an integer of at most 16 bits and known.
    pub(crate) const fn limits(&self) -> Option<[f64; 2]> {
        self.limits
    }

    /// Element kind and shape.
    pub(crate) const fn fact(&self) -> &Fact {
        &self.fact
    }

    /// Sizes in ONNX order.
    pub(crate) fn shape(&self) -> &[usize] {
        &self.fact.shape
    }

    /// Values in row-major order.
    pub(crate) fn data(&self) -> &[f64] {
        &self.data
    }

    /// The values alone.
    pub(crate) fn into_data(self) -> Vec<f64> {
        self.data
    }
}

/// The numpy broadcast of two shapes; [`None`] if they do not fit.
pub(crate) fn broadcast(a: &[usize], b: &[usize]) -> Option<Vec<usize>> {
    let rank = a.len().max(b.len());
    (0..rank)
        .map(|axis| match (size_from_right(a, rank - 1 - axis), size_from_right(b, rank - 1 - axis)) {
            (x, y) if x == y || y == 1 => Some(x),
            (1, y) => Some(y),
            _ => None,
        })
        .collect()
}

/// Flat index into a tensor of shape `from` for every element of its broadcast to shape `to`, in order.
///
/// `from` must broadcast to `to`.
pub(crate) fn broadcast_indices(from: &[usize], to: &[usize]) -> Vec<usize> {
    let mut indices = vec![0];
    let mut stride = 1;
    // Grows from the innermost axis outwards: `indices` covers the axes seen so far.
    for axis in 0..to.len() {
        let size = size_from_right(from, axis);
        let step = if size == 1 { 0 } else { stride };
        let inner = indices;
        let outer = size_from_right(to, axis);
        indices = (0..outer).flat_map(|i| inner.iter().map(move |index| index + i * step)).collect();
        stride *= size;
    }
    indices
}

fn size_from_right(shape: &[usize], axis: usize) -> usize {
    shape.len().checked_sub(axis + 1).and_then(|i| shape.get(i)).copied().unwrap_or(1)
}

#[cfg(test)]
mod tests;
