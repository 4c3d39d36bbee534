//! `hushproof verify`

use std::{path::PathBuf, time::Instant};

use hushproof::{
    Error,
    commitment::Commitment,
    credential::{Credential, KeySet},
    error::{ArtifactKind, Rejection, TrustFault},
    prove::{self, ModelCommitment, Proof, Verified, VerifyingKey},
    request::Context,
};
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
    /// Of a key of private weights, also check that the proof is about this model, which `model commit` named
    #[arg(long, value_name = "MODEL.id.json")]
    model: Option<PathBuf>,
    /// Also check that the publisher's manifest names this key, and the model of --model, by one of --publisher-keys
    #[arg(long, value_name = "MANIFEST.jws", requires = "publisher_keys")]
    manifest: Option<PathBuf>,
    /// Keys of the publishers that are believed
    #[arg(long, value_name = "KEYS.json", requires = "manifest")]
    publisher_keys: Option<PathBuf>,
    /// Keys of the issuers that are believed: the commitment to the input must be signed by one of them
    #[arg(long, value_name = "KEYS.json")]
    issuer_keys: Option<PathBuf>,
    /// The issuer's signature, where the proof's file does not hold it
    #[arg(long, value_name = "CREDENTIAL.jws", requires = "issuer_keys")]
    credential: Option<PathBuf>,
    /// The commitment that the input must be: one that another proof showed for its output, or that was kept; of several
    /// inputs one for each, in their order
    #[arg(long, value_name = "COMMITMENT.json")]
    input_commitment: Vec<PathBuf>,
    /// The commitment that the output must be
    #[arg(long, value_name = "COMMITMENT.json")]
    output_commitment: Option<PathBuf>,
    /// Print one JSON object
    #[arg(long)]
    pub(super) json: bool,
}

/// Whether a valid proof shows the commitments that it has to.
fn shows(verified: &Verified, inputs: &[Commitment], output: Option<&Commitment>) -> Result<(), Error> {
    if !inputs.is_empty() {
        verified.check_inputs(inputs)?;
    }
    output.map_or(Ok(()), |commitment| verified.check_output(commitment))
}

/// The credential of a proof's commitment, by one of the issuers that are believed; none where there are no such issuers.
fn credential(args: &Args, vk: &VerifyingKey, proof: &Proof) -> Result<Option<Credential>, Error> {
    let Some(keys) = &args.issuer_keys else {
        if proof.credential.is_some() {
            output::note("note: the proof's credential is not checked without --issuer-keys");
        }
        return Ok(None);
    };
    let keys = KeySet::from_json(&files::text(keys, ArtifactKind::IssuerKeys)?)?;
    let file = args.credential.as_ref().map(|path| files::text(path, ArtifactKind::Credential)).transpose()?;
    if vk.statement.records.len() > 1 {
        let reason = "a credential is for an input that is one record, and this model's is several".to_owned();
        return Err(Error::Option { option: "--issuer-keys", reason });
    }
    let commitment = vk.statement.commitment(&proof.codes).ok_or(Error::Rejected(Rejection::Uncommitted))?;
    let text = file.as_ref().or(proof.credential.as_ref());
    let missing = Error::Untrusted { kind: ArtifactKind::Credential, fault: TrustFault::Missing };
    let credential = Credential::verify(text.ok_or(missing)?, &keys, args.asked.clock.now()?)?;
    credential.check_commitment(&commitment)?;
    Ok(Some(credential))
}

/// The model that the proof must be about; none where any weights will do.
fn model(args: &Args, vk: &VerifyingKey) -> Result<Option<ModelCommitment>, Error> {
    let Some(path) = &args.model else {
        if !vk.params.weights_visibility().is_public() {
            output::note(
                "note: weights are private: a proof says that some weights of this architecture gave the output, not \
                 which; --model tells",
            );
        }
        return Ok(None);
    };
    let model = files::model_commitment(path)?;
    model.check(vk)?;
    Ok(Some(model))
}

