//! The compiler process as a program of its own, for the build of polcheck and for the tests of this crate.
//!
//! `polcheck-compile [compile TARGET] < component.wasm > component.cwasm`, and
//! `polcheck-compile describe DIGEST < component.cwasm > component.json`, where the digest is that of the component.

use polcheck_engine::{Allocation, Compiler, Engine, Limits, Options, compile_stdin_to_stdout};
use std::error::Error;
use std::io::{Read, Write};
use std::process::ExitCode;
use std::time::Duration;
use std::{env, io};

fn main() -> ExitCode {
    let words: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let done = match words[..] {
        [] => compile_stdin_to_stdout(None).map_err(Into::into),
        ["compile", target] => compile_stdin_to_stdout(Some(target)).map_err(Into::into),
        ["describe", digest] => describe(digest),
        _ => Err("say `compile TARGET`, `describe DIGEST`, or nothing".into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            let _ = writeln!(io::stderr(), "{reason}");
            ExitCode::FAILURE
        }
    }
}

/// What a pack says of itself, so that nobody has to ask it again.
fn describe(digest: &str) -> Result<(), Box<dyn Error>> {
    let mut code = Vec::new();
    io::stdin().lock().read_to_end(&mut code)?;
    let engine = Engine::new(Options {
        allocation: Allocation::OnDemand,
        limits: Limits::default(),
        // It is compiled.
        compiler: Compiler {
            program: env::current_exe()?,
            args: Vec::new(),
            timeout: Duration::ZERO,
        },
        cache: None,
    })?;
    let pack = engine.load_code(digest.parse()?, &code)?;
    let description = serde_json::to_vec(&**pack.description())?;
    Ok(io::stdout().lock().write_all(&description)?)
}
