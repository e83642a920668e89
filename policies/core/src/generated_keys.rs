//! Private keys that commands of `RUN` make.

use crate::options::{Arguments, Syntax, text};
use crate::paths::{resolve, working_folder};
use crate::runs::Runs;
use polcheck_sdk::FactError;
use polcheck_sdk::dockerfile::{Command, Dockerfile};

/// One key.
#[derive(Debug)]
pub(crate) struct GeneratedKey<'a> {
    /// What makes it.
    pub(crate) command: &'a Command,
    /// How the command is called: `openssl req`.
    pub(crate) tool: String,
    /// The file, as the command names it.
    pub(crate) written: Option<&'a str>,
    /// Where it lies, if that is known.
    pub(crate) path: Option<String>,
}

impl GeneratedKey<'_> {
    /// What to call it.
    pub(crate) fn name(&self) -> &str {
        let path = self.path.as_deref().or(self.written);
        path.unwrap_or(&self.tool)
    }
}

/// Options whose value is a file, or something else that is no operand.
const SSH: Syntax = Syntax {
    short: "fNCtbmOaIVnzPEGMSsWwDRrF",
    long: &[],
    one_dash: false,
};
/// Tools that make a key when their words have this one, and the options that name its file.
const TOOLS: [(&str, &str, &[&str]); 15] = [
    ("dotnet", "dev-certs", &["-ep", "--export-path"]),
    ("openssl", "genrsa", &["-out"]),
    ("openssl", "genpkey", &["-out"]),
    ("openssl", "gendsa", &["-out"]),
    ("openssl", "-genkey", &["-out"]),
    ("openssl", "-newkey", &["-keyout"]),
    ("openssl", "-keyout", &["-keyout"]),
    ("certtool", "--generate-privkey", &["--outfile"]),
    ("keytool", "-genkeypair", &["-keystore"]),
    ("keytool", "-genkey", &["-keystore"]),
    ("wg", "genkey", &[]),
    ("gpg", "--gen-key", &[]),
    ("gpg", "--generate-key", &[]),
    ("make-ssl-cert", "generate-default-snakeoil", &[]),
    ("mkcert", "localhost", &["-key-file"]),
];

/// The keys that stay behind the `RUN` that makes them.
pub(crate) fn generated_keys(file: Dockerfile<'_>) -> Result<Vec<GeneratedKey<'_>>, FactError> {
    let runs = Runs::of(file)?;
    let mut keys = Vec::new();
    for command in runs.iter() {
        let Some((tool, written)) = command.name().and_then(|name| generates(name, command)) else {
            continue;
        };
        let folder = || folder(file, runs, command);
        let path = match written {
            Some(path) => resolve(folder()?.as_deref(), path),
            None => None,
        };
        let mut behind = runs.behind(command).iter();
        let is_removed = match &path {
            Some(path) => behind.any(|it| removes(it, path, folder().ok().flatten().as_deref())),
            None => false,
        };
        if !is_removed {
            keys.push(GeneratedKey {
                command,
                tool,
                written,
                path,
            });
        }
    }
    Ok(keys)
}

/// What a command is called that makes a key, and the file that it names.
fn generates<'a>(name: &str, command: &'a Command) -> Option<(String, Option<&'a str>)> {
    if name == "ssh-keygen" {
        let arguments = Arguments::read(command.words.get(1..)?, &SSH);
        let others = [
            "l", "y", "R", "F", "e", "i", "D", "K", "B", "H", "s", "Y", "p", "c", "L", "Q", "r",
        ];
        let path = arguments.values(&["f"]).last();
        return (!arguments.has(&others)).then(|| (name.to_owned(), path));
    }
    let words = || command.words.iter().map(text);
    let (_, word, options) = TOOLS
        .iter()
        .find(|(tool, word, _)| *tool == name && words().any(|other| other == *word))?;
    let mut follows = words().zip(words().skip(1));
    let path = follows.find(|(option, _)| options.contains(option));
    // On the terminal, where no file is named.
    let path = path
        .map(|(_, path)| path)
        .filter(|path| *path != "/dev/stdout");
    let word = match name {
        "openssl" => words().nth(1).unwrap_or(word),
        _ => word,
    };
    Some((format!("{name} {word}"), path))
}

/// The folder that a command runs in; none where that is not known.
fn folder(
    file: Dockerfile<'_>,
    runs: Runs<'_>,
    command: &Command,
) -> Result<Option<String>, FactError> {
    let mut folder = working_folder(file, command.stage, command.instruction)?;
    let before = runs
        .around(command)
        .iter()
        .take_while(|it| it.index < command.index);
    for change in before.filter(|it| it.name() == Some("cd")) {
        let path = change.words.get(1).and_then(|word| word.value.as_deref());
        folder = path.and_then(|path| resolve(folder.as_deref(), path));
    }
    Ok(folder)
}

/// Whether a command removes a file, or a folder above it.
pub(crate) fn removes(command: &Command, path: &str, folder: Option<&str>) -> bool {
    matches!(command.name(), Some("rm" | "shred" | "unlink"))
        && command.words.iter().skip(1).any(|word| {
            let removed = word.value.as_deref().and_then(|word| resolve(folder, word));
            removed.is_some_and(|removed| crate::paths::is_within(path, &removed))
        })
}
