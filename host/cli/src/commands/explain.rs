//! `polcheck explain`

use crate::args::{GlobalArgs, PolicyArgs};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::report::{print, printable};
use crate::session::Session;
use clap::Args;
use model::RuleMetadata;
use pipeline::config::Layer;
use serde_json::Value;
use std::fmt::Write as _;

/// Explain a rule: what it does, why it matters, what fails and what passes
#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// The rule: an id, or an alias such as DL3002
    rule: String,
    #[command(flatten)]
    policy: PolicyArgs,
}

pub(crate) fn run(args: ExplainArgs, global: &GlobalArgs) -> Result<Exit, Failure> {
    let ExplainArgs { rule, policy } = args;
    let session = Session::new(global, policy.lay(Layer::default())?)?;
    let engine = session.engine()?;
    let mut policies = session.policies(&engine)?;
    policies.add_builtin_packs(&engine)?;
    let rules = policies.catalogue.named(&rule)?;
    print(&rules.into_iter().map(page).collect::<Vec<_>>().join("\n"))
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
