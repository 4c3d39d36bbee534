//! The circuit of a model of either form.

use halo2_proofs::{
    circuit::{Layouter, SimpleFloorPlanner},
    halo2curves::bn256::Fr,
    plonk::{self, Circuit, ConstraintSystem},
};

use hushproof_halo2_prover::{Challenges, ColumnValues, Source};

use super::{Prediction, chain, planar};
use crate::{
    codec::{Reader, Writer},
    error::{ArtifactKind, Error, Result},
    graph::{Model, Visibility, planar::PublicCode},
};

/// Everything that `configure` depends on; the weights are not among it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Params {
    /// Of a chain.
    Chain(chain::Params),
    /// Of a planar model.
    Planar(planar::Params),
}

/// halo2 asks for a default and never uses it.
impl Default for Params {
    fn default() -> Self {
        Self::Chain(chain::Params::default())
    }
}

impl Params {
    /// Advice columns of the circuit.
    pub fn advice_columns(&self) -> usize {
        match self {
            Self::Chain(params) => chain::advice_columns(params),
            Self::Planar(params) => planar::advice_columns(params),
        }
    }

    /// Fixed columns of the circuit.
    pub fn fixed_columns(&self) -> usize {
        match self {
            Self::Chain(params) => chain::fixed_columns(params),
            Self::Planar(params) => planar::fixed_columns(params),
        }
    }

    /// Who sees the weights; the circuit holds private ones as a witness.
    pub const fn weights_visibility(&self) -> Visibility {
        match self {
            Self::Chain(_) => Visibility::Public,
            Self::Planar(params) => Visibility::public_if(params.private.is_none()),
        }
    }

    /// How the codes of a public input stand in its rows, and how many of them in each; `None` where it is private.
    pub fn public_input(&self) -> Option<(PublicCode, usize)> {
        match self {
            Self::Chain(params) => {
                params.public_input.then(|| (PublicCode::of_bits(params.digits.value_bits(), false), 1))
            }
            Self::Planar(params) => params.input_code().map(|code| (code, params.lanes.activations)),
        }
    }

    /// Look-ups in a row.
    pub fn lookups(&self) -> usize {
        match self {
            Self::Chain(params) => params.digits.limbs() as usize,
            Self::Planar(params) => params.lookups(),
        }
    }

    /// Writes a byte for the form (0 chain, 1 planar) and the parameters.
    pub(crate) fn write(&self, w: &mut Writer) {
        match self {
            Self::Chain(params) => {
                w.u8(0);
                params.write(w);
            }
            Self::Planar(params) => {
                w.u8(1);
                params.write(w);
            }
        }
    }

    /// Reads what [`Params::write`] wrote, and checks it.
    ///
    /// # Errors
    /// `Artifact` for parameters that no circuit can have.
    pub(crate) fn read(r: &mut Reader<'_>) -> Result<Self> {
        match r.u8()? {
            0 => chain::Params::read(r).map(Self::Chain),
            1 => planar::Params::read(r).map(Self::Planar),
            other => Err(r.error(format!("unknown form {other}"))),
        }
    }
}

/// The layout of a model.
#[derive(Debug, Clone, PartialEq)]
pub enum Layout {
    /// Of a chain.
    Chain(chain::Layout),
    /// Of a planar model.
    Planar(Box<planar::Layout>),
}

impl Layout {
    /// Lays out a checked model.
    ///
    /// # Errors
    /// `ModelTooLarge` when no circuit up to [`MAX_K`](super::MAX_K) holds it.
    pub fn new(model: &Model) -> Result<Self> {
        match model {
            Model::Chain(model) => chain::Layout::new(model).map(Self::Chain),
            Model::Planar(model) => planar::Layout::new(model).map(|layout| Self::Planar(Box::new(layout))),
        }
    }

    /// log2 rows.
    pub const fn k(&self) -> u32 {
        match self {
            Self::Chain(layout) => layout.k,
            Self::Planar(layout) => layout.k,
        }
    }

    /// Shape of the constraint system.
    pub fn params(&self) -> Params {
        match self {
            Self::Chain(layout) => Params::Chain(layout.params.clone()),
            Self::Planar(layout) => Params::Planar(layout.params.clone()),
        }
    }

