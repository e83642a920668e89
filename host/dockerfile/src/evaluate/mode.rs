//! The mode of `--chmod`: octal, or as `chmod` takes it.

/// What BuildKit says about a mode that is none.
pub(super) fn problem(text: &str) -> Option<String> {
    let not_octal = || {
        format!(
            "invalid chmod parameter: '{text}'. it should be octal string and between 0 and 07777"
        )
    };
    let octal = !text.is_empty() && text.bytes().all(|byte| matches!(byte, b'0'..=b'7'));
    if octal {
        // More than 32 bits are out of range, which BuildKit says in the same words.
        let in_range = u32::from_str_radix(text, 8).is_ok_and(|mode| mode <= 0o7777);
        return (!in_range).then(not_octal);
    }
    if text.starts_with(|first: char| first.is_ascii_digit()) {
        return Some(not_octal());
    }
    (!is_symbolic(text)).then(|| "invalid syntax".to_owned())
}

/// `u=rwx,go=u-w`
fn is_symbolic(text: &str) -> bool {
    text.split(',').all(|clause| {
        let actions = clause.trim_start_matches(['a', 'u', 'g', 'o']);
        actions.starts_with(['+', '-', '='])
            && actions.chars().all(|action| {
                matches!(
                    action,
                    '+' | '-' | '=' | 'r' | 's' | 't' | 'w' | 'X' | 'x' | 'u' | 'g' | 'o'
                )
            })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("644", true)]
    #[case("07777", true)]
    #[case("00000000000000644", true)]
    #[case("10000", false)]
    #[case("64a", false)]
    #[case("0o755", false)]
    #[case("+x", true)]
    #[case("u=rwx,go=u-w", true)]
    #[case("go=", true)]
    #[case("u=rX+w-s", true)]
    #[case("u", false)]
    #[case("u=rwx,", false)]
    #[case("x", false)]
    #[case("u=rwxa", false)]
    #[case("", false)]
    fn tells_modes_from_other_text(#[case] text: &str, #[case] valid: bool) {
        assert_eq!(problem(text).is_none(), valid);
    }
}
