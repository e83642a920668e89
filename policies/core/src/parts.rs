//! Parts of texts.
//!
//! The searches of the standard library make ready for long texts and end in a panic that prints the text: seven kilobytes of
//! a pack that may have five hundred. Texts in Dockerfiles are short, and these are as quick there.

/// Whether a text has a part.
pub(crate) fn has(text: &str, part: &str) -> bool {
    find(text, part).is_some()
}

/// Where a part begins, the first time it is there. Nothing is at the beginning of every text.
pub(crate) fn find(text: &str, part: &str) -> Option<usize> {
    let Some(first) = part.chars().next() else {
        return Some(0);
    };
    let mut places = text.match_indices(first).map(|(at, _)| at);
    places.find(|at| text.get(*at..).is_some_and(|rest| rest.starts_with(part)))
}

/// What stands before a part, and behind it.
pub(crate) fn cut<'a>(text: &'a str, part: &str) -> Option<(&'a str, &'a str)> {
    let at = find(text, part)?;
    Some((text.get(..at)?, text.get(at + part.len()..)?))
}

/// What stands behind a part, each time it is there; nothing behind nothing.
pub(crate) fn behind<'a>(text: &'a str, part: &str) -> impl Iterator<Item = &'a str> {
    let after = move |text: &'a str| {
        let (_, behind) = cut(text, part)?;
        (behind.len() < text.len()).then_some(behind)
    };
    std::iter::successors(after(text), move |behind| after(behind))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("https://a", "://")]
    #[case("aab", "ab")]
    #[case("aaaa", "aa")]
    #[case("é-é-é", "é")]
    #[case("ab", "abc")]
    #[case("abc", "abc")]
    #[case("", "a")]
    fn a_part_is_found_where_the_standard_library_finds_it(#[case] text: &str, #[case] part: &str) {
        assert_eq!(find(text, part), text.find(part));
        assert_eq!(has(text, part), text.contains(part));
        assert_eq!(cut(text, part), text.split_once(part));
        let ends = text.match_indices(part).map(|(at, _)| at + part.len());
        assert!(behind(text, part).eq(ends.filter_map(|end| text.get(end..))));
    }

    #[test]
    fn nothing_is_in_every_text() {
        assert_eq!(find("a", ""), "a".find(""));
        assert!(has("", ""));
        assert_eq!(behind("a", "").count(), 0);
    }
}
