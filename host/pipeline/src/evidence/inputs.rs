//! Documents that are not in the image.

use crate::Dockerfile;
use ::facts::{BaseConfig, BuildInputs};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use model::canonical::{self, NotCanonical};
use model::facts::ImageConfig;
use model::report::Input;
use model::{Facts, Platform};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A Dockerfile that was given, with what is known of its build.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct BuildDocument {
    /// Its text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Its bytes, where they are no text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base64: Option<String>,
    /// The stage that is built.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// Build arguments.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub build_args: BTreeMap<String, String>,
    /// What stands for every base image.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base: Option<BuildBase>,
    /// The `.dockerignore`; empty where the context has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ignore_file: Option<String>,
}

/// What stands for every base image.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BuildBase {
    /// What it runs on.
    pub platform: Platform,
    /// What containers of it begin with.
    pub config: ImageConfig,
}

impl From<Dockerfile> for BuildDocument {
    fn from(file: Dockerfile) -> Self {
        let BuildInputs {
            target,
            build_args,
            base_config,
            ignore_file,
        } = file.inputs;
        let (text, base64) = match String::from_utf8(file.bytes) {
            Ok(text) => (Some(text), None),
            Err(error) => (None, Some(STANDARD.encode(error.as_bytes()))),
        };
        Self {
            text,
            base64,
            target,
            build_args,
            base: base_config.map(|BaseConfig { platform, config }| BuildBase { platform, config }),
            ignore_file,
        }
    }
}

impl BuildDocument {
    /// The Dockerfile again, by the name it had; none: what is written down is not one.
    pub fn dockerfile(&self, path: &str) -> Option<Dockerfile> {
        let bytes = match (&self.text, &self.base64) {
            (Some(text), None) => text.clone().into_bytes(),
            (None, Some(base64)) => STANDARD.decode(base64).ok()?,
            _ => return None,
        };
        let base = self.base.clone();
        Some(Dockerfile {
            path: path.to_owned(),
            bytes,
            inputs: BuildInputs {
                target: self.target.clone(),
                build_args: self.build_args.clone(),
                base_config: base
                    .map(|BuildBase { platform, config }| BaseConfig { platform, config }),
                ignore_file: self.ignore_file.clone(),
            },
        })
    }

    pub(crate) fn input(&self) -> Result<Input, NotCanonical> {
        Ok(Input {
            name: "dockerfile".to_owned(),
            digest: canonical::digest(self)?,
            media_type: "application/vnd.polcheck.dockerfile.v1+json".to_owned(),
        })
    }
}

/// The documents that led to facts and are not in the image: a Dockerfile that was given, and what registries answered about
/// base images and about what is attached, which may be otherwise tomorrow.
pub(crate) fn inputs(
    build: Option<&Dockerfile>,
    facts: &Facts,
) -> Result<Vec<Input>, NotCanonical> {
    let mut inputs = Vec::new();
    if let Some(file) = build {
        inputs.push(BuildDocument::from(file.clone()).input()?);
    }
    if facts.base_images.as_ref().is_some_and(|it| !it.is_empty()) {
        let answered = Facts {
            base_images: facts.base_images.clone(),
            ..Facts::default()
        };
        inputs.push(Input {
            name: "base-images".to_owned(),
            digest: canonical::digest(&answered)?,
            media_type: "application/vnd.polcheck.base-images.v1+json".to_owned(),
        });
    }
    if facts.attestations.is_some() || facts.image_base.is_some() {
        let answered = Facts {
            attestations: facts.attestations.clone(),
            image_base: facts.image_base.clone(),
            ..Facts::default()
        };
        inputs.push(Input {
            name: "attestations".to_owned(),
            digest: canonical::digest(&answered)?,
            media_type: "application/vnd.polcheck.attestations.v1+json".to_owned(),
        });
    }
    Ok(inputs)
}
