//! A debugger listens on all interfaces
//!
//! ## What it does
//! Looks for debuggers that entrypoint, command or a variable start so that they listen on all interfaces: `dlv`, the
//! inspector of Node.js, `jdwp` of Java, `debugpy`, `gdbserver`, `rdbg`, and the remote debugging of browsers. The port is
//! reported too where the image exposes it.
//!
//! ## Why is this bad?
//! A debugger runs whatever it is told, as the user of the process, and asks for no password. Whoever reaches the port
//! owns the container.
//!
//! ## Examples
//! ```dockerfile fails
//! FROM alpine:3.22
//! ENTRYPOINT ["dlv", "--listen=:40000", "--headless=true", "exec", "./service"]
//! ```
//! ```json fails
//! { "config": { "Cmd": ["node", "--inspect=0.0.0.0:9229", "server.js"] } }
//! ```
//! Use instead:
//! ```dockerfile passes
//! FROM alpine:3.22
//! ENTRYPOINT ["./service"]
//! ```
//! ```json passes
//! { "config": { "Cmd": ["node", "--inspect=127.0.0.1:9229", "server.js"] } }
//! ```

use crate::debuggers::{Listener, listener};
use crate::ports::exposed;
use crate::reports::Reports;
use crate::start_command::{StartWord, option_words, start_words};
use polcheck_sdk::{Confidence, Facts, Finding, Judgement, Rule, Settings, Severity};

/// The rule.
pub const RULE: Rule = Rule {
    severity: Severity::Critical,
    needs: &[&["image", "dockerfile"]],
    ..Rule::of(check)
};

fn check(facts: &Facts, _: &Settings<'_>) -> Judgement {
    let config = facts.run_config()?;
    let mut reports = Reports::default();
    let mut judge = |words: &[StartWord<'_>]| {
        let Some((listener, word)) = listener(words) else {
            return;
        };
        let Listener {
            name,
            port,
            is_sure,
        } = listener;
        let finding = Finding::new(format!(
            "`{name}` lets everybody debug the process on port {port}"
        ))
        .help("start the program itself, and debug it with `kubectl debug` or `docker exec`");
        let finding = if is_sure {
            finding
        } else {
            finding.severity(Severity::High).confidence(Confidence::Low)
        };
        reports.add(format!("debugger={name}"), word.place.clone(), finding);
        for (exposed, range) in exposed(config) {
            if is_sure && range.contains(&port) {
                let finding = Finding::new(format!(
                    "the image exposes the port {port} of the debugger `{name}`"
                ))
                .severity(Severity::High)
                .help("remove the port together with the debugger");
                reports.add(format!("port={port}"), exposed.place.clone(), finding);
            }
        }
    };
    judge(&start_words(facts)?);
    judge(&option_words(facts)?);
    Ok(reports.finish())
}

#[cfg(test)]
mod tests {
    use crate::PACK;
    use polcheck_sdk::testing::{Given, messages};
    use rstest::rstest;

    #[rstest]
    #[case("CMD dlv debug --headless --listen 0.0.0.0:2345 ./cmd\nEXPOSE 2345", 2)]
    #[case("CMD dlv debug --headless --listen=127.0.0.1:2345\nEXPOSE 2345", 0)]
    #[case("CMD node --inspect-brk=0.0.0.0 a.js", 1)]
    #[case("CMD node --inspect=9229 a.js", 0)]
    #[case("CMD node --inspect a.js", 0)]
    #[case(
        "ENV JAVA_TOOL_OPTIONS='-agentlib:jdwp=transport=dt_socket,server=y,suspend=n,address=*:5005'",
        1
    )]
    #[case(
        "ENV JAVA_TOOL_OPTIONS='-agentlib:jdwp=transport=dt_socket,server=y,address=5005'",
        1
    )]
    #[case(
        "CMD java -agentlib:jdwp=transport=dt_socket,address=localhost:5005 A",
        0
    )]
    #[case("CMD python -m debugpy --listen 0.0.0.0:5678 app.py", 1)]
    #[case("CMD python -m debugpy --listen 5678 app.py", 0)]
    #[case("CMD gdbserver localhost:2345 ./a", 1)]
    #[case("CMD rdbg --open --host 0.0.0.0 --port 12345 -- ruby a.rb", 1)]
    #[case("EXPOSE 5005 9229 40000", 0)]
    fn only_what_others_reach_is_found(#[case] line: &str, #[case] findings: usize) {
        let given = Given::dockerfile(&format!("FROM example/base:1\n{line}"));
        assert_eq!(messages(&PACK, "net.debug-listener", given).len(), findings);
    }
}
