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

use crate::fetchers::{is_fetcher, writes_file};
use crate::interpreters::{reads_program, takes_program};
use crate::options::text;
use crate::parts::has;
use crate::pipelines::readers;
use crate::reports::Reports;
use crate::runs::Runs;
use polcheck_sdk::dockerfile::Command;
use polcheck_sdk::{Facts, Finding, Judgement, Rule, Settings, Severity};

/// The rule.
pub const RULE: Rule = Rule {
    severity: Severity::High,
    needs: &[&["dockerfile"]],
    ..Rule::of(check)
};

fn check(facts: &Facts, _: &Settings<'_>) -> Judgement {
    let file = facts.dockerfile();
    let runs = Runs::of(file)?;
    let mut reports = Reports::default();
    for command in runs.iter().filter(|command| is_fetcher(command)) {
        let Some(interpreter) = runner(runs, command).filter(|_| !writes_file(command)) else {
            continue;
        };
        let fetcher = command.name().unwrap_or_default();
        let program = interpreter.name().unwrap_or_default();
        let url = command.words.iter().map(text).find(|word| has(word, "://"));
        let stage = runs.stage_name(command.stage);
        let finding = Finding::new(format!(
            "`{program}` runs what `{fetcher}` downloads, unseen"
        ))
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
    #[case("curl -o- https://x | bash")]
    #[case("curl -o /tmp/a https://a https://b | bash")]
    #[case("wget -qO - https://x | bash")]
    #[case("( curl x ) | sh")]
    #[case("VERSION=1 && curl x | VERSION=$VERSION sh")]
    fn a_download_that_is_run_is_found(#[case] script: &str) {
        assert_eq!(found(script), 1, "{script}");
    }

    #[rstest]
    #[case("curl x | tar xz && sh install.sh")]
    #[case("curl -fsSL -o /usr/bin/wp https://x | bash && chmod +x /usr/bin/wp")]
    #[case("wget -O /tmp/x https://x | sh")]
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
