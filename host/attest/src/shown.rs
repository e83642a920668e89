//! Text of strangers in lists, and in commands to copy.

use model::excerpt;

/// The most characters of a text that is plain.
const MAX_CHARACTERS: usize = 200;
/// The most texts of one list that are shown.
const MAX_TEXTS: usize = 8;

/// Texts in backticks: `` `a`, `b` and `c` ``.
pub(crate) fn list(texts: &[String]) -> String {
    let mut quoted: Vec<_> = texts
        .iter()
        .take(MAX_TEXTS)
        .map(|text| format!("`{}`", excerpt(text)))
        .collect();
    if texts.len() > MAX_TEXTS {
        quoted.push(format!("{} more", texts.len() - MAX_TEXTS));
    }
    match quoted.split_last() {
        None => "nothing".to_owned(),
        Some((only, [])) => only.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
    }
}

/// Whether a text can be copied from a help into a shell and means itself there.
pub(crate) fn is_plain(text: &str) -> bool {
    !text.is_empty()
        && !text.starts_with('-')
        && text.len() <= MAX_CHARACTERS
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b":/._@%+=,-".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[test]
    fn a_long_list_is_cut_off() {
        let many: Vec<_> = (0..10).map(|n| n.to_string()).collect();
        assert_eq!(
            list(&many),
            "`0`, `1`, `2`, `3`, `4`, `5`, `6`, `7` and 2 more"
        );
    }

    #[rstest]
    #[case(&[], "nothing")]
    #[case(&["a"], "`a`")]
    #[case(&["a", "b"], "`a` and `b`")]
    #[case(&["a", "b", "c"], "`a`, `b` and `c`")]
    fn a_list_reads_like_a_sentence(#[case] texts: &[&str], #[case] expected: &str) {
        let texts: Vec<_> = texts.iter().map(|text| (*text).to_owned()).collect();
        assert_eq!(list(&texts), expected);
    }

    #[rstest]
    #[case("polcheck:set/standard", true)]
    #[case("https://example.com/sets/a_b~", false)]
    #[case("https://example.com/$(reboot)", false)]
    #[case("https://example.com/;reboot", false)]
    #[case("https://example.com/a b", false)]
    #[case("--insecure", false)]
    #[case("", false)]
    fn only_what_means_itself_in_a_shell_is_plain(#[case] text: &str, #[case] expected: bool) {
        assert_eq!(is_plain(text), expected);
    }
}
