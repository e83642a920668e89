//! A private key gets into the image
//!
//! ## What it does
//! Follows the private keys that commands of `RUN` make: to the stage that is built, through `FROM` and `COPY --from`.
//! A key that is removed only by a later instruction is still in a layer.
//!
//! ## Why is this bad?
//! Everybody who can pull the image has the key, and can pretend to be the service, or read what is sent to it. It is the
//! same key in every container, and the next build makes another one. CIS Docker Benchmark 4.10.
//!
//! ## Examples
//! ```dockerfile fails
//! FROM alpine:3.22 AS certs
//! WORKDIR /certs
//! RUN openssl req -x509 -nodes -newkey rsa:4096 -keyout server.key -out server.crt -subj "/CN=example.com"
//! FROM nginx:1.29
//! COPY --from=certs /certs/ /etc/ssl/certs/
//! ```
//! ```dockerfile fails
//! FROM debian:13
//! RUN ssh-keygen -N '' -f /root/.ssh/id_rsa
//! RUN rm /root/.ssh/id_rsa
//! ```
//! ```dockerfile passes
//! FROM alpine:3.22 AS certs
//! WORKDIR /certs
//! RUN openssl req -x509 -nodes -newkey rsa:4096 -keyout server.key -out server.crt -subj "/CN=example.com"
//! FROM nginx:1.29
//! COPY --from=certs /certs/server.crt /etc/ssl/certs/
//! ```

use crate::generated_keys::{GeneratedKey, generated_keys, removes};
use crate::paths::{is_within, resolve, working_folder};
use crate::reports::Reports;
use crate::runs::{Runs, final_stages};
use polcheck_sdk::dockerfile::{Dockerfile, Flow};
use polcheck_sdk::{FactError, Facts, Finding, Judgement, Rule, Settings, Severity, Span};

/// The rule.
pub const RULE: Rule = Rule {
    severity: Severity::Critical,
    aliases: &["CIS-DI-0010"],
    needs: &[&["dockerfile"]],
    ..Rule::of(check)
};

/// How many copies of one key are followed.
const MOST_COPIES: usize = 64;

fn check(facts: &Facts, _: &Settings<'_>) -> Judgement {
    let file = facts.dockerfile();
    let last = final_stages(file)?;
    let mut reports = Reports::default();
    for key in generated_keys(file)? {
        let command = key.command;
        let name = key.name();
        let entry = format!("key {name}");
        if last.contains(&command.stage) {
            let message = format!(
                "the private key that `{}` makes stays in the image",
                key.tool
            );
            reports.add_at(entry, command.span, finding(message));
        } else if let Some(span) = arrives(facts, file, &key, &last)? {
            let message = format!("the private key `{name}` is copied into the image");
            reports.add_at(entry.clone(), span, finding(message.clone()));
            reports.add_at(entry, command.span, finding(message));
        }
    }
    file.commands()?.conclude(reports.finish())
}

fn finding(message: String) -> Finding {
    Finding::new(message)
        .help("mount the key when the container runs, and copy only the certificate")
}

/// The copy that brings a key into one of the last stages.
fn arrives(
    facts: &Facts,
    file: Dockerfile<'_>,
    key: &GeneratedKey<'_>,
    last: &[u32],
) -> Result<Option<Span>, FactError> {
    let Some(path) = key.path.clone() else {
        return Ok(None);
    };
    let mut places = vec![(key.command.stage, path)];
    let mut done = 0;
    while let Some((stage, path)) = places.get(done).cloned() {
        done += 1;
        for flow in file.flows()? {
            let Some(from) = flow.from_stage else {
                continue;
            };
            let has_it =
                from == stage || file.ancestry(from)?.any(|ancestor| ancestor.index == stage);
            if !has_it || is_removed(file, from, &path)? {
                continue;
            }
            let Some(copied) = copied(facts, file, flow, &path)? else {
                continue;
            };
            if last.contains(&flow.to_stage) {
                return Ok(Some(flow.span));
            }
            let place = (flow.to_stage, copied);
            if places.len() < MOST_COPIES && !places.contains(&place) {
                places.push(place);
            }
        }
    }
    Ok(None)
}

/// Where a copy puts a file, if it takes it.
fn copied(
    facts: &Facts,
    file: Dockerfile<'_>,
    flow: &Flow,
    path: &str,
) -> Result<Option<String>, FactError> {
    let source = flow
        .sources
        .iter()
        .filter_map(|source| resolve(Some("/"), source));
    let mut source =
        source.filter(|source| is_within(path, source) || facts.glob_match(source, path));
    let Some(source) = source.next() else {
        return Ok(None);
    };
    let folder = working_folder(file, flow.to_stage, flow.instruction)?;
    let name = path.rsplit('/').next().unwrap_or(path);
    let below = path.strip_prefix(source.as_str()).unwrap_or_default();
    let below = if below.is_empty() && flow.destination.ends_with('/') {
        format!("/{name}")
    } else {
        below.to_owned()
    };
    Ok(resolve(
        folder.as_deref(),
        &format!("{}{below}", flow.destination),
    ))
}

/// Whether a stage, or one that it begins with, removes a file.
fn is_removed(file: Dockerfile<'_>, stage: u32, path: &str) -> Result<bool, FactError> {
    let stages: Vec<u32> = file.ancestry(stage)?.map(|stage| stage.index).collect();
    for command in Runs::of(file)?
        .iter()
        .filter(|command| stages.contains(&command.stage))
    {
        let folder = working_folder(file, command.stage, command.instruction)?;
        if removes(command, path, folder.as_deref()) {
            return Ok(true);
        }
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use crate::PACK;
    use polcheck_sdk::testing::{Given, messages};
    use rstest::rstest;

    const MADE: &str = "FROM alpine:3.22 AS certs\nRUN cd /certs && openssl genrsa -out ca.key\n";

    #[rstest]
    #[case("FROM alpine:3.22\nCOPY --from=certs /certs/ca.key /x\n", 1)]
    #[case("FROM alpine:3.22\nCOPY --from=certs /certs/*.key /x/\n", 1)]
    #[case("FROM alpine:3.22\nCOPY --from=certs /certs/*.crt /x/\n", 0)]
    #[case(
        "FROM alpine:3.22 AS mid\nCOPY --from=certs /certs /mid/\nFROM scratch\nCOPY --from=mid /mid/ca.key /x\n",
        1
    )]
    #[case(
        "FROM certs AS more\nRUN rm /certs/ca.key\nFROM scratch\nCOPY --from=more /certs /x\n",
        0
    )]
    #[case("FROM certs\n", 1)]
    #[case("FROM scratch\n", 0)]
    fn the_key_is_followed(#[case] rest: &str, #[case] findings: usize) {
        let given = Given::dockerfile(&format!("{MADE}{rest}"));
        assert_eq!(
            messages(&PACK, "secret.private-key-in-image", given).len(),
            findings
        );
    }
}
