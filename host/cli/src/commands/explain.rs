//! `polcheck explain`

use super::replay::named;
use crate::args::{GlobalArgs, LoginArgs, PolicyArgs, RegistryArgs};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::report::{path, print, printable};
use crate::session::{Session, block_on};
use clap::Args;
use jiff::Timestamp;
use model::RuleMetadata;
use pipeline::config::Layer;
use pipeline::{
    EvidenceDocument, PackSources, Replayer, Unobtainable, attached_evidence, evidence_files,
};
use registry::Source;
use serde_json::Value;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// Explain a rule: what it does, why it matters, what fails and what passes; or how a verdict came about
#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// The rule: an id, or an alias such as DL3002
    #[arg(required_unless_present = "verdict")]
    rule: Option<String>,
    /// Explain a verdict instead, from facts over findings and waivers to claims: a file of evidence, or an image to which
    /// evidence is attached
    #[arg(long, value_name = "FILE|IMAGE", conflicts_with = "rule")]
    verdict: Option<String>,
    /// Take packs from this component too, where its digest is the recorded one (repeatable)
    #[arg(long = "pack", value_name = "FILE", requires = "verdict")]
    packs: Vec<PathBuf>,
    #[command(flatten)]
    policy: PolicyArgs,
    #[command(flatten)]
    registry: RegistryArgs,
    #[command(flatten)]
    login: LoginArgs,
}

pub(crate) fn run(args: ExplainArgs, global: &GlobalArgs) -> Result<Exit, Failure> {
    let ExplainArgs {
        rule,
        verdict,
        packs,
        policy,
        registry,
        login,
    } = args;
    let session = Session::new(global, registry.lay(policy.lay(Layer::default())?))?;
    let Some(rule) = rule else {
        return of_verdict(session, &verdict.unwrap_or_default(), &packs, &login);
    };
    let engine = session.engine()?;
    let mut policies = session.policies(&engine)?;
    policies.list_builtin_packs();
    let rules = policies.catalogue().named(&rule)?;
    print(&rules.into_iter().map(page).collect::<Vec<_>>().join("\n"))
}

/// Explains the verdicts in a file, or those whose evidence is attached to an image.
fn of_verdict(
    session: Session,
    verdict: &str,
    packs: &[PathBuf],
    login: &LoginArgs,
) -> Result<Exit, Failure> {
    let path = Path::new(verdict);
    let packs = PackSources::of_files(packs)?;
    let replayer = Replayer::new(session.engine()?, packs, Timestamp::now());
    if path.exists() {
        let read = |file: &PathBuf| {
            let read = EvidenceDocument::read_file(file);
            read.map_err(|error| named(file, error))
        };
        let files = evidence_files(path)?;
        let evidence = files.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        return explain(&replayer, &evidence);
    }
    let source: Source = verdict.parse()?;
    let session = session.with_login(login.login(std::slice::from_ref(&source))?);
    let registry = session.registry()?;
    let find = async { Ok(attached_evidence(&registry, &source).await?) };
    let found = block_on(session.in_time(verdict, find))??;
    explain(&replayer, &found_or_none(found, verdict)?)
}

/// All evidence that can be used; where there is none, that is a failure.
fn found_or_none(
    found: Vec<Result<EvidenceDocument, Unobtainable>>,
    image: &str,
) -> Result<Vec<EvidenceDocument>, Failure> {
    let found = found.into_iter().collect::<Result<Vec<_>, _>>()?;
    if found.is_empty() {
        return Err(
            Failure::say(format!("no evidence is attached to `{image}`")).help(
                "`polcheck attest --attach-evidence` attaches it; `--evidence DIR` writes it into files",
            ),
        );
    }
    Ok(found)
}

fn explain(replayer: &Replayer, evidence: &[EvidenceDocument]) -> Result<Exit, Failure> {
    let one = |evidence: &EvidenceDocument| {
        // What a rule could read is for its pack to say; the rest is there without it.
        let policies = replayer.policies(evidence).ok();
        path::text(evidence, policies.as_deref())
    };
    print(&evidence.iter().map(one).collect::<Vec<_>>().join("\n"))
}

fn page(rule: &RuleMetadata) -> String {
    let mut page = format!("# {}: {}\n\n", rule.id, printable(&rule.title));
    let _ = writeln!(page, "- severity: {}", rule.default_severity);
    if !rule.aliases.is_empty() {
        let _ = writeln!(
            page,
            "- also known as: {}",
            printable(&rule.aliases.join(", "))
        );
    }
    let needs: Vec<String> = rule.needs.iter().map(|group| group.join(" or ")).collect();
    if !needs.is_empty() {
        let _ = writeln!(page, "- needs: {}", printable(&needs.join(", ")));
    }
    if rule.opt_in {
        let _ = writeln!(page, "- counts only where a policy set names it");
    }
    if rule.fixable {
        let _ = writeln!(
            page,
            "- fixed by: `polcheck lint --fix`, where that is safe"
        );
    }
    if let Some(url) = &rule.url {
        let _ = writeln!(page, "- see: {}", printable(url));
    }
    let lines = rule
        .description
        .lines()
        .map(printable)
        .collect::<Vec<_>>()
        .join("\n");
    let _ = writeln!(page, "\n{lines}");
    if let Some(schema) = &rule.settings_schema {
        let _ = write!(page, "\n## Settings\n{}", settings(schema));
    }
    page
}

/// Each setting with its type, its default and what it means.
fn settings(schema: &Value) -> String {
    let properties = schema.get("properties").and_then(Value::as_object);
    let mut list = String::new();
    for (name, property) in properties.into_iter().flatten() {
        let text = |key: &str| {
            property
                .get(key)
                .and_then(Value::as_str)
                .unwrap_or_default()
        };
        let default = property.get("default").unwrap_or(&Value::Null);
        let _ = writeln!(
            list,
            "- `{}` ({}, default `{default}`): {}",
            printable(name),
            printable(text("type")),
            printable(text("description"))
        );
    }
    list
}
