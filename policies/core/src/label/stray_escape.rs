//! A label keeps backslashes that were meant as escapes
//!
//! ## What it does
//! Looks for labels whose value has a backslash before a back-quote, or before a quote. Text that is JSON is left alone,
//! since it needs them.
//!
//! ## Why is this bad?
//! A Dockerfile is no shell: BuildKit keeps the backslash before a back-quote. Whoever reads the label reads another text
//! than the author meant. A rule of Traefik like ``Host(\`example.com\`)`` does not parse, and its router stays off.
//!
//! ## Examples
//! ```dockerfile fails
//! FROM traefik:3.6
//! LABEL traefik.http.routers.shop.rule="Host(\`example.com\`)"
//! ```
//! ```dockerfile fixed
//! FROM traefik:3.6
//! LABEL traefik.http.routers.shop.rule="Host(`example.com`)"
//! ```
//! ```json fails
//! { "config": { "Labels": { "rule": "Host(\\`example.com\\`)" } } }
//! ```
//! ```json passes
//! { "config": { "Labels": { "rule": "Host(`example.com`)", "json": "{\"a\": \"\\\"\"}" } } }
//! ```

use crate::edits::replace;
use crate::parts::has;
use polcheck_sdk::dockerfile::{Keyword, Word};
use polcheck_sdk::{Facts, Finding, Item, Judgement, Location, Rule, Settings, Span};

/// The rule.
pub const RULE: Rule = Rule {
    fixable: true,
    needs: &[&["image", "dockerfile"]],
    ..Rule::of(check)
};

fn check(facts: &Facts, _: &Settings<'_>) -> Judgement {
    let labels = facts.run_config()?.labels.iter();
    let own = labels.filter(|label| !label.is_inherited);
    Ok(own.filter_map(|label| stray(facts, label)).collect())
}

fn stray(facts: &Facts, label: &Item) -> Option<Finding> {
    let value = label.value.as_deref()?;
    let is_json = value.trim_start().starts_with(['{', '[', '"']);
    let found = ["\\`", "\\\"", "\\'"].into_iter().filter(|_| !is_json);
    let escape = found.into_iter().find(|escape| has(value, escape))?;
    let what = match escape {
        "\\`" => "a back-quote",
        _ => "a quote",
    };
    let message = format!("the label `{}` keeps a backslash before {what}", label.key);
    let finding = Finding::new(message)
        .at(label.place.clone())
        .help("write the character without the backslash; quote the value with another kind of quotes if it needs to")
        .key(label.key.as_str());
    Some(match written(facts, &label.place) {
        Some(word) => {
            let parts: Vec<&str> = word.raw.split('\\').collect();
            // What else is escaped, its author may have meant.
            if parts.iter().skip(1).all(|part| part.starts_with('`')) {
                replace(finding, word, &parts.concat())
            } else {
                finding
            }
        }
        None => finding,
    })
}

/// The value in the Dockerfile.
fn written<'a>(facts: &'a Facts, place: &Location) -> Option<&'a Word> {
    let Location::Dockerfile(place) = place else {
        return None;
    };
    let mut labels = facts.dockerfile().select(Keyword::Label).ok()?;
    let end = |span: &Span| (span.end_line, span.end_column);
    labels.find_map(|it| it.arguments.iter().find(|it| end(&it.span) == end(place)))
}
