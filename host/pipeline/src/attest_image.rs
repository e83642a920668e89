//! Signing reports and attaching the statements.

use crate::attach_form::{self, AttachMode, AttachWarning, Forms};
use crate::error::AttestError;
use crate::superseded::{self, Candidate, Superseded};
use crate::{Judged, PACKS, Pipeline};
use ::attest::{
    Bundle, ENVELOPE_MEDIA_TYPE, LegacyForm, PredicateType, Statement, Trust, Verifier, statement,
};
use ::registry::{Attachment, Image, LegacyLayer, Source};
use ::sigstore::{Signed, Signer};
use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use model::{Digest, Report, Verdict};
use oci_spec::image::Descriptor;

/// What statements say and how they are attached.
#[derive(Clone, Copy, Debug, Default)]
pub struct AttestRequest<'a> {
    /// How the verifier calls itself, if not as polcheck does.
    pub verifier_id: Option<&'a str>,
    /// Which statements are made.
    pub predicates: Predicates,
    /// How long they count, from the time of the verdict; none: they say nothing about it.
    pub valid_for: Option<SignedDuration>,
    /// How they are attached.
    pub mode: AttachMode,
    /// Leave older statements where they are.
    pub keep_superseded: bool,
}

/// Which statements are made about one digest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Predicates {
    /// A Simple Verification Result.
    #[default]
    Svr,
    /// A SLSA Verification Summary.
    Vsa,
    /// Both.
    Both,
}

impl Predicates {
    fn types(self) -> &'static [PredicateType] {
        match self {
            Self::Svr => &[PredicateType::Svr],
            Self::Vsa => &[PredicateType::Vsa],
            Self::Both => &[PredicateType::Svr, PredicateType::Vsa],
        }
    }
}

/// A signed statement.
#[derive(Clone, Debug)]
pub struct Attested {
    /// What it is about.
    pub subject: Digest,
    /// The statement, signed.
    pub bundle: Bundle,
    /// The manifest that attaches it as a bundle; none if none does.
    pub referrer: Option<Descriptor>,
    /// The layer that attaches it in the form of cosign before version 3; none if none does.
    pub layer: Option<Descriptor>,
    /// The older statements that it makes superfluous.
    pub superseded: Vec<Superseded>,
    /// What may keep others from finding it, or from finding other signatures.
    pub warnings: Vec<AttachWarning>,
}

/// A statement that would be signed.
#[derive(Clone, Debug)]
pub struct Planned {
    /// What it is about.
    pub subject: Digest,
    /// The statement.
    pub statement: Statement,
    /// How it would be attached.
    pub forms: Forms,
    /// The older statements that it would make superfluous, each if its signer is the one who is going to sign.
    pub superseded: Vec<Candidate>,
    /// What might keep others from finding it, or from finding other signatures.
    pub warnings: Vec<AttachWarning>,
}

