use super::*;
use proptest::prelude::*;
use rstest::rstest;

fn ignores(text: &str, path: &str) -> bool {
    Dockerignore::parse(text)
        .expect("well formed")
        .ignores(path)
}

#[rstest]
#[case("secret", "secret", true)]
#[case("secret", "secret/key", true)]
#[case("secret", "a/secret", false)]
#[case("/secret/", "secret", true)]
#[case("./a//b/../c", "a/c", true)]
#[case("*.md", "README.md", true)]
#[case("*.md", "docs/README.md", false)]
#[case("*/b", "a/b/c", true)]
#[case("a?c", "abc", true)]
#[case("a?c", "a/c", false)]
#[case("*", "a/b", true)]
#[case("*", "/a/b", true)]
fn lines_match_from_the_root_of_the_context(
    #[case] text: &str,
    #[case] path: &str,
    #[case] expected: bool,
) {
    assert_eq!(ignores(text, path), expected);
}

#[rstest]
#[case("**", "a/b", true)]
#[case("**/node_modules", "node_modules", true)]
#[case("**/node_modules", "a/b/node_modules/c", true)]
#[case("**/node_modules", "a/my_node_modules", false)]
#[case("**.log", "a/b.log", true)]
#[case("docs/**", "docs/a/b", true)]
#[case("docs/**", "docs", false)]
#[case("docs**", "docs2", true)]
#[case("a/**/z", "a/z", true)]
#[case("a/**/z", "a/b/c/z", true)]
#[case("a/**/z", "az", false)]
#[case("**/b/**", "a/b/c", true)]
#[case("**/*.go", "a.go", true)]
#[case("**/b*/**", "a/bc", false)]
fn two_stars_stand_for_any_directories(
    #[case] text: &str,
    #[case] path: &str,
    #[case] expected: bool,
) {
    assert_eq!(ignores(text, path), expected);
}

#[rstest]
#[case("*\n!a", "a", false)]
#[case("*\n!a", "b", true)]
#[case("!a\n*", "a", true)]
#[case("*\n! /a/", "a/b", false)]
#[case("a\n!a/b\na/b/c", "a/b/c", true)]
fn the_last_line_that_matches_decides(
    #[case] text: &str,
    #[case] path: &str,
    #[case] expected: bool,
) {
    assert_eq!(ignores(text, path), expected);
    assert!(
        Dockerignore::parse(text)
            .expect("well formed")
            .has_exclusions()
    );
}

#[rstest]
#[case("[a-c]x", "bx", true)]
#[case("[^a]x", "ax", false)]
#[case("[!a]x", "!x", true)]
#[case("a\\*b", "a*b", true)]
#[case("a\\*b", "axb", false)]
#[case("a.(b)+$[c]", "a.(b)+$c", true)]
#[case::bars_are_alternatives("a|[b]", "ax", true)]
#[case::which_are_anchored_on_one_side("a|[b]", "xb", true)]
#[case::unless_nothing_is_special("a|b", "a", false)]
#[case::braces_repeat("a{2,3}[b]", "aaab", true)]
#[case::braces_repeat("a{2,3}[b]", "ab", false)]
#[case::braces_repeat("a{2,}[b]", "aaaaab", true)]
#[case::braces_repeat("a{2}[b]", "aaab", false)]
#[case::no_anchor_is_left("{0}a?", "xab", true)]
#[case::braces_with_text_are_text("a{x}[b]", "a{x}b", true)]
#[case::braces_with_text_are_text("a{01}[b]", "a{01}b", true)]
#[case("a.b?", "axbc", false)]
#[case::a_caret_is_an_anchor("a^b*", "a^b", false)]
#[case::unless_nothing_is_special("a^b", "a^b", true)]
#[case::escaped_letters_are_classes("v\\d", "v1", true)]
#[case::a_star_ends_a_set("[ab*]", "^^]", true)]
#[case::word_boundaries("\\bA\\B?\\b", "Ab", true)]
#[case::quoted("\\Qa*b\\E?", "a[^/]*bc", true)]
#[case::escaped_ends("\\Aa\\z", "a", true)]
#[case::escaped_ends_of_parents("\\Aa\\z", "a/b", true)]
fn special_characters_are_read_as_by_moby(
    #[case] text: &str,
    #[case] path: &str,
    #[case] expected: bool,
) {
    assert_eq!(ignores(text, path), expected);
}

