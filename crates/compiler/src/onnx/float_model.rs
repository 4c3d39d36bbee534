//! tract's own optimized plan: an independent float reference for accuracy reports, and our own where tract has none.
//!
//! tract panics on some graphs; a panic is an error here like any other, and says nothing on standard error.

use std::{
    cell::Cell,
    collections::HashSet,
    fmt,
    panic::{self, AssertUnwindSafe},
    sync::{Arc, Once},
};

use hushproof_core::{Error, Result, graph::ValueInfo};
use prost::Message;
use rayon::prelude::*;
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

/// By what float outputs were computed.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum Reference {
    /// By tract, which shares no code with us.
    Tract,
    /// By our own operators.
    Own {
        /// Why not by tract.
        because: String,
    },
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tract => f.write_str("tract"),
            Self::Own { because } => write!(f, "hushproof's own operators ({because})"),
        }
    }
}

/// The outputs of the graph that was read of a model's bytes with these options, on rows of input values (flat, ONNX
/// order): by tract, or where it does not serve, or gives another number of values, by the operators' own implementations.
///
/// # Errors
/// Those of [`Graph::eval`].
pub fn float_outputs(
    bytes: &[u8],
    options: &ReadOptions<'_>,
    graph: &Graph,
    rows: &[Vec<f64>],
) -> Result<(Vec<Vec<f64>>, Reference)> {
    let values: usize = graph.outputs().iter().map(ValueInfo::len).sum();
    let by_tract = || -> Result<Vec<Vec<f64>>> {
        let parts: Vec<String> = graph.output_parts.iter().map(|part| part.value_info.name.clone()).collect();
        let model = FloatModel::of(proto::parse(bytes, &ReadOptions { outputs: &parts, ..*options })?)?;
        let run = |row: &Vec<f64>| {
            let row: Vec<f32> = row.iter().map(|value| *value as f32).collect();
            let outputs: Vec<f64> = model.run(&row)?.into_iter().map(f64::from).collect();
            if outputs.len() == values {
                return Ok(outputs);
            }
            Err(objection(&model.name, format_args!("{} output values, not {values}", outputs.len())))
        };
        rows.par_iter().map(run).collect()
    };
    match by_tract() {
        Ok(outputs) => Ok((outputs, Reference::Tract)),
        Err(error) => {
            let outputs = rows.par_iter().map(|row| graph.eval(row)).collect::<Result<_>>()?;
            Ok((outputs, Reference::Own { because: error.to_string() }))
        }
    }
}

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
        let planned = caught(|| plan(&source.model, &input));
        let (plan, datum_type) = planned.map_err(|reason| objection(graph.name(), reason))?;
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
        caught(|| self.try_run(input)).map_err(|reason| objection(&self.name, reason))
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

/// What tract gives, or why not.
fn caught<T>(run: impl FnOnce() -> Result<T, TractError>) -> Result<T, String> {
    thread_local! {
        static QUIET: Cell<bool> = const { Cell::new(false) };
    }
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let loud = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !QUIET.get() {
                loud(info);
            }
        }));
    });
    let before = QUIET.replace(true);
    // What the panic leaves behind belongs to this run alone.
    let outcome = panic::catch_unwind(AssertUnwindSafe(run));
    QUIET.set(before);
    match outcome {
        Ok(outcome) => outcome.map_err(|error| format!("{error:#}")),
        Err(payload) => {
            let text = payload.downcast_ref::<String>().map(String::as_str);
            let text = text.or_else(|| payload.downcast_ref::<&str>().copied()).unwrap_or("no message");
            Err(format!("panicked: {}", text.lines().next().unwrap_or_default()))
        }
    }
}

fn objection(name: &str, reason: impl std::fmt::Display) -> Error {
    Error::Graph { node: name.into(), reason: format!("tract: {reason}") }
}
