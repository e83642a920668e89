//! What can be said about single instructions as they are read.

use super::{Checks, Place, Rule, Scope};
use crate::instruction::{Body, Instruction, Keyword};
use crate::text::{is_lower, is_upper};

/// Looks at an instruction.
pub(crate) fn check(checks: &mut Checks, instruction: &Instruction) {
    let scope = Scope::of(&instruction.comments);
    let place = Place {
        lines: instruction.lines,
        span: Some(instruction.span),
    };
    match instruction.keyword {
        Some(Keyword::Maintainer) => checks.report(
            &scope,
            Rule::MaintainerDeprecated,
            place,
            "Maintainer instruction is deprecated in favor of using label".to_owned(),
        ),
        Some(Keyword::From) => from(checks, &scope, place, instruction),
        _ => {}
    }
    let described = match &instruction.body {
        Some(Body::From(from)) => from.name.iter().map(|name| name.text.as_str()).collect(),
        Some(Body::Arg(declarations)) => declarations
            .iter()
            .map(|declaration| declaration.key.text.as_str())
            .collect(),
        _ => vec![],
    };
    description(checks, &scope, place, (instruction, &described));
}

/// The case of `AS` and of the name behind it; also of instructions that are refused for something else.
fn from(checks: &mut Checks, scope: &Scope, place: Place, instruction: &Instruction) {
    let mut report = |rule, message| checks.report(scope, rule, place, message);
    let keyword = &instruction.name.text;
    let words: Vec<&str> = instruction
        .arguments
        .iter()
        .map(|word| word.text.as_str())
        .collect();
    if let [_, _, name] = *words
        && !is_lower(name)
    {
        report(
            Rule::StageNameCasing,
            format!("Stage name '{name}' should be lowercase"),
        );
    }
    if let [_, word, _, ..] = *words {
        let consistent = if is_lower(keyword) {
            is_lower(word)
        } else {
            !is_upper(keyword) || is_upper(word)
        };
        if !consistent {
            report(
                Rule::FromAsCasing,
                format!("'{word}' and '{keyword}' keywords' casing do not match"),
            );
        }
    }
}

/// A comment directly above should say what the name below it stands for.
fn description(
    checks: &mut Checks,
    scope: &Scope,
    place: Place,
    (instruction, names): (&Instruction, &[&str]),
) {
    let Some(comment) = instruction.comments.last() else {
        return;
    };
    let keyword = match instruction.keyword {
        Some(Keyword::From) => "FROM",
        _ => "ARG",
    };
    let first = comment.text.split(' ').next().unwrap_or_default();
    let name = match names {
        [] => return,
        _ if names.contains(&first) => return,
        [name] => name,
        _ => "<arg_key>",
    };
    let message =
        format!("Comment for {keyword} should follow the format: `# {name} <description>`");
    checks.report(scope, Rule::InvalidDefinitionDescription, place, message);
}
