//! The line of one image, from reference to verified statement.
//!
//! ```text
//! reference ─► fetch ─► facts ─► evaluate ─► decide ─► attest ─► report
//! ```
//!
//! [`Pipeline::check`] and [`Pipeline::judge`] are that line; everything else in this crate is one of its stages, or
//! says what it judges by. Front doors (the command line, a webhook, a proxy) call it and add no judgement of their own.
//! It is made for many calls at once: nothing blocks the async runtime, evaluations are bounded in number, packs and
//! connections are shared, and every future can be dropped.

mod again;
mod attach_form;
mod attached;
mod attest_image;
mod attestations;
mod base_images;
mod baseline;
mod builtin;
mod catalogue;
mod claims;
pub mod config;
mod decide;
mod difference;
mod dockerfile;
mod error;
mod evidence;
mod fix;
mod gather;
mod image_base;
mod index;
mod judge_statements;
mod lint;
mod packs;
mod plan;
mod policies;
mod recorded;
mod replay;
mod report;
mod resolve;
mod reuse;
mod run_summary;
mod set_document;
mod set_file;
mod statements;
mod subject;
mod superseded;
mod trust_document;
mod trust_policy;
mod trusting;
mod verify_image;
mod wanted;
mod without_effect;
mod yaml;

pub use ::facts::{BuildInputs, base_config};
pub use again::{Again, Answers};
pub use attach_form::{AttachMode, AttachWarning, Forms};
pub use attached::Reason;
pub use attest_image::{AttestRequest, Attested, Planned, Predicates};
pub use base_images::KnownBases;
pub use baseline::Baseline;
pub use builtin::{BUILTIN, DEFAULT_SET, PACKS, SETS, builtin_set};
pub use catalogue::Catalogue;
pub use claims::{RunConditions, Unnamed, Withheld, claims};
pub use decide::{Decision, JudgedRule, Judgement, decide};
pub use difference::{Difference, What, differences_of_images};
pub use error::{AttestError, CheckError, PoliciesError, TrustPolicyError, VerifyError};
pub use evidence::{
    BuildBase, BuildDocument, Digests, EVIDENCE_LAYER_TYPE, EVIDENCE_TYPE, EvidenceDocument,
    EvidenceError, MAX_EVIDENCE_BYTES, MAX_EVIDENCE_TEXT, RecordedCircumstances, RecordedVerdict,
    attached_evidence, evidence_files,
};
pub use fix::{Bases, Fixed, Refused, Unsafe};
pub use gather::gather_facts;
pub use judge_statements::{AcceptedBy, AcceptedStatement, Place, RejectedStatement, StatedClaim};
pub use lint::{Dockerfile, MAX_DOCKERFILE_BYTES};
pub use plan::{Change, PlannedChange, Planner};
pub use policies::{Changes, Policies, find_word};
pub use recorded::{RecordedError, RecordedFinding, RecordedStatus, read_findings};
pub use replay::{HeldAgainst, PackSources, Replayed, Replayer, StatementToReplay, Unobtainable};
pub use reuse::ReuseRequest;
pub use run_summary::{RunSummary, WaiverTally};
pub use set_document::{Accepted, ClaimDocument, RuleDocument, SetDocument, Tool};
pub use set_file::{FileKind, file_kind, files_of};
pub use statements::{
    AttachedStatement, LegacyManifest, LegacyStatement, LegacyStatements, NotChecked, State,
    Statements, StatementsRequest, list_statements,
};
pub use subject::Platforms;
pub use superseded::{Candidate, Outcome, Superseded};
pub use trust_document::{
    Age, IdentityDocument, InvalidAge, PolicySetDocument, PolicySetFields, SignerDocument,
    StatementsDocument, TrustDocument,
};
pub use trust_policy::{TrustPolicy, TrustRule, TrustedSigner};
pub use verify_image::{Verification, VerifyRequest, verify_image};

use ::engine::{Case, Circumstances, Engine, Evaluation};
use ::registry::{Image, Registry, Source};
use futures_util::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;
use model::facts::DockerfileFacts;
use model::{Facts, Interface, Report, RuleId, SubjectNames};
use oci_spec::image::Descriptor;
use packs::ByPack;
use report::Examined;
use std::collections::BTreeMap;
use std::num::NonZero;
use std::sync::Arc;
use std::thread;
use subject::{Manifest, Subjects};
use tokio::sync::Semaphore;
use trusting::Trusting;
use wanted::Wanted;

/// How many manifests of one index are fetched and judged at the same time.
const AT_ONCE: usize = 4;

/// Everything that many checks share.
#[derive(Clone, Debug)]
pub struct Pipeline {
    registry: Registry,
    engine: Arc<Engine>,
    policies: Arc<Policies>,
    /// As many evaluations run at once as there are processors.
    evaluations: Arc<Semaphore>,
}

