//! A download is run without looking at it
//!
//! ## What it does
//! Looks for the output of `curl` and `wget` that a shell, or another interpreter, reads as its program: through a pipe,
//! as `sh -c "$(curl …)"`, or as `bash <(curl …)`.
//!
//! ## Why is this bad?
//! Whoever owns the server on the day of the build decides what the image is; nothing says what was run, and a download
//! that breaks off is run in part. CIS Docker Benchmark 4.11.
//!
//! ## Examples
//! ```dockerfile fails
//! FROM debian:13
//! RUN curl -fsSL https://example.com/install.sh | sh
//! ```
//! ```dockerfile fails
//! FROM debian:13
//! RUN bash -c "$(wget -qO- https://example.com/install.sh)"
//! ```
//! ```dockerfile passes
//! FROM debian:13
//! ADD --checksum=sha256:6bc6584aa4e4d4d4ab5ba7f1e04a3a6d6ef2ec4da16d1d4a0f1b5cd3c7d4a0e2 https://example.com/install.sh /tmp/
//! RUN sh /tmp/install.sh
//! ```
//! ```dockerfile passes
//! FROM debian:13
//! RUN curl -fsSL https://example.com/tool.tar.gz | tar -xz -C /opt
//! ```

use crate::fetchers::is_fetcher;
use crate::options::text;
use crate::packages::is_version_of;
use crate::pipelines::readers;
use crate::reports::Reports;
use crate::runs::Runs;
use polcheck_sdk::dockerfile::{Command, Via};
use polcheck_sdk::{Facts, Finding, Judgement, Rule, Settings, Severity};

/// The rule.
pub const RULE: Rule = Rule {
    severity: Severity::High,
    needs: &[&["dockerfile"]],
    ..Rule::of(check)
};

const SHELLS: [&str; 6] = ["sh", "bash", "dash", "ash", "zsh", "ksh"];

fn check(facts: &Facts, _: &Settings<'_>) -> Judgement {
    let file = facts.dockerfile();
    let runs = Runs::of(file)?;
    let mut reports = Reports::default();
    for command in runs.iter().filter(|command| is_fetcher(command)) {
        let Some(interpreter) = runner(runs, command) else {
            continue;
        };
        let fetcher = command.name().unwrap_or_default();
        let program = interpreter.name().unwrap_or_default();
        let url = command.words.iter().map(text).find(|word| word.contains("://"));
        let stage = runs.stage_name(command.stage);
        let finding = Finding::new(format!("`{program}` runs what `{fetcher}` downloads, unseen"))
            .help("download a fixed version with `ADD --checksum=sha256:…`, then run the file");
        let key = format!("{stage} {program} {}", url.unwrap_or(fetcher));
        reports.add_at(key, command.span, finding);
    }
    file.commands()?.conclude(reports.finish())
}

/// The interpreter that reads what a command writes.
fn runner<'a>(runs: Runs<'a>, command: &'a Command) -> Option<&'a Command> {
    let is_in = |reader: &'a Command| {
        let all = runs.around(reader).iter();
        let mut wrapped = all.filter(move |it| runs.outermost(it).index == reader.index);
        wrapped.find(|it| reads_program(it))
    };
    let piped = readers(runs, command).find_map(is_in);
    piped.or_else(|| {
        let outermost = runs.outermost(command);
        let parent = runs.parent(outermost)?;
        takes_program(parent, outermost.via).then_some(parent)
    })
}

/// Whether a command runs what stands in its standard input.
fn reads_program(command: &Command) -> bool {
    let Some(name) = command.name() else {
        return false;
    };
    let mut words = command.words.iter().skip(1).map(text);
    if SHELLS.contains(&name) {
        let is_long = |word: &str| word.starts_with("--");
        let ends = |word: &&str| !word.starts_with(['-', '+']) || *word == "-" || *word == "--";
        let mut options = words.clone().take_while(|word| !ends(word));
        if options.clone().any(|word| !is_long(word) && word.contains('c')) {
            return false;
        }
        let reads_input = options.any(|word| !is_long(word) && word.contains('s'));
        let operand = words.find(ends);
        // The value of `-o` is no file.
        return reads_input || matches!(operand, None | Some("-" | "--" | "pipefail" | "errexit" | "/dev/stdin"));
    }
    let is_interpreter =
        is_version_of("python", name) || matches!(name, "perl" | "ruby" | "node" | "php");
    is_interpreter && matches!(words.next(), None | Some("-" | "--" | "/dev/stdin"))
}

/// Whether a command runs the output of a command in its words.
fn takes_program(command: &Command, via: Via) -> bool {
    let name = command.name().unwrap_or_default();
    let mut words = command.words.iter().skip(1).map(text);
    let is_shell = SHELLS.contains(&name);
    let is_source = matches!(name, "source" | ".");
    match via {
        Via::Substitution => {
            let is_text = |word: &str| word.starts_with('-') && word.ends_with('c');
            name == "eval" || is_shell && words.any(is_text)
        }
        Via::ProcessSubstitution => {
            is_source || is_shell || is_version_of("python", name) || name == "perl"
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use crate::PACK;
    use polcheck_sdk::testing::{Given, messages};
    use rstest::rstest;

    fn found(script: &str) -> usize {
        let file = format!("FROM debian:13\nRUN {script}\n");
        messages(&PACK, "pkg.pipe-to-shell", Given::dockerfile(&file)).len()
    }

    #[rstest]
    #[case("curl x | bash")]
    #[case("wget -qO- x | sudo -E bash -")]
    #[case("sudo curl x | sh -s -- --yes")]
    #[case("curl x | gunzip | bash -ex")]
    #[case("curl x | bash -o pipefail")]
    #[case("curl x | python3 -")]
    #[case("curl x | php -- --install-dir=/bin")]
    #[case("eval \"$(curl x)\"")]
    #[case("sh -c \"$(curl x | sed s/a/b/)\"")]
    #[case("bash <(curl x)")]
    #[case("( curl x ) | sh")]
    #[case("VERSION=1 && curl x | VERSION=$VERSION sh")]
    fn a_download_that_is_run_is_found(#[case] script: &str) {
        assert_eq!(found(script), 1, "{script}");
    }

    #[rstest]
    #[case("curl x | tar xz && sh install.sh")]
    #[case("curl x | apt-key add -")]
    #[case("curl x | python3 -c 'import json'")]
    #[case("curl x | python3 -m json.tool")]
    #[case("curl x | bash -c 'cat > y'")]
    #[case("curl x | sh ./filter.sh")]
    #[case("curl x | perl -pe 's/a/b/'")]
    #[case("V=$(curl x); echo $V | sh")]
    #[case("bash install.sh \"$(curl x)\"")]
    #[case("echo 'curl x | sh'")]
    fn a_download_that_is_only_data_is_not(#[case] script: &str) {
        assert_eq!(found(script), 0, "{script}");
    }
}
