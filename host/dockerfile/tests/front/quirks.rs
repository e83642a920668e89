//! BuildKit's habits that nobody would guess. Each was seen in BuildKit itself.

use dockerfile::instruction::Body;
use dockerfile::{Dockerfile, Instruction, parse};
use rstest::rstest;

fn refusal(read: &Dockerfile) -> (Option<u32>, &str) {
    let refusal = read.refusal.as_ref().expect("BuildKit refuses it");
    (refusal.line, &refusal.message)
}

/// The last instruction of a text that BuildKit accepts.
fn last(text: &str) -> Instruction {
    let mut read = parse(text.as_bytes());
    assert_eq!(read.refusal, None, "{text}");
    read.instructions.pop().unwrap()
}

fn words(it: &Instruction) -> Vec<&str> {
    it.arguments.iter().map(|word| word.text.as_str()).collect()
}

#[rstest]
#[case("# escape=`\nFROM a", '`', &[true])]
#[case("\u{feff}# escape=`\nFROM a", '`', &[true])]
#[case("  # escape=`\nFROM a", '`', &[true])]
#[case("# syntax=a\n# escape=`\nFROM a", '`', &[true, true])]
#[case("# c\n# escape=`\nFROM a", '\\', &[false])]
#[case("\n# escape=`\nFROM a", '\\', &[false])]
#[case("FROM a\n# escape=`", '\\', &[false])]
#[case("# other=b\n# escape=`\nFROM a", '\\', &[false])]
#[case("#!/bin/a\n# syntax=a\n# escape=`\nFROM a", '\\', &[true, false])]
#[case(" # syntax=a\nFROM a", '\\', &[false])]
fn directives_count_only_at_the_very_top(
    #[case] text: &str,
    #[case] escape: char,
    #[case] effective: &[bool],
) {
    let read = parse(text.as_bytes());
    assert_eq!(read.escape, escape);
    let found: Vec<bool> = read.directives.iter().map(|it| it.effective).collect();
    assert_eq!(found, effective);
}

#[rstest]
#[case("//syntax=a b\nFROM c", Some("a b"))]
#[case("{\n\"syntax\": \"a b\"}", Some("a b"))]
#[case("#!/bin/a\n//syntax=b\nFROM c", Some("b"))]
#[case("# syntax=a\nFROM c", Some("a"))]
#[case("# syntax=a\n# syntax=b\nFROM c", Some("a"))]
#[case("FROM c", None)]
fn the_syntax_is_found_in_other_formats_too(#[case] text: &str, #[case] expected: Option<&str>) {
    let read = parse(text.as_bytes());
    let mut effective = read
        .directives
        .iter()
        .filter(|it| it.name == "syntax" && it.effective);
    assert_eq!(effective.next().map(|it| it.value.as_str()), expected);
    assert_eq!(effective.next(), None);
}

