//! In which form a statement is attached, and what that means for what others attached.

use crate::attached::{Content, open_all};
use ::attest::contents;
use ::registry::{Attached, Image, LegacySignatures, RegistryError};
use futures_util::StreamExt;
use model::Digest;
use oci_spec::image::Descriptor;

/// From how many referrers on there is a warning: some readers refuse an image that has more than 50.
const CROWDED: usize = 30;

/// How statements are attached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AttachMode {
    /// As a bundle; in the older form where a bundle would hide signatures of that form from cosign 3.
    #[default]
    Auto,
    /// As a bundle, whatever it hides.
    Bundle,
    /// In the form of cosign before version 3.
    Legacy,
    /// In both forms.
    Both,
    /// Not at all.
    None,
}

/// In which forms a statement is attached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Forms {
    /// As a bundle, in a manifest that refers to the image.
    pub bundle: bool,
    /// In the form of cosign before version 3, as a layer of the manifest at a tag.
    pub legacy: bool,
}

/// What may keep others from finding what was attached, or what else is.
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
    /// Nobody said how to attach, and a bundle would have done harm.
    #[error(
        "`{subject}` of `{image}` has signatures of the form before cosign 3, which cosign 3 would ignore beside a bundle, so the statement gets that form too"
    )]
    OlderForm {
        /// The source as given.
        image: String,
        /// What is signed.
        subject: Digest,
    },
    /// Somebody's `cosign verify` begins to fail.
    #[error(
        "cosign 3 ignores the signatures of the form before it that `{subject}` of `{image}` has, now that there is a bundle"
    )]
    HidesSignatures {
        /// The source as given.
        image: String,
        /// What is signed.
        subject: Digest,
    },
    /// There are bundles, and readers that know them look no further.
    #[error(
        "cosign 3 ignores the statement, which has the form before it, since `{subject}` of `{image}` has bundles"
    )]
    Overlooked {
        /// The source as given.
        image: String,
        /// What has them.
        subject: Digest,
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
            Self::OlderForm { .. } => "sign the image with cosign 3, and the next statement is a bundle; `--attach` chooses a form without asking".to_owned(),
            Self::HidesSignatures { .. } => "sign the image again with cosign 3; until then `cosign verify --new-bundle-format=false` finds them".to_owned(),
            Self::Overlooked { .. } => "attach it as a bundle too: `--attach both`".to_owned(),
        })
    }
}

impl Forms {
    /// The forms for a digest, and what is to be said about them.
    pub(crate) async fn choose(
        mode: AttachMode,
        image: &Image,
        subject: &Digest,
    ) -> Result<(Self, Vec<AttachWarning>), RegistryError> {
        if mode == AttachMode::None {
            return Ok((Self::default(), Vec::new()));
        }
        // Too many referrers are found out before anything is written.
        let listed = image.referrers(subject).await?.entries;
        let older = image.legacy_signatures(subject).await?;
        let has_older = older != LegacySignatures::default();
        let has_bundle =
            (has_older || mode == AttachMode::Legacy) && has_bundle(image, subject, listed).await;
        let would_hide = has_older && !has_bundle;
        let forms = Self {
            bundle: match mode {
                AttachMode::Auto => !would_hide,
                AttachMode::Bundle | AttachMode::Both => true,
                AttachMode::Legacy | AttachMode::None => false,
            },
            legacy: match mode {
                AttachMode::Auto => would_hide,
                AttachMode::Legacy | AttachMode::Both => true,
                AttachMode::Bundle | AttachMode::None => false,
            },
        };
        let warning = forms.warning(mode, has_bundle, would_hide, image, subject);
        Ok((forms, warning.into_iter().collect()))
    }

    fn warning(
        self,
        mode: AttachMode,
        has_bundle: bool,
        would_hide: bool,
        image: &Image,
        subject: &Digest,
    ) -> Option<AttachWarning> {
        let image = image.source().to_string();
        let subject = subject.clone();
        if self.bundle {
            would_hide.then_some(AttachWarning::HidesSignatures { image, subject })
        } else if mode == AttachMode::Auto {
            Some(AttachWarning::OlderForm { image, subject })
        } else {
            has_bundle.then_some(AttachWarning::Overlooked { image, subject })
        }
    }
}

/// Whether there is a bundle among the referrers, beside which cosign 3 looks at nothing else. What is called a bundle and
/// cannot be read is none for it either.
async fn has_bundle(image: &Image, subject: &Digest, listed: Vec<Descriptor>) -> bool {
    let opened = open_all(image, subject, listed);
    let bundles = opened.any(|opened| async move {
        matches!(opened.content, Content::Bundle(bundle) if contents(&bundle).is_ok())
    });
    bundles.await
}

/// What may keep others from finding a referrer.
pub(crate) fn of_referrer(
    image: &Image,
    subject: &Digest,
    attached: &Attached,
) -> Vec<AttachWarning> {
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
