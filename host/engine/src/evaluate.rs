//! Running the rules of a pack on one case.

use crate::bindings::exports::polcheck::policy::check;
use crate::bindings::polcheck::policy::types;
use crate::case::Case;
use crate::convert;
use crate::host::{Exceeded, Granted, Host, Trace};
use crate::limits::Limits;
use crate::needs::{AtHand, Interfaces};
use crate::pack::Pack;
use crate::sandbox::Engine;
use crate::walk::Walk;
use model::{Broken, BrokenKind, Outcome, RuleId, RuleMetadata, RuleOutcome};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Instant;
use wasmtime::{PoolConcurrencyLimitError, Trap};

/// What came of the rules of one pack.
#[derive(Clone, Debug, Default)]
pub struct Evaluation {
    /// One for each rule that was asked for, sorted by rule.
    pub outcomes: Vec<RuleOutcome>,
    /// What the rules logged: level and message.
    pub log: Vec<String>,
    /// The facts of the request that the rules read.
    pub context: BTreeSet<String>,
    /// The fuel of all calls together.
    pub fuel: u64,
}

/// One call of `evaluate`, in an instance of its own.
struct Call {
    /// Of each of its rules.
    answer: Result<Vec<Outcome>, Broken>,
    trace: Trace,
    fuel: u64,
}

impl Engine {
    /// Runs rules of a pack on a case. It never fails as a whole: what goes wrong is the outcome of a rule.
    ///
    /// Rules whose needs are not served are not run. The others run in one instance for each distinct set of needs and
    /// uses that are at hand; where such a call breaks, its rules run again one by one, so that a rule breaks only itself.
    pub fn evaluate(&self, pack: &Pack, rules: &[RuleId], case: &Arc<Case>) -> Evaluation {
        let start = Instant::now();
        let mut evaluation = Evaluation {
            outcomes: Vec::with_capacity(rules.len()),
            ..Evaluation::default()
        };
        let calls = calls(pack, rules, &AtHand::of(&case.facts), &mut evaluation);
        for (granted, rules) in calls {
            self.run(pack, granted, &rules, case, start, &mut evaluation);
        }
        evaluation.outcomes.sort_by(|a, b| a.rule.cmp(&b.rule));
        evaluation
    }

    fn run(
        &self,
        pack: &Pack,
        granted: Granted,
        rules: &[&RuleMetadata],
        case: &Arc<Case>,
        start: Instant,
        evaluation: &mut Evaluation,
    ) {
        let call = self.call(pack, granted, rules, case, start);
        evaluation.fuel += call.fuel;
        match (call.answer, rules) {
            (Err(_), [_, _, ..]) => {
                for rule in rules {
                    self.run(pack, granted, &[rule], case, start, evaluation);
                }
                return;
            }
            (Err(broken), rules) => {
                for rule in rules {
                    evaluation.settle(&rule.id, Outcome::Broken(broken.clone()));
                }
            }
            (Ok(answers), rules) => {
                for (rule, outcome) in rules.iter().zip(answers) {
                    evaluation.settle(&rule.id, outcome);
                }
            }
        }
        evaluation.log.extend(
            call.trace
                .log
                .into_iter()
                .map(|(level, message)| format!("{level:?}: {message}")),
        );
        evaluation.context.extend(call.trace.context);
    }

    fn call(
        &self,
        pack: &Pack,
        granted: Granted,
        rules: &[&RuleMetadata],
        case: &Arc<Case>,
        start: Instant,
    ) -> Call {
        if start.elapsed() > self.limits.pack_deadline {
            let message = format!(
                "all rules together ran longer than {:?}",
                self.limits.pack_deadline
            );
            let answer = Err(Broken {
                kind: BrokenKind::Deadline,
                message,
            });
            return Call {
                answer,
                trace: Trace::default(),
                fuel: 0,
            };
        }
        let host = Host::new(Arc::clone(case), Arc::clone(&self.limits), granted);
        let mut store = self.store(host);
        let names: Vec<&str> = rules.iter().map(|rule| rule.id.as_ref()).collect();
        let answer = pack.policy.instantiate(&mut store).and_then(|policy| {
            policy
                .polcheck_policy_check()
                .call_evaluate(&mut store, &names)
        });
        let fuel = self
            .limits
            .fuel
            .saturating_sub(store.get_fuel().unwrap_or_default());
        let trace = store.into_data().trace;
        let answer = answer
            .map_err(|error| broken(&error, &trace, &self.limits))
            .and_then(|answers| refuse_undeclared(&trace).map(|()| answers))
            .and_then(|answers| sort_answers(answers, rules, &self.limits));
        Call {
            answer,
            trace,
            fuel,
        }
    }
}

impl Evaluation {
    /// With what came of other rules.
    #[must_use]
    pub fn join(mut self, other: Self) -> Self {
        self.outcomes.extend(other.outcomes);
        self.outcomes.sort_by(|a, b| a.rule.cmp(&b.rule));
        self.log.extend(other.log);
        self.context.extend(other.context);
        self.fuel += other.fuel;
        self
    }

    fn settle(&mut self, rule: &RuleId, outcome: Outcome) {
        self.outcomes.push(RuleOutcome {
            rule: rule.clone(),
            outcome,
        });
    }
}

fn refuse_undeclared(trace: &Trace) -> Result<(), Broken> {
    trace.undeclared.map_or(Ok(()), |interface| {
        let message = format!(
            "it read `{}` without declaring that it needs or uses it",
            interface.name()
        );
        Err(Broken {
            kind: BrokenKind::UndeclaredFact,
            message,
        })
    })
}