#[rstest]
#[case("", true)]
#[case("\n  \n# comment\n\u{feff}# first line only", false)]
#[case("\u{feff}# comment\r\n \t\r\n", true)]
#[case(" # no comment", false)]
fn blank_lines_and_comments_say_nothing(#[case] text: &str, #[case] expected: bool) {
    assert_eq!(
        Dockerignore::parse(text).expect("well formed").is_empty(),
        expected
    );
}

#[rstest]
#[case("*", true)]
#[case("/**/", true)]
#[case("**/*", true)]
#[case("!*", false)]
#[case(".*", false)]
#[case("*/**", false)]
fn the_root_is_ignored_with_all_that_is_in_it(#[case] text: &str, #[case] expected: bool) {
    assert_eq!(
        Dockerignore::parse(text)
            .expect("well formed")
            .ignores_root(),
        expected
    );
}

#[rstest]
#[case("!", InvalidDockerignore::LoneExclusion)]
#[case("!/", InvalidDockerignore::LoneExclusion)]
#[case("a\n[", InvalidDockerignore::Syntax)]
#[case("[]", InvalidDockerignore::Syntax)]
#[case("[]a]", InvalidDockerignore::Syntax)]
#[case("[a-]", InvalidDockerignore::Syntax)]
#[case("[-a]", InvalidDockerignore::Syntax)]
#[case("a\\", InvalidDockerignore::Syntax)]
fn malformed_lines_are_refused(#[case] text: &str, #[case] expected: InvalidDockerignore) {
    assert_eq!(Dockerignore::parse(text).err(), Some(expected));
}

#[rstest]
#[case("a*[")]
#[case("a*\\")]
#[case("x[.]*[a-")]
fn malformed_lines_are_accepted_where_go_does_not_look(#[case] text: &str) {
    assert!(!ignores(text, "b"));
}

#[rstest]
#[case(".*[")]
#[case("[.]*\\")]
#[case("[^a]*[z")]
#[case("*[")]
fn malformed_lines_are_refused_where_go_looks(#[case] text: &str) {
    assert_eq!(
        Dockerignore::parse(text).err(),
        Some(InvalidDockerignore::Syntax)
    );
}

#[test]
fn long_lines_are_refused() {
    assert!(Dockerignore::parse(&format!("{}\n", "a".repeat(65_535))).is_ok());
    assert_eq!(
        Dockerignore::parse(&"a".repeat(65_536)).err(),
        Some(InvalidDockerignore::LongLine)
    );
}

#[rstest]
#[case("[b-a]")]
#[case("*{2}")]
#[case("**{2}a*")]
#[case("a{2}{3}*")]
#[case("a{1001}*")]
#[case("a{3,2}*")]
#[case("|{2}*")]
#[case("\\é")]
fn a_line_that_is_no_expression_ends_the_search(#[case] line: &str) {
    assert!(!ignores(&format!("{line}\n*"), "a"));
    assert!(ignores(&format!("a\n{line}"), "a"));
}

#[test]
fn repetitions_do_not_take_much_memory() {
    assert!(!ignores(&"a{1000}".repeat(1000), "a"));
}

#[rstest]
#[case::one_line(&"*a".repeat(30_000), &"a".repeat(60_000))]
#[case::many_lines(&"**/a*a*a*a*b\n".repeat(20_000), &"a/".repeat(1000))]
#[case::many_parents(&"**/abc\n".repeat(20_000), &"a/".repeat(30_000))]
fn work_beyond_the_budget_is_not_done(#[case] text: &str, #[case] path: &str) {
    assert!(!ignores(&format!("{text}\n**"), path));
}

proptest! {
    #[test]
    fn never_panics(text in "[!*?/a.\\[\\]^\\\\bdQE|{}1,\n -]{0,30}", path in "[/a.b\\]^-]{0,12}") {
        if let Ok(dockerignore) = Dockerignore::parse(&text) {
            dockerignore.ignores(&path);
        }
    }
}
