//! Debuggers that a command starts.

use crate::addresses::{is_everywhere, open_port};
use crate::start_command::{StartWord, base_name};

/// A debugger that listens everywhere.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Listener {
    /// What to call it.
    pub(crate) name: &'static str,
    /// Where it listens.
    pub(crate) port: u16,
    /// Whether it listens everywhere in all versions.
    pub(crate) is_sure: bool,
}

/// The first debugger among the words of a command that listens everywhere, and the word that says so.
pub(crate) fn listener<'a>(words: &[StartWord<'a>]) -> Option<(Listener, StartWord<'a>)> {
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
