//! Variables that are called like secrets.

use super::{Checks, Place, Rule, Scope};
use crate::quote::quoted;

const SECRETS: [&str; 10] = [
    "apikey",
    "auth",
    "credential",
    "credentials",
    "key",
    "password",
    "pword",
    "passwd",
    "secret",
    "token",
];
const HARMLESS: [&str; 3] = ["public", "file", "version"];

/// Looks at a variable of `ARG` or `ENV`.
pub(crate) fn check(
    checks: &mut Checks,
    scope: &Scope,
    place: Place,
    instruction: &str,
    name: &str,
) {
    if has_word(name, &SECRETS) && !has_word(name, &HARMLESS) {
        let message = format!(
            "Do not use ARG or ENV instructions for sensitive data ({instruction} {})",
            quoted(name)
        );
        checks.report(scope, Rule::SecretsUsedInArgOrEnv, place, message);
    }
}

/// Whether one of the words stands between underscores. Go's `(?i)` takes two more letters for `s` and `k`.
fn has_word(name: &str, words: &[&str]) -> bool {
    name.split('_').any(|part| {
        let folded: String = part
            .chars()
            .map(|letter| match letter {
                'ſ' => 's',
                '\u{212a}' => 'k',
                letter => letter.to_ascii_lowercase(),
            })
            .collect();
        words.contains(&folded.as_str())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("API_KEY", true)]
    #[case("auth", true)]
    #[case("MY_PASSWORD_HASH", true)]
    #[case("PASSWORDLESS", false)]
    #[case("TOKENS", false)]
    #[case("\u{212a}EY", true)]
    fn finds_words_between_underscores(#[case] name: &str, #[case] expected: bool) {
        assert_eq!(has_word(name, &SECRETS), expected);
    }
}
