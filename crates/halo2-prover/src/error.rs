//! Why a proof was not made.

use std::io;

use hushproof_bn254::msm::MsmError;
use hushproof_bn254::ntt::NttError;
use thiserror::Error;

/// An error of the application's own, handed through.
pub type Source = Box<dyn std::error::Error + Send + Sync>;

/// Why a circuit, a structured reference string or a witness was refused, or a proof not finished.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ProveError {
    /// The circuit has look-ups of the proof system's own, whose stock prover is not reproducible.
    #[error("the circuit has {got} look-up arguments; none are supported")]
    Lookups {
        /// Their number.
        got: usize,
    },
    /// The circuit has more challenge phases than the stock prover supports.
    #[error("the circuit has {got} phases; at most 2 are supported")]
    Phases {
        /// Their number.
        got: usize,
    },
    /// A gate's degree exceeds that of the constraint system, which the stock library clamps without a word. The
    /// stock prover would make a proof that its verifier rejects.
    #[error("a gate of degree {got} in a constraint system of degree {limit}")]
    Degree {
        /// Degree of the gate.
        got: usize,
        /// Degree of the constraint system.
        limit: usize,
    },
    /// A gate has a selector that the key generation did not turn into a fixed column.
    #[error("the gates hold a selector that is not a fixed column")]
    Selector,
    /// The circuit's synthesis failed, or assigned what key generation does not allow.
    #[error("the circuit's synthesis failed: {0}")]
    Synthesis(#[source] Source),
    /// The parts of a key don't fit together, or to the circuit.
    #[error("the key has {got} {what}; expected {expected}")]
    Key {
        /// Which part.
        what: &'static str,
        /// Number that the constraint system asks for.
        expected: usize,
        /// Number found.
        got: usize,
    },
    /// The structured reference string is for circuits of another size than the key's.
    #[error("a structured reference string for 2^{srs} rows; the key has 2^{key}")]
    SrsSize {
        /// log2 of the key's rows.
        key: u32,
        /// log2 of the reference string's rows.
        srs: u32,
    },
    /// The points of a structured reference string are not two equally long lists of 2^k.
    #[error("{monomial} monomial and {lagrange} Lagrange points; expected 2^k of each")]
    SrsPoints {
        /// Number of powers of the secret.
        monomial: usize,
        /// Number of Lagrange points.
        lagrange: usize,
    },
    /// A point of a structured reference string is not on the curve.
    #[error("{basis} point {index} is not on the curve")]
    SrsPoint {
        /// Which list: `monomial` or `Lagrange`.
        basis: &'static str,
        /// Its index there.
        index: usize,
    },
    /// Another number of instance columns than the circuit has.
    #[error("{got} instance columns; the circuit has {expected}")]
    InstanceColumns {
        /// Number in the circuit.
        expected: usize,
        /// Number given.
        got: usize,
    },
    /// An instance column is longer than the usable rows.
    #[error("{got} values in instance column {column}; at most {limit} fit")]
    InstanceLength {
        /// Index of the column.
        column: usize,
        /// Usable rows.
        limit: usize,
        /// Length given.
        got: usize,
    },
    /// The witness has another number of columns in a phase than the circuit.
    #[error("{got} witness columns in phase {phase}; the circuit has {expected}")]
    WitnessColumns {
        /// The phase, from 0.
        phase: u8,
        /// Number in the circuit.
        expected: usize,
        /// Number given.
        got: usize,
    },
    /// A witness column is longer than the usable rows.
    #[error("{got} rows in advice column {column}; at most {limit} are usable")]
    ColumnLength {
        /// Index of the advice column.
        column: usize,
        /// Usable rows.
        limit: usize,
        /// Length given.
        got: usize,
    },
    /// A bit bound above [`MAX_SMALL_BITS`](hushproof_bn254::msm::MAX_SMALL_BITS).
    #[error("a bound of {bits} bits on advice column {column}; at most 63 are supported")]
    ColumnBits {
        /// Index of the advice column.
        column: usize,
        /// The bound.
        bits: u32,
    },
    /// An integer of a witness column exceeds the column's bound.
    #[error("the integer in row {row} of advice column {column} exceeds {bits} bits")]
    OutOfBounds {
        /// Index of the advice column.
        column: usize,
        /// Row of the integer.
        row: usize,
        /// The column's bound.
        bits: u32,
    },
    /// The given random polynomial has another number of coefficients than the circuit has rows.
    #[error("a random polynomial of {got} coefficients; expected {expected}")]
    RandomPolynomial {
        /// Rows of the circuit.
        expected: usize,
        /// Number given.
        got: usize,
    },
    /// The application's witness failed.
    #[error("the witness failed: {0}")]
    Witness(#[source] Source),
    /// The cancellation flag was raised.
    #[error("cancelled")]
    Cancelled,
    /// The transcript refused a value, such as a commitment that is the identity.
    #[error("the transcript failed: {0}")]
    Transcript(#[from] io::Error),
    /// A multi-scalar multiplication refused its input.
    #[error(transparent)]
    Msm(#[from] MsmError),
    /// A transform refused its input.
    #[error(transparent)]
    Ntt(#[from] NttError),
}
