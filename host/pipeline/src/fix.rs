//! Fixing a Dockerfile: the edits that rules offer are made, as long as `BuildKit` reads everything else as before.
//!
//! ```text
//! findings ─► edits ─► new text ─► facts ─► guard ─► findings of the new text …
//! ```
//!
//! A policy offers edits and is not believed: what the guard refuses is not made.

mod guard;

pub use guard::Unsafe;

use crate::base_images::{self, KnownBases};
use crate::decide::{Judgement, decide};
use crate::error::CheckError;
use crate::lint::uses_bases;
use crate::report::{judged_rules, names};
use crate::{CheckRequest, Dockerfile, Judged, Pipeline};
use ::engine::{Case, Evaluation};
use model::edit::{Edited, Hindrance, TextEdit};
use model::facts::dockerfile::{Span, Stage, Status};
use model::facts::{BaseImage, DockerfileFacts};
use model::report::{ReportedFinding, Status as Counts};
use model::{Fact, Location, Platform, Report, RuleId};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// How often the edits of new findings are made. Two are enough for the built-in rules.
const ROUNDS: usize = 8;
/// How often a part of the edits is tried, where all of them together are unsafe.
const TRIALS: usize = 64;

/// The base images of stages, as they are now, by the index of the stage.
pub type Bases = BTreeMap<u32, Fact<BaseImage>>;

/// A Dockerfile, fixed as far as its findings have edits.
#[derive(Debug)]
pub struct Fixed {
    /// What is said about the file as it is then.
    pub judged: Judged,
    /// Its new text; none: there was nothing to do.
    pub text: Option<String>,
    /// How many findings are gone by edits.
    pub fixed: usize,
    /// Edits that were offered and not made.
    pub refused: Vec<Refused>,
}

/// Edits that a rule offers and that are not made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The rule.
    pub rule: RuleId,
    /// Its finding.
    pub message: String,
    /// Why.
    pub why: Unsafe,
}

/// A finding is known by its rule and its key, wherever it stands.
type Known = (RuleId, String);

/// The edits of one finding.
#[derive(Clone, Debug)]
struct Offer {
    known: Known,
    message: String,
    edits: Vec<TextEdit>,
}

/// A file on its way.
struct State {
    file: Dockerfile,
    case: Arc<Case>,
}

/// What was done so far.
#[derive(Default)]
struct Done {
    made: BTreeSet<Known>,
    refused: BTreeMap<Known, Refused>,
}

impl Pipeline {
    /// Makes the edits that open findings of a Dockerfile have, and judges what comes of it. It writes nothing. Rules that can
    /// offer more where they know the base images are told of these.
    ///
    /// # Errors
    /// If facts, settings or verdict have no digest.
    pub fn fix(
        &self,
        file: &Dockerfile,
        request: &CheckRequest,
        bases: Option<&Bases>,
    ) -> Result<Fixed, CheckError> {
        let mut state = State {
            case: self.case_alone(file.facts(None), None, request),
            file: file.clone(),
        };
        let mut done = Done::default();
        let mut judged = self.judge_alone(&state.file, &state.case, request)?;
        for _ in 0..ROUNDS {
            let offers = match bases {
                None => offers_of(&judged.report.findings),
                Some(bases) => offers_of(&self.findings_with(&state, bases, request)),
            };
            let Some(next) = self.round(&state, &offers, request, &mut done) else {
                break;
            };
            state = next;
            judged = self.judge_alone(&state.file, &state.case, request)?;
        }
        Ok(Fixed {
            fixed: done.settle(&mut judged.report),
            text: (!done.made.is_empty()).then(|| state.text().to_owned()),
            judged,
            refused: done.refused.into_values().collect(),
        })
    }

    /// The base images that rules ask for to offer edits: of the stages that they have open findings about, and whose base is
    /// written out.
    pub async fn bases_to_fix(
        &self,
        file: &Dockerfile,
        request: &CheckRequest,
        known: &mut KnownBases,
    ) -> Bases {
        let state = State {
            case: self.case_alone(file.facts(None), None, request),
            file: file.clone(),
        };
        let Some(facts) = state.facts() else {
            return Bases::new();
        };
        let found = self.findings_with(&state, &Bases::new(), request);
        let places: Vec<Span> = found
            .iter()
            .filter_map(|it| self.asks_for_base(it))
            .collect();
        let is_wanted = |stage: &Stage| {
            places.contains(&stage.base_word.span) && stage.base_word.raw == stage.base
        };
        // What BuildKit builds for, where nobody says; only the digest of the whole index is used.
        let platform = Platform::new("linux", "amd64", None);
        base_images::fetch(&self.registry, facts, &platform, is_wanted, known).await
    }

    /// The place of a finding whose rule uses base images.
    fn asks_for_base(&self, finding: &ReportedFinding) -> Option<Span> {
        let (rule, _) = self.policies.catalogue().rule(&finding.rule)?;
        match (&finding.location, &finding.status) {
            (Some(Location::Dockerfile(span)), Counts::Open) => uses_bases(rule).then_some(*span),
            _ => None,
        }
    }

    /// What rules that may offer edits find, told of base images.
    fn findings_with(
        &self,
        state: &State,
        bases: &Bases,
        request: &CheckRequest,
    ) -> Vec<ReportedFinding> {
        let facts = state.case.facts.dockerfile.clone();
        let Some(file) = facts else {
            return Vec::new();
        };
        let case = self.case_alone(file, Some(bases.clone()), request);
        let evaluation = self.evaluate_now(&self.rules_of_dockerfiles().fixable, &case);
        self.findings(state, &case, &evaluation, request)
    }

