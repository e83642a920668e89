//! Signing reports and attaching the statements.

use crate::error::AttestError;
use crate::superseded::{self, Superseded};
use crate::{Judged, PACKS, Pipeline};
use ::attest::{Bundle, Trust, Verifier, statement};
use ::registry::{Attached, Attachment, Image, Source};
use ::sigstore::{Signed, Signer};
use bytes::Bytes;
use model::{Digest, Report, Verdict};
use oci_spec::image::Descriptor;

/// From how many referrers on there is a warning: some readers refuse an image that has more than 50.
const CROWDED: usize = 30;

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

/// How statements are made and attached.
#[derive(Debug)]
pub struct AttestRequest<'a> {
    /// Who signs.
    pub signer: &'a Signer,
    /// How the verifier calls itself, if not as polcheck does.
    pub verifier_id: Option<&'a str>,
    /// How they are attached.
    pub mode: AttachMode,
    /// Leave older statements where they are.
    pub keep_superseded: bool,
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
    /// The older statements that it makes superfluous.
    pub superseded: Vec<Superseded>,
    /// What may keep others from finding it.
    pub warnings: Vec<AttachWarning>,
}

/// What may keep others from finding what was attached.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AttachWarning {
    /// The registry took it and does not list it.
    #[error("`{image}` does not list the statement `{referrer}` that was attached to it")]
    NotListed {
        /// The source as given.
        image: String,
        /// The manifest that attaches it.
        referrer: Digest,
    },
    /// It comes after what readers without paging see.
    #[error(
        "the statement `{referrer}` is not on the first page of the {count} referrers of `{image}`, and cosign reads no other"
    )]
    NotOnFirstPage {
        /// The source as given.
        image: String,
        /// The manifest that attaches it.
        referrer: Digest,
        /// How many referrers there are.
        count: usize,
    },
    /// There are so many that readers give up soon.
    #[error("`{subject}` of `{image}` has {count} referrers, and some readers refuse more than 50")]
    Crowded {
        /// The source as given.
        image: String,
        /// What they refer to.
        subject: Digest,
        /// How many there are.
        count: usize,
    },
}

impl AttachWarning {
    /// What to do about it.
    pub fn help(&self) -> Option<String> {
        Some(match self {
            Self::NotListed { .. } => "look again with `polcheck statements IMAGE`; a newer statement of the same key may have taken its place, or the registry lists late".to_owned(),
            Self::NotOnFirstPage { .. } | Self::Crowded { .. } => {
                "remove what nobody needs any more: `polcheck statements IMAGE` lists it".to_owned()
            }
        })
    }
}

impl Pipeline {
    /// Makes and signs a statement for each report that passed and has a claim, attaches them, and removes what they make
    /// superfluous. All are signed before the first is attached.
    ///
    /// # Errors
    /// If one cannot be signed or attached. That an older one cannot be removed is no error.
    pub async fn attest(
        &self,
        source: &Source,
        judged: &[Judged],
        request: &AttestRequest<'_>,
    ) -> Result<Vec<Attested>, AttestError> {
        let AttestRequest { signer, mode, .. } = *request;
        if mode != AttachMode::None && source.reference().is_none() {
            return Err(AttestError::NotInARegistry {
                image: source.to_string(),
            });
        }
        let verifier = verifier(request.verifier_id);
        let passed: Vec<&Judged> = judged
            .iter()
            .filter(|judged| has_claim(&judged.report))
            .collect();
        let mut signed = Vec::new();
        for judged in passed {
            let statement = statement(&judged.report, &verifier)?;
            let Signed { bundle, trust } = signer.sign(&statement).await?;
            let attested = Attested {
                subject: judged.report.subject.digest().clone(),
                bundle,
                referrer: None,
                superseded: Vec::new(),
                warnings: Vec::new(),
            };
            signed.push((attested, judged, trust));
        }
        if mode != AttachMode::None && !signed.is_empty() {
            let image = self.registry.open(source).await?;
            refuse_to_hide(&image, &signed, mode).await?;
            for (attested, judged, trust) in &mut signed {
                attach(&image, attested, judged, trust, request).await?;
            }
        }
        Ok(signed
            .into_iter()
            .map(|(attested, _, _)| attested)
            .collect())
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
    signed: &[(Attested, &Judged, Trust)],
    mode: AttachMode,
) -> Result<(), AttestError> {
    for (attested, _, _) in signed {
        // Too many referrers are found out before anything is written.
        let listed = image.referrers(&attested.subject).await?;
        let has_bundle = !listed.entries.is_empty();
        if mode == AttachMode::Bundle {
            continue;
        }
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
    attested: &mut Attested,
    judged: &Judged,
    trust: &Trust,
    request: &AttestRequest<'_>,
) -> Result<(), AttestError> {
    let (Some(subject), Some(evidence)) = (&judged.descriptor, &judged.report.evidence) else {
        return Ok(());
    };
    let bundle = &attested.bundle;
    let attachment = Attachment {
        artifact_type: bundle.media_type().to_owned(),
        layer_media_type: bundle.media_type().to_owned(),
        bytes: Bytes::copy_from_slice(bundle.as_bytes()),
        annotations: bundle.annotations(evidence.time),
    };
    let mut attached = image.attach(subject, &attachment).await?;
    let is_listed = attached
        .listed
        .position(attached.referrer.digest())
        .is_some();
    if is_listed && !request.keep_superseded {
        let removed = superseded::remove(
            image,
            &attached,
            bundle.as_bytes(),
            &attested.subject,
            trust,
            evidence.time,
        )
        .await;
        for superseded in removed {
            if superseded.is_unlisted(attached.listed.by) {
                attached.listed.forget(&superseded.referrer);
            }
            attested.superseded.push(superseded);
        }
    }
    attested.warnings = warnings(image, &attested.subject, &attached);
    attested.referrer = Some(attached.referrer);
    Ok(())
}

fn warnings(image: &Image, subject: &Digest, attached: &Attached) -> Vec<AttachWarning> {
    let image = image.source().to_string();
    let referrer = attached.referrer.digest().clone();
    let listed = &attached.listed;
    let count = listed.entries.len();
    let mut warnings = Vec::new();
    match listed.position(&referrer) {
        None => warnings.push(AttachWarning::NotListed {
            image: image.clone(),
            referrer,
        }),
        Some(position) if position >= listed.on_first_page => {
            warnings.push(AttachWarning::NotOnFirstPage {
                image: image.clone(),
                referrer,
                count,
            });
        }
        Some(_) => {}
    }
    if count >= CROWDED {
        warnings.push(AttachWarning::Crowded {
            image,
            subject: subject.clone(),
            count,
        });
    }
    warnings
}
