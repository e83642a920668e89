//! Reading build provenance that `BuildKit` attaches to images: in-toto statements with a SLSA predicate.
//!
//! Only provenance of the mode `max` has the Dockerfile in it. Fields are looked for under the names that `BuildKit`
//! writes; everything else in the statement is left alone.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use model::strict_json::{self, Integers, StrictJsonError};
use model::{Digest, FactError};
use serde_json::Value;
use std::collections::BTreeMap;

/// SLSA v0.2, which `BuildKit` wrote by default until it wrote v1.
pub(crate) const SLSA_02: &str = "https://slsa.dev/provenance/v0.2";
/// SLSA v1.
pub(crate) const SLSA_1: &str = "https://slsa.dev/provenance/v1";

/// `BuildKit` refuses larger attestations itself.
const MAX_STATEMENT_BYTES: usize = 40 << 20;
/// The largest Dockerfile that is read.
const MAX_DOCKERFILE_BYTES: usize = 4 << 20;

/// Where a version of the predicate has what is read of it.
struct Paths {
    sources: &'static [&'static str],
    args: &'static [&'static str],
    name: &'static [&'static str],
}

const PATHS_02: Paths = Paths {
    sources: &[
        "metadata",
        "https://mobyproject.org/buildkit@v1#metadata",
        "source",
        "infos",
    ],
    args: &["invocation", "parameters", "args"],
    name: &["invocation", "configSource", "entryPoint"],
};
const PATHS_1: Paths = Paths {
    sources: &[
        "runDetails",
        "metadata",
        "buildkit_metadata",
        "source",
        "infos",
    ],
    args: &["buildDefinition", "externalParameters", "request", "args"],
    name: &[
        "buildDefinition",
        "externalParameters",
        "configSource",
        "path",
    ],
};

/// A Dockerfile and the inputs of its build, from build provenance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProvenanceDockerfile {
    /// The name of the file, if provenance tells it.
    pub name: Option<String>,
    /// The file.
    pub bytes: Vec<u8>,
    /// `--target`
    pub target: Option<String>,
    /// `--build-arg`; what the builder keeps to itself is not among them.
    pub build_args: BTreeMap<String, String>,
    /// What the statement is about. Whoever trusts the statement for an image looks for the image's digest here.
    pub subjects: Vec<Digest>,
}

/// Whether a predicate of that type is build provenance in a version that [`provenance`] reads.
pub fn is_provenance(predicate_type: &str) -> bool {
    [SLSA_02, SLSA_1].contains(&predicate_type)
}

/// The Dockerfile in build provenance; none, if the provenance has no sources in it.
///
/// # Errors
/// `too-large`, if the statement is over 40 MiB or the Dockerfile is over 4 MiB; `malformed`, if two readers may read
/// it differently or a field has another type than `BuildKit` gives it; `unsupported`, if it is no build provenance, or if
/// it cannot be told which of its sources is the Dockerfile.
pub fn provenance(statement: &[u8]) -> Result<Option<ProvenanceDockerfile>, FactError> {
    if statement.len() > MAX_STATEMENT_BYTES {
        let message = format!("the statement has {} bytes", statement.len());
        return Err(FactError::TooLarge(message));
    }
    let statement =
        strict_json::parse(statement, Integers::Any).map_err(|error| refused(&error))?;
    let predicate_type = string(&statement, &["predicateType"])?.unwrap_or_default();
    let paths = match predicate_type {
        SLSA_02 => PATHS_02,
        SLSA_1 => PATHS_1,
        other => {
            let shown: String = other.chars().take(100).collect();
            let message = format!("a predicate of type `{}`", shown.escape_debug());
            return Err(FactError::Unsupported(message));
        }
    };
    let subjects = subjects(&statement)?;
    let Some(predicate) = at(&statement, &["predicate"])? else {
        return Err(malformed("there is no `predicate`"));
    };
    let wanted = string(predicate, paths.name)?;
    let sources = sources(predicate, paths.sources)?;
    let Some(source) = dockerfile(&sources, wanted)? else {
        return Ok(None);
    };
    let mut args = arguments(predicate, paths.args)?;
    let target = args.remove("target").filter(|target| !target.is_empty());
    let build_args = args
        .into_iter()
        .filter_map(|(key, value)| Some((key.strip_prefix("build-arg:")?.to_owned(), value)));
    Ok(Some(ProvenanceDockerfile {
        name: source.name.or(wanted).map(str::to_owned),
        bytes: decoded(source.data)?,
        target,
        build_args: build_args.collect(),
        subjects,
    }))
}

/// One of the files that the build was made from.
#[derive(Clone, Copy)]
struct Source<'a> {
    name: Option<&'a str>,
    language: Option<&'a str>,
    data: &'a str,
}

