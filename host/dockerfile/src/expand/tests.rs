use super::*;
use proptest::prelude::*;
use rstest::rstest;

fn environment() -> BTreeMap<String, String> {
    [
        ("HOME", "/home/me"),
        ("EMPTY", ""),
        ("LIST", "one two  three"),
        ("PATHS", "usr/lib/x/lib.so"),
        ("LINES", "first\nsecond"),
        ("MONEY", "$1 $0"),
        ("한", "국어"),
        ("1", "first"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into()
}

/// What becomes of a word, or why nothing does.
fn expand(expander: &Expander, word: &str) -> String {
    match expander.word(word, &environment()) {
        Ok(expansion) => expansion.text,
        Err(error) => format!("error: {}", error.cause),
    }
}

#[rstest]
#[case("plain", "plain")]
#[case("$HOME/x", "/home/me/x")]
#[case("${HOME}x", "/home/mex")]
#[case("$HOMEx-$EMPTY-$NOPE", "--")]
#[case("$한.", "국어.")]
#[case("$1x $12 $x1", "firstx  ")]
#[case("$@@ $* $# $? $- $$ $! $0", "@       ")]
#[case("$", "$")]
#[case("a$.b $/ $\"x\"", "a$.b $/ $x")]
#[case("a  b", "a  b")]
#[case("\u{feff}a\u{feff}", "a\u{feff}")]
fn variables_are_replaced(#[case] word: &str, #[case] expected: &str) {
    assert_eq!(expand(&Expander::new('\\'), word), expected);
}

#[rstest]
#[case("'$HOME \\ \"'x", "$HOME \\ \"x")]
#[case("\"$HOME 'x'\"", "/home/me 'x'")]
#[case(r#""\"\$\\\a""#, r#""$\\a"#)]
#[case(r"\$HOME \'\\\a", r"$HOME '\a")]
#[case("a\\", "a")]
#[case("<< $HOME <$EMPTY", "<< /home/me <")]
#[case(
    "'a",
    "error: unexpected end of statement while looking for matching single-quote"
)]
#[case(
    "\"a\\",
    "error: unexpected end of statement while looking for matching double-quote"
)]
fn quotes_and_escapes_protect(#[case] word: &str, #[case] expected: &str) {
    assert_eq!(expand(&Expander::new('\\'), word), expected);
}

#[rstest]
#[case("${NOPE-a} ${EMPTY-a} ${HOME-a}", "a  /home/me")]
#[case("${NOPE:-a} ${EMPTY:-a} ${HOME:-a}", "a a /home/me")]
#[case("${NOPE+a} ${EMPTY+a} ${HOME+a}", " a a")]
#[case("${NOPE:+a} ${EMPTY:+a} ${HOME:+a}", "  a")]
#[case("${NOPE:-${EMPTY:-${HOME}}}}", "/home/me}")]
#[case("${NOPE:-'}'\"}\"\\}}", "}}}")]
#[case("${NOPE:-a b", "error: syntax error: missing '}'")]
#[case("${NOPE:-'a}", "error: syntax error: missing '}'")]
#[case("${HOME?no} ${EMPTY?no}", "/home/me ")]
#[case("${HOME:?no}", "/home/me")]
#[case("${EMPTY:?no $HOME}", "error: EMPTY: no /home/me")]
#[case("${EMPTY:?}", "error: EMPTY: is not allowed to be empty")]
#[case("${NOPE?}", "error: NOPE: is not allowed to be unset")]
#[case("${NOPE:?}", "error: NOPE: is not allowed to be unset")]
#[case("${A:-${NOPE?gone}}", "error: NOPE: gone")]
#[case("${A:-${NOPE?gone}", "error: syntax error: missing '}'")]
#[case("${+a}", "")]
#[case("${-}${#}", "")]
fn defaults_alternatives_and_requirements(#[case] word: &str, #[case] expected: &str) {
    assert_eq!(expand(&Expander::new('\\'), word), expected);
}

