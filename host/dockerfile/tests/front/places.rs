//! Whatever the text, reading it ends, and all that was read has its place.

use dockerfile::{Instruction, Position, Span, parse, parse_one};
use proptest::prelude::*;

/// Pieces that mean something to BuildKit.
const PIECES: [&[u8]; 48] = [
    b"FROM a\n",
    b"FROM a AS b\n",
    b"RUN ",
    b"COPY ",
    b"ADD ",
    b"ENV ",
    b"LABEL ",
    b"ARG ",
    b"CMD ",
    b"SHELL ",
    b"ONBUILD ",
    b"HEALTHCHECK CMD ",
    b"EXPOSE ",
    b"USER ",
    b"FOO ",
    b"# escape=`\n",
    b"# c\n",
    b"#",
    b"\n",
    b"\r\n",
    b" ",
    b"\t",
    b"\\\n",
    b"`\n",
    b"\\ \n",
    b"\\",
    b"\"",
    b"'",
    b"[",
    b"]",
    b"[\"a\", \"b\"]",
    b"\\u00e9",
    b"=",
    b"a",
    b"b=c",
    b"$",
    b"${",
    b"}",
    b"<<EOF",
    b"<<-'E'",
    b"\nEOF\n",
    b"--from=a ",
    b"--mount=",
    b"--",
    b"\xc2\xa0",
    b"\xff",
    b"\xef\xbb\xbf",
    b"\xf0\x9f\x98\x80",
];

fn text() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        8 => proptest::sample::select(&PIECES[..]).prop_map(<[u8]>::to_vec),
        1 => proptest::collection::vec(any::<u8>(), 0..4),
    ];
    proptest::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

/// The place of a byte, counted from the start of the text.
fn position(text: &[u8], byte: usize) -> Position {
    let before = &text[..byte];
    let line_start = before
        .iter()
        .rposition(|byte| *byte == b'\n')
        .map_or(0, |end| end + 1);
    let line = before.split(|byte| *byte == b'\n').count();
    Position {
        byte,
        line: u32::try_from(line).unwrap(),
        column: u32::try_from(byte - line_start + 1).unwrap(),
    }
}

fn spans(it: &Instruction) -> Vec<Span> {
    let mut spans = vec![it.span, it.name.span];
    spans.extend(it.flags.iter().map(|flag| flag.span));
    spans.extend(it.arguments.iter().map(|word| word.span));
    spans.extend(it.heredocs.iter().map(|heredoc| heredoc.span));
    spans.extend(it.comments.iter().map(|comment| comment.span));
    spans
}

proptest! {
    #[test]
    fn every_place_is_a_place_of_the_text(text in text()) {
        let read = parse(&text);
        let directives = read.directives.iter().map(|it| it.span);
        for span in read.instructions.iter().flat_map(spans).chain(directives) {
            prop_assert!(span.start <= span.end && span.end.byte <= text.len(), "{span:?}");
            prop_assert_eq!(span.start, position(&text, span.start.byte));
            // Behind the last byte, but still in its line.
            if span.end.byte > span.start.byte && text[span.end.byte - 1] != b'\n' {
                prop_assert_eq!(span.end, position(&text, span.end.byte));
            }
        }
    }

    #[test]
    fn instructions_stand_one_behind_the_other(text in text()) {
        let read = parse(&text);
        for pair in read.instructions.windows(2) {
            prop_assert!(pair[0].span.end <= pair[1].span.start);
            prop_assert!(pair[0].lines.1 < pair[1].lines.0);
        }
        for it in &read.instructions {
            prop_assert!(it.lines.0 <= it.span.start.line && it.span.end.line <= it.lines.1 + 1);
            prop_assert!(it.span.start <= it.name.span.start);
            for word in it.arguments.iter().map(|word| word.span).chain(it.flags.iter().map(|flag| flag.span)) {
                prop_assert!(it.name.span.end <= word.start && word.end <= it.span.end);
            }
        }
    }

    #[test]
    fn words_are_written_where_they_stand(text in text()) {
        let read = parse(&text);
        for it in &read.instructions {
            for word in std::iter::once(&it.name).chain(&it.arguments) {
                let written = &text[word.span.start.byte..word.span.end.byte];
                let joined = word.span.start.line != word.span.end.line;
                let literal = std::str::from_utf8(written).is_ok_and(|written| written == word.text);
                let replaced = word.text.contains('\u{fffd}');
                prop_assert!(literal || joined || replaced || written.starts_with(b"\""), "{word:?} {written:?}");
            }
        }
    }

    #[test]
    fn what_cannot_be_read_is_refused(text in text()) {
        let read = parse(&text);
        let complete = read.instructions.iter().all(|it| it.body.is_some());
        prop_assert!(complete || read.refusal.is_some());
    }

    #[test]
    fn triggers_are_read_or_refused(text in ".{0,40}") {
        let _ = parse_one(&text);
    }
}