    /// What came of an evaluation that has edits, and of nothing else.
    fn findings(
        &self,
        state: &State,
        case: &Case,
        evaluation: &Evaluation,
        request: &CheckRequest,
    ) -> Vec<ReportedFinding> {
        let subject = state.file.subject();
        let mut decision = decide(&Judgement {
            set: &self.policies.set,
            rules: &judged_rules(&self.policies, evaluation, &subject),
            problems: &[],
            subject: names(&subject, Some(&state.file.path)),
            baseline: request.baseline.as_deref(),
            file: state.facts(),
            time: case.circumstances.time,
        });
        keep_fitting(&mut decision.findings, state.facts());
        decision.findings
    }

    /// Makes what is offered, as far as it is safe; none: nothing is.
    fn round(
        &self,
        state: &State,
        offers: &[Offer],
        request: &CheckRequest,
        done: &mut Done,
    ) -> Option<State> {
        let is_new = |offer: &&Offer| !done.refused.contains_key(&offer.known);
        let new: Vec<&Offer> = offers.iter().filter(is_new).collect();
        if new.is_empty() {
            return None;
        }
        let mut waiting = vec![new];
        let (mut accepted, mut next) = (Vec::new(), None);
        for trial in 0.. {
            let Some(chunk) = waiting.pop() else { break };
            if trial > TRIALS {
                done.refuse(chunk, &Unsafe::TooMany);
                continue;
            }
            match self.attempt(state, &accepted, &chunk, request, done) {
                Ok(None) => {}
                Ok(Some((new, made))) => {
                    accepted = made;
                    next = Some(new);
                }
                Err(why) if chunk.len() == 1 => done.refuse(chunk, &why),
                Err(_) => {
                    let (first, second) = chunk.split_at(chunk.len() / 2);
                    waiting.extend([second.to_vec(), first.to_vec()]);
                }
            }
        }
        done.made
            .extend(accepted.iter().map(|offer| offer.known.clone()));
        next
    }

    /// Makes further edits together with those that are known to be safe.
    fn attempt<'o>(
        &self,
        state: &State,
        accepted: &[&'o Offer],
        further: &[&'o Offer],
        request: &CheckRequest,
        done: &mut Done,
    ) -> Result<Option<(State, Vec<&'o Offer>)>, Unsafe> {
        let mut edited = Edited::new(state.text());
        let mut made: Vec<&Offer> = Vec::new();
        for offer in accepted.iter().chain(further).copied() {
            match edited.make(&offer.edits) {
                Ok(()) => made.push(offer),
                Err(Hindrance::OneAnother) => done.refuse([offer], &Unsafe::Overlap),
                // It may be offered again once the others are made.
                Err(Hindrance::AnotherFinding | Hindrance::OtherText) => {}
            }
        }
        let text = edited.text();
        let (Some(before), true) = (state.facts(), made.len() > accepted.len()) else {
            return Ok(None);
        };
        if text == state.text() {
            return Ok(None);
        }
        let file = Dockerfile {
            bytes: text.into_bytes(),
            ..state.file.clone()
        };
        let facts = file.facts(None);
        match &facts {
            Ok(after) => guard::check(before, after, &edited)?,
            Err(error) => return Err(Unsafe::Invalid(error.to_string())),
        }
        let case = self.case_alone(facts, None, request);
        Ok(Some((State { file, case }, made)))
    }
}

impl State {
    fn facts(&self) -> Option<&DockerfileFacts> {
        self.case.facts.dockerfile.as_ref()?.as_deref().ok()
    }

    fn text(&self) -> &str {
        self.facts().map_or("", |facts| &facts.text)
    }
}

impl Done {
    fn refuse<'o>(&mut self, offers: impl IntoIterator<Item = &'o Offer>, why: &Unsafe) {
        for offer in offers {
            let refused = Refused {
                rule: offer.known.0.clone(),
                message: offer.message.clone(),
                why: why.clone(),
            };
            self.refused.insert(offer.known.clone(), refused);
        }
    }

    /// How many findings are gone. Those that are left have no edits that would not be made.
    fn settle(&self, report: &mut Report) -> usize {
        let mut gone = self.made.clone();
        for finding in &mut report.findings {
            let known = (finding.rule.clone(), finding.key.clone());
            gone.remove(&known);
            if self.refused.contains_key(&known) {
                finding.edits.clear();
            }
        }
        gone.len()
    }
}

fn offers_of(findings: &[ReportedFinding]) -> Vec<Offer> {
    let open = findings
        .iter()
        .filter(|finding| finding.status == Counts::Open && !finding.edits.is_empty());
    open.map(|finding| Offer {
        known: (finding.rule.clone(), finding.key.clone()),
        message: finding.message.clone(),
        edits: finding.edits.clone(),
    })
    .collect()
}

/// Takes edits away that cannot be made: those for a file that `BuildKit` refuses, or that is no text, or has another text
/// where they say.
pub(crate) fn keep_fitting(findings: &mut [ReportedFinding], file: Option<&DockerfileFacts>) {
    let mut with_edits = findings
        .iter_mut()
        .filter(|it| !it.edits.is_empty())
        .peekable();
    if with_edits.peek().is_none() {
        return;
    }
    let is_text = |file: &&DockerfileFacts| !file.text.contains(char::REPLACEMENT_CHARACTER);
    let usable = file.filter(|file| file.status == Status::Complete);
    let edited = usable.filter(is_text).map(|file| Edited::new(&file.text));
    for finding in with_edits {
        let mut edits = finding.edits.iter();
        if !edited
            .as_ref()
            .is_some_and(|text| edits.all(|edit| text.fits(edit)))
        {
            finding.edits.clear();
        }
    }
}
