//! How a verdict came about, from facts to claims: for whoever has to be convinced of it.

use super::printable;
use model::facts::Origin;
use model::report::Claim;
use model::{ClaimDefinition, FactError, Facts, PolicySet, RuleId};
use pipeline::{EvidenceDocument, Policies};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// The path from facts to claims. Without policies, what rules could read is left out.
pub(crate) fn text(evidence: &EvidenceDocument, policies: Option<&Policies>) -> String {
    let mut text = head(evidence);
    let mut holding: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for (id, outcome) in &evidence.verdict.rules {
        let findings = outcome.get("findings").and_then(Value::as_array);
        match findings {
            Some(findings) if !findings.is_empty() => {
                text += &of_rule(evidence, policies, id);
            }
            Some(_) => holding
                .entry("hold".to_owned())
                .or_default()
                .push(id.as_ref()),
            None => holding
                .entry(without_conclusion(outcome))
                .or_default()
                .push(id.as_ref()),
        }
    }
    text += "\nwithout a finding\n";
    for (why, rules) in holding {
        let _ = writeln!(text, "  {}: {}", printable(&why), rules.join(", "));
    }
    for claim in &evidence.claims {
        text += &of_claim(evidence, claim);
    }
    let _ = writeln!(
        text,
        "\nNobody signed this evidence: `polcheck replay` comes to its verdict again, `polcheck verify --replay` holds it against a statement."
    );
    text
}

/// What was judged, when, by what, and from which facts.
fn head(evidence: &EvidenceDocument) -> String {
    let EvidenceDocument {
        subject,
        policy_set,
        circumstances,
        digests,
        ..
    } = evidence;
    let mut text = format!(
        "{}: {} ({})\n",
        printable(subject.given()),
        evidence.verdict.verdict,
        subject.digest()
    );
    let set = policy_set.uri.as_ref().unwrap_or(&policy_set.name);
    let mut line = |line: String| {
        let _ = writeln!(text, "  {}", printable(&line));
    };
    line(format!(
        "judged by {set} ({}), at {} as {}",
        digests.policy_set,
        circumstances.time,
        circumstances.point.name()
    ));
    for pack in &policy_set.packs {
        line(format!("pack {} ({})", pack.id, pack.digest));
    }
    line(format!(
        "run by polcheck {}, {}, {}, {} units of fuel each",
        evidence.polcheck, evidence.engine, evidence.contract, evidence.fuel
    ));
    line(format!("facts {}", digests.facts));
    for (family, said) in families(&evidence.facts) {
        line(format!("  {family}: {said}"));
    }
    for (key, value) in &circumstances.context {
        line(format!("  told of the request: {key}={value}"));
    }
    text
}

/// Where each family of facts came from.
fn families(facts: &Facts) -> Vec<(&'static str, String)> {
    let mut families = Vec::new();
    if let Some(image) = &facts.image {
        families.push((
            "image",
            match &image.config {
                Ok(_) => "of its config and manifest".to_owned(),
                Err(error) => error.to_string(),
            },
        ));
    }
    match &facts.dockerfile {
        None => {}
        Some(Err(error)) => families.push(("dockerfile", error.to_string())),
        Some(Ok(file)) => {
            let origin = match file.origin {
                Origin::Given => "as the user gave it",
                Origin::Provenance => "of provenance that nobody signed",
                Origin::Reconstructed => "written from the history of the image",
            };
            let digest = file.digest.as_ref();
            let digest = digest.map_or_else(String::new, |digest| format!(" ({digest})"));
            families.push(("dockerfile", format!("{origin}{digest}")));
        }
    }
    for (stage, base) in facts.base_images.iter().flatten() {
        let said = match base {
            Ok(base) => format!("stage {stage}: {}", base.reference),
            Err(error) => format!("stage {stage}: {error}"),
        };
        families.push(("base-image", said));
    }
    families
}

