//! A private key is made while the image is built
//!
//! ## What it does
//! Looks for commands of `RUN` that make a private key: `openssl`, `ssh-keygen`, `certtool`, `keytool`, `gpg` and the like.
//! A key that the same `RUN` removes is fine.
//!
//! ## Why is this bad?
//! The key lies in a layer or in the build cache, where others can read it, and every container that runs the image has
//! the same one. A key belongs to one machine, and is made there.
//!
//! ## Examples
//! ```dockerfile fails
//! FROM alpine:3.22
//! RUN openssl req -x509 -nodes -newkey rsa:4096 -keyout server.key -out server.crt -subj "/CN=example.com"
//! ```
//! ```dockerfile fails
//! FROM debian:13
//! RUN ssh-keygen -A
//! ```
//! ```dockerfile passes
//! FROM alpine:3.22
//! RUN openssl req -x509 -nodes -newkey rsa:4096 -keyout /tmp/k -out /tmp/c && make test && rm /tmp/k /tmp/c
//! ```

use crate::generated_keys::generated_keys;
use crate::reports::Reports;
use crate::runs::Runs;
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
    for key in generated_keys(file)? {
        let tool = &key.tool;
        let finding = Finding::new(format!(
            "`{tool}` makes a private key while the image is built"
        ))
        .help("make the key where the container runs, or mount it as a secret");
        let name = key.name();
        let stage = runs.stage_name(key.command.stage);
        reports.add_at(format!("{stage} {name}"), key.command.span, finding);
    }
    file.commands()?.conclude(reports.finish())
}

#[cfg(test)]
mod tests {
    use crate::PACK;
    use polcheck_sdk::testing::{Given, messages};
    use rstest::rstest;

    #[rstest]
    #[case("openssl genrsa -out a.key 2048 && openssl genrsa -out b.key", 2)]
    #[case("openssl ecparam -name prime256v1 -genkey -noout -out a.key", 1)]
    #[case("openssl req -new -key a.key -out a.csr", 0)]
    #[case("openssl dhparam -out dh.pem 2048", 0)]
    #[case("openssl rand -hex 32", 0)]
    #[case("ssh-keygen -q -t ed25519 -N '' -f ~/.ssh/id_ed25519", 1)]
    #[case("ssh-keygen -F github.com || ssh-keyscan github.com", 0)]
    #[case("ssh-keygen -l -f a.pub", 0)]
    #[case("cd /x && ssh-keygen -f k && rm -f /x/k", 0)]
    #[case("keytool -importcert -file a.crt -keystore a.jks", 0)]
    fn only_making_a_key_is_found(#[case] script: &str, #[case] findings: usize) {
        let given = Given::dockerfile(&format!("FROM debian:13\nRUN {script}"));
        assert_eq!(
            messages(&PACK, "secret.private-key-generated", given).len(),
            findings
        );
    }
}
