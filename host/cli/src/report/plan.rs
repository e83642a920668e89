//! What another policy set would change, and what differs between two images.

use super::printable;
use crate::failure::Failure;
use model::{Digest, PolicySet, RuleId};
use pipeline::{Change, Difference, EvidenceDocument, PlannedChange, Planner, What};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// How many subjects of a kind are named; `-v` and JSON name all.
const SHOWN: usize = 20;

/// What another policy set would change.
pub(crate) struct Plan {
    sets: [(PolicySet, Digest); 2],
    differences: Vec<Difference>,
    planned: Vec<PlannedChange>,
    failures: Vec<(String, Failure)>,
}

impl Plan {
    /// Of all subjects together.
    pub(crate) fn of(
        planner: &Planner,
        results: impl Iterator<Item = Result<PlannedChange, (String, Failure)>>,
    ) -> Self {
        let (mut subjects, mut failures) = (Vec::new(), Vec::new());
        for result in results {
            match result {
                Ok(one) => subjects.push(one),
                Err(failure) => failures.push(failure),
            }
        }
        subjects.sort_by(|a: &PlannedChange, b| a.subject.cmp(&b.subject));
        Self {
            sets: [planner.old(), planner.new_set()]
                .map(|policies| (policies.set.clone(), policies.digest.clone())),
            differences: planner.differences(),
            planned: subjects,
            failures,
        }
    }

    /// How many subjects a change means something to.
    pub(crate) fn count(&self, change: Change) -> usize {
        let of_change = self.planned.iter().filter(|it| it.change == change);
        of_change.count()
    }

    /// Whether it is not known what becomes of a subject.
    pub(crate) fn is_open(&self) -> bool {
        !self.failures.is_empty() || self.count(Change::NewlyUndecided) > 0
    }

    /// By how many subjects each rule fails, or no longer does.
    fn by_rule(&self, rules: impl Fn(&PlannedChange) -> Vec<RuleId>) -> Vec<(RuleId, usize)> {
        let mut counts: BTreeMap<RuleId, usize> = BTreeMap::new();
        for rule in self.planned.iter().flat_map(rules) {
            *counts.entry(rule).or_default() += 1;
        }
        let mut counts: Vec<_> = counts.into_iter().collect();
        counts.sort_by_key(|(rule, count)| (std::cmp::Reverse(*count), rule.clone()));
        counts
    }

    fn fuel(&self) -> [u64; 2] {
        [0, 1].map(|at| {
            let each = self.planned.iter();
            each.filter_map(|it| it.fuel.get(at)).sum()
        })
    }

    /// For people.
    pub(crate) fn text(&self, is_verbose: bool) -> String {
        let [old, new] = &self.sets;
        let mut text = format!("{} -> {}\n", set_text(old), set_text(new));
        text += &self.changes_text(is_verbose);
        text += &self.subjects_text(is_verbose);
        let _ = writeln!(
            text,
            "{} subjects: {} newly fail, {} newly pass, {} newly undecided, {} still undecided, {} the same",
            self.planned.len(),
            self.count(Change::NewlyFails),
            self.count(Change::NewlyPasses),
            self.count(Change::NewlyUndecided),
            self.count(Change::StillUndecided),
            self.count(Change::Same),
        );
        let [before, after] = self.fuel();
        let _ = writeln!(text, "cost: {}", cost(before, after));
        if !self.failures.is_empty() {
            let _ = writeln!(text, "{} could not be read", self.failures.len());
        }
        text
    }

    /// What the sets say differently, the longest kinds in a number.
    fn changes_text(&self, is_verbose: bool) -> String {
        let mut text = String::new();
        let kinds = self.differences.chunk_by(|a, b| a.what == b.what);
        for kind in kinds {
            let shown = if is_verbose { kind.len() } else { SHOWN };
            for difference in kind.iter().take(shown) {
                let _ = writeln!(text, "  {}", printable(&difference.to_string()));
            }
            if let (Some(first), true) = (kind.first(), kind.len() > shown) {
                let more = kind.len() - shown;
                let _ = writeln!(text, "  and {more} more of the kind {}", first.what.name());
            }
        }
        text
    }

    fn subjects_text(&self, is_verbose: bool) -> String {
        let mut text = String::new();
        for (change, title) in [
            (Change::NewlyFails, "newly fail"),
            (Change::NewlyUndecided, "can no longer be decided"),
            (Change::NewlyPasses, "newly pass"),
        ] {
            let own: Vec<&PlannedChange> = self
                .planned
                .iter()
                .filter(|it| it.change == change)
                .collect();
            if own.is_empty() {
                continue;
            }
            let _ = writeln!(text, "{title}:");
            let shown = if is_verbose { own.len() } else { SHOWN };
            for planned in own.iter().take(shown) {
                let _ = writeln!(text, "  {}: {}", printable(&planned.subject), why(planned));
            }
            if own.len() > shown {
                let _ = writeln!(text, "  and {} more", own.len() - shown);
            }
        }
        for (title, counts) in [
            (
                "rules that fail more",
                self.by_rule(|it| it.failing.iter().cloned().collect()),
            ),
            (
                "rules that fail less",
                self.by_rule(|it| it.relieved.iter().cloned().collect()),
            ),
        ] {
            if !counts.is_empty() {
                let counts = counts
                    .iter()
                    .map(|(rule, count)| format!("{rule} ({count})"));
                let counts: Vec<String> = counts.collect();
                let _ = writeln!(text, "{title}: {}", counts.join(", "));
            }
        }
        for (name, failure) in &self.failures {
            let causes = failure.causes.iter().map(|cause| format!(": {cause}"));
            let message = failure.message.clone() + &causes.collect::<String>();
            let _ = writeln!(text, "{}: {}", printable(name), printable(&message));
        }
        text
    }

