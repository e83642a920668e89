//! `polcheck rules`

use crate::args::{GlobalArgs, PolicyArgs};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::report::{Form, print, printable};
use crate::session::Session;
use clap::Args;
use model::RuleMetadata;
use model::policy_set::PackReference;
use pipeline::Policies;
use pipeline::config::Layer;
use serde_json::{Value, json};
use std::fmt::Write as _;

/// List the rules, and which of them the policy set selects
#[derive(Debug, Args)]
pub(crate) struct RulesArgs {
    /// How to print them
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    output: Form,
    #[command(flatten)]
    policy: PolicyArgs,
}

pub(crate) fn run(args: RulesArgs, global: &GlobalArgs) -> Result<Exit, Failure> {
    let RulesArgs { output, policy } = args;
    let session = Session::new(global, policy.lay(Layer::default())?)?;
    let engine = session.engine()?;
    let mut policies = session.policies(&engine)?;
    policies.list_builtin_packs();
    match output {
        Form::Json => {
            let rules: Vec<Value> = policies
                .catalogue()
                .rules()
                .map(|(rule, _)| document(rule, &policies))
                .collect();
            print(&format!("{:#}\n", Value::Array(rules)))
        }
        Form::Text => print(&table(&policies)),
    }
}

fn table(policies: &Policies) -> String {
    let rules = || policies.catalogue().rules();
    let width = rules()
        .map(|(rule, _)| rule.id.as_ref().len())
        .max()
        .unwrap_or_default();
    let mut table = String::new();
    for (rule, pack) in rules() {
        let selected = policies.set.rules.get(&rule.id);
        let severity = selected
            .and_then(|selected| selected.severity)
            .unwrap_or(rule.default_severity);
        let has_pack = |it: &PackReference| it.digest == pack.digest;
        let mark = match selected {
            Some(_) => "",
            None if !policies.set.packs.iter().any(has_pack) => {
                " (in a pack that this set does not name)"
            }
            None if rule.opt_in => " (only where a set names it)",
            None => " (not in this set)",
        };
        let _ = writeln!(
            table,
            "{:width$}  {severity:8}  {}{mark}",
            rule.id,
            printable(&rule.title)
        );
    }
    table
}

/// One rule as a program reads it.
fn document(rule: &RuleMetadata, policies: &Policies) -> Value {
    let selected = policies.set.rules.get(&rule.id);
    let pack = policies
        .catalogue()
        .rule(&rule.id)
        .map(|(_, pack)| pack.metadata.id.clone());
    json!({
        "id": rule.id,
        "title": rule.title,
        "severity": selected.and_then(|selected| selected.severity).unwrap_or(rule.default_severity),
        "aliases": rule.aliases,
        "optIn": rule.opt_in,
        "needs": rule.needs,
        "uses": rule.uses,
        "pack": pack,
        "selected": selected.is_some(),
        "required": selected.map(|selected| selected.required),
        "settings": selected.map(|selected| &selected.settings),
        "settingsSchema": rule.settings_schema,
        "url": rule.url,
        "description": rule.description,
    })
}
