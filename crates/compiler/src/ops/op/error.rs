//! What an operator can object to.

/// Most multiplications one step of importing may take.
pub(in crate::ops) const MAX_WORK: u64 = 1 << 34;

/// Result of an operator, which does not know the name of its node.
pub(crate) type OpResult<T> = Result<T, OpError>;

/// What an operator can object to; the importer adds the node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum OpError {
    /// Attributes or forms of the operator without a lowering.
    Unsupported(Vec<String>),
    /// Operand shapes do not fit.
    Shape {
        /// What the operator takes.
        expected: String,
        /// What came.
        got: String,
    },
    /// Anything else, as a reason.
    Graph(String),
}

impl OpError {
    pub(crate) fn unsupported(reason: impl Into<String>) -> Self {
        Self::Unsupported(vec![reason.into()])
    }

    pub(crate) fn shape(expected: impl Into<String>, got: &[&[usize]]) -> Self {
        let got = got.iter().map(|shape| format!("{shape:?}")).collect::<Vec<_>>().join(" and ");
        Self::Shape { expected: expected.into(), got }
    }
}