#[rstest]
#[case("", None, "file with no instructions")]
#[case("# a\n\n", Some(2), "file with no instructions")]
#[case(
    "# syntax=a\n# syntax=b\nFROM c",
    Some(1),
    "only one syntax parser directive can be used"
)]
#[case(
    "# escape=a\nFROM b",
    None,
    "invalid escape token 'a' does not match ` or \\"
)]
#[case("FROM a\nBADCMD b\nENV c", Some(3), "ENV must have two arguments")]
#[case(
    "FROM a\nENV b=c d",
    Some(2),
    "Syntax error - can't find = in \"d\". Must be of the form: name=value"
)]
#[case(
    "FROM a\nCMD [1]",
    Some(2),
    "when using JSON array syntax, arrays must be comprised of strings only"
)]
#[case("FROM a\nRUN \\\n\n <<b\nc", Some(2), "unterminated heredoc")]
#[case("RUN a", Some(1), "no build stage in current context")]
#[case(
    "ARG a\n\\\n",
    Some(2),
    "dockerfile parse error on line 2: unknown instruction: "
)]
#[case(
    "FROM a as 1",
    Some(1),
    "dockerfile parse error on line 1: invalid name for build stage: \"1\", name can't start with a number or contain symbols"
)]
#[case(
    "FROM a b",
    Some(1),
    "dockerfile parse error on line 1: FROM requires either one or three arguments"
)]
#[case(
    "FROM a\nRUN --foo b",
    Some(2),
    "dockerfile parse error on line 2: unknown flag: --foo"
)]
#[case(
    "FROM a\nCOPY --form=b c d",
    Some(2),
    "dockerfile parse error on line 2: unknown flag: --form (did you mean from?)"
)]
#[case(
    "FROM a\nCOPY --link --link b c",
    Some(2),
    "dockerfile parse error on line 2: duplicate flag specified: --link"
)]
#[case(
    "FROM a\nCOPY --link=b c d",
    Some(2),
    "dockerfile parse error on line 2: expecting boolean value for flag --link, not: b"
)]
#[case(
    "FROM a\nCOPY --from b c",
    Some(2),
    "dockerfile parse error on line 2: missing a value on flag: --from"
)]
#[case(
    "FROM a\nCOPY b <<c\nc",
    Some(2),
    "dockerfile parse error on line 2: COPY cannot accept a heredoc as a destination"
)]
#[case(
    "FROM a\nRUN --mount=from=$b c",
    Some(2),
    "dockerfile parse error on line 2: 'from' doesn't support variable expansion, define alias stage instead"
)]
#[case(
    "FROM a\nRUN --mount= b",
    Some(2),
    "dockerfile parse error on line 2: failed to parse csv mounts: EOF"
)]
#[case(
    "FROM a\nRUN --device=b,c d",
    Some(2),
    "dockerfile parse error on line 2: invalid field 'c' must be a key=value pair"
)]
#[case(
    "FROM a\nRUN --network=b c",
    Some(2),
    "dockerfile parse error on line 2: invalid network mode \"b\""
)]
#[case(
    "FROM a\nRUN --security= c",
    Some(2),
    "dockerfile parse error on line 2: security \"\" is not valid"
)]
#[case(
    "FROM a\nHEALTHCHECK --interval=1us CMD b",
    Some(2),
    "dockerfile parse error on line 2: Interval \"interval\" cannot be less than 1ms"
)]
#[case(
    "FROM a\nHEALTHCHECK b",
    Some(2),
    "dockerfile parse error on line 2: Unknown type \"B\" in HEALTHCHECK (try CMD)"
)]
#[case(
    "FROM a\nHEALTHCHECK CMD []",
    Some(2),
    "dockerfile parse error on line 2: Missing command after HEALTHCHECK CMD"
)]
#[case(
    "FROM a\nONBUILD ONBUILD RUN b",
    Some(2),
    "dockerfile parse error on line 2: Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed"
)]
#[case(
    "FROM a\nONBUILD from b",
    Some(2),
    "dockerfile parse error on line 2: FROM isn't allowed as an ONBUILD trigger"
)]
#[case(
    "FROM a\nSHELL b",
    Some(2),
    "dockerfile parse error on line 2: SHELL requires the arguments to be in JSON form"
)]
#[case(
    "FROM a\nVOLUME [\" \"]",
    Some(2),
    "dockerfile parse error on line 2: VOLUME specified can not be an empty string"
)]
#[case(
    "FROM a\nRUN ${b:-c <<${d:-e f}}",
    Some(2),
    "failed to process \"${d:-e\": syntax error: missing '}'"
)]
fn refusals_are_those_of_buildkit(
    #[case] text: &str,
    #[case] line: Option<u32>,
    #[case] message: &str,
) {
    assert_eq!(refusal(&parse(text.as_bytes())), (line, message));
}

#[rstest]
#[case("RUN a \\\nb", "RUN a b")]
#[case("RUN a \\ \t\r\n  b", "RUN a   b")]
#[case("RUN a \\\\\nENV b c", "ENV b c")]
#[case("RUN a \\\n# c\n\n  # d\nb", "RUN a b")]
#[case("RUN a \\", "RUN a ")]
#[case("\u{a0} RUN a", "RUN a")]
#[case("\\\nRUN a", "RUN a")]
fn lines_are_joined(#[case] text: &str, #[case] original: &str) {
    assert_eq!(last(&format!("FROM a\n{text}")).original, original);
}

#[rstest]
#[case("ENV a b c", &["a", "b c", ""])]
#[case("ENV a  b=c", &["a", "b=c", ""])]
#[case("ENV a=b c=\"d e\" f='g'\\ h", &["a", "b", "=", "c", "\"d e\"", "=", "f", "'g'\\ h", "="])]
#[case("ENV a=b\u{a0}c=d", &["a", "b", "=", "c", "d", "="])]
#[case("ARG a b=c d=", &["a", "b=c", "d="])]
#[case("CMD [\"a\", \"\\u00e9\"]", &["a", "é"])]
#[case("CMD ['a']", &["['a']"])]
#[case("CMD [1e999]", &["[1e999]"])]
#[case("COPY [ \"a b\", \"c\" ]", &["a b", "c"])]
#[case("COPY -- --from=a b", &["--from=a", "b"])]
#[case("COPY a --from=b c", &["a", "--from=b", "c"])]
#[case("EXPOSE 2 1", &["2", "1"])]
#[case("HEALTHCHECK CMD  [\"a\"]", &["CMD", "a"])]
#[case("ONBUILD COPY --from=a b c", &["COPY", "b", "c"])]
#[case("ONBUILD ENV a b", &["ENV", "a", "b", ""])]
#[case("MAINTAINER  a  b ", &["a  b"])]
fn arguments_are_those_of_buildkit(#[case] line: &str, #[case] expected: &[&str]) {
    let text = format!("FROM a\n{line}\n");
    assert_eq!(words(&last(&text)), expected);
}

