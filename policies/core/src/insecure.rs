//! Options and variables with which programs talk to anybody who answers.

use crate::data::switches::is_off;
use crate::fetchers::{curl, wget};
use crate::options::text;
use crate::packages::{Call, Manager};
use crate::parts::{cut, has};
use polcheck_sdk::dockerfile::{Command, Word};

/// The option of a command that does it.
pub(crate) fn option(command: &Command) -> Option<&str> {
    match command.name()? {
        "curl" => {
            let arguments = curl(command)?;
            let is_insecure = arguments.has(&["k", "insecure", "proxy-insecure"]);
            (is_insecure && !is_local(command)).then_some("--insecure")
        }
        "wget" => {
            let arguments = wget(command)?;
            // Options may be shortened.
            let is_insecure = |name: &str| name.starts_with("no-check-c");
            let mut options = arguments.options.iter();
            options
                .any(|(name, _)| is_insecure(name))
                .then_some("--no-check-certificate")
        }
        "git" => git(command),
        "skopeo" | "podman" | "buildah" => word(command, "--tls-verify=false"),
        "helm" | "kubectl" | "argocd" | "vault" => word(command, "--insecure-skip-tls-verify"),
        "conda" | "mamba" | "composer" | "bundle" | "poetry" => configured(command),
        "yum-config-manager" | "dnf-config-manager" => setopt(command),
        _ => None,
    }
}

/// The variable that stands before a command, or that `export` sets.
pub(crate) fn assigned(command: &Command) -> Option<&str> {
    let assignments = command.assignments.iter();
    let assigned = assignments.map(|it| (it.name.as_str(), it.value.value.as_deref()));
    let is_export = matches!(command.name(), Some("export" | "declare" | "setenv"));
    let exported = command.words.iter().filter(|_| is_export).filter_map(pair);
    let mut all = assigned
        .filter(|_| !command.words.is_empty())
        .chain(exported);
    all.find(|(name, value)| is_off(name, *value))
        .map(|(name, _)| name)
}

/// `NAME=value`, with the value if it is known.
pub(crate) fn pair(word: &Word) -> Option<(&str, Option<&str>)> {
    let (name, value) = text(word).split_once('=')?;
    Some((name, word.value.is_some().then_some(value)))
}

fn word<'a>(command: &'a Command, wanted: &str) -> Option<&'a str> {
    let mut words = command.words.iter().map(text);
    words.find(|word| *word == wanted)
}

/// Whether it only talks to itself.
fn is_local(command: &Command) -> bool {
    let is_local = |url: &str| {
        let host = cut(url, "://").map_or("", |(_, rest)| rest);
        ["localhost", "127.", "[::1]"]
            .iter()
            .any(|it| host.starts_with(it))
    };
    let mut urls = command
        .words
        .iter()
        .map(text)
        .filter(|word| has(word, "://"))
        .peekable();
    urls.peek().is_some() && urls.all(is_local)
}

/// `-c http.sslVerify=false`, `config --global http.sslVerify false`
fn git(command: &Command) -> Option<&str> {
    let words = command.words.iter().map(text);
    let values = command.words.iter().skip(1).map(text);
    let mut pairs = words.zip(values);
    let is_switch = |name: &str| {
        let name = name.to_ascii_lowercase();
        name.starts_with("http.") && name.ends_with("sslverify")
    };
    let is_off = |value: &str| {
        matches!(
            value.to_ascii_lowercase().as_str(),
            "false" | "0" | "no" | "off"
        )
    };
    pairs.find_map(|(word, next)| match next.split_once('=') {
        Some((name, value)) if is_switch(name) && is_off(value) => Some(next),
        _ => (is_switch(word) && is_off(next)).then_some(word),
    })
}

/// `conda config --set ssl_verify false`, `composer config disable-tls true`
fn configured(command: &Command) -> Option<&str> {
    let words = command.words.iter().map(text);
    let values = command.words.iter().skip(1).map(text);
    let mut pairs = words.zip(values);
    let found = pairs.find(|(word, value)| match *word {
        "ssl_verify" => matches!(*value, "false" | "False" | "no"),
        "disable-tls" => *value == "true",
        "ssl_verify_mode" => *value == "0",
        _ => false,
    });
    found.map(|(word, _)| word)
}