    /// For programs.
    pub(crate) fn json(&self) -> String {
        let [old, new] = &self.sets;
        let set = |(set, digest): &(PolicySet, Digest)| json!({ "name": set.name, "uri": set.uri, "digest": digest });
        let [before, after] = self.fuel();
        let rules = |counts: Vec<(RuleId, usize)>| -> BTreeMap<String, usize> {
            let counts = counts.into_iter();
            counts
                .map(|(rule, count)| (rule.to_string(), count))
                .collect()
        };
        let failures = self.failures.iter().map(
            |(name, failure)| json!({ "evidence": name, "message": failure.message, "causes": failure.causes, "help": failure.help }),
        );
        let document = json!({
            "schemaVersion": 1,
            "old": set(old),
            "new": set(new),
            "differences": self.differences,
            "newlyFails": self.count(Change::NewlyFails),
            "newlyPasses": self.count(Change::NewlyPasses),
            "newlyUndecided": self.count(Change::NewlyUndecided),
            "stillUndecided": self.count(Change::StillUndecided),
            "same": self.count(Change::Same),
            "failingRules": rules(self.by_rule(|it| it.failing.iter().cloned().collect())),
            "relievedRules": rules(self.by_rule(|it| it.relieved.iter().cloned().collect())),
            "fuel": { "old": before, "new": after },
            "subjects": self.planned,
            "unreadable": failures.collect::<Vec<Value>>(),
        });
        super::json::escaped(format!("{document:#}\n"))
    }
}

fn set_text((set, digest): &(PolicySet, Digest)) -> String {
    let name = set.uri.as_ref().unwrap_or(&set.name);
    format!("{} ({digest}, {} rules)", printable(name), set.rules.len())
}

/// Why a subject is judged otherwise.
fn why(planned: &PlannedChange) -> String {
    let list = |rules: &mut dyn Iterator<Item = &RuleId>| {
        let rules: Vec<&str> = rules.map(AsRef::as_ref).collect();
        rules.join(", ")
    };
    match planned.change {
        Change::NewlyFails => list(&mut planned.failing.iter()),
        Change::NewlyPasses if planned.relieved.is_empty() => {
            format!("it was {}", planned.before)
        }
        Change::NewlyPasses => format!("no longer {}", list(&mut planned.relieved.iter())),
        _ if !planned.not_recorded.is_empty() => {
            let mut families: Vec<String> =
                planned.not_recorded.values().flatten().cloned().collect();
            families.sort();
            families.dedup();
            format!(
                "{} not recorded: `{}`",
                list(&mut planned.not_recorded.keys()),
                printable(&families.join("`, `"))
            )
        }
        _ => {
            let gaps = planned.undecided.iter();
            let gaps: Vec<String> = gaps
                .map(|gap| format!("{}: {}", gap.what, gap.why))
                .collect();
            printable(&gaps.join("; "))
        }
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a ratio that people read needs no more than three digits"
)]
fn cost(before: u64, after: u64) -> String {
    if before == 0 {
        return format!("{after} units of fuel");
    }
    let ratio = (after as f64 / before as f64 - 1.0) * 100.0;
    format!("{before} units of fuel, then {after} ({ratio:+.1} %)")
}

/// What differs between two images, for people.
pub(crate) fn differences_text(
    before: &EvidenceDocument,
    after: &EvidenceDocument,
    differences: &[Difference],
) -> String {
    let name = |evidence: &EvidenceDocument| {
        let subject = &evidence.subject;
        let verdict = evidence.verdict.verdict;
        format!(
            "{} ({}): {verdict}",
            printable(subject.given()),
            subject.digest()
        )
    };
    let mut text = format!("--- {}\n+++ {}\n", name(before), name(after));
    let of_kind = |kinds: &[What]| {
        let own = differences.iter().filter(|it| kinds.contains(&it.what));
        own.collect::<Vec<_>>()
    };
    for (title, kinds) in [
        ("facts", [What::Fact].as_slice()),
        ("findings", &[What::Finding]),
        ("rules", &[What::Outcome, What::Waiver]),
        ("claims", &[What::Claim]),
        ("verdict", &[What::Verdict]),
    ] {
        let own = of_kind(kinds);
        if own.is_empty() {
            continue;
        }
        let _ = writeln!(text, "{title}");
        for difference in own {
            let _ = writeln!(text, "  {}", printable(&difference.to_string()));
        }
    }
    if differences.is_empty() {
        text += "nothing differs\n";
    }
    text
}

/// The same for programs.
pub(crate) fn differences_json(
    before: &EvidenceDocument,
    after: &EvidenceDocument,
    differences: &[Difference],
) -> String {
    let side = |evidence: &EvidenceDocument| json!({ "subject": evidence.subject, "verdict": evidence.verdict.verdict });
    let document = json!({
        "schemaVersion": 1,
        "before": side(before),
        "after": side(after),
        "differences": differences,
    });
    super::json::escaped(format!("{document:#}\n"))
}