    /// Rows that hold elements or table entries.
    pub fn rows_used(&self) -> usize {
        match self {
            Self::Chain(layout) => layout.used_rows,
            Self::Planar(layout) => layout.rows_used(),
        }
    }

    /// Rows of every tensor, the input first.
    pub fn tensor_rows(&self) -> Vec<usize> {
        match self {
            Self::Chain(layout) => layout.blocks.iter().rev().map(|block| block.elements * block.span).collect(),
            Self::Planar(layout) => layout.tensor_rows(),
        }
    }

    /// Committed elements: those of the input and of every layer.
    pub fn activations(&self) -> usize {
        match self {
            Self::Chain(layout) => layout.activations,
            Self::Planar(layout) => layout.activations(),
        }
    }

    /// Advice cells that are no padding.
    pub fn assigned_cells(&self) -> usize {
        match self {
            Self::Chain(layout) => layout.assigned_cells,
            Self::Planar(layout) => layout.assigned_cells(),
        }
    }

    /// Advice cells of the whole circuit: columns × 2^k.
    pub fn allocated_cells(&self) -> usize {
        self.params().advice_columns() << self.k()
    }

    /// Predicted cost of a proof.
    pub fn prediction(&self) -> Prediction {
        match self {
            Self::Chain(layout) => chain::predict(layout),
            Self::Planar(layout) => planar::predict(layout),
        }
    }
}

/// A model's evaluation on one input.
#[derive(Debug, Clone)]
pub struct Witness {
    cells: Cells,
    /// Output codes as they are published.
    pub output: Vec<u64>,
    /// Input codes when they are published, else empty.
    pub input: Vec<u64>,
}

#[derive(Debug, Clone)]
enum Cells {
    Chain(chain::Witness),
    Planar(planar::Witness),
}

impl Witness {
    /// Evaluates a model on real input values (flat, ONNX order).
    ///
    /// # Errors
    /// `InputShape`, `InputValue`, `InputRange`, and `ActivationRange` when an inner value does not fit its rows;
    /// `Artifact` for the layout of another model.
    pub fn new(model: &Model, layout: &Layout, values: &[f64]) -> Result<Self> {
        match (model, layout) {
            (Model::Chain(model), Layout::Chain(layout)) => {
                let witness = chain::Witness::new(model, layout, model.quantize_input(values)?)?;
                let output = witness.trace.codes.last().cloned().unwrap_or_default();
                let input = if model.input.public { witness.trace.input.clone() } else { Vec::new() };
                Ok(Self { cells: Cells::Chain(witness), output, input })
            }
            (Model::Planar(model), Layout::Planar(layout)) => {
                let witness = planar::Witness::new(model, layout, model.quantize_input(values)?)?;
                let form = model.public_code();
                let node = || model.layers.last().map(|layer| layer.node.clone()).unwrap_or_default();
                let publish = |(index, code): (usize, &i64)| {
                    form.of(*code).ok_or_else(|| Error::ActivationRange { node: node(), index })
                };
                let output = witness.output().iter().enumerate().map(publish).collect::<Result<_>>()?;
                let input = if model.input.visibility.is_public() {
                    let form = model.input_code();
                    let refuse = |index| Error::ActivationRange { node: model.input.port.name.clone(), index };
                    let codes = witness.trace.codes.first().into_iter().flatten().enumerate();
                    codes.map(|(index, code)| form.of(*code).ok_or_else(|| refuse(index))).collect::<Result<_>>()?
                } else {
                    Vec::new()
                };
                Ok(Self { cells: Cells::Planar(witness), output, input })
            }
            _ => Err(mismatch()),
        }
    }
}

fn mismatch() -> Error {
    Error::artifact(ArtifactKind::Model, "not the model that the layout was made of")
}

