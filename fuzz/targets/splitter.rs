//! No text breaks the splitter, and every command stands inside the text.

#![no_main]

use dockerfile::script::{Interpreter, split};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (u8, &str)| {
    let (interpreter, text) = input;
    let interpreter = match interpreter % 4 {
        0 => Interpreter::Posix,
        1 => Interpreter::PowerShell,
        2 => Interpreter::Cmd,
        _ => Interpreter::Other,
    };
    for command in split(text, interpreter).commands {
        assert!(text.get(command.range).is_some());
        for word in command.words {
            assert!(text.get(word.range).is_some());
        }
    }
});
