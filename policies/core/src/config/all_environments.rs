//! The configuration of all environments is in the image
//!
//! ## What it does
//! Looks for a folder that is copied into the image, where entrypoint, command or a variable name one file in it that is
//! called like an environment: `production.yaml`, `development.yaml`.
//!
//! ## Why is this bad?
//! The files of the other environments are in the image as well: with the addresses of other databases, with debugging
//! switched on, and one wrong argument away. Whoever gets into the container reads how the others are set up.
//!
//! ## Examples
//! ```dockerfile fails
//! FROM scratch
//! COPY configs/ /etc/service/
//! CMD ["/service", "--config=/etc/service/production.yaml"]
//! ```
//! ```dockerfile passes
//! FROM scratch
//! COPY configs/production.yaml /etc/service/
//! CMD ["/service", "--config=/etc/service/production.yaml"]
//! ```

use crate::paths::{is_within, resolve};
use crate::reports::Reports;
use crate::runs::final_stages;
use crate::start_command::{base_name, start_words};
use polcheck_sdk::dockerfile::Flow;
use polcheck_sdk::{Confidence, Facts, Finding, Judgement, Rule, Settings, Severity};

/// The rule.
pub const RULE: Rule = Rule {
    severity: Severity::Low,
    aliases: &["DKL-LI-0003"],
    needs: &[&["dockerfile"]],
    uses: &["image"],
    ..Rule::of(check)
};

const ENVIRONMENTS: [&str; 12] = [
    "production",
    "prod",
    "staging",
    "stage",
    "development",
    "dev",
    "testing",
    "test",
    "qa",
    "uat",
    "local",
    "preprod",
];

fn check(facts: &Facts, _: &Settings<'_>) -> Judgement {
    let file = facts.dockerfile();
    let last = final_stages(file)?;
    let folder = facts.run_config()?.working_dir.get().map(String::as_str);
    let words = start_words(facts)?;
    let mut files: Vec<String> = Vec::new();
    for word in words.iter().map(|word| word.text) {
        let path = word.rsplit('=').next().unwrap_or(word);
        files.extend(
            is_of_environment(path)
                .then(|| resolve(folder, path))
                .flatten(),
        );
    }
    let mut reports = Reports::default();
    let copies = file
        .flows()?
        .iter()
        .filter(|flow| last.contains(&flow.to_stage));
    for flow in copies.filter(|flow| flow.sources.iter().any(|source| is_folder(source))) {
        let Some(into) = resolve(folder, &flow.destination) else {
            continue;
        };
        if let Some(source) = chosen(flow, &into, &files) {
            let message = format!(
                "`{source}` is copied as a whole, and the command picks the file of one environment"
            );
            let finding = Finding::new(message)
                .confidence(Confidence::Medium)
                .help("copy the one file, or mount the configuration when the container runs");
            reports.add_at(format!("copy {source}"), flow.span, finding);
        }
    }
    Ok(reports.finish())
}

/// The folder of a copy that a file of the command comes from.
fn chosen<'a>(flow: &'a Flow, into: &str, files: &[String]) -> Option<&'a str> {
    let is_chosen = files.iter().any(|path| {
        // Directly in the folder: a copy of the whole program is something else.
        is_within(path, into)
            && path
                .rsplit_once('/')
                .is_some_and(|(folder, _)| folder == into)
    });
    let mut sources = flow.sources.iter().filter(|source| is_folder(source));
    sources.next().map(String::as_str).filter(|_| is_chosen)
}

/// A folder, as far as its name tells; not the whole context.
fn is_folder(source: &str) -> bool {
    let name = base_name(source.trim_end_matches('/'));
    source.ends_with('/') && name != "." && !name.is_empty()
        || !name.contains(['.', '*']) && !name.is_empty()
}

fn is_of_environment(path: &str) -> bool {
    let (stem, ending) = base_name(path).split_once('.').unwrap_or_default();
    let is_config = [
        "yaml",
        "yml",
        "json",
        "toml",
        "env",
        "ini",
        "conf",
        "properties",
        "cfg",
    ]
    .contains(&ending);
    is_config
        && stem
            .rsplit(['-', '_'])
            .any(|part| ENVIRONMENTS.contains(&part))
}

#[cfg(test)]
mod tests {
    use crate::PACK;
    use polcheck_sdk::testing::{Given, messages};
    use rstest::rstest;

    #[rstest]
    #[case("COPY config ./config\nCMD app -c config/app-prod.yml", 1)]
    #[case("COPY . .\nCMD app -c config/prod.yml", 0)]
    #[case("COPY src ./\nCMD app -c config/prod.yml", 0)]
    #[case("COPY config ./config\nCMD app -c config/app.yml", 0)]
    fn only_a_folder_that_the_command_picks_from_is_found(
        #[case] rest: &str,
        #[case] findings: usize,
    ) {
        let given = Given::dockerfile(&format!("FROM alpine:3.22\nWORKDIR /app\n{rest}"));
        assert_eq!(
            messages(&PACK, "config.all-environments", given).len(),
            findings
        );
    }
}