/// A statement that is about to be signed.
struct Prepared<'j> {
    statement: Statement,
    judged: &'j Judged,
    forms: Forms,
    warnings: Vec<AttachWarning>,
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
        signer: &Signer,
        request: &AttestRequest<'_>,
    ) -> Result<Vec<Attested>, AttestError> {
        let (image, prepared) = self.prepare(source, judged, request).await?;
        if prepared.iter().any(|it| it.forms.legacy) {
            // What logs are told they never forget.
            signer.check_legacy_form()?;
        }
        let mut ready = Vec::new();
        for prepared in prepared {
            let Signed { bundle, trust } = signer.sign(&prepared.statement).await?;
            let legacy = prepared.forms.legacy.then(|| bundle.legacy_form());
            ready.push((prepared, legacy.transpose()?, bundle, trust));
        }
        let mut all = Vec::new();
        for (prepared, legacy, bundle, trust) in ready {
            let Prepared {
                judged,
                forms,
                warnings,
                ..
            } = prepared;
            let mut attested = Attested {
                subject: judged.report.subject.digest().clone(),
                bundle,
                referrer: None,
                layer: None,
                superseded: Vec::new(),
                warnings,
            };
            if let (Some(image), Some((subject, now))) = (&image, subject(judged)) {
                let older = (!request.keep_superseded).then_some(&trust);
                if let Some(legacy) = legacy {
                    attested.attach_legacy(image, legacy, older, now).await?;
                }
                if forms.bundle {
                    attested.attach(image, subject, older, now).await?;
                }
            }
            all.push(attested);
        }
        Ok(all)
    }

    /// Makes the statements that would be signed, and finds out how they would be attached and what they would make
    /// superfluous. Nothing is signed and nothing is written.
    ///
    /// # Errors
    /// If a statement cannot be made, or the registry does not say what is attached.
    pub async fn plan_attestation(
        &self,
        source: &Source,
        judged: &[Judged],
        request: &AttestRequest<'_>,
    ) -> Result<Vec<Planned>, AttestError> {
        let (image, prepared) = self.prepare(source, judged, request).await?;
        let mut planned = Vec::new();
        for prepared in prepared {
            let subject = prepared.judged.report.subject.digest().clone();
            let superseded = match &image {
                Some(image) if !request.keep_superseded => {
                    superseded::candidates(image, &subject, &prepared.statement, prepared.forms)
                        .await?
                }
                _ => Vec::new(),
            };
            planned.push(Planned {
                subject,
                superseded,
                statement: prepared.statement,
                forms: prepared.forms,
                warnings: prepared.warnings,
            });
        }
        Ok(planned)
    }

    /// The image, if something is going to be attached to it, and the statements about it.
    async fn prepare<'j>(
        &self,
        source: &Source,
        judged: &'j [Judged],
        request: &AttestRequest<'_>,
    ) -> Result<(Option<Image>, Vec<Prepared<'j>>), AttestError> {
        let mode = request.mode;
        if mode != AttachMode::None && source.reference().is_none() {
            return Err(AttestError::NotInARegistry {
                image: source.to_string(),
            });
        }
        let verifier = verifier(request);
        let mut prepared = Vec::new();
        for judged in judged.iter().filter(|judged| has_claim(&judged.report)) {
            for predicate_type in request.predicates.types() {
                prepared.push(Prepared {
                    statement: statement(&judged.report, &verifier, *predicate_type)?,
                    judged,
                    forms: Forms::default(),
                    warnings: Vec::new(),
                });
            }
        }
        if mode == AttachMode::None || prepared.is_empty() {
            return Ok((None, prepared));
        }
        let image = self.registry.open(source).await?;
        for prepared in &mut prepared {
            let subject = prepared.judged.report.subject.digest();
            (prepared.forms, prepared.warnings) = Forms::choose(mode, &image, subject).await?;
        }
        Ok((Some(image), prepared))
    }
}

fn verifier(request: &AttestRequest<'_>) -> Verifier {
    let own = Verifier {
        valid_for: request.valid_for,
        ..Verifier::default()
    };
    let verifier = PACKS.iter().fold(own, |verifier, pack| {
        verifier.with_builtin_pack(pack.name, pack.description().digest.clone())
    });
    match request.verifier_id {
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

/// What a statement is attached to, and when it was made.
fn subject(judged: &Judged) -> Option<(&Descriptor, Timestamp)> {
    let evidence = judged.report.evidence.as_ref()?;
    Some((judged.descriptor.as_ref()?, evidence.time))
}

impl Attested {
    /// Attaches the bundle, and removes those that are superseded, if they are by somebody trusted.
    async fn attach(
        &mut self,
        image: &Image,
        subject: &Descriptor,
        older: Option<&Trust>,
        now: Timestamp,
    ) -> Result<(), AttestError> {
        let bundle = &self.bundle;
        let attachment = Attachment {
            artifact_type: bundle.media_type().to_owned(),
            layer_media_type: bundle.media_type().to_owned(),
            bytes: Bytes::copy_from_slice(bundle.as_bytes()),
            annotations: bundle.annotations(now),
        };
        let mut attached = image.attach(subject, &attachment).await?;
        let is_listed = attached
            .listed
            .position(attached.referrer.digest())
            .is_some();
        if let Some(trust) = older.filter(|_| is_listed) {
            let newest = bundle.as_bytes();
            let removed =
                superseded::remove(image, &attached, newest, &self.subject, trust, now).await;
            for superseded in removed {
                if superseded.is_unlisted(attached.listed.by) {
                    attached.listed.forget(&superseded.digest);
                }
                self.superseded.push(superseded);
            }
        }
        let warnings = attach_form::of_referrer(image, &self.subject, &attached);
        self.warnings.extend(warnings);
        self.referrer = Some(attached.referrer);
        Ok(())
    }

    /// Attaches the statement in the older form, and takes out those that are superseded, if they are by somebody trusted.
    async fn attach_legacy(
        &mut self,
        image: &Image,
        form: LegacyForm,
        older: Option<&Trust>,
        now: Timestamp,
    ) -> Result<(), AttestError> {
        let layer = LegacyLayer {
            media_type: ENVELOPE_MEDIA_TYPE.to_owned(),
            bytes: form.envelope.into(),
            annotations: form.annotations,
        };
        self.layer = Some(image.attach_legacy(&self.subject, &layer).await?);
        if let Some(trust) = older {
            let newest = self.bundle.as_bytes();
            let removed = superseded::remove_legacy(image, newest, &self.subject, trust, now).await;
            self.superseded.extend(removed);
        }
        Ok(())
    }
}
