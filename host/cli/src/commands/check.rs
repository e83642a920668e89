//! `polcheck check`

use super::baseline::BaselineArgs;
use super::build::BuildArgs;
use super::evidence::{self, EvidenceArgs};
use super::reuse::ReuseArgs;
use super::signing::SigningArgs;
use super::time::TimeArgs;
use crate::args::{GlobalArgs, LoginArgs, PolicyArgs, RegistryArgs};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::files;
use crate::progress::Progress;
use crate::report::{self, Attestation, Entry, Rendered, Written};
use crate::session::{Session, block_on};
use clap::Args;
use futures_util::{StreamExt, stream};
use pipeline::Attested;
use pipeline::config::Layer;
use pipeline::{AttestError, CheckRequest, Dockerfile, Judged, Pipeline, Platforms, ReuseRequest};
use registry::Source;
use sigstore::Signer;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Check images against a policy set
///
/// Fetches what the selected rules need, evaluates them in a sandbox, and says what is wrong and what nobody looked at.
#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    #[command(flatten)]
    pub(crate) subject: SubjectArgs,
    /// Sign a statement about what passed, and attach it (the same as `polcheck attest`)
    #[arg(long, help_heading = "Signing options")]
    attest: bool,
    #[command(flatten)]
    signing: SigningArgs,
    #[command(flatten)]
    reuse: ReuseArgs,
}

/// What is checked, and how it is said.
#[derive(Debug, Args)]
pub(crate) struct SubjectArgs {
    /// The images
    #[arg(value_name = "IMAGE", required = true)]
    images: Vec<String>,
    /// Which platform of a multi-platform image: OS/ARCH[/VARIANT], or `all`
    ///
    /// `check` takes linux on the architecture of this machine; `attest` takes all.
    #[arg(long, value_name = "PLATFORM")]
    platform: Option<String>,
    /// The Dockerfile that made the image; it is held against the image
    #[arg(short = 'f', long, value_name = "FILE")]
    dockerfile: Option<PathBuf>,
    #[command(flatten)]
    time: TimeArgs,
    /// Check so many images at the same time
    #[arg(long, value_name = "N")]
    jobs: Option<usize>,
    /// Write the report as text, json, html, sarif, junit, markdown, github, github-output, gitlab or gitlab-container-scanning, to standard output or a file (repeatable)
    #[arg(
        short,
        long,
        value_name = "FORMAT[=PATH]",
        help_heading = "Output options"
    )]
    output: Vec<String>,
    /// End with 0 where images fail; verdicts and claims stay what they are
    #[arg(long, help_heading = "Output options")]
    exit_zero: bool,
    #[command(flatten)]
    build: BuildArgs,
    #[command(flatten)]
    baseline: BaselineArgs,
    #[command(flatten)]
    evidence: EvidenceArgs,
    /// Attach all that the verdict comes from to the image too, so that others can come to it again
    #[arg(long, help_heading = "Signing options")]
    attach_evidence: bool,
    #[command(flatten)]
    policy: PolicyArgs,
    #[command(flatten)]
    registry: RegistryArgs,
    #[command(flatten)]
    login: LoginArgs,
}

pub(crate) fn run(args: CheckArgs, global: &GlobalArgs) -> Result<Exit, Failure> {
    let CheckArgs {
        subject,
        attest,
        signing,
        reuse,
    } = args;
    check(&subject, attest.then_some(&signing), Some(&reuse), global)
}

/// Checks, and signs what passed if that is wanted.
pub(crate) fn check(
    args: &SubjectArgs,
    signing: Option<&SigningArgs>,
    reuse: Option<&ReuseArgs>,
    global: &GlobalArgs,
) -> Result<Exit, Failure> {
    let session = Session::new(global, args.layer()?)?;
    let outputs = session.outputs()?;
    let sources = args
        .images
        .iter()
        .map(|image| image.parse())
        .collect::<Result<Vec<Source>, _>>()?;
    let session = session.with_login(args.login.login(&sources)?);
    let request = args.request(&session, signing.is_some())?;
    let reuse = reuse.map(|reuse| reuse.request(&session)).transpose()?;
    if args.attach_evidence && signing.is_none() {
        return Err(
            Failure::say("evidence is attached beside a statement, and none is made")
                .help("use `polcheck attest`, or write it into files with `--evidence DIR`"),
        );
    }
    let signing = signing.map(Signing::new).transpose()?;
    let pipeline = session.pipeline()?;

    let progress = Progress::new(sources.len(), session.quiet);
    let run = Run {
        session: &session,
        pipeline: &pipeline,
        request: &request,
        signing: signing.as_ref(),
        reuse: reuse.flatten(),
        folder: args.evidence.folder()?,
        attaches_evidence: args.attach_evidence,
        progress: &progress,
    };
    let check = |source| run.one(source);
    let jobs = session.config.values.jobs.unwrap_or(1).max(1);
    let mut entries = stream::iter(sources).map(check).buffered(jobs).enumerate();
    let mut attested = Vec::new();
    let mut written = Written::to(&outputs, pipeline.policies(), &progress)?;
    block_on(async {
        while let Some((at, entry)) = entries.next().await {
            attested.extend_from_slice(entry.attested());
            written.add(at, Rendered::new(entry, &outputs, &session));
        }
    })?;
    let exit = written.finish(args.exit_zero, &session);
    if let Some(signing) = &signing {
        write_bundle(signing.args, &attested)?;
    }
    exit
}

