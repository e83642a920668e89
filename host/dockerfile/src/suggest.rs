//! "did you mean": as BuildKit guesses what was meant.

use crate::text::{is_lower, is_upper, lower, upper};

/// Words that differ in more places are not taken for one another.
const FARTHEST: usize = 2;

/// The option that is nearest to the word; none if the word is one of them.
pub(crate) fn suggestion(word: &str, options: &[&str], case_sensitive: bool) -> Option<String> {
    // Whatever is longer than all options can only be far from them.
    let longest = options.iter().map(|option| option.chars().count()).max()?;
    if word.chars().take(longest + FARTHEST + 1).count() > longest + FARTHEST {
        return None;
    }
    let fold = |text: &str| {
        if case_sensitive {
            text.to_owned()
        } else {
            lower(text)
        }
    };
    let wanted: Vec<char> = fold(word).chars().collect();
    let mut nearest: Option<(usize, String)> = None;
    for option in options {
        let option = fold(option);
        let letters: Vec<char> = option.chars().collect();
        let distance = distance(&wanted, &letters);
        if distance == 0 {
            return None;
        }
        if distance <= nearest.as_ref().map_or(FARTHEST, |(least, _)| least - 1) {
            nearest = Some((distance, option));
        }
    }
    let (_, option) = nearest?;
    Some(if case_sensitive {
        option
    } else {
        in_case_of(word, option)
    })
}

/// A message with the suggestion behind it, if there is one.
pub(crate) fn with_suggestion(
    message: String,
    word: &str,
    options: &[&str],
    case_sensitive: bool,
) -> String {
    match suggestion(word, options, case_sensitive) {
        Some(meant) => format!("{message} (did you mean {meant}?)"),
        None => message,
    }
}

fn in_case_of(word: &str, option: String) -> String {
    // What is not UTF-8 has neither case in Go.
    if is_lower(word) || word.contains(char::REPLACEMENT_CHARACTER) {
        option
    } else if is_upper(word) {
        upper(&option)
    } else {
        option
    }
}

/// How many characters have to be put in, left out or replaced.
fn distance(one: &[char], other: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (index, letter) in one.iter().enumerate() {
        let mut diagonal = index;
        let mut left = index + 1;
        let mut next = Vec::with_capacity(row.len());
        next.push(left);
        for (above, candidate) in row.iter().skip(1).zip(other) {
            let replaced = diagonal + usize::from(letter != candidate);
            left = replaced.min(above + 1).min(left + 1);
            diagonal = *above;
            next.push(left);
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::suggestion;
    use rstest::rstest;

    #[rstest]
    #[case("FNTRYPOINT", &["ADD", "ENTRYPOINT"], false, Some("ENTRYPOINT"))]
    #[case("entripoint", &["ADD", "ENTRYPOINT"], false, Some("entrypoint"))]
    #[case("EntriPoint", &["ENTRYPOINT"], false, Some("entrypoint"))]
    #[case("BADCMD", &["ADD", "CMD"], false, None)]
    #[case("foo", &["chown", "from"], true, Some("from"))]
    #[case("From", &["from"], true, Some("from"))]
    #[case("from", &["form", "from"], true, None)]
    #[case("x", &[], true, None)]
    fn the_nearest_word_is_meant(
        #[case] word: &str,
        #[case] options: &[&str],
        #[case] case_sensitive: bool,
        #[case] meant: Option<&str>,
    ) {
        assert_eq!(suggestion(word, options, case_sensitive).as_deref(), meant);
    }
}
