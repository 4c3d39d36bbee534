//! tract's own optimized plan: an independent float reference, for calibration and accuracy reports.

use std::{collections::HashSet, sync::Arc};

use hushproof_core::{Error, Result, graph::ValueInfo};
use prost::Message;
use tract_onnx::{
    prelude::{
        DatumType, Framework, InferenceFact, InferenceModelExt, IntoRunnable, IntoTValue, IntoTensor, Tensor,
        TractError, TypedRunnableModel, tvec,
    },
    tract_hir::infer::Factoid,
};

use super::{
    ReadOptions,
    graph::{Graph, input_shape},
    pb::ModelProto,
    proto::{self, Source},
};

/// A model that tract runs in single precision.
pub struct FloatModel {
    name: String,
    plan: Arc<TypedRunnableModel>,
    input: ValueInfo,
    datum_type: DatumType,
}

impl FloatModel {
    /// Plans a model; only ones that [`read`](super::read) accepts reach tract.
    ///
    /// # Errors
    /// Those of [`read`](super::read); [`Error::Graph`] if there are several inputs or outputs, or tract objects.
    pub fn new(bytes: &[u8]) -> Result<Self> {
        Self::of(proto::parse(bytes, &ReadOptions::default())?)
    }

    /// Plans a parsed model.
    pub(super) fn of(mut source: Source) -> Result<Self> {
        let graph = Graph::build(&source)?;
        graph.ends()?;
        if graph.crops() {
            return Err(objection(graph.name(), "a Pad that crops, on which it panics"));
        }
        if source.halves > 0 {
            return Err(objection(graph.name(), "half precision, in which it would compute"));
        }
        let initializers: HashSet<_> = source.graph.initializer.iter().map(|tensor| &tensor.name).collect();
        let inputs = source.graph.input.iter().filter(|input| !initializers.contains(&input.name)).count();
        if inputs != 1 || source.graph.output.len() != 1 {
            return Err(objection(graph.name(), "several inputs or outputs; it is a reference for one of each"));
        }
        let Some(input) = graph.inputs().pop() else { return Err(objection(graph.name(), "no input")) };
        source.model.graph = Some(source.graph);
        let (plan, datum_type) =
            plan(&source.model, &input).map_err(|e| objection(graph.name(), format_args!("{e:#}")))?;
        Ok(Self { name: graph.name().into(), plan, input, datum_type })
    }

    /// Runs the model on one input; values in ONNX order, truth values and class indices as numbers.
    ///
    /// # Errors
    /// If `input` has the wrong number of values, or tract fails.
    pub fn run(&self, input: &[f32]) -> Result<Vec<f32>> {
        if input.len() != self.input.len() {
            return Err(input_shape(&self.input, input.len()));
        }
        self.try_run(input).map_err(|e| objection(&self.name, format_args!("{e:#}")))
    }

    fn try_run(&self, input: &[f32]) -> Result<Vec<f32>, TractError> {
        let input = Tensor::from_shape(&self.input.shape, input)?.cast_to_dt(self.datum_type)?.into_owned();
        let mut outputs = self.plan.run(tvec![input.into_tvalue()])?;
        let output = outputs.remove(0).into_tensor().cast_to::<f32>()?.into_owned();
        Ok(output.try_as_plain_ram()?.as_slice::<f32>()?.to_vec())
    }
}

fn plan(model: &ModelProto, input: &ValueInfo) -> Result<(Arc<TypedRunnableModel>, DatumType), TractError> {
    // Declared types of inner and output tensors are neither needed nor checked.
    let onnx = tract_onnx::onnx().with_ignore_output_types(true).with_ignore_value_info(true);
    let model = onnx.model_for_read(&mut model.encode_to_vec().as_slice())?;
    let datum_type = model.input_fact(0)?.datum_type.concretize().unwrap_or(DatumType::F32);
    let fact = InferenceFact::dt_shape(datum_type, &input.shape);
    let plan = model.with_input_fact(0, fact)?.into_optimized()?.into_runnable()?;
    Ok((plan, datum_type))
}

fn objection(name: &str, reason: impl std::fmt::Display) -> Error {
    Error::Graph { node: name.into(), reason: format!("tract: {reason}") }
}
