//! What `polcheck verify` found.

mod json;

pub(super) use json::joined;
pub(crate) use json::json;

use super::printable;
use attest::{LogEntries, Signer, VerifiedSignature};
use pipeline::{
    AcceptedBy, AcceptedStatement, Place, Reason, RejectedStatement, StatedClaim, TrustPolicy,
    Verification,
};
use registry::ListedBy;
use serde_json::{Value, json};
use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// What was found, and what it was held against.
pub(crate) struct Answer<'a> {
    /// The image as it was named.
    pub(crate) image: &'a str,
    /// What was found.
    pub(crate) verification: &'a Verification,
    /// The bundles that were given.
    pub(crate) bundles: &'a [PathBuf],
    /// Whose statements count.
    pub(crate) policy: &'a TrustPolicy,
    /// The file of the trusted root that the command line names.
    pub(crate) root_file: Option<&'a Path>,
    /// The file of the trust policy, where one is named.
    pub(crate) policy_file: Option<&'a Path>,
    /// Options that weaken the answer, as they were given.
    pub(crate) insecure: Vec<String>,
}

/// For people. The trusted root is named to whoever wants to know more.
pub(crate) fn text(answer: &Answer<'_>, verbose: bool) -> String {
    let Verification {
        digest,
        verified,
        claims,
        accepted,
        rejected,
        others,
        without_rule,
    } = answer.verification;
    let image = printable(answer.image);
    let verdict = match (verified, accepted.as_slice()) {
        (true, _) => "verified",
        (false, []) => "no accepted statement",
        (false, _) => "not verified",
    };
    let mut text = format!("{image}: {verdict} ({digest})\n");
    for statement in accepted {
        accepted_lines(&mut text, statement);
    }
    for rejected in merged(rejected) {
        rejected.lines(&mut text, answer, !verified);
    }
    for claim in claims.iter().filter(|claim| is_worth_saying(claim, answer)) {
        let _ = writeln!(text, "  {}", printable(&claim_text(claim)));
    }
    if let Some(repository) = without_rule {
        let _ = writeln!(
            text,
            "  the trust policy has no rule about {}",
            printable(&what_is_asked(repository, claims))
        );
        let _ = writeln!(
            text,
            "    help: add one to `statements`, if somebody may state it"
        );
    } else if accepted.is_empty() && rejected.is_empty() {
        let _ = writeln!(
            text,
            "  nothing that could be a statement is attached ({others} other referrers)"
        );
        let _ = writeln!(
            text,
            "    help: `polcheck attest --key FILE {image}` makes one"
        );
    }
    for option in &answer.insecure {
        let _ = writeln!(text, "  insecure: `{}` was given", printable(option));
    }
    // The one in this binary may be too old, and nobody chose it.
    let root = answer.root_text();
    if let Some(root) = root.filter(|_| verbose || answer.root_file().is_none()) {
        let _ = writeln!(text, "  {}", printable(&root));
    }
    text
}

fn accepted_lines(text: &mut String, accepted: &AcceptedStatement) {
    let statement = &accepted.statement;
    let set = statement.policy_set();
    let set = set
        .uri
        .as_deref()
        .or(set.name.as_deref())
        .unwrap_or("a policy set");
    let claims = printable(&statement.claims().join(", "));
    let _ = writeln!(
        text,
        "  {claims} by {}, {}, {}",
        printable(set),
        statement.time_created(),
        statement.signature().signer()
    );
    for by in &accepted.by {
        if let Some(rule) = by_text(by) {
            let _ = writeln!(text, "    {}", printable(&rule));
        }
    }
    if let Some(witnesses) = witnesses(statement.signature()) {
        let _ = writeln!(text, "    {witnesses}");
    }
}

/// `accepted for security.scan=passed by rule 1, as ci`
fn by_text(by: &AcceptedBy) -> Option<String> {
    let rule = by.rule?;
    let (claims, signers) = (by.claims.join(", "), by.signers.join(", "));
    Some(format!(
        "accepted for {claims} by rule {rule}, as {signers}"
    ))
}

/// Where a claim is met by whatever one flag says, the statement itself has said it.
fn is_worth_saying(claim: &StatedClaim, answer: &Answer<'_>) -> bool {
    let is_asked = answer.verification.without_rule.is_none();
    let accepts_any = !answer.verification.accepted.is_empty();
    !claim.is_met() && is_asked && (accepts_any || claim.threshold.is_none())
}

fn claim_text(claim: &StatedClaim) -> String {
    let StatedClaim {
        claim,
        rule,
        signers,
        count,
        threshold,
    } = claim;
    let Some(threshold) = threshold else {
        return format!("{claim} is not stated: no rule of the trust policy is about it");
    };
    let Some(rule) = rule else {
        return format!("{claim} is not stated by any accepted statement");
    };
    let signers: Vec<&str> = signers.iter().map(String::as_str).collect();
    let who = match signers.as_slice() {
        [] => String::new(),
        signers => format!(" ({})", signers.join(", ")),
    };
    let plural = if *count == 1 { "" } else { "s" };
    format!(
        "{claim} is stated by {count} distinct signer{plural}{who}, and rule {rule} requires {threshold}"
    )
}

