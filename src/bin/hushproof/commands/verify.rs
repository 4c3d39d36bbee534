//! `hushproof verify`

use std::{path::PathBuf, time::Instant};

use hushproof::{Error, prove, request::Context};
use serde_json::json;

use crate::{
    asked::AskedArgs,
    commands::{Reported, manifest},
    files::{self, Plan},
    output::{self, Channel},
};

/// Verify a proof: exit status 0 when it is valid, 1 when it is not, 2 for unusable arguments or files.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The verifying key
    vk: PathBuf,
    /// The proof
    proof: PathBuf,
    /// Also check that the key names this SRS's secret, the point [τ]G₂; that the key is the model's, no SRS tells:
    /// derive it (`keys --expect`)
    #[arg(long)]
    srs: Option<PathBuf>,
    #[command(flatten)]
    asked: AskedArgs,
    /// Also check that the publisher's manifest names this key, by one of --publisher-keys
    #[arg(long, value_name = "MANIFEST.jws", requires = "publisher_keys")]
    manifest: Option<PathBuf>,
    /// Keys of the publishers that are believed
    #[arg(long, value_name = "KEYS.json", requires = "manifest")]
    publisher_keys: Option<PathBuf>,
    /// Print one JSON object
    #[arg(long)]
    pub(super) json: bool,
}

pub(crate) fn run(args: Args) -> anyhow::Result<()> {
    Plan::reading(&[
        Some(&args.vk),
        Some(&args.proof),
        args.srs.as_ref(),
        args.asked.request.as_ref(),
        args.manifest.as_ref(),
        args.publisher_keys.as_ref(),
    ])?;
    let asked = args.asked.read()?.ok_or_else(|| Error::Option {
        option: "--request",
        reason: "what was this proof asked for? --request FILE, --context HEX, or --no-context if for none".to_owned(),
    })?;
    let vk = files::verifying_key(&args.vk)?;
    let digest = vk.digest();
    match &args.srs {
        Some(path) => vk.check_srs(&files::srs(path)?)?,
        None => files::announce(vk.srs_origin),
    }
    let named = match (&args.manifest, &args.publisher_keys) {
        (Some(manifest), Some(keys)) => manifest::read(manifest, keys).and_then(|manifest| {
            manifest.check_key(&digest)?;
            Ok(Some(manifest))
        }),
        _ => Ok(None),
    };
    // One that does not hold is a verdict, like a proof that does not.
    let (manifest, named) = match named {
        Ok(manifest) => (manifest, Ok(())),
        Err(error @ Error::Untrusted { .. }) => (None, Err(error)),
        Err(error) => return Err(error.into()),
    };
    let proof = files::proof(&args.proof)?;
    let start = Instant::now();
    let outcome = named.and_then(|()| prove::verify(&vk, &proof, &asked));
    let seconds = start.elapsed().as_secs_f64();
    let mut object = json!({
        "verified": outcome.is_ok(),
        "model": vk.model,
        "weights": vk.params.weights_visibility(),
        "seconds": { "verify": seconds },
        "k": vk.k,
        "advice_columns": vk.stock().cs().num_advice_columns(),
        "proof_bytes": proof.bytes.len(),
        "peak_rss_bytes": output::peak_rss_bytes(),
        "srs": vk.srs_origin.to_string(),
        "vk": hex::encode(digest),
        "context": hex::encode(asked.context.bytes()?),
    });
    if let Some(manifest) = &manifest {
        object["publisher"] = json!(manifest.issuer);
    }
    if let Context::Request(request) = &asked.context {
        object["request"] = json!(request);
    }
    if let Some(name) = vk.srs_origin.ceremony() {
        object["ceremony"] = json!(name);
    }
    match outcome {
        Ok(verified) => {
            object["outputs"] = output::named(&vk.statement.output.value_info.name, &verified.outputs);
            if let Some(names) = output::names(&vk.statement.output.value_info, &verified.outputs) {
                object["names"] = names;
            }
            if let Some(input) = &vk.statement.input {
                object["inputs"] = output::named(&input.value_info.name, &verified.inputs);
            }
            output::thresholds(&mut object, &vk.statement.output.thresholds);
            output::print(&object, args.json, Channel::Output)?;
            Ok(())
        }
        Err(error @ (Error::Rejected(_) | Error::Untrusted { .. })) => {
            object["reason"] = json!(error.to_string());
            if args.json {
                object["code"] = json!(error.code());
                object["error"] = object["reason"].clone();
            }
            output::print(&object, args.json, Channel::Output)?;
            Err(anyhow::Error::from(error).context(Reported))
        }
        Err(error) => Err(error.into()),
    }
}
