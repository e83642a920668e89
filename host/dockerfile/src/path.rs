//! Paths without detours, as Go's `path.Clean` makes them.

/// The shortest path that means the same; `.` if nothing is left.
pub(crate) fn clean(path: &str) -> String {
    let is_rooted = path.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => match parts.last() {
                Some(&last) if last != ".." => {
                    parts.pop();
                }
                _ if is_rooted => {}
                _ => parts.push(".."),
            },
            part => parts.push(part),
        }
    }
    let joined = parts.join("/");
    match (is_rooted, joined.is_empty()) {
        (true, _) => format!("/{joined}"),
        (false, true) => ".".to_owned(),
        (false, false) => joined,
    }
}

/// The path without its last part, as Go's `path.Dir` has it.
pub(crate) fn directory(path: &str) -> String {
    path.rfind('/')
        .and_then(|slash| path.get(..=slash))
        .map_or_else(|| ".".to_owned(), clean)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("", ".")]
    #[case("a//b/./c/", "a/b/c")]
    #[case("a/../..", "..")]
    #[case("../../a", "../../a")]
    #[case("/../a", "/a")]
    #[case("/", "/")]
    #[case("a/b/../../..", "..")]
    #[case("...", "...")]
    fn detours_are_left_out(#[case] path: &str, #[case] expected: &str) {
        assert_eq!(clean(path), expected);
    }

    #[rstest]
    #[case("a", ".")]
    #[case("a/b", "a")]
    #[case("/a", "/")]
    #[case("a/", "a")]
    #[case("", ".")]
    fn a_directory_is_all_but_the_last_part(#[case] path: &str, #[case] expected: &str) {
        assert_eq!(directory(path), expected);
    }
}
