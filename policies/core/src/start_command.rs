//! What a container starts: entrypoint and command as one list of words.

use polcheck_sdk::{FactError, Facts, Location, RunConfig, Value};

/// One word, and the place that it comes from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StartWord<'a> {
    /// Without quotes.
    pub(crate) text: &'a str,
    /// Where the entrypoint or the command is set.
    pub(crate) place: &'a Location,
}

/// The words of entrypoint and command; those of a shell's script too, as far as blanks tell them apart.
pub(crate) fn start_words(facts: &Facts) -> Result<Vec<StartWord<'_>>, FactError> {
    let RunConfig {
        entrypoint, cmd, ..
    } = facts.run_config()?;
    Ok([entrypoint, cmd].into_iter().flat_map(words).collect())
}

fn words(list: &Value<Vec<String>>) -> impl Iterator<Item = StartWord<'_>> {
    let place = &list.place;
    let parts = list.get().into_iter().flatten();
    let texts = parts.flat_map(|part| part.split_ascii_whitespace());
    texts.map(move |text| StartWord {
        text: text.trim_matches(['"', '\'', ';', '(', ')']),
        place,
    })
}

/// Variables whose words a program takes as if they stood in its command.
const VARIABLES: [&str; 6] = [
    "JAVA_TOOL_OPTIONS",
    "JDK_JAVA_OPTIONS",
    "JAVA_OPTS",
    "CATALINA_OPTS",
    "NODE_OPTIONS",
    "_JAVA_OPTIONS",
];

/// The words of variables that programs take as options.
pub(crate) fn option_words(facts: &Facts) -> Result<Vec<StartWord<'_>>, FactError> {
    let variables = facts.run_config()?.env.iter();
    let own = variables.filter(|variable| !variable.is_inherited);
    let taken = own.filter(|variable| VARIABLES.contains(&variable.key.as_str()));
    let words = taken.flat_map(|variable| {
        let texts = variable.value.iter();
        let texts = texts.flat_map(|value| value.split_ascii_whitespace());
        texts.map(|text| StartWord {
            text,
            place: &variable.place,
        })
    });
    Ok(words.collect())
}

/// The last part of a path.
pub(crate) fn base_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}
