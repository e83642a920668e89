//! A variable is used that nobody sets
//!
//! ## What it does
//! Looks for variables in words that BuildKit expands, where no `ARG` or `ENV` of the stage, and no base image, sets
//! them. A variable that a base image may set is left alone as long as nobody says what the base image has.
//!
//! Looks also for variables that an `ENV` uses and sets at once: there they do not have their value yet.
//!
//! ## Why is this bad?
//! The variable is replaced by nothing, and the build goes on: a label stays empty, a path becomes another one. Mostly it
//! is an `ARG` that stands before the first `FROM`, and counts only there until the stage declares it again.
//!
//! ## Examples
//! ```dockerfile fails
//! ARG VERSION=1
//! FROM scratch
//! LABEL version=$VERSION
//! ```
//! ```dockerfile fails
//! FROM debian:13
//! ENV HOME_DIR=/srv DATA_DIR=$HOME_DIR/data
//! ```
//! ```dockerfile passes
//! ARG VERSION=1
//! FROM scratch
//! ARG VERSION
//! LABEL version=$VERSION
//! ```

use crate::stage_names::stage_name;
use polcheck_sdk::dockerfile::{Dockerfile, Instruction, Keyword, VariableUse};
use polcheck_sdk::{
    Confidence, FactError, Facts, Finding, Judgement, Location, Rule, Settings, Severity, Span,
};

/// The rule.
pub const RULE: Rule = Rule {
    severity: Severity::High,
    aliases: &["UndefinedVar", "DL3044"],
    needs: &[&["dockerfile"]],
    url: Some("https://docs.docker.com/reference/build-checks/undefined-var/"),
    ..Rule::of(check)
};

/// Where nothing in place of a value changes what the image is or says.
const WORSE: [Keyword; 3] = [Keyword::Label, Keyword::Copy, Keyword::Add];

/// The uses of each variable, by stage and name.
type Uses = Vec<((Option<u32>, String), Vec<VariableUse>)>;

fn check(facts: &Facts, _: &Settings<'_>) -> Judgement {
    let file = facts.dockerfile();
    let instructions = file.instructions()?;
    let is_in = |used: &VariableUse, keywords: &[Keyword]| {
        let at = instructions.binary_search_by_key(&used.instruction, |found| found.index);
        let instruction = at.ok().and_then(|at| instructions.get(at));
        instruction.is_some_and(|found| keywords.contains(&found.keyword))
    };
    let undefined = file.undefined_variables()?.iter();
    // What `FROM` says is for `build.undefined-arg-in-from` to tell.
    let undefined = undefined.filter(|used| !is_in(used, &[Keyword::From]));
    let unset = grouped(undefined.cloned());
    let early = grouped(used_too_early(file, instructions)?);
    let unset = unset.into_iter().map(|((stage, name), uses)| {
        let severity = if uses.iter().any(|used| is_in(used, &WORSE)) {
            Severity::High
        } else {
            Severity::Medium
        };
        let finding = Finding::new(format!("nobody sets the variable `{name}`"))
            .severity(severity)
            .help(format!(
                "declare it in the stage: `ARG {name}`, or correct its name"
            ))
            .key(format!("{name} {}", stage_name(file, stage)));
        at_all(finding, &uses)
    });
    let early = early.into_iter().map(|((stage, name), uses)| {
        let message = format!("the variable `{name}` is used in the same `ENV` that sets it, and has no value there yet");
        let finding = Finding::new(message)
            .severity(Severity::Medium)
            .confidence(Confidence::Medium)
            .help(format!("set `{name}` in an `ENV` of its own before"))
            .key(format!("{name} too early {}", stage_name(file, stage)));
        at_all(finding, &uses)
    });
    Ok(unset.chain(early).collect())
}

fn grouped(uses: impl IntoIterator<Item = VariableUse>) -> Uses {
    let mut grouped = Uses::new();
    for used in uses {
        let is_same = |known: &(Option<u32>, String)| known.0 == used.stage && known.1 == used.name;
        match grouped.iter_mut().find(|(known, _)| is_same(known)) {
            Some((_, uses)) => uses.push(used),
            None => grouped.push(((used.stage, used.name.clone()), vec![used])),
        }
    }
    grouped
}

fn at_all(finding: Finding, uses: &[VariableUse]) -> Finding {
    uses.iter().fold(finding, |finding, used| {
        finding.at(Location::Dockerfile(used.span))
    })
}

/// `ENV` sets all its variables at once: `ENV A=1 B=$A` takes the old `A`. A variable that the base image may have counts
/// too, as nobody means the old value; one that the file has set before does not.
fn used_too_early(
    file: Dockerfile<'_>,
    instructions: &[Instruction],
) -> Result<Vec<VariableUse>, FactError> {
    let is_large =
        |found: &&Instruction| found.keyword == Keyword::Env && found.arguments.len() > 2;
    let mut large = instructions.iter().filter(is_large).peekable();
    if large.peek().is_none() {
        return Ok(vec![]);
    }
    let large: Vec<&Instruction> = large.collect();
    let mut uses = file.variable_uses()?;
    uses.retain(|used| {
        let mut large = large.iter();
        let env = large.find(|env| env.index == used.instruction);
        used.defined
            && used.name != "PATH"
            && env.is_some_and(|env| sets_before(env, &used.name, used.span))
            && !instructions
                .iter()
                .take_while(|found| found.index < used.instruction)
                .any(|found| declares(found, &used.name))
    });
    Ok(uses)
}

/// Whether `ENV` sets a variable before a place in it.
fn sets_before(env: &Instruction, name: &str, place: Span) -> bool {
    let mut pairs = env.arguments.chunks_exact(2);
    let start = (place.start_line, place.start_column);
    pairs.any(|pair| match pair {
        [key, value] => key.raw == name && (value.span.end_line, value.span.end_column) <= start,
        _ => false,
    })
}

fn declares(found: &Instruction, name: &str) -> bool {
    let is_it = |text: &str| text.split('=').next() == Some(name);
    match found.keyword {
        Keyword::Arg => found.arguments.iter().any(|word| is_it(&word.raw)),
        Keyword::Env => found.arguments.iter().step_by(2).any(|key| key.raw == name),
        _ => false,
    }
}