/// A rule that found something: what it read, what it found, and what that counts for.
fn of_rule(evidence: &EvidenceDocument, policies: Option<&Policies>, id: &RuleId) -> String {
    let set = &evidence.policy_set;
    let mut text = format!("\n{id}\n");
    let mut line = |line: String| {
        let _ = writeln!(text, "  {}", printable(&line));
    };
    let rule = policies.and_then(|policies| policies.catalogue().rule(id));
    if let Some((rule, pack)) = rule {
        line(format!("{}: {}", pack.metadata.id, rule.title));
        let needs = rule.needs.iter().map(|group| group.join(" or "));
        let uses = rule
            .uses
            .iter()
            .map(|name| format!("{name} if it is there"));
        let read: Vec<String> = needs.chain(uses).collect();
        line(format!("reads {}", read.join(", ")));
    }
    let settings = set.rules.get(id).map(|rule| &rule.settings);
    if let Some(settings) = settings.filter(|it| it.as_object().is_some_and(|it| !it.is_empty())) {
        line(format!("set to {settings}"));
    }
    let of_rule = |finding: &&Value| text_of(finding, "rule") == id.as_ref();
    for finding in evidence.verdict.findings.iter().filter(of_rule) {
        line(format!("found: {}", text_of(finding, "message")));
        for place in places(finding) {
            line(format!("  at {place}"));
        }
        let seen = finding.get("evidence").and_then(Value::as_object);
        for (name, value) in seen.into_iter().flatten() {
            let value = value.as_str().unwrap_or_default();
            line(format!("  from {name} = {value}"));
        }
        line(format!("  {}", counts(set, finding)));
    }
    text
}

/// Where a finding points.
fn places(finding: &Value) -> Vec<String> {
    let related = finding.get("related").and_then(Value::as_array);
    let places = finding.get("location").into_iter();
    let places = places.chain(related.into_iter().flatten());
    let place = |place: &Value| {
        let number = |key: &str| place.get(key).and_then(Value::as_u64).unwrap_or_default();
        match text_of(place, "kind").as_str() {
            "config" => format!("the config, {}", text_of(place, "pointer")),
            "dockerfile" => format!(
                "the Dockerfile, line {}, column {}",
                number("startLine"),
                number("startColumn")
            ),
            "history" => format!("entry {} of the history", number("index")),
            "layer" => format!("layer {}", number("layer")),
            other => format!("the {other}"),
        }
    };
    places.map(place).collect()
}

/// What a finding counts for.
fn counts(set: &PolicySet, finding: &Value) -> String {
    let severity = text_of(finding, "severity");
    match text_of(finding, "status").as_str() {
        "waived" => {
            let id = text_of(finding, "waiver");
            let waiver = set.waivers.iter().find(|waiver| waiver.id == id);
            let waiver = waiver.map_or_else(String::new, |waiver| {
                format!(
                    ", by {} until {}: {}",
                    waiver.owner, waiver.expires, waiver.reason
                )
            });
            format!("{severity}, waived by `{id}`{waiver}")
        }
        "suppressed" => format!(
            "{severity}, silenced by a comment for {}",
            text_of(finding, "tool")
        ),
        "known" => format!("{severity}, known to the baseline"),
        _ => {
            let is_failing = severity
                .parse::<model::Severity>()
                .is_ok_and(|severity| severity >= set.fail_on);
            let means = if is_failing {
                "so the subject fails"
            } else {
                "so nothing fails"
            };
            format!(
                "{severity}, open; the set fails from {} on, {means}",
                set.fail_on
            )
        }
    }
}

/// Why a rule came to no conclusion.
fn without_conclusion(outcome: &Value) -> String {
    let state = text_of(outcome, "state");
    match state.as_str() {
        "not-evaluated" => {
            let needs = outcome.get("needs").and_then(Value::as_array);
            let needs: Vec<&str> = needs
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .collect();
            let cause = outcome.get("cause").cloned().unwrap_or_default();
            let cause: Result<FactError, _> = serde_json::from_value(cause);
            let cause = cause.map_or_else(|_| "it is not there".to_owned(), |it| it.to_string());
            format!("not evaluated, {} is needed: {cause}", needs.join(" or "))
        }
        "not-applicable" => format!("do not apply: {}", text_of(outcome, "reason")),
        "inconclusive" => format!("inconclusive: {}", text_of(outcome, "reason")),
        _ => format!("{state}: {}", text_of(outcome, "message")),
    }
}

/// What a claim stands for, and why it was made or withheld.
fn of_claim(evidence: &EvidenceDocument, claim: &Claim) -> String {
    let mut text = format!("\nclaim {}\n", printable(&claim.name));
    let mut line = |line: String| {
        let _ = writeln!(text, "  {}", printable(&line));
    };
    let definition = evidence.policy_set.claims.get(&claim.name);
    if let Some(ClaimDefinition {
        rules,
        threshold,
        may_be_missing,
        ..
    }) = definition
    {
        line(format!(
            "stands for {} rules without a finding of {threshold} or worse; {} of them may lack their facts",
            rules.len(),
            may_be_missing.len()
        ));
    }
    if claim.issued {
        line("made".to_owned());
    }
    for reason in &claim.withheld {
        line(format!("withheld: {reason}"));
    }
    text
}

fn text_of(value: &Value, key: &str) -> String {
    let text = value.get(key).and_then(Value::as_str);
    text.unwrap_or_default().to_owned()
}
