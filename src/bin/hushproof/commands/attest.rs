//! `hushproof attest`

use std::path::{Path, PathBuf};

use clap::{Subcommand, ValueEnum};
use hushproof::{
    Error,
    commitment::Commitment,
    credential::{Algorithm, Credential, KeySet, SigningKey},
    error::ArtifactKind,
};
use rand_core::OsRng;
use serde_json::{Value, json};

use crate::{
    asked::Clock,
    files::{self, Plan, Secrecy},
    output::{self, Channel},
};

/// Make an issuer's key, sign commitments to records, or check such a signature.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
    /// Print one JSON object
    #[arg(long, global = true)]
    pub(super) json: bool,
}

#[derive(Subcommand)]
enum Command {
    /// Make a key pair of the system's randomness
    Key {
        /// How it signs
        #[arg(long, value_enum, default_value_t = Kind::Es256)]
        alg: Kind,
        /// Where to write the private key, which only its owner may read then
        #[arg(short, value_name = "KEY.jwk")]
        output: PathBuf,
        /// Where to write the public key, as the set that relying parties are given
        #[arg(long, value_name = "KEYS.json")]
        public: PathBuf,
    },
    /// Sign commitments: the issuer's word that it knows their records
    Sign {
        /// The issuer's private key
        #[arg(long, value_name = "KEY.jwk")]
        key: PathBuf,
        /// What `commit` wrote with --public; several where a person is to have one for each showing
        #[arg(long, value_name = "COMMITMENT.json", required = true, num_args = 1..)]
        commitment: Vec<PathBuf>,
        /// Who signs: a domain, or another name that relying parties know
        #[arg(long, value_name = "NAME")]
        issuer: String,
        /// Seconds for which it holds; of several commitments a day or more is counted in whole hours, so that the second
        /// does not tell which of them are one person's
        #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..))]
        ttl: u64,
        #[command(flatten)]
        clock: Clock,
        /// Where to write the credential; of several commitments a folder, of files named as theirs
        #[arg(short, value_name = "CREDENTIAL.jws")]
        output: PathBuf,
    },
    /// Check a credential: exit status 0 when it holds, 1 when it does not, 2 for unusable files
    Verify {
        /// The credential
        credential: PathBuf,
        /// Keys of the issuers that are believed
        #[arg(long, value_name = "KEYS.json")]
        issuer_keys: PathBuf,
        /// The commitment that it must be for
        #[arg(long, value_name = "COMMITMENT.json")]
        commitment: Option<PathBuf>,
        #[command(flatten)]
        clock: Clock,
    },
}

/// How a key signs.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Kind {
    #[value(name = "ES256")]
    Es256,
    #[value(name = "EdDSA")]
    EdDsa,
}

pub(crate) fn run(args: Args) -> anyhow::Result<()> {
    let (object, channel) = match args.command {
        Command::Key { alg, output, public } => key(alg, &output, &public)?,
        Command::Sign { key, commitment, issuer, ttl, clock, output } => {
            sign(&key, &commitment, (&issuer, clock.now()?, ttl), &output)?
        }
        Command::Verify { credential, issuer_keys, commitment, clock } => {
            Plan::reading(&[Some(&credential), Some(&issuer_keys), commitment.as_ref()])?;
            let keys = KeySet::from_json(&files::text(&issuer_keys, ArtifactKind::IssuerKeys)?)?;
            let text = files::text(&credential, ArtifactKind::Credential)?;
            let credential = Credential::verify(&text, &keys, clock.now()?)?;
            if let Some(path) = &commitment {
                credential.check_commitment(&read_commitment(path)?)?;
            }
            let mut object = describe(&credential);
            object["verified"] = json!(true);
            (object, Channel::Output)
        }
    };
    output::print(&object, args.json, channel)?;
    Ok(())
}