/// Who signs, and how.
struct Signing<'a> {
    args: &'a SigningArgs,
    /// Nobody, if nothing is going to be signed.
    signer: Option<Signer>,
}

impl<'a> Signing<'a> {
    fn new(args: &'a SigningArgs) -> Result<Self, Failure> {
        args.check()?;
        let signer = (!args.dry_run).then(|| args.signer()).transpose()?;
        Ok(Self { args, signer })
    }

    async fn attest(
        &self,
        pipeline: &Pipeline,
        source: &Source,
        judged: &[Judged],
    ) -> Result<Attestation, AttestError> {
        let request = self.args.request();
        Ok(match &self.signer {
            Some(signer) => {
                Attestation::Signed(pipeline.attest(source, judged, signer, &request).await?)
            }
            None => {
                Attestation::Planned(pipeline.plan_attestation(source, judged, &request).await?)
            }
        })
    }
}

/// What is the same for every image.
struct Run<'a> {
    session: &'a Session,
    pipeline: &'a Pipeline,
    request: &'a CheckRequest,
    signing: Option<&'a Signing<'a>>,
    /// Which statements answer.
    reuse: Option<ReuseRequest>,
    /// Where evidence goes.
    folder: Option<&'a Path>,
    attaches_evidence: bool,
    progress: &'a Progress,
}

impl Run<'_> {
    /// Checks one image. What goes wrong with it is an entry, and stops no other.
    async fn one(&self, source: Source) -> Entry {
        let reference = source.to_string();
        self.progress.start(&reference);
        let line = Box::pin(self.line(&source));
        let entry = self.session.in_time(&reference, line).await;
        entry.unwrap_or_else(|failure| Entry::Failed { reference, failure })
    }

    async fn line(&self, source: &Source) -> Result<Entry, Failure> {
        if let Some(reuse) = &self.reuse {
            // That nobody can say whether there is a statement only means that the image is judged.
            let reused = self.pipeline.reuse(source, self.request, reuse).await;
            if let Ok(Some(judged)) = reused {
                return Ok(Entry::Judged {
                    judged: vec![judged],
                    attestation: Attestation::Unwanted,
                });
            }
        }
        let judged = self.pipeline.check(source, self.request).await?;
        evidence::write(self.folder, &judged)?;
        let attestation = match self.signing {
            None => Attestation::Unwanted,
            Some(signing) => signing.attest(self.pipeline, source, &judged).await?,
        };
        let is_attached = match &attestation {
            Attestation::Signed(signed) => signed
                .iter()
                .any(|it| it.referrer.is_some() || it.layer.is_some()),
            Attestation::Unwanted | Attestation::Planned(_) => false,
        };
        if self.attaches_evidence && is_attached {
            self.pipeline.attach_evidence(source, &judged).await?;
        }
        Ok(Entry::Judged {
            judged,
            attestation,
        })
    }
}

/// Writes the one bundle of the run where that was asked for.
fn write_bundle(signing: &SigningArgs, attested: &[Attested]) -> Result<(), Failure> {
    let Some(path) = &signing.bundle else {
        return Ok(());
    };
    match attested {
        [] => Ok(()),
        [one] => files::write(path, one.bundle.as_bytes()),
        several => Err(Failure::say(format!(
            "`--bundle` takes one statement, and there are {}",
            several.len()
        ))
        .help("name one image, one platform with `--platform`, and one `--predicate`")),
    }
}

impl SubjectArgs {
    fn layer(&self) -> Result<Layer, Failure> {
        let layer = self.registry.lay(self.policy.lay(Layer::default())?);
        Ok(Layer {
            platform: self.platform.clone(),
            jobs: self.jobs,
            baseline: self.baseline.baseline.clone(),
            output: (!self.output.is_empty()).then(|| self.output.clone()),
            ..layer
        })
    }

    fn request(&self, session: &Session, attests: bool) -> Result<CheckRequest, Failure> {
        let default = if attests {
            Platforms::All
        } else {
            Platforms::Host
        };
        Ok(CheckRequest {
            platforms: session
                .config
                .values
                .platform
                .as_deref()
                .map(report::platforms)
                .transpose()?
                .unwrap_or(default),
            effective_time: self.time.effective()?,
            unnamed: session.config.unnamed(),
            insecure: session.insecure(),
            dockerfile: self.dockerfile()?,
            baseline: session.baseline()?,
            records: self.evidence.folder()?.is_some() || self.attach_evidence,
            ..CheckRequest::default()
        })
    }
}

impl SubjectArgs {
    /// The Dockerfile that was given.
    fn dockerfile(&self) -> Result<Option<Arc<Dockerfile>>, Failure> {
        match (&self.dockerfile, self.images.as_slice()) {
            (None, _) => Ok(None),
            (Some(path), [_]) => Ok(Some(Arc::new(self.build.dockerfile(path)?))),
            (Some(_), _) => Err(Failure::say("`--dockerfile` is the file of one image")
                .help("name one image, or leave the file out")),
        }
    }
}
