//! Everybody may write a file of the image
//!
//! ## What it does
//! Looks for `chmod 777`, `chmod a+w` and their kind in `RUN`, and for `COPY` and `ADD` with such a `--chmod`. Folders with
//! the sticky bit, as `/tmp` has it, are left alone, and so is what the same `RUN` removes. In stages that the image does
//! not begin with, the severity is low: `COPY --from` keeps the mode of a file.
//!
//! ## Why is this bad?
//! A process that is not root is meant to be unable to change the program it runs. Whoever gets into it stays.
//!
//! ## Examples
//! ```dockerfile fails
//! FROM debian:13
//! RUN mkdir /app && chmod -R 777 /app
//! ```
//! ```dockerfile fails
//! FROM debian:13
//! COPY --chmod=0777 start.sh /
//! ```
//! ```dockerfile passes
//! FROM debian:13
//! RUN mkdir /app && chown -R 65532:0 /app && chmod -R g=u /app && chmod 1777 /var/scratch
//! COPY --chmod=0755 start.sh /
//! ```

use crate::modes::is_open;
use crate::options::text;
use crate::reports::Reports;
use crate::runs::{Runs, final_stages};
use polcheck_sdk::dockerfile::{Command, Instruction, Keyword};
use polcheck_sdk::{Facts, Finding, Judgement, Location, Rule, Settings, Severity};

/// The rule.
pub const RULE: Rule = Rule {
    needs: &[&["dockerfile"]],
    ..Rule::of(check)
};

const HELP: &str =
    "give it to the user who needs it, with `chown` or `--chown`, and to nobody else";

fn check(facts: &Facts, _: &Settings<'_>) -> Judgement {
    let file = facts.dockerfile();
    let runs = Runs::of(file)?;
    let stages = final_stages(file)?;
    let severity = |stage: u32| {
        if stages.contains(&stage) {
            Severity::Medium
        } else {
            Severity::Low
        }
    };
    let mut reports = Reports::default();
    for command in runs.iter() {
        let Some((mode, path)) = opened(command)
            .filter(|it| !it.1.starts_with("/dev/") && !is_removed(runs, command, it.1))
        else {
            continue;
        };
        let finding = Finding::new(format!("`{mode}` lets everybody write `{path}`"))
            .severity(severity(command.stage))
            .help(HELP);
        let key = format!("{} {mode} {path}", runs.stage_name(command.stage));
        reports.add_at(key, command.span, finding);
    }
    for instruction in file.instructions()? {
        let (Some(stage), Some(mode)) = (instruction.stage, copied_open(instruction)) else {
            continue;
        };
        let path = instruction.arguments.last().map_or("", text);
        let finding = Finding::new(format!("`--chmod={mode}` lets everybody write `{path}`"))
            .severity(severity(stage))
            .help(HELP);
        let key = format!("{} copy {mode} {path}", runs.stage_name(stage));
        reports.add(key, Location::Dockerfile(instruction.span), finding);
    }
    file.commands()?.conclude(reports.finish())
}

/// The mode that opens a path to everybody, and the first such path.
fn opened(command: &Command) -> Option<(&str, &str)> {
    let mut words = command.words.iter().skip(1).map(text).peekable();
    match command.name()? {
        "chmod" => {
            let mode = words.find(|word| is_open(word))?;
            Some((mode, words.find(|word| !word.starts_with('-'))?))
        }
        name @ ("mkdir" | "install") => {
            let mode = words.find_map(|word| match word.strip_prefix("--mode=") {
                Some(mode) => Some(mode),
                None => word.strip_prefix("-m").filter(|mode| !mode.is_empty()),
            });
            let separate = || {
                let mut words = command.words.iter().map(text);
                words.find(|word| *word == "-m").and_then(|_| words.next())
            };
            let mode = mode.or_else(separate).filter(|mode| is_open(mode))?;
            Some((mode, command.words.last().map_or(name, text)))
        }
        _ => None,
    }
}

/// Whether a later command of the same `RUN` removes a path.
fn is_removed(runs: Runs<'_>, command: &Command, path: &str) -> bool {
    let mut later = runs
        .behind(command)
        .iter()
        .filter(|it| it.name() == Some("rm"));
    later.any(|it| {
        it.words
            .iter()
            .skip(1)
            .map(text)
            .any(|word| path.starts_with(word))
    })
}

fn copied_open(instruction: &Instruction) -> Option<&str> {
    let is_copy = matches!(instruction.keyword, Keyword::Copy | Keyword::Add);
    let mode = instruction.option("chmod").filter(|_| is_copy)?;
    is_open(mode).then_some(mode)
}

#[cfg(test)]
mod tests {
    use crate::PACK;
    use polcheck_sdk::testing::{Given, messages};
    use rstest::rstest;

    #[rstest]
    #[case("chmod 0777 -R /a", 1)]
    #[case("chmod a+rwX /a", 1)]
    #[case("chmod u=rwx,go=rw /a", 1)]
    #[case("mkdir -p -m 777 /a", 1)]
    #[case("install -m0666 a /a", 1)]
    #[case("chmod 1777 /a", 0)]
    #[case("chmod a+rwxt /a", 0)]
    #[case("chmod g+w /a", 0)]
    #[case("chmod +w /a", 0)]
    #[case("chmod o-w,ug+rwx /a", 0)]
    #[case("chmod 775 /a", 0)]
    #[case("chmod 77 /a", 0)]
    #[case("chmod 777 /tmp/a && rm -rf /tmp/a", 0)]
    fn only_a_mode_that_lets_everybody_write_is_found(#[case] script: &str, #[case] count: usize) {
        let file = format!("FROM debian:13\nRUN {script}\n");
        let found = messages(&PACK, "layer.world-writable", Given::dockerfile(&file));
        assert_eq!(found.len(), count, "{found:?}");
    }
}