/// `--setopt=sslverify=0`, `--setopt epel.sslverify=false`
fn setopt(command: &Command) -> Option<&str> {
    let words = command.words.iter().map(text);
    words
        .map(|word| word.strip_prefix("--setopt=").unwrap_or(word))
        .find(|word| {
            let Some((name, value)) = word.split_once('=') else {
                return false;
            };
            let value = value.trim_matches(['"', '\'']).to_ascii_lowercase();
            name.trim_matches(['"', '\'']).rsplit('.').next() == Some("sslverify")
                && matches!(value.as_str(), "0" | "false" | "no")
        })
}

/// The same of a package manager.
pub(crate) fn of_packages<'a>(call: &Call<'a>) -> Option<&'a str> {
    let arguments = &call.arguments;
    match call.manager {
        Manager::Pip => arguments
            .has(&["trusted-host", "allow-insecure-host"])
            .then_some("--trusted-host"),
        Manager::Dnf => setopt(call.command),
        Manager::Apk => word(call.command, "--no-check-certificate"),
        Manager::Apt => arguments.values(&["o", "option"]).find(|setting| {
            let setting = setting.to_ascii_lowercase();
            has(&setting, "verify-peer=false") || has(&setting, "verify-host=false")
        }),
        Manager::Npm | Manager::Yarn | Manager::Pnpm => strict_ssl(call),
        _ => None,
    }
}

/// `config set strict-ssl false`, `--strict-ssl=false`, `--no-strict-ssl`
fn strict_ssl<'a>(call: &Call<'a>) -> Option<&'a str> {
    const NAMES: [&str; 2] = ["strict-ssl", "enableStrictSsl"];
    let is_off = |value: &str| matches!(value.to_ascii_lowercase().as_str(), "false" | "0");
    let mut options = call.arguments.options.iter();
    let is_option = options.any(|(name, value)| {
        *name == "no-strict-ssl" || NAMES.contains(name) && value.is_some_and(is_off)
    });
    let is_set = matches!(call.verb, "config" | "c" | "set");
    let operands = || call.arguments.operands.iter().map(|word| text(word));
    let mut pairs = operands().zip(operands().skip(1));
    let is_pair = pairs.any(|(name, value)| NAMES.contains(&name) && is_off(value));
    let is_word = operands().any(|word| match word.split_once('=') {
        Some((name, value)) => NAMES.contains(&name) && is_off(value),
        None => false,
    });
    (is_option || is_set && (is_pair || is_word)).then_some("strict-ssl")
}

#[cfg(test)]
mod tests {
    use crate::PACK;
    use polcheck_sdk::testing::{Given, messages};
    use rstest::rstest;

    #[rstest]
    #[case("curl -fsSLko a https://e.org/a")]
    #[case("sudo wget --no-check-certificate https://e.org/a")]
    #[case("git -c http.sslVerify=false clone https://e.org/a")]
    #[case("git config --global http.https://e.org.sslVerify false")]
    #[case("pip install --trusted-host e.org a")]
    #[case("yarn config set strict-ssl false")]
    #[case("npm install --strict-ssl=false")]
    #[case("yum --setopt=epel.sslverify=0 install -y a")]
    #[case("apt-get -o Acquire::https::Verify-Peer=false update")]
    #[case("env GIT_SSL_NO_VERIFY=1 git clone https://e.org/a")]
    #[case("export PYTHONHTTPSVERIFY=0; python a.py")]
    fn who_talks_to_anybody_is_found(#[case] script: &str) {
        assert_eq!(found(script), 1, "{script}");
    }

    #[rstest]
    #[case("curl -fsSL -o k https://e.org/a")]
    #[case("curl -H '-k' https://e.org/a")]
    #[case("curl -k https://localhost:8443/health")]
    #[case("tar -k -xf a && grep -k curl a")]
    #[case("echo curl -k https://e.org")]
    #[case("npm config set strict-ssl true")]
    #[case("NODE_TLS_REJECT_UNAUTHORIZED=1 node a.js")]
    #[case("PIP_TRUSTED_HOST= pip install a==1")]
    fn who_checks_is_not(#[case] script: &str) {
        assert_eq!(found(script), 0, "{script}");
    }

    fn found(script: &str) -> usize {
        let file = format!("FROM debian:13\nRUN {script}\n");
        messages(&PACK, "pkg.tls-off", Given::dockerfile(&file)).len()
    }
}