fn sources<'a>(predicate: &'a Value, path: &[&str]) -> Result<Vec<Source<'a>>, FactError> {
    let infos = match at(predicate, path)? {
        None => return Ok(vec![]),
        Some(Value::Array(infos)) => infos,
        Some(_) => return Err(malformed("`infos` is not a list")),
    };
    let mut sources = vec![];
    for info in infos {
        // Without data it is not there in this mode.
        if let Some(data) = string(info, &["data"])? {
            sources.push(Source {
                name: string(info, &["filename"])?,
                language: string(info, &["language"])?,
                data,
            });
        }
    }
    Ok(sources)
}

/// The one that is the Dockerfile of the build. A build has others where its contexts are builds themselves, or where
/// its frontend reads something else.
fn dockerfile<'a>(
    sources: &[Source<'a>],
    wanted: Option<&str>,
) -> Result<Option<Source<'a>>, FactError> {
    if sources.is_empty() {
        return Ok(None);
    }
    // Early versions wrote no language.
    let mut candidates: Vec<_> = sources
        .iter()
        .filter(|source| {
            source
                .language
                .is_none_or(|name| name.eq_ignore_ascii_case("dockerfile"))
        })
        .copied()
        .collect();
    if candidates.is_empty() {
        let message = "none of the sources is a Dockerfile".to_owned();
        return Err(FactError::Unsupported(message));
    }
    if wanted.is_some() && candidates.iter().any(|source| source.name == wanted) {
        candidates.retain(|source| source.name == wanted);
    }
    // The same file may be there for each platform.
    candidates.dedup_by_key(|source| source.data);
    match candidates.as_slice() {
        [only] => Ok(Some(*only)),
        several => Err(FactError::Unsupported(format!(
            "{} of the sources may be the Dockerfile",
            several.len()
        ))),
    }
}

fn decoded(data: &str) -> Result<Vec<u8>, FactError> {
    let too_large = |size| FactError::TooLarge(format!("the Dockerfile has {size} bytes"));
    // Four characters stand for three bytes, or fewer at the end.
    let at_most = data.len() / 4 * 3;
    if at_most > MAX_DOCKERFILE_BYTES + 2 {
        return Err(too_large(at_most));
    }
    let bytes = STANDARD
        .decode(data)
        .map_err(|error| malformed(&format!("the Dockerfile is not base64: {error}")))?;
    if bytes.len() > MAX_DOCKERFILE_BYTES {
        return Err(too_large(bytes.len()));
    }
    Ok(bytes)
}

fn arguments(predicate: &Value, path: &[&str]) -> Result<BTreeMap<String, String>, FactError> {
    let args = match at(predicate, path)? {
        None => return Ok(BTreeMap::new()),
        Some(Value::Object(args)) => args,
        Some(_) => return Err(malformed("`args` is not an object")),
    };
    let argument = |(key, value): (&String, &Value)| match value {
        Value::String(value) => Ok((key.clone(), value.clone())),
        _ => Err(malformed("an argument of the build is not a string")),
    };
    args.iter().map(argument).collect()
}

fn subjects(statement: &Value) -> Result<Vec<Digest>, FactError> {
    let subjects = match at(statement, &["subject"])? {
        None => return Ok(vec![]),
        Some(Value::Array(subjects)) => subjects,
        Some(_) => return Err(malformed("`subject` is not a list")),
    };
    let mut digests = vec![];
    for subject in subjects {
        for algorithm in ["sha256", "sha512"] {
            if let Some(hex) = string(subject, &["digest", algorithm])? {
                let digest = format!("{algorithm}:{hex}").parse();
                digests.push(digest.map_err(|_| malformed("the digest of a subject is none"))?);
            }
        }
    }
    Ok(digests)
}

/// What is found under those names, one inside the other. `null` is as good as nothing, as it is for Go.
fn at<'a>(value: &'a Value, path: &[&str]) -> Result<Option<&'a Value>, FactError> {
    let mut value = value;
    for name in path {
        let Value::Object(fields) = value else {
            let message = format!("what has to have the field `{name}` is not an object");
            return Err(malformed(&message));
        };
        strict_json::check_field_names(value, &[name]).map_err(|error| refused(&error))?;
        match fields.get(*name) {
            None | Some(Value::Null) => return Ok(None),
            Some(inner) => value = inner,
        }
    }
    Ok(Some(value))
}

fn string<'a>(value: &'a Value, path: &[&str]) -> Result<Option<&'a str>, FactError> {
    match at(value, path)? {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text).filter(|text| !text.is_empty()).map(|t| &**t)),
        Some(_) => Err(malformed(&format!("`{}` is not a string", path.join(".")))),
    }
}

fn malformed(message: &str) -> FactError {
    FactError::Malformed(message.to_owned())
}

fn refused(error: &StrictJsonError) -> FactError {
    match error {
        // Provenance of a large build is long, and right all the same.
        StrictJsonError::TooManyValues => FactError::TooLarge(error.to_string()),
        _ => FactError::Malformed(error.to_string()),
    }
}

#[cfg(test)]
mod tests;
