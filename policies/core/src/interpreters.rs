//! Programs that run text.

use crate::options::text;
use crate::packages::is_version_of;
use polcheck_sdk::dockerfile::{Command, Via};

const SHELLS: [&str; 6] = ["sh", "bash", "dash", "ash", "zsh", "ksh"];

/// Whether a command runs what stands in its standard input.
pub(crate) fn reads_program(command: &Command) -> bool {
    let Some(name) = command.name() else {
        return false;
    };
    let mut words = command.words.iter().skip(1).map(text);
    if SHELLS.contains(&name) {
        let is_long = |word: &str| word.starts_with("--");
        let ends = |word: &&str| !word.starts_with(['-', '+']) || *word == "-" || *word == "--";
        let mut options = words.clone().take_while(|word| !ends(word));
        if options
            .clone()
            .any(|word| !is_long(word) && word.contains('c'))
        {
            return false;
        }
        let reads_input = options.any(|word| !is_long(word) && word.contains('s'));
        let operand = words.find(ends);
        // The value of `-o` is no file.
        return reads_input
            || matches!(
                operand,
                None | Some("-" | "--" | "pipefail" | "errexit" | "/dev/stdin")
            );
    }
    let is_interpreter =
        is_version_of("python", name) || matches!(name, "perl" | "ruby" | "node" | "php");
    is_interpreter && matches!(words.next(), None | Some("-" | "--" | "/dev/stdin"))
}

/// Whether a command runs the output of a command in its words.
pub(crate) fn takes_program(command: &Command, via: Via) -> bool {
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