fn key(alg: Kind, output: &Path, public: &Path) -> anyhow::Result<(Value, Channel)> {
    let mut plan = Plan::reading(&[])?;
    let (secret, shown) = (plan.writing("-o", output)?, plan.writing("--public", public)?);
    let algorithm = match alg {
        Kind::Es256 => Algorithm::Es256,
        Kind::EdDsa => Algorithm::EdDsa,
    };
    let key = SigningKey::new(algorithm, OsRng);
    secret.write(key.to_json().as_bytes(), Secrecy::Secret)?;
    shown.write(key.public().to_json().as_bytes(), Secrecy::Public)?;
    let object = json!({
        "file": output.display().to_string(),
        "public": public.display().to_string(),
        "alg": algorithm.name(),
        "kid": key.id(),
    });
    Ok((object, plan.channel()))
}

fn sign(
    key: &PathBuf,
    commitments: &[PathBuf],
    (issuer, issued, ttl): (&str, u64, u64),
    output: &Path,
) -> anyhow::Result<(Value, Channel)> {
    let inputs: Vec<Option<&PathBuf>> = std::iter::once(key).chain(commitments).map(Some).collect();
    let mut plan = Plan::reading(&inputs)?;
    let paths = if let [_] = commitments { vec![output.to_owned()] } else { beside(commitments, output)? };
    let key = SigningKey::from_json(&files::text(key, ArtifactKind::IssuerKeys)?)?;
    let mut credentials = Vec::new();
    let (issued, expires) = times(issued, ttl, commitments.len());
    for commitment in commitments {
        let commitment = read_commitment(commitment)?;
        let credential = Credential { commitment, issuer: issuer.to_owned(), issued, expires };
        credentials.push((credential.sign(&key)?, describe(&credential)));
    }
    if commitments.len() > 1 {
        files::make_folder(output)?;
    }
    let outputs: Result<Vec<_>, Error> = paths.iter().map(|path| plan.writing("-o", path)).collect();
    for (output, (text, _)) in outputs?.iter().zip(&credentials) {
        output.write(text.as_bytes(), Secrecy::Public)?;
    }
    let channel = plan.channel();
    match &credentials[..] {
        [(_, object)] => {
            let mut object = object.clone();
            object["file"] = json!(output.display().to_string());
            Ok((object, channel))
        }
        several => Ok((json!({ "folder": output.display().to_string(), "credentials": several.len() }), channel)),
    }
}

/// When what is signed now for so many seconds is signed and expires: of several commitments that hold for days in whole
/// hours, so that the second does not tell which credentials are of one batch.
const fn times(now: u64, ttl: u64, commitments: usize) -> (u64, u64) {
    let (issued, expires) = (now, now.saturating_add(ttl));
    if commitments > 1 && ttl >= DAY { (issued - issued % HOUR, expires - expires % HOUR) } else { (issued, expires) }
}

const HOUR: u64 = 60 * 60;
const DAY: u64 = 24 * HOUR;

/// Paths in a folder, named as commitments are.
fn beside(commitments: &[PathBuf], folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let mut paths = Vec::new();
    for commitment in commitments {
        let name = commitment.file_name().unwrap_or_default().to_string_lossy();
        let stem = name.strip_suffix(".json").unwrap_or(&name);
        let path = folder.join(format!("{}.credential.jws", stem.strip_suffix(".commitment").unwrap_or(stem)));
        if paths.contains(&path) {
            let reason = format!("two commitments would have the credential {}", path.display());
            return Err(Error::Option { option: "--commitment", reason });
        }
        paths.push(path);
    }
    Ok(paths)
}

fn read_commitment(path: &Path) -> Result<Commitment, Error> {
    Commitment::from_json(&files::text(path, ArtifactKind::Commitment)?)
}

fn describe(credential: &Credential) -> Value {
    let (schema, commitment) = credential.commitment.texts();
    json!({
        "issuer": credential.issuer,
        "issued": credential.issued,
        "expires": credential.expires,
        "schema": schema,
        "commitment": commitment,
    })
}