/// `security.scan of registry.example/shop`
fn what_is_asked(repository: &str, claims: &[StatedClaim]) -> String {
    let claims: Vec<&str> = claims.iter().map(|claim| claim.claim.as_str()).collect();
    match claims.as_slice() {
        [] => repository.to_owned(),
        claims => format!("{} of {repository}", claims.join(", ")),
    }
}

/// What was rejected for one reason, whichever rules say so.
struct Rejection<'a> {
    rejected: &'a RejectedStatement,
    rules: Vec<usize>,
}

/// Puts together what several rules reject for the same reason.
fn merged(rejected: &[RejectedStatement]) -> Vec<Rejection<'_>> {
    let mut merged: Vec<Rejection<'_>> = Vec::new();
    for one in rejected {
        let same = merged.iter_mut().find(|it| {
            it.rejected.place == one.place
                && with_causes(&it.rejected.reason) == with_causes(&one.reason)
        });
        match same {
            Some(same) => same.rules.extend(one.rule),
            None => merged.push(Rejection {
                rejected: one,
                rules: one.rule.into_iter().collect(),
            }),
        }
    }
    merged
}

impl Rejection<'_> {
    fn lines(&self, text: &mut String, answer: &Answer<'_>, with_help: bool) {
        let reason = &self.rejected.reason;
        // Where there is one rule, nobody asks which.
        let rules = match self.rules.as_slice() {
            [] => String::new(),
            _ if answer.policy.rules().len() == 1 => String::new(),
            [rule] => format!(" by rule {rule}"),
            rules => {
                let rules: Vec<String> = rules.iter().map(ToString::to_string).collect();
                format!(" by rules {}", rules.join(", "))
            }
        };
        let _ = writeln!(
            text,
            "  rejected {}{rules}: {}",
            printable(&answer.name(&self.rejected.place)),
            printable(&with_causes(reason))
        );
        if let Some(help) = answer.help(reason).filter(|_| with_help) {
            let _ = writeln!(text, "    help: {}", printable(&help));
        }
    }
}

impl Answer<'_> {
    /// What something is called by where it was found.
    fn name(&self, place: &Place) -> String {
        match place {
            Place::Given(number) => match self.bundles {
                [_] => "the bundle".to_owned(),
                bundles => bundles.get(*number).map_or_else(
                    || "a bundle".to_owned(),
                    |path| format!("`{}`", path.display()),
                ),
            },
            Place::Referrer(digest, _)
            | Place::Legacy {
                manifest: digest, ..
            } => digest.to_string(),
        }
    }

    /// The cure, in the place where somebody said whom to trust.
    fn help(&self, reason: &Reason) -> Option<String> {
        match self.policy.definition() {
            Some(_) => reason.help_in_policy(),
            None => reason.help(),
        }
    }

    /// The file of the trusted root, if it is not the one of the public Sigstore.
    fn root_file(&self) -> Option<&Path> {
        self.root_file.or_else(|| self.policy.root_file())
    }

    fn root_text(&self) -> Option<String> {
        let root = self.policy.root()?;
        let whose = self.root_file().map_or_else(
            || "of the public Sigstore".to_owned(),
            |file| format!("`{}`", file.display()),
        );
        let as_of = root.as_of().map_or_else(String::new, |time| {
            format!(", which knows of nothing after {time}")
        });
        Some(format!("checked with the trusted root {whose}{as_of}"))
    }
}

/// Who lists what refers to an image.
pub(super) fn listed_by(by: ListedBy) -> &'static str {
    match by {
        ListedBy::Api => "referrers-api",
        ListedBy::FallbackTag => "fallback-tag",
        ListedBy::Layout => "layout",
    }
}

/// What others than the signer say about a signature, if anybody does.
fn witnesses(signature: &VerifiedSignature) -> Option<String> {
    let time = signature
        .signed_by()
        .map(|time| format!("signed no later than {time}"));
    let log = match signature.log_entries() {
        LogEntries::None => None,
        LogEntries::Verified => Some("in a transparency log".to_owned()),
        LogEntries::Unchecked => Some("its log entries were not checked".to_owned()),
    };
    match (time, log) {
        (Some(time), Some(log)) => Some(format!("{time}, {log}")),
        (time, log) => time.or(log),
    }
}

/// Who signed.
pub(super) fn signer_json(signer: &Signer) -> Value {
    match signer {
        Signer::Key(key) => json!({ "key": key }),
        Signer::Identity { subject, issuer } => json!({ "identity": subject, "issuer": issuer }),
    }
}

/// An error and its causes in one line.
pub(super) fn with_causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let _ = write!(text, ": {cause}");
        source = cause.source();
    }
    text
}
