//! Files that attack their reader: none is refused for the size of an instruction, none takes more than linear time, none ends the program.

use dockerfile::instruction::Body;
use dockerfile::{Dockerfile, parse, parse_one};
use rstest::rstest;

fn refusal(read: &Dockerfile) -> &str {
    read.refusal.as_ref().map_or("", |refusal| &refusal.message)
}

#[test]
fn a_hundred_thousand_continued_lines_are_one_instruction() {
    let text = format!("FROM a\nRUN a{}", " \\\nb".repeat(100_000));
    let read = parse(text.as_bytes());
    let run = read.instructions.last().unwrap();
    assert_eq!(run.lines, (2, 100_002));
    assert_eq!(run.span.end.byte, text.len());
    assert_eq!(run.arguments.first().unwrap().text.len(), 200_001);
}

#[test]
fn empty_lines_and_comments_between_continuations_vanish() {
    let text = format!("FROM a\nRUN a \\\n{}b", "\n# c\n".repeat(100_000));
    let read = parse(text.as_bytes());
    assert_eq!(read.empty_continuations, [200_003]);
    assert_eq!(read.instructions.last().unwrap().original, "RUN a b");
}

#[test]
fn a_hundred_thousand_stages_are_read() {
    let read = parse(
        "FROM a AS b\nCOPY --from=b c d\n"
            .repeat(100_000)
            .as_bytes(),
    );
    assert_eq!(read.instructions.len(), 200_000);
    assert_eq!(read.refusal, None);
}

#[test]
fn a_hundred_thousand_heredocs_of_one_instruction_are_read() {
    let copy = format!(
        "FROM a\nCOPY {} /b\n{}",
        "<<a \\\n".repeat(100_000),
        "a\n".repeat(100_000)
    );
    let read = parse(copy.as_bytes());
    let copy = read.instructions.last().unwrap();
    assert_eq!(copy.heredocs.len(), 100_000);
    assert!(matches!(&copy.body, Some(Body::Copy(copy)) if copy.inline.len() == 100_000));
    assert_eq!(read.refusal, None);
}

/// A text of any length in lines that BuildKit reads.
fn folded(piece: &str, times: usize) -> String {
    (piece.repeat(1_000) + "\\\n").repeat(times / 1_000)
}

#[rstest]
#[case("RUN <<a ", "${a:-", "")]
#[case("RUN <<a ", "${a/", "")]
#[case("RUN <<a ", "\"${a:-", "")]
#[case("RUN <<a ", "\"", "unterminated heredoc")]
#[case("RUN <<a ", "$", "unterminated heredoc")]
#[case("RUN <<a ", "<", "unterminated heredoc")]
#[case("CMD ", "[", "")]
#[case("CMD [", "{\"a\":", "")]
#[case("ENV a=", "'\"", "")]
#[case("ARG a", " =", "ARG names can not be blank")]
#[case(
    "ONBUILD ",
    "ONBUILD ",
    "Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed"
)]
#[case("RUN ", "--mount=type=bind ", "")]
#[case("RUN --mount=", "\"a=b\",", "")]
#[case("", "a", "unknown instruction")]
#[case("FROM ", "a", "")]
#[case("EXPOSE ", "9 ", "")]
fn deep_and_long_lines_are_read(#[case] start: &str, #[case] piece: &str, #[case] error: &str) {
    let text = format!("FROM a\n{start}{}\n", folded(piece, 200_000));
    let read = parse(text.as_bytes());
    let found = refusal(&read);
    assert!(
        found.contains(error) && found.is_empty() == error.is_empty(),
        "{found}"
    );
    assert!(read.instructions.len() >= 2);
}

#[test]
fn a_line_that_is_too_long_ends_the_file() {
    let text = format!("FROM a\nRUN b\nRUN {}\nRUN c\n", "x".repeat(65_532));
    let read = parse(text.as_bytes());
    assert_eq!(read.instructions.len(), 2);
    let refusal = read.refusal.unwrap();
    assert_eq!(
        refusal.message,
        "dockerfile line greater than max allowed size of 65535"
    );
    assert_eq!(refusal.line, Some(2));
}

#[test]
fn megabytes_of_anything_are_read() {
    for piece in [
        "\n",
        "\\\n",
        "#\n",
        "# escape=`\n",
        "a\n",
        "\u{feff}",
        "\0\n",
        "\r\n",
        "<<a\n",
        "RUN <<a\n",
    ] {
        parse(piece.repeat(100_000).as_bytes());
    }
    parse(&b"\xff\n".repeat(100_000));
}

#[test]
fn a_trigger_is_one_instruction() {
    assert_eq!(parse_one("RUN a").unwrap().original, "RUN a");
    for (text, expected) in [
        ("", "file with no instructions"),
        (
            "RUN a\nRUN b",
            "onbuild trigger should be a single expression",
        ),
        ("FROM a", "*instructions.Stage is not a command type"),
        ("ENV a", "ENV must have two arguments"),
        (
            "COPY a",
            "COPY requires at least two arguments, but only one was provided. Destination could not be determined",
        ),
    ] {
        assert_eq!(parse_one(text).unwrap_err().message, expected);
    }
}

#[test]
fn instructions_beyond_the_two_hundred_thousandth_are_not_read() {
    let most = format!("FROM a\n{}", "RUN a\n".repeat(199_999));
    assert_eq!(parse(most.as_bytes()).refusal, None);
    let read = parse(format!("{most}RUN a\nRUN\n").as_bytes());
    assert_eq!(read.instructions.len(), 200_000);
    let refusal = read.refusal.unwrap();
    assert_eq!(refusal.message, "more than 200000 instructions");
    assert_eq!(refusal.line, Some(200_001));
}
