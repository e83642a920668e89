//! No text breaks the front end, and every place is inside the text.

#![no_main]

use dockerfile::{Span, parse};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &[u8]| {
    let file = parse(text);
    let inside = |span: Span| assert!(span.start <= span.end && span.end.byte <= text.len());
    for instruction in &file.instructions {
        inside(instruction.span);
        for word in &instruction.arguments {
            inside(word.span);
        }
        for flag in &instruction.flags {
            inside(flag.span);
        }
        for heredoc in &instruction.heredocs {
            inside(heredoc.span);
        }
    }
    for comment in &file.comments {
        inside(comment.span);
    }
});