/// The calls that it takes to run these rules. What needs no call is settled.
fn calls<'a>(
    pack: &'a Pack,
    rules: &'a [RuleId],
    at_hand: &AtHand,
    evaluation: &mut Evaluation,
) -> Vec<(Granted, Vec<&'a RuleMetadata>)> {
    let mut calls: Vec<(Granted, Vec<&RuleMetadata>)> = Vec::new();
    for rule in pack.select(rules) {
        let (rule, needs) = match rule {
            Ok(known) => known,
            Err(id) => {
                evaluation.settle(id, Outcome::Broken(not_answered(id)));
                continue;
            }
        };
        if let Some(outcome) = at_hand.unserved(rule, needs) {
            evaluation.settle(&rule.id, outcome);
            continue;
        }
        let shown = at_hand.shown(needs);
        let at = calls.iter().position(|(granted, _)| granted.shown == shown);
        let at = at.unwrap_or_else(|| {
            let declared = Interfaces::default();
            calls.push((Granted { declared, shown }, Vec::with_capacity(rules.len())));
            calls.len() - 1
        });
        if let Some((granted, rules)) = calls.get_mut(at) {
            granted.declared = granted.declared.with(needs.declared);
            rules.push(rule);
        }
    }
    calls
}

/// Gives each rule its answer.
fn sort_answers(
    answers: Vec<check::RuleOutcome>,
    rules: &[&RuleMetadata],
    limits: &Limits,
) -> Result<Vec<Outcome>, Broken> {
    let mut outcomes: Vec<Option<Outcome>> = vec![None; rules.len()];
    let mut walk = Walk::over(rules);
    for answer in answers {
        let found = walk.find(|rule| rule.id.as_ref() == answer.rule);
        let slot = found.and_then(|(at, _)| outcomes.get_mut(at));
        let slot = slot.ok_or_else(|| not_asked_for(&answer.rule))?;
        *slot = Some(match slot {
            None => outcome(answer.outcome, limits),
            Some(_) => Outcome::Broken(answered_twice(&answer.rule)),
        });
    }
    let settle = |(rule, outcome): (&&RuleMetadata, Option<Outcome>)| {
        outcome.unwrap_or_else(|| Outcome::Broken(not_answered(&rule.id)))
    };
    Ok(rules.iter().zip(outcomes).map(settle).collect())
}

fn outcome(outcome: check::Outcome, limits: &Limits) -> Outcome {
    let check::Outcome::Findings(findings) = &outcome else {
        return convert::outcome(outcome);
    };
    let edits = |finding: &types::Finding| {
        let remediation = finding.remediation.as_ref();
        remediation.map_or(0, |remediation| remediation.edits.len())
    };
    let most = findings.iter().map(edits).max().unwrap_or_default();
    let message = if findings.len() > limits.findings {
        format!(
            "it reported {} findings, and {} are allowed",
            findings.len(),
            limits.findings
        )
    } else if most > limits.edits {
        format!(
            "it offered {most} edits for one finding, and {} are allowed",
            limits.edits
        )
    } else {
        return convert::outcome(outcome);
    };
    Outcome::Broken(Broken {
        kind: BrokenKind::Findings,
        message,
    })
}

fn not_asked_for(rule: &str) -> Broken {
    Broken {
        kind: BrokenKind::UnknownRule,
        message: format!("it answered for `{rule}`, which was not asked for"),
    }
}

fn answered_twice(rule: &str) -> Broken {
    Broken {
        kind: BrokenKind::AnsweredTwice,
        message: format!("it answered for `{rule}` more than once"),
    }
}

fn not_answered(rule: &RuleId) -> Broken {
    Broken {
        kind: BrokenKind::NotAnswered,
        message: format!("it did not answer for `{rule}`"),
    }
}

/// Why a call broke, by the type of its error and by what the policy did last.
pub(crate) fn broken(error: &wasmtime::Error, trace: &Trace, limits: &Limits) -> Broken {
    let (kind, message) = if let Some(exceeded) = error.downcast_ref::<Exceeded>() {
        (kind_of_limit(*exceeded), exceeded.to_string())
    } else if let Some(trap) = error.downcast_ref::<Trap>() {
        by_trap(*trap, trace, limits)
    } else if error.is::<PoolConcurrencyLimitError>() {
        (
            BrokenKind::Unavailable,
            "too many evaluations run at the same time".to_owned(),
        )
    } else {
        let limit = limits.handover_bytes >> 10;
        (
            BrokenKind::Handover,
            format!(
                "what it handed to the host is larger than {limit} KiB or not well-formed: {}",
                error.root_cause()
            ),
        )
    };
    Broken { kind, message }
}

fn kind_of_limit(exceeded: Exceeded) -> BrokenKind {
    match exceeded {
        Exceeded::Memory(_) => BrokenKind::Memory,
        Exceeded::Table(_) => BrokenKind::Table,
        Exceeded::HostBytes(_) => BrokenKind::HostBytes,
        Exceeded::HostCalls(_) => BrokenKind::HostCalls,
        Exceeded::Log(_) => BrokenKind::Log,
    }
}

fn by_trap(trap: Trap, trace: &Trace, limits: &Limits) -> (BrokenKind, String) {
    match (trap, trace.log.last()) {
        (Trap::OutOfFuel, _) => (
            BrokenKind::OutOfFuel,
            format!("it used up its {} units of fuel", limits.fuel),
        ),
        (Trap::Interrupt, _) => (
            BrokenKind::Deadline,
            format!("it ran longer than {:?}", limits.deadline),
        ),
        (Trap::StackOverflow, _) => (BrokenKind::Stack, "it called itself too deeply".to_owned()),
        // A panic hook says its last words, then the program aborts.
        (Trap::UnreachableCodeReached, Some((_, message))) if trace.last_words => {
            (BrokenKind::Panic, message.clone())
        }
        (trap, _) => (BrokenKind::Trap, trap.to_string()),
    }
}
