//! What broke something once breaks nothing any more.

use dockerfile::evaluate::{Options, evaluate};
use dockerfile::parse;
use dockerfile::script::{Interpreter, split};
use std::fs;
use std::path::Path;

#[test]
fn what_fuzzing_found_breaks_nothing() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/found");
    let mut read = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let text = fs::read(entry.unwrap().path()).unwrap();
        let file = parse(&text);
        let evaluation = evaluate(&file, &Options::default());
        assert!(file.refusal.is_none() || evaluation.refusal.is_some());
        let script = String::from_utf8_lossy(&text);
        for interpreter in [
            Interpreter::Posix,
            Interpreter::PowerShell,
            Interpreter::Cmd,
        ] {
            split(&script, interpreter);
        }
        read += 1;
    }
    assert!(read > 0, "there is nothing in `tests/found`");
}