/// A model, and a witness when a proof is to be made.
#[derive(Clone)]
pub enum ModelCircuit<'a> {
    /// Of a chain.
    Chain(chain::ChainCircuit<'a>),
    /// Of a planar model.
    Planar(planar::PlanarCircuit<'a>),
}

impl<'a> ModelCircuit<'a> {
    /// The circuit without a witness, for key generation.
    ///
    /// # Errors
    /// `Artifact` for the layout of another model.
    pub fn new(model: &'a Model, layout: &'a Layout) -> Result<Self> {
        match (model, layout) {
            (Model::Chain(model), Layout::Chain(layout)) => Ok(Self::Chain(chain::ChainCircuit::new(model, layout))),
            (Model::Planar(model), Layout::Planar(layout)) => {
                Ok(Self::Planar(planar::PlanarCircuit::new(model, layout)))
            }
            _ => Err(mismatch()),
        }
    }

    /// The circuit with a witness.
    ///
    /// # Errors
    /// `Artifact` for the witness of another model.
    pub fn with_witness(self, witness: &'a Witness) -> Result<Self> {
        match (self, &witness.cells) {
            (Self::Chain(circuit), Cells::Chain(witness)) => Ok(Self::Chain(circuit.with_witness(witness))),
            (Self::Planar(circuit), Cells::Planar(witness)) => Ok(Self::Planar(circuit.with_witness(witness))),
            _ => Err(mismatch()),
        }
    }
}

/// Columns and challenges of a model circuit.
#[derive(Debug, Clone)]
pub enum ModelConfig {
    /// Of a chain.
    Chain(Box<chain::Config>),
    /// Of a planar model.
    Planar(Box<planar::Config>),
}

/// The columns of a circuit with a witness.
impl hushproof_halo2_prover::Witness for ModelCircuit<'_> {
    fn phase(&mut self, phase: u8, challenges: &Challenges) -> std::result::Result<Vec<ColumnValues>, Source> {
        if phase == 0 {
            let columns = match self {
                Self::Chain(circuit) => circuit.first(),
                Self::Planar(circuit) => circuit.first(),
            };
            return Ok(columns.into_iter().map(small).collect());
        }
        let challenge = |index| challenges.get(index).map(Fr::from).ok_or("a challenge is missing");
        let columns = match self {
            Self::Chain(circuit) => {
                let [eta, beta, delta] = [challenge(0)?, challenge(1)?, challenge(2)?];
                circuit.second(chain::Challenges { eta, beta, delta })
            }
            Self::Planar(circuit) => {
                let [gamma, eta, beta, delta] = [challenge(0)?, challenge(1)?, challenge(2)?, challenge(3)?];
                circuit.second(planar::Challenges { gamma, eta, beta, delta })
            }
        };
        Ok(columns.into_iter().map(ColumnValues::Field).collect())
    }
}

/// A column of integers with the bits that its largest one has.
fn small(column: &[i64]) -> ColumnValues {
    let largest = column.iter().map(|value| value.unsigned_abs()).max().unwrap_or(0);
    ColumnValues::Small { values: column.to_vec(), bits: u64::BITS - largest.leading_zeros() }
}

impl Circuit<Fr> for ModelCircuit<'_> {
    type Config = ModelConfig;
    type FloorPlanner = SimpleFloorPlanner;
    type Params = Params;

    fn without_witnesses(&self) -> Self {
        match self {
            Self::Chain(circuit) => Self::Chain(circuit.without_witnesses()),
            Self::Planar(circuit) => Self::Planar(circuit.without_witnesses()),
        }
    }

    fn params(&self) -> Params {
        match self {
            Self::Chain(circuit) => Params::Chain(circuit.params()),
            Self::Planar(circuit) => Params::Planar(circuit.params()),
        }
    }

    fn configure_with_params(meta: &mut ConstraintSystem<Fr>, params: Params) -> ModelConfig {
        match params {
            Params::Chain(params) => {
                ModelConfig::Chain(Box::new(chain::ChainCircuit::configure_with_params(meta, params)))
            }
            Params::Planar(params) => {
                ModelConfig::Planar(Box::new(planar::PlanarCircuit::configure_with_params(meta, params)))
            }
        }
    }

    fn configure(meta: &mut ConstraintSystem<Fr>) -> ModelConfig {
        Self::configure_with_params(meta, Params::default())
    }

    fn synthesize(&self, config: ModelConfig, layouter: impl Layouter<Fr>) -> Result<(), plonk::Error> {
        match (self, config) {
            (Self::Chain(circuit), ModelConfig::Chain(config)) => circuit.synthesize(*config, layouter),
            (Self::Planar(circuit), ModelConfig::Planar(config)) => circuit.synthesize(*config, layouter),
            _ => Err(plonk::Error::Synthesis),
        }
    }
}