pub(crate) fn run(args: Args) -> anyhow::Result<()> {
    let given = [Some(&args.vk), Some(&args.proof), args.srs.as_ref(), args.asked.request.as_ref()];
    let trusted = [&args.model, &args.manifest, &args.publisher_keys, &args.issuer_keys, &args.credential];
    let shown = args.input_commitment.iter().chain(&args.output_commitment).map(Some);
    Plan::reading(&given.into_iter().chain(trusted.map(Option::as_ref)).chain(shown).collect::<Vec<_>>())?;
    let mut asked = args.asked.read()?.ok_or_else(|| Error::Option {
        option: "--request",
        reason: "what was this proof asked for? --request FILE, --context HEX, or --no-context if for none".to_owned(),
    })?;
    let vk = files::verifying_key(&args.vk)?;
    let digest = vk.digest();
    match &args.srs {
        Some(path) => vk.check_srs(&files::srs(path)?)?,
        None => files::announce(vk.srs_origin),
    }
    let model = model(&args, &vk)?;
    let named = match (&args.manifest, &args.publisher_keys) {
        (Some(manifest), Some(keys)) => manifest::read(manifest, keys).and_then(|manifest| {
            manifest.check_key(&digest)?;
            model.as_ref().map_or(Ok(()), |model| manifest.check_model(model.id()))?;
            Ok(Some(manifest))
        }),
        _ => Ok(None),
    };
    if model.is_none() && matches!(&named, Ok(Some(manifest)) if manifest.model_id.is_some()) {
        let reason = "needed: the manifest names the model of private weights that a proof must be about".to_owned();
        return Err(Error::Option { option: "--model", reason }.into());
    }
    // One that does not hold is a verdict, like a proof that does not.
    let (manifest, named) = match named {
        Ok(manifest) => (manifest, Ok(())),
        Err(error @ Error::Untrusted { .. }) => (None, Err(error)),
        Err(error) => return Err(error.into()),
    };
    let proof = files::proof(&args.proof)?;
    let commitment = |path: &PathBuf| Commitment::from_json(&files::text(path, ArtifactKind::Commitment)?);
    let inputs = args.input_commitment.iter().map(commitment).collect::<Result<Vec<_>, _>>()?;
    let wanted_output = args.output_commitment.as_ref().map(commitment).transpose()?;
    if model.is_none() && proof.binding.is_some() {
        output::note("note: the model that the proof says it is about is not checked without --model");
    }
    let (credential, attested) = match credential(&args, &vk, &proof) {
        Ok(credential) => (credential, Ok(())),
        Err(error @ (Error::Untrusted { .. } | Error::Rejected(_))) => (None, Err(error)),
        Err(error) => return Err(error.into()),
    };
    if let Some(credential) = &credential {
        asked = asked.attested_by(&credential.issuer);
    }
    let start = Instant::now();
    let outcome = named.and(attested).and_then(|()| match &model {
        Some(model) => prove::verify_model(&vk, &proof, &asked, model),
        None => prove::verify(&vk, &proof, &asked),
    });
    let outcome = outcome.and_then(|verified| shows(&verified, &inputs, wanted_output.as_ref()).map(|()| verified));
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
    if let Some(credential) = &credential {
        object["credential"] = json!({
            "issuer": credential.issuer,
            "issued": credential.issued,
            "expires": credential.expires,
        });
    }
    if let Context::Request(request) = &asked.context {
        object["request"] = json!(request);
    }
    if let Some(name) = vk.srs_origin.ceremony() {
        object["ceremony"] = json!(name);
    }
    match outcome {
        Ok(verified) => {
            object["outputs"] = output::outputs(&vk.statement.output, &verified);
            if let Some(names) = output::names(&vk.statement.output.value_info, &verified.outputs) {
                object["names"] = names;
            }
            if let Some(id) = &verified.model {
                object["model_id"] = json!(hex::encode(id));
            }
            if let Some(input) = &vk.statement.input {
                object["inputs"] = output::named(&input.value_info.name, &verified.inputs);
            }
            output::commitments(&mut object, &verified);
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