#[rstest]
#[case("${", "syntax error: missing '}'")]
#[case("${}", "syntax error: bad substitution")]
#[case("${{x}", "syntax error: bad substitution")]
#[case("${:-x}", "syntax error: bad substitution")]
#[case("${HOME", "unsupported modifier (\u{fffd}) in substitution")]
#[case("${HOME:", "syntax error: missing '}'")]
#[case("${HOME:}x}", "unsupported modifier (:}) in substitution")]
#[case("${HOME=x}", "unsupported modifier (=) in substitution")]
#[case("${HOME:=x}", "unsupported modifier (:=) in substitution")]
#[case("${HOME:#x}", "unsupported modifier (:#) in substitution")]
#[case("${-x}", "unsupported modifier (x) in substitution")]
#[case("${.}", "unsupported modifier (.) in substitution")]
#[case("${HOME/a", "syntax error: missing '/' in ${}")]
#[case("${HOME/a/b", "syntax error: missing '}'")]
#[case(
    "${HOME#\\x}",
    "invalid pattern (\\x) in substitution: invalid escape '\\x'"
)]
#[case(
    "${HOME%a\\x}",
    "invalid pattern (\\xa) in substitution: invalid escape '\\x'"
)]
#[case(
    "${HOME#'\\'}",
    "invalid pattern (\\) in substitution: invalid escape '\\\u{fffd}'"
)]
fn malformed_substitutions_are_refused_in_buildkits_words(
    #[case] word: &str,
    #[case] expected: &str,
) {
    assert_eq!(
        expand(&Expander::new('\\'), word),
        format!("error: {expected}")
    );
}

#[rstest]
#[case("${PATHS#*/}", "lib/x/lib.so")]
#[case("${PATHS##*/}", "lib.so")]
#[case("${PATHS%/*}", "usr/lib/x")]
#[case("${PATHS%%/*}", "usr")]
#[case("${PATHS%.??}", "usr/lib/x/lib")]
#[case("${PATHS#lib}", "usr/lib/x/lib.so")]
#[case("${PATHS/lib/LIB}", "usr/LIB/x/lib.so")]
#[case("${PATHS//lib/LIB}", "usr/LIB/x/LIB.so")]
#[case("${PATHS//\\//-}", "usr-lib-x-lib.so")]
#[case("${PATHS//l*b/}", "usr/.so")]
#[case("${PATHS//s/<$HOME>}", "u</home/me>r/lib/x/lib.</home/me>o")]
#[case("${PATHS//s/'[$0]'}", "u[s]r/lib/x/lib.[s]o")]
#[case("${PATHS/s/'[$0]'}", "u[$0]r/lib/x/lib.so")]
#[case("${PATHS//s/$MONEY}", "u sr/lib/x/lib. so")]
#[case("${LINES#*s}", "t\nsecond")]
#[case("${LINES##*s}", "t\nsecond")]
#[case("${LINES%%*}", "first\n")]
#[case("${HOME#\\*}", "/home/me")]
#[case("${NOPE#x}${NOPE//x/y}", "")]
#[case("${NOPE///y}", "y")]
#[case("${HOME#${EMPTY:-\\/home}/}", "me")]
fn patterns_cut_and_replace(#[case] word: &str, #[case] expected: &str) {
    assert_eq!(expand(&Expander::new('\\'), word), expected);
}

#[rstest]
#[case("`$HOME \\$HOME", "$HOME \\/home/me")]
#[case("\"`\" `a \\a\"", "\" `a \\a")]
fn the_escape_character_can_be_a_backtick(#[case] word: &str, #[case] expected: &str) {
    assert_eq!(expand(&Expander::new('`'), word), expected);
}