/// How one image is checked.
#[derive(Clone, Debug, Default)]
pub struct CheckRequest {
    /// Which of an index's platforms.
    pub platforms: Platforms,
    /// What the rules are told is the time; none: now.
    pub effective_time: Option<Timestamp>,
    /// Facts of the request.
    pub context: BTreeMap<String, String>,
    /// What was found in the working directory and not named by anybody.
    pub unnamed: Vec<Unnamed>,
    /// Options that weaken the run, as they were given.
    pub insecure: Vec<String>,
    /// Of a Dockerfile alone, leave the evidence out: it costs more than the verdict.
    pub without_evidence: bool,
    /// The Dockerfile that made the image, as the user says.
    pub dockerfile: Option<Arc<Dockerfile>>,
    /// Findings that are not new.
    pub baseline: Option<Arc<Baseline>>,
    /// Keep all that verdicts come from, as [`Judged::recorded`].
    pub records: bool,
    /// What an earlier run was told, where its verdict is come to again.
    pub again: Option<Arc<Again>>,
}

/// One subject, judged.
#[derive(Clone, Debug)]
pub struct Judged {
    /// All that the verdict comes from, where that was wanted.
    pub recorded: Option<Arc<EvidenceDocument>>,
    /// What is said about it.
    pub report: Report,
    /// What a statement about it can be attached to; none for an archive without manifests.
    pub descriptor: Option<Descriptor>,
    /// The Dockerfile, for whoever shows places in it.
    pub dockerfile: Option<DockerfileText>,
    /// Why what the rules find is bad, in a sentence each.
    pub reasons: Arc<Reasons>,
    /// What the rules were told; none of an index.
    pub(crate) case: Option<Arc<Case>>,
}

impl Judged {
    /// What is known of its Dockerfile, if there is one that can be read.
    pub fn dockerfile_facts(&self) -> Option<&DockerfileFacts> {
        let file = self.case.as_ref()?.facts.dockerfile.as_ref()?;
        file.as_deref().ok()
    }
}

/// By rule, why what it finds is bad.
pub type Reasons = BTreeMap<RuleId, String>;

/// A Dockerfile, as findings point into it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DockerfileText {
    /// As the user calls it, or as its provenance does.
    pub path: String,
    /// Bytes that are not UTF-8 are replaced.
    pub text: String,
}

impl Judged {
    /// What the subject is called.
    pub fn names(&self) -> SubjectNames<'_> {
        let dockerfile = self.dockerfile.as_ref();
        let path = dockerfile.map(|file| file.path.as_str());
        report::names(&self.report.subject, path)
    }
}

impl Pipeline {
    /// A line over a registry client, an engine, and policies that the engine loaded.
    pub fn new(registry: Registry, engine: Arc<Engine>, policies: Arc<Policies>) -> Self {
        let evaluations = thread::available_parallelism().map_or(1, NonZero::get);
        Self {
            registry,
            engine,
            policies,
            evaluations: Arc::new(Semaphore::new(evaluations)),
        }
    }

    /// What it judges by.
    pub fn policies(&self) -> &Policies {
        &self.policies
    }

    /// Checks one image: each of its platforms that is asked for, in the order of the index, and, where all are, the
    /// index itself at the end.
    ///
    /// # Errors
    /// If the image cannot be had, or is none. What a policy does wrong is part of a report.
    pub async fn check(
        &self,
        source: &Source,
        request: &CheckRequest,
    ) -> Result<Vec<Judged>, CheckError> {
        let time = request.effective_time.unwrap_or_else(whole_second);
        let image = self.registry.open(source).await?;
        let subjects = subject::resolve(&image, &request.platforms).await?;
        let judge = |manifest| self.judge(&image, &subjects, manifest, request, time);
        let judging = stream::iter(subjects.manifests.iter().map(judge)).buffered(AT_ONCE);
        let mut judged: Vec<Judged> = judging.try_collect().await?;
        if let Some(index) = &subjects.index {
            judged.push(index::report(&image, index, &judged, &self.policies)?);
        }
        Ok(judged)
    }

    /// How a run over images was started.
    fn conditions(&self, request: &CheckRequest) -> RunConditions {
        RunConditions {
            changed_set: !self.policies.as_published,
            unnamed: request.unnamed.clone(),
            // At the recorded time, whatever the clock says.
            other_time: request.effective_time.is_some() && request.again.is_none(),
            insecure: request.insecure.clone(),
            baseline: request.baseline.is_some(),
            no_image: false,
        }
    }