#[rstest]
#[case("RUN --mount=type=\"bind\" a", "mount", "type=bind")]
#[case("RUN --mou'nt='a=\\ b c", "mount", "a= b")]
#[case("RUN --mount=é=a b", "mount", "Ã©=a")]
fn options_are_unquoted_byte_by_byte(#[case] line: &str, #[case] name: &str, #[case] value: &str) {
    let it = last(&format!("FROM a\n{line}\n"));
    assert_eq!(it.flags[0].name, name);
    assert_eq!(it.flags[0].value.as_deref(), Some(value));
}

#[rstest]
#[case("RUN <<EOF\na\nEOF", &["EOF"], true)]
#[case("RUN cat > a << 'EOF'\nEOF", &["EOF"], false)]
#[case("RUN <<E\"O\"F\nEOF", &["EOF"], false)]
#[case("RUN <<-EOF\n\tEOF", &["EOF"], true)]
#[case("RUN 3<<a 4<<b\na\nb", &["a", "b"], true)]
#[case("ONBUILD RUN <<a\na", &["a"], true)]
#[case("ADD <<a /b\na\r\n", &["a"], true)]
#[case("RUN cat<<EOF", &[], true)]
#[case("RUN \"<<a", &[], true)]
#[case("RUN [\"<<a\"]", &[], true)]
#[case("CMD <<a", &[], true)]
#[case("RUN <<<a", &[], true)]
#[case("RUN <<EO${a:-F}", &[], true)]
fn heredocs_are_found_with_the_shell_lexer(
    #[case] lines: &str,
    #[case] names: &[&str],
    #[case] expand: bool,
) {
    let it = last(&format!("FROM a\n{lines}"));
    let found: Vec<&str> = it.heredocs.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(found, names);
    assert!(it.heredocs.iter().all(|it| it.expand == expand));
}

#[test]
fn the_keyword_of_a_trigger_is_left_out_of_its_text() {
    let Some(Body::Onbuild(trigger)) = last("FROM a\nonbuild  RUN <<b\nc\nb\n").body else {
        panic!("it is an ONBUILD");
    };
    assert_eq!(trigger.text, "RUN <<b\nc\nb");
}

#[test]
fn comments_belong_to_the_next_instruction() {
    let it = last("# syntax=a\n# lost\n#\n# b\n\n  # c\nFROM d");
    let comments: Vec<&str> = it.comments.iter().map(|it| it.text.as_str()).collect();
    assert_eq!(comments, ["b", "# c"]);
}

#[test]
fn reading_goes_on_behind_an_error() {
    let read = parse(b"FROM a\nENV b\nRUN c\nFOO d\nUSER e");
    assert_eq!(refusal(&read).1, "ENV must have two arguments");
    let bodies: Vec<bool> = read
        .instructions
        .iter()
        .map(|it| it.body.is_some())
        .collect();
    // The `ENV` is nothing that could be listed; the `FOO` is an instruction, if an unknown one.
    assert_eq!(bodies, [true, true, false, true]);
}

#[test]
fn places_are_those_of_the_original_bytes() {
    let text = b"\xef\xbb\xbf# \xff\nFROM a\nRUN --mount=b=c x \\\n  # no\n  y\xffz\n";
    let read = parse(text);
    let run = &read.instructions[1];
    assert_eq!(run.name.span.start.byte, 14);
    assert_eq!(
        (run.name.span.start.line, run.name.span.start.column),
        (3, 1)
    );
    let word = &run.arguments[0];
    assert_eq!(word.text, "x   y\u{fffd}z");
    assert_eq!((word.span.start.line, word.span.start.column), (3, 17));
    assert_eq!((word.span.end.line, word.span.end.column), (5, 6));
    assert_eq!(run.span.end, word.span.end);
    let Some(Body::Run(body)) = &run.body else {
        panic!("it is a RUN");
    };
    assert_eq!(
        (
            body.mounts[0].span.start.column,
            body.mounts[0].span.end.column
        ),
        (13, 16)
    );
}