#[test]
fn every_mode_keeps_what_it_names() {
    let word = r#"'a' "$HOME" \$ ${NOPE:-\"} "\a\"" $NOPE ${NOPE} ${NOPE/a/\/}"#;
    let plain = Expander::new('\\');
    assert_eq!(expand(&plain, word), r#"a /home/me $ " \a"   "#);
    let raw_quotes = Expander {
        raw_quotes: true,
        ..plain.clone()
    };
    assert_eq!(expand(&raw_quotes, word), r#"'a' "/home/me" $ " "\a""   "#);
    let raw_escapes = Expander {
        raw_escapes: true,
        ..plain.clone()
    };
    // An escape character that escapes nothing is kept twice in double quotes.
    assert_eq!(expand(&raw_escapes, word), r#"a /home/me \$ " \\a\"   "#);
    let skip_quotes = Expander {
        skip_process_quotes: true,
        ..plain.clone()
    };
    assert_eq!(expand(&skip_quotes, word), r#"'a' "/home/me" $ " "a""   "#);
    let skip_unset = Expander {
        skip_unset: true,
        ..plain
    };
    assert_eq!(
        expand(&skip_unset, word),
        r#"a /home/me $ ${NOPE:-"} \a" $NOPE ${NOPE} ${NOPE/a/\/}"#
    );
}

#[rstest]
#[case("a b  c", &["a", "b", "c"])]
#[case(" $LIST ", &["one", "two", "three"])]
#[case("\"$LIST\"x", &["one two  threex"])]
#[case("a\\ b 'c d'e", &["a b", "c de"])]
#[case("'' \"\" $EMPTY", &[])]
#[case("<< a b", &["<< a", "b"])]
#[case("a\u{a0}b\u{2003}c", &["a", "b", "c"])]
#[case::a_word_inside_loses_what_stood_before("a b${NOPE:-c d}e f", &["a", "c", "de", "f"])]
#[case::in_quotes_too("a\"b${HOME+x}c\"", &["bxc"])]
#[case::unless_the_variable_is_plain("a${HOME}b", &["a/home/meb"])]
fn words_end_at_blanks(#[case] text: &str, #[case] expected: &[&str]) {
    let (words, _) = Expander::new('\\')
        .words(text, &environment())
        .expect("well formed");
    assert_eq!(words, expected);
}

#[test]
fn uses_are_in_the_order_of_the_look_ups() {
    let expansion = Expander::new('\\')
        .word("é$HOME ${NOPE:-${EMPTY}} '$A' \\$B", &environment())
        .expect("well formed");
    let uses: Vec<_> = expansion
        .uses
        .iter()
        .map(|each| (each.name.as_str(), each.range.clone(), each.found))
        .collect();
    assert_eq!(
        uses,
        [
            ("HOME", 2..7, true),
            ("EMPTY", 16..24, true),
            ("NOPE", 8..25, false)
        ]
    );
}

#[test]
fn an_error_names_the_word_and_keeps_the_uses() {
    let error = Expander::new('\\')
        .word("\t$HOME${NOPE?\"gone\"}", &environment())
        .expect_err("required");
    assert_eq!(
        error.to_string(),
        r#"failed to process "\t$HOME${NOPE?\"gone\"}": NOPE: gone"#
    );
    assert_eq!(error.uses.len(), 2);
}

#[test]
fn deep_nesting_is_refused() {
    let nested = |levels: usize| format!("{}x{}", "${a:-".repeat(levels), "}".repeat(levels));
    let expander = Expander::new('\\');
    assert_eq!(expand(&expander, &nested(200)), "x");
    assert_eq!(
        expand(&expander, &nested(3000)),
        "error: substitutions are nested too deeply"
    );
    let quoted = format!("{}x", "\"${a:-".repeat(3000));
    assert_eq!(
        expand(&expander, &quoted),
        "error: substitutions are nested too deeply"
    );
}

#[rstest]
#[case::output("$big$big$big")]
#[case::replacements("${big//?/$big}")]
#[case::discarded(&"${HOME+$big}${NOPE+$big}".repeat(20))]
#[case::patterns(&"${big##*x}".repeat(20))]
fn growth_is_refused(#[case] word: &str) {
    let environment = HashMap::from([("big".to_owned(), "a".repeat(500_000))]);
    let error = Expander::new('\\')
        .word(word, &environment)
        .expect_err("too long");
    assert_eq!(error.cause, Cause::TooLong);
}

proptest! {
    #[test]
    fn never_panics(
        word in "[$a\\\\{}:?+#%/*'\"`< \u{feff}é-]{0,40}",
        escape in prop::sample::select(vec!['\\', '`']),
        flags in any::<[bool; 4]>(),
        value in "[a/é\n]{0,8}",
    ) {
        let [raw_quotes, raw_escapes, skip_process_quotes, skip_unset] = flags;
        let expander = Expander { escape, raw_quotes, raw_escapes, skip_process_quotes, skip_unset };
        let environment = BTreeMap::from([("a".to_owned(), value)]);
        let word_result = expander.word(&word, &environment);
        prop_assert_eq!(word_result.is_ok(), expander.words(&word, &environment).is_ok());
    }

    #[test]
    fn uses_are_where_they_say(word in "[$a{}:+' é-]{0,30}") {
        let environment = BTreeMap::new();
        if let Ok(expansion) = Expander::new('\\').word(&word, &environment) {
            for each in expansion.uses {
                let source = word.get(each.range).unwrap_or_default();
                prop_assert!(source.starts_with('$') && source.contains(&each.name));
            }
        }
    }
}