    /// Judges one manifest.
    async fn judge(
        &self,
        image: &Image,
        subjects: &Subjects,
        manifest: &Manifest,
        request: &CheckRequest,
        time: Timestamp,
    ) -> Result<Judged, CheckError> {
        let conditions = self.conditions(request);
        let (facts, dockerfile) = Box::pin(self.facts(image, manifest, request, time)).await?;
        subject::check_platform(&request.platforms, image, &facts)?;
        let (subject_name, claims) = match request.again.as_deref() {
            Some(again) => (again.subject_name.clone(), again.claims.clone()),
            None => (
                subject::name(image),
                conditions.decided_claims(&self.policies.set),
            ),
        };
        let circumstances = Circumstances {
            time,
            point: self.policies.point,
            subject_name,
            claims,
            context: request.context.clone(),
        };
        let settings = Arc::clone(&self.policies.settings);
        let case = Arc::new(Case::new(facts, circumstances, settings));
        let evaluation = self.evaluate(Arc::clone(&case)).await?;
        let examined = Examined {
            subject: report::subject(image, manifest, &case.facts),
            descriptor: manifest.descriptor(),
            left_out: &subjects.left_out,
            dockerfile,
            case: &case,
            evaluation: &evaluation,
            conditions: &conditions,
            baseline: request.baseline.as_deref(),
            with_evidence: true,
            build: request.dockerfile.as_deref(),
            records: request.records,
        };
        examined.report(&self.policies, self.engine.limits())
    }

    /// Fetches what the selected rules need, and nothing else, and makes facts of it.
    async fn facts(
        &self,
        image: &Image,
        manifest: &Manifest,
        request: &CheckRequest,
        time: Timestamp,
    ) -> Result<(Facts, Option<DockerfileText>), CheckError> {
        let needs = self.policies.needs();
        let wanted = Wanted::by(&self.policies);
        // What a registry answers today is another question.
        let recorded = request.again.as_deref();
        let recorded = recorded.and_then(|again| again.answers.get(manifest.digest().as_ref()));
        let mut facts = Facts::default();
        let mut text = None;
        if needs.is_empty() && wanted == Wanted::default() && request.dockerfile.is_none() {
            return Ok((facts, text));
        }
        let config = manifest.config(image).await?;
        let image_facts = ::facts::image(&config, manifest.document());
        let file = match &request.dockerfile {
            // What was given is looked at, whatever the rules need: it may be no Dockerfile at all.
            Some(file) => Some(dockerfile::given(file, &image_facts)),
            None if needs.contains(&Interface::Dockerfile) => {
                Some(dockerfile::find(image, manifest, &image_facts).await)
            }
            None => None,
        };
        if let Some(file) = file {
            text = file.text;
            if let (Ok(file), true) = (&file.facts, needs.contains(&Interface::BaseImage)) {
                let platform = subject::platform(&image_facts);
                let mut known = KnownBases::default();
                let fetch = base_images::fetch(
                    &self.registry,
                    file,
                    &platform,
                    |it| it.reachable,
                    &mut known,
                );
                facts.base_images = match recorded {
                    Some(recorded) => recorded.base_images.clone(),
                    None => Some(fetch.await),
                };
            }
            facts.dockerfile = Some(file.facts);
        }
        facts.image = Some(image_facts);
        if let Some(recorded) = recorded {
            facts.attestations.clone_from(&recorded.attestations);
            facts.image_base.clone_from(&recorded.image_base);
            return Ok((facts, text));
        }
        let name = subject::name(image);
        let trusting = Trusting::by(self.policies.trust.as_deref(), name.as_deref());
        wanted
            .gather(&self.registry, image, manifest, &trusting, time, &mut facts)
            .await;
        Ok((facts, text))
    }

    /// Runs the selected rules of every pack, on a thread that may block. Policies never fail as a whole.
    async fn evaluate(&self, case: Arc<Case>) -> Result<Evaluation, CheckError> {
        let permit = Arc::clone(&self.evaluations)
            .acquire_owned()
            .await
            .map_err(|_| CheckError::ShuttingDown)?;
        let pipeline = self.clone();
        let run = move || {
            let _permit = permit;
            pipeline.evaluate_now(&pipeline.policies.rules, &case)
        };
        tokio::task::spawn_blocking(run)
            .await
            .map_err(|_| CheckError::ShuttingDown)
    }

    /// Runs these rules, each in its pack.
    fn evaluate_now(&self, rules: &ByPack, case: &Arc<Case>) -> Evaluation {
        self.policies.packs.evaluate(&self.engine, rules, case)
    }
}

/// The time in whole seconds, which is what rules are told and what is signed.
pub fn whole_second() -> Timestamp {
    let now = Timestamp::now();
    Timestamp::from_second(now.as_second()).unwrap_or(now)
}
