//! Running the rules of a pack on one case.

use crate::bindings::exports::polcheck::policy::check;
use crate::case::Case;
use crate::convert;
use crate::host::{Exceeded, Granted, Host, Trace};
use crate::limits::Limits;
use crate::pack::Pack;
use crate::sandbox::Engine;
use model::{
    Broken, BrokenKind, FactError, Facts, Interface, Need, Outcome, RuleId, RuleMetadata,
    RuleOutcome,
};
use std::collections::{BTreeMap, BTreeSet};
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
    answer: Result<Vec<check::RuleOutcome>, Broken>,
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
        let mut evaluation = Evaluation::default();
        let mut calls: BTreeMap<BTreeSet<Interface>, Vec<&RuleMetadata>> = BTreeMap::new();
        for id in rules {
            match pack.rule(id) {
                None => evaluation.settle(id, Outcome::Broken(not_answered(id))),
                Some(rule) => match unserved(rule, &case.facts) {
                    Some(outcome) => evaluation.settle(id, outcome),
                    None => calls
                        .entry(visible(rule, &case.facts))
                        .or_default()
                        .push(rule),
                },
            }
        }
        for (visible, rules) in calls {
            let declared = rules.iter().flat_map(|rule| rule.interfaces()).collect();
            let granted = Granted { declared, visible };
            self.run(pack, &granted, &rules, case, start, &mut evaluation);
        }
        evaluation.outcomes.sort_by(|a, b| a.rule.cmp(&b.rule));
        evaluation
    }

    fn run(
        &self,
        pack: &Pack,
        granted: &Granted,
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
                for (rule, outcome) in sort_answers(answers, rules, &self.limits) {
                    evaluation.settle(rule, outcome);
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
        granted: &Granted,
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
        let host = Host::new(Arc::clone(case), Arc::clone(&self.limits), granted.clone());
        let mut store = self.store(host);
        let names: Vec<String> = rules.iter().map(|rule| rule.id.to_string()).collect();
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
            .and_then(|answers| refuse_unknown(&answers, &names).map(|()| answers));
        Call {
            answer,
            trace,
            fuel,
        }
    }
}

impl Evaluation {
    /// Adds what came of the rules of another pack.
    pub fn join(&mut self, other: Self) {
        self.outcomes.extend(other.outcomes);
        self.outcomes.sort_by(|a, b| a.rule.cmp(&b.rule));
        self.log.extend(other.log);
        self.context.extend(other.context);
        self.fuel += other.fuel;
    }

    fn settle(&mut self, rule: &RuleId, outcome: Outcome) {
        self.outcomes.push(RuleOutcome {
            rule: rule.clone(),
            outcome,
        });
    }
}

/// What a rule is shown of what it declares: what is at hand.
fn visible(rule: &RuleMetadata, facts: &Facts) -> BTreeSet<Interface> {
    let at_hand = |name: &String| {
        let need = Need::from_name(name)?;
        let is_there = match facts.serves(need) {
            Ok(()) => true,
            // What cannot be used says itself why.
            Err(error) => error.is_problem(),
        };
        is_there.then_some(need.interface())
    };
    let declared = rule.needs.iter().flatten().chain(&rule.uses);
    declared.filter_map(at_hand).collect()
}

/// The outcome of a rule that cannot be run, since a group of its needs is not served.
fn unserved(rule: &RuleMetadata, facts: &Facts) -> Option<Outcome> {
    rule.needs.iter().find_map(|group| {
        let answers: Vec<Result<(), FactError>> = group
            .iter()
            .map(|name| match Need::from_name(name) {
                Some(need) => facts.serves(need),
                None => Err(FactError::Unsupported(format!(
                    "this version does not serve `{name}`"
                ))),
            })
            .collect();
        if answers.iter().any(Result::is_ok) {
            return None;
        }
        // What might be there and cannot be used says more than what is not there.
        let mut errors: Vec<FactError> = answers.into_iter().filter_map(Result::err).collect();
        errors.sort_by_key(|error| !error.is_problem());
        let cause = errors.into_iter().next().unwrap_or(FactError::Absent);
        Some(Outcome::NotEvaluated {
            needs: group.clone(),
            cause,
        })
    })
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

fn refuse_unknown(answers: &[check::RuleOutcome], names: &[String]) -> Result<(), Broken> {
    match answers.iter().find(|answer| !names.contains(&answer.rule)) {
        None => Ok(()),
        Some(answer) => {
            let message = format!("it answered for `{}`, which was not asked for", answer.rule);
            Err(Broken {
                kind: BrokenKind::UnknownRule,
                message,
            })
        }
    }
}

/// Gives each rule its answer. All answers are for rules that were asked for.
fn sort_answers<'a>(
    answers: Vec<check::RuleOutcome>,
    rules: &[&'a RuleMetadata],
    limits: &Limits,
) -> Vec<(&'a RuleId, Outcome)> {
    let mut answered: BTreeMap<String, Vec<check::Outcome>> = BTreeMap::new();
    for answer in answers {
        answered
            .entry(answer.rule)
            .or_default()
            .push(answer.outcome);
    }
    let settle = |rule: &'a RuleMetadata| {
        let mut outcomes = answered.remove(rule.id.as_ref()).unwrap_or_default();
        let outcome = match (outcomes.pop(), outcomes.len()) {
            (None, _) => Outcome::Broken(not_answered(&rule.id)),
            (Some(_), 1..) => {
                let message = format!("it answered for `{}` more than once", rule.id);
                Outcome::Broken(Broken {
                    kind: BrokenKind::AnsweredTwice,
                    message,
                })
            }
            (Some(check::Outcome::Findings(findings)), 0) if findings.len() > limits.findings => {
                let message = format!(
                    "it reported {} findings, and {} are allowed",
                    findings.len(),
                    limits.findings
                );
                Outcome::Broken(Broken {
                    kind: BrokenKind::Findings,
                    message,
                })
            }
            (Some(outcome), 0) => convert::outcome(outcome),
        };
        (&rule.id, outcome)
    };
    rules.iter().copied().map(settle).collect()
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
