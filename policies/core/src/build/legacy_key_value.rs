//! A value is set without an equals sign
//!
//! ## What it does
//! Looks for `ENV KEY VALUE` and `LABEL KEY VALUE`.
//!
//! ## Why is this bad?
//! Everything behind the key is the value, quotes and equals signs included: `ENV A=1 B=2` sets two variables and
//! `ENV A 1 B=2` one. The form cannot be told from a forgotten equals sign, and Docker means to drop it.
//!
//! ## Examples
//! ```dockerfile fails
//! FROM alpine:3.22
//! ENV MODE production
//! ```
//! ```dockerfile fixed
//! FROM alpine:3.22
//! ENV MODE=production
//! ```
//! ```dockerfile fails
//! FROM alpine:3.22
//! LABEL title The shop, $VERSION
//! ```
//! ```dockerfile fixed
//! FROM alpine:3.22
//! LABEL title="The shop, $VERSION"
//! ```

use crate::buildkit::said;
use crate::edits::{has_any, rewrite, unquoted};
use crate::reports::merged;
use crate::stage_names::stage_name;
use polcheck_sdk::dockerfile::{Instruction, Keyword};
use polcheck_sdk::{Facts, Judgement, Rule, Settings, Severity};

/// The rule.
pub const RULE: Rule = Rule {
    severity: Severity::Low,
    fixable: true,
    aliases: &["LegacyKeyValueFormat"],
    needs: &[&["dockerfile"]],
    url: Some("https://docs.docker.com/reference/build-checks/legacy-key-value-format/"),
    ..Rule::of(check)
};

fn check(facts: &Facts, _: &Settings<'_>) -> Judgement {
    let file = facts.dockerfile();
    let found = said(file, &["LegacyKeyValueFormat"])?.map(|said| {
        let keyword = said.word(0).trim_start_matches('"').to_ascii_uppercase();
        let name = said.argument(0).filter(|_| !said.is_triggered());
        let name = name.map_or("…", |word| word.raw.as_str());
        let stage = stage_name(file, said.stage());
        let whence = said.whence();
        let finding = said
            .finding(format!(
                "`{keyword} {name}`{whence} gives its value without an equals sign"
            ))
            .help(format!("write `{keyword} {name}=\"…\"`"));
        let finding = rewrite(finding, said.instruction, with_sign);
        (format!("{keyword} {name} {stage}"), said.place(), finding)
    });
    Ok(merged(found))
}

/// What quotes and escapes.
const SPECIAL: &[u8] = b"\"'\\`";

/// The same with an equals sign, and in quotes if it needs them. Where some of the value is quoted or escaped, its author knows
/// best.
fn with_sign(found: &Instruction) -> Option<String> {
    let (Keyword::Env | Keyword::Label, [key, value]) = (found.keyword, &*found.arguments) else {
        return None;
    };
    let before = key.span.start_column.checked_sub(found.span.start_column)?;
    let before = found.text.get(..usize::try_from(before).ok()?)?;
    let (key, value) = (key.raw.as_str(), value.raw.as_str());
    let inside = unquoted(value);
    if has_any(inside.unwrap_or(value), SPECIAL) || has_any(key, SPECIAL) || value.starts_with('=')
    {
        return None;
    }
    let is_split = inside.is_none() && has_any(value, b" \t");
    let quote = if is_split { "\"" } else { "" };
    Some([before, key, "=", quote, value, quote].concat())
}
