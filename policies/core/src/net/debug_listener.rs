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

use crate::addresses::{is_everywhere, open_port};
use crate::ports;
use crate::reports::Reports;
use crate::start_command::{StartWord, base_name, start_words};
use polcheck_sdk::{Confidence, Facts, Finding, Judgement, Rule, Settings, Severity};

/// The rule.
pub const RULE: Rule = Rule {
    severity: Severity::Critical,
    needs: &[&["image", "dockerfile"]],
    ..Rule::of(check)
};

/// Variables whose words a program takes as if they stood in its command.
const VARIABLES: [&str; 6] = [
    "JAVA_TOOL_OPTIONS",
    "JDK_JAVA_OPTIONS",
    "JAVA_OPTS",
    "CATALINA_OPTS",
    "NODE_OPTIONS",
    "_JAVA_OPTIONS",
];

/// A debugger that listens everywhere.
struct Listener {
    name: &'static str,
    port: u16,
    is_sure: bool,
}

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
        for exposed in config
            .exposed_ports
            .iter()
            .filter(|port| !port.is_inherited)
        {
            if is_sure && ports::range(&exposed.key).is_some_and(|range| range.contains(&port)) {
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
    let own = config.env.iter().filter(|variable| !variable.is_inherited);
    for variable in own.filter(|variable| VARIABLES.contains(&variable.key.as_str())) {
        let place = &variable.place;
        let texts = variable
            .value
            .iter()
            .flat_map(|value| value.split_ascii_whitespace());
        judge(
            &texts
                .map(|text| StartWord { text, place })
                .collect::<Vec<_>>(),
        );
    }
    Ok(reports.finish())
}

fn listener<'a>(words: &[StartWord<'a>]) -> Option<(Listener, StartWord<'a>)> {
    let mut program = "";
    words.iter().enumerate().find_map(|(at, word)| {
        let rest = words.get(at + 1..).unwrap_or_default();
        let name = base_name(word.text);
        if ["dlv", "debugpy", "gdbserver", "rdbg", "ptvsd"].contains(&name) {
            program = name;
        }
        let found = match program {
            "dlv" => listening("dlv", &["--listen", "-l"], word, rest),
            "debugpy" => listening("debugpy", &["--listen"], word, rest),
            "ptvsd" | "rdbg" => host(program == "rdbg", word, rest),
            "gdbserver" => gdbserver(word.text),
            _ => None,
        };
        let found = found
            .or_else(|| node(word.text))
            .or_else(|| java(word.text))
            .or_else(|| browser(word.text, words));
        Some((found?, *word))
    })
}

fn sure(name: &'static str, port: u16) -> Listener {
    Listener {
        name,
        port,
        is_sure: true,
    }
}

/// `--listen=:40000`, `--listen :40000`
fn listening(
    name: &'static str,
    options: &[&str],
    word: &StartWord<'_>,
    rest: &[StartWord<'_>],
) -> Option<Listener> {
    Some(sure(name, open_port(value(options, word, rest)?)?))
}

/// The value of an option that stands here.
fn value<'a>(options: &[&str], word: &StartWord<'a>, rest: &[StartWord<'a>]) -> Option<&'a str> {
    let (name, value) = match word.text.split_once('=') {
        Some((name, value)) => (name, Some(value)),
        None => (word.text, rest.first().map(|word| word.text)),
    };
    value.filter(|_| options.contains(&name))
}

/// `--host 0.0.0.0 --port 5678`
fn host(is_ruby: bool, word: &StartWord<'_>, rest: &[StartWord<'_>]) -> Option<Listener> {
    let host = value(&["--host"], word, rest)?;
    let mut ports = rest.iter().zip(rest.iter().skip(1));
    let port = ports.find(|(word, _)| word.text == "--port");
    let port = port.and_then(|(_, port)| port.text.parse().ok());
    let (name, default) = if is_ruby {
        ("rdbg", 12345)
    } else {
        ("ptvsd", 5678)
    };
    is_everywhere(host).then(|| sure(name, port.unwrap_or(default)))
}

/// It ignores the host.
fn gdbserver(word: &str) -> Option<Listener> {
    let (_, port) = word.rsplit_once(':')?;
    Some(sure("gdbserver", port.parse().ok()?))
}

/// `--inspect=0.0.0.0:9229`; a port alone is one of the machine itself.
fn node(word: &str) -> Option<Listener> {
    let (option, address) = word.split_once('=')?;
    if !matches!(
        option,
        "--inspect" | "--inspect-brk" | "--inspect-wait" | "--inspect-port"
    ) {
        return None;
    }
    let port = if is_everywhere(address) {
        Some(9229)
    } else {
        open_port(address)
    };
    Some(sure("node --inspect", port?))
}

/// `-agentlib:jdwp=transport=dt_socket,server=y,address=*:5005`
fn java(word: &str) -> Option<Listener> {
    let options = ["-agentlib:jdwp=", "-Xrunjdwp:"];
    let options = options.iter().find_map(|start| word.strip_prefix(start))?;
    let option = |name: &str| options.split(',').find_map(|part| part.strip_prefix(name));
    if option("server=") != Some("y") {
        return None;
    }
    let address = option("address=")?;
    match address.parse() {
        // Of all interfaces until Java 8, of the machine itself since Java 9.
        Ok(port) => Some(Listener {
            name: "jdwp",
            port,
            is_sure: false,
        }),
        Err(_) => Some(sure("jdwp", open_port(address)?)),
    }
}

fn browser(word: &str, words: &[StartWord<'_>]) -> Option<Listener> {
    is_everywhere(word.strip_prefix("--remote-debugging-address=")?).then_some(())?;
    let mut ports = words.iter();
    let port = ports.find_map(|word| word.text.strip_prefix("--remote-debugging-port="));
    Some(sure("--remote-debugging-port", port?.parse().ok()?))
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
