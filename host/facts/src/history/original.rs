//! Telling whether words are as the author of a Dockerfile wrote them: with quotes, and with variables.
//!
//! Only what every builder reads without an error is taken for such words.

/// Whether it is a list of `NAME=value`, or a name and a value.
pub(super) fn pairs(text: &str) -> bool {
    let Some(words) = split(text) else {
        return false;
    };
    let all_pairs = words.iter().all(|word| {
        word.split_once('=')
            .is_some_and(|(name, _)| !name.is_empty())
    });
    let name_and_value = words.len() > 1 && words.first().is_some_and(|word| !word.contains('='));
    !words.is_empty() && (all_pairs || name_and_value)
}

/// Whether all are `NAME` or `NAME=value`.
pub(super) fn words(text: &str) -> bool {
    let is_name = |name: &str| {
        name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
            && name
                .chars()
                .all(|character| character.is_ascii_alphanumeric() || character == '_')
    };
    split(text).is_some_and(|words| {
        words
            .iter()
            .all(|word| is_name(word.split_once('=').map_or(*word, |(name, _)| name)))
    })
}

/// Whether something in it is quoted or is a variable.
pub(super) fn is_expanded(text: &str) -> bool {
    text.contains(['$', '"', '\'']) && split(text).is_some()
}

/// The words, with their quotes; none: a quote or a brace is open, or something is not read by every builder.
fn split(text: &str) -> Option<Vec<&str>> {
    if !substitutes(text) {
        return None;
    }
    let mut words = vec![];
    let mut quote = None;
    let mut escaped = false;
    let mut begin = None;
    for (at, character) in text.char_indices() {
        if character == '\n' {
            return None;
        }
        let space = character.is_whitespace() && quote.is_none() && !escaped;
        match begin {
            Some(first) if space => {
                words.push(text.get(first..at)?);
                begin = None;
            }
            None if !space => begin = Some(at),
            _ => {}
        }
        if escaped {
            escaped = false;
        } else if character == '\\' && quote != Some('\'') {
            escaped = true;
        } else if quote == Some(character) {
            quote = None;
        } else if quote.is_none() && matches!(character, '"' | '\'') {
            quote = Some(character);
        }
    }
    if quote.is_some() || escaped {
        return None;
    }
    words.extend(begin.and_then(|first| text.get(first..)));
    Some(words)
}

/// Whether every `${` is a plain substitution: `${NAME}`, `${NAME:-default}`, `${NAME+other}`.
fn substitutes(text: &str) -> bool {
    text.split("${").skip(1).all(|after| {
        let Some((inside, _)) = after.split_once('}') else {
            return false;
        };
        let name = |character: char| character.is_ascii_alphanumeric() || character == '_';
        let rest = inside.trim_start_matches(name);
        let operator = rest.strip_prefix(':').unwrap_or(rest);
        let plain = rest.is_empty()
            || operator.starts_with(['-', '+']) && !operator.contains(['"', '\'', '\\', '$']);
        rest.len() < inside.len() && plain
    })
}
