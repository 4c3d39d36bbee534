//! `hushproof evaluate`

use std::{collections::BTreeMap, path::PathBuf};

use hushproof::{
    Error,
    compile::{Reduction, reduce},
    data::Selection,
    graph::{Decision, Model, Network},
    onnx::{self, Reference},
    quant,
};
use serde_json::json;

use super::{NotGood, compile::TargetArgs};
use crate::{
    files::{self, Plan},
    output::{self, Channel},
};

/// Compare a compiled model with its float original over all rows of a data set.
///
/// Exit status: 0 where the target is met on these rows, 1 where it is missed or rows are refused, 2 for unusable
/// arguments or files.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The ONNX model
    onnx: PathBuf,
    /// The compiled model
    model: PathBuf,
    /// Rows to evaluate (JSON with a leading batch axis, .npy or .npz)
    #[arg(long, value_name = "DATA")]
    data: PathBuf,
    /// Which of these rows: N, START..END or START..END:STEP
    #[arg(long, value_name = "ROWS")]
    rows: Option<Selection>,
    #[command(flatten)]
    target: TargetArgs,
    /// Print one JSON object
    #[arg(long)]
    pub(super) json: bool,
}

pub(crate) fn run(args: Args) -> anyhow::Result<()> {
    Plan::reading(&[Some(&args.onnx), Some(&args.model), Some(&args.data)])?;
    let bytes = files::read(&args.onnx)?;
    let model = files::model(&args.model)?;
    let graph = onnx::read_outputs(&bytes, &outputs_of(&bytes, &model)?)?;
    let original = graph.network()?;
    if model.input.value_info != original.input {
        let reason = format!("input {:?}, the ONNX model has {:?}", &model.input.value_info, &original.input);
        return Err(Error::artifact(hushproof::error::ArtifactKind::Model, reason).into());
    }
    let network = reduced_like(original.clone(), &model)?;
    let rows = files::rows(&args.data, &model.input.value_info, args.rows.as_ref())?;
    let target = args.target.target();
    let (expected, reference) = if network == original {
        onnx::float_outputs(&bytes, &graph, &rows)?
    } else {
        (rows.iter().map(|row| network.predict(row)).collect(), Reference::Own { because: DECISION.to_owned() })
    };
    let accuracy = quant::evaluate(&expected, &network, target, &model, &rows)?;
    if args.json {
        let mut object = json!(accuracy);
        object["met"] = json!(accuracy.is_met());
        object["reference"] = json!(reference);
        output::print(&object, true, Channel::Output)?;
    } else {
        let object =
            json!({ "model": model.name, "reference": reference.to_string(), "accuracy": accuracy.to_string() });
        output::print(&object, false, Channel::Output)?;
        let lines: String = accuracy.lines().iter().map(|line| format!("  {line}\n")).collect();
        output::text(&lines, Channel::Output)?;
    }
    accuracy.warnings().iter().for_each(|warning| output::note(&format!("warning: {warning}")));
    if accuracy.is_met() {
        return Ok(());
    }
    let message = format!("these rows do not meet {target}: {}", accuracy.missed());
    Err(NotGood { code: "accuracy", message }.into())
}

/// Why decisions are not compared with an independent evaluation.
const DECISION: &str = "the compiled model decides, where the ONNX model gives values";

/// The names of those outputs of the ONNX model that the compiled one has.
fn outputs_of(bytes: &[u8], model: &Model) -> Result<Vec<String>, Error> {
    let (known, joined) = (onnx::output_names(bytes)?, &model.output.value_info.name);
    names_in(&known, joined).ok_or_else(|| {
        let reason = format!("its output is `{joined}`, those of the ONNX model are {}", known.join(", "));
        Error::artifact(hushproof::error::ArtifactKind::Model, reason)
    })
}

/// Some of the known names, in their order, that `joined` is with a `+` between them.
fn names_in(known: &[String], joined: &str) -> Option<Vec<String>> {
    // By the place in `joined` where names may end: the last of them, and where it starts.
    let mut ends: BTreeMap<usize, (usize, usize)> = BTreeMap::new();
    for (index, name) in known.iter().enumerate() {
        let starts: Vec<usize> = std::iter::once(0).chain(ends.keys().map(|end| end + 1)).collect();
        for start in starts {
            let fits = joined.get(start..).and_then(|rest| rest.strip_prefix(name.as_str()));
            if fits.is_some_and(|rest| rest.is_empty() || rest.starts_with('+')) {
                ends.entry(start + name.len()).or_insert((index, start));
            }
        }
    }
    let (mut names, mut end) = (Vec::new(), joined.len());
    loop {
        let (index, start) = *ends.get(&end)?;
        names.push(known[index].clone());
        match start {
            0 => break,
            _ => end = start - 1,
        }
    }
    names.reverse();
    Some(names)
}

/// The float network with the reduction that the model was compiled with.
fn reduced_like(network: Network, model: &Model) -> Result<Network, Error> {
    match (network.decision(), model.output_encoding().decision(), model.output.threshold) {
        (None, Some(Decision::ArgMax), _) => reduce(network, Reduction::ArgMax),
        (None, Some(Decision::Threshold), Some(at)) => reduce(network, Reduction::Threshold(at)),
        _ => Ok(network),
    }
}

#[cfg(test)]
mod tests {
    use super::names_in;

    #[test]
    fn joined_names_are_taken_apart() {
        let known = ["a", "b+c", "b", "c", "a+b"].map(str::to_owned);
        for (joined, names) in [
            ("a", &["a"][..]),
            ("a+c", &["a", "c"]),
            ("a+b", &["a", "b"]),
            ("a+b+c+c", &["a", "b+c", "c"]),
            ("b+c", &["b+c"]),
        ] {
            assert_eq!(names_in(&known, joined).unwrap(), names, "{joined}");
        }
        for joined in ["", "d", "a+", "+a", "c+a", "ab"] {
            assert_eq!(names_in(&known, joined), None, "{joined}");
        }
    }
}
