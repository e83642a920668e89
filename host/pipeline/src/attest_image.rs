//! Signing reports and attaching the statements.

use crate::error::AttestError;
use crate::{Judged, PACKS, Pipeline};
use ::attest::{Bundle, SigningKey, Verifier, sign, statement};
use ::registry::{Attachment, Image, Source};
use bytes::Bytes;
use model::{Digest, Report, Verdict};
use oci_spec::image::Descriptor;

/// How statements are attached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AttachMode {
    /// As a bundle, unless that would hide signatures of the old form.
    #[default]
    Auto,
    /// As a bundle, whatever it hides.
    Bundle,
    /// Not at all.
    None,
}

/// A signed statement.
#[derive(Clone, Debug)]
pub struct Attested {
    /// What it is about.
    pub subject: Digest,
    /// The statement, signed.
    pub bundle: Bundle,
    /// What was attached; none if nothing was.
    pub referrer: Option<Descriptor>,
}

impl Pipeline {
    /// Makes and signs a statement for each report that passed and has a claim, and attaches them. All are signed before
    /// the first is attached.
    ///
    /// # Errors
    /// If one cannot be signed or attached.
    pub async fn attest(
        &self,
        source: &Source,
        judged: &[Judged],
        key: &SigningKey,
        verifier_id: Option<&str>,
        mode: AttachMode,
    ) -> Result<Vec<Attested>, AttestError> {
        if mode != AttachMode::None && source.reference().is_none() {
            return Err(AttestError::NotInARegistry {
                image: source.to_string(),
            });
        }
        let verifier = verifier(verifier_id);
        let passed: Vec<&Judged> = judged
            .iter()
            .filter(|judged| has_claim(&judged.report))
            .collect();
        let mut signed = Vec::new();
        for judged in passed {
            let bundle = sign(&statement(&judged.report, &verifier)?, key)?;
            let attested = Attested {
                subject: judged.report.subject.digest().clone(),
                bundle,
                referrer: None,
            };
            signed.push((attested, judged));
        }
        if mode != AttachMode::None && !signed.is_empty() {
            let image = self.registry.open(source).await?;
            refuse_to_hide(&image, &signed, mode).await?;
            for (attested, judged) in &mut signed {
                attested.referrer = attach(&image, &attested.bundle, judged).await?;
            }
        }
        Ok(signed.into_iter().map(|(attested, _)| attested).collect())
    }
}

fn verifier(id: Option<&str>) -> Verifier {
    let verifier = PACKS.iter().fold(Verifier::default(), |verifier, pack| {
        verifier.with_builtin_pack(pack.name, pack.digest())
    });
    match id {
        Some(id) => Verifier {
            id: id.to_owned(),
            ..verifier
        },
        None => verifier,
    }
}

fn has_claim(report: &Report) -> bool {
    report.verdict == Verdict::Passed && report.claims.iter().any(|claim| claim.issued)
}

async fn refuse_to_hide(
    image: &Image,
    signed: &[(Attested, &Judged)],
    mode: AttachMode,
) -> Result<(), AttestError> {
    if mode == AttachMode::Bundle {
        return Ok(());
    }
    for (attested, _) in signed {
        let has_bundle = !image.referrers(&attested.subject).await?.is_empty();
        let legacy = image.legacy_signatures(&attested.subject).await?;
        if !has_bundle && (legacy.signature || legacy.attestation) {
            return Err(AttestError::HidesSignatures {
                image: image.source().to_string(),
            });
        }
    }
    Ok(())
}

async fn attach(
    image: &Image,
    bundle: &Bundle,
    judged: &Judged,
) -> Result<Option<Descriptor>, AttestError> {
    let (Some(subject), Some(evidence)) = (&judged.descriptor, &judged.report.evidence) else {
        return Ok(None);
    };
    let attachment = Attachment {
        artifact_type: bundle.media_type().to_owned(),
        layer_media_type: bundle.media_type().to_owned(),
        bytes: Bytes::copy_from_slice(bundle.as_bytes()),
        annotations: bundle.annotations(evidence.time),
    };
    Ok(Some(image.attach(subject, &attachment).await?))
}
