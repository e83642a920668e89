//! No text breaks the evaluation, and what was refused on reading stays refused.

#![no_main]

use dockerfile::evaluate::{Options, evaluate};
use dockerfile::parse;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &[u8]| {
    let file = parse(text);
    let evaluation = evaluate(&file, &Options::default());
    assert!(file.refusal.is_none() || evaluation.refusal.is_some());
});
