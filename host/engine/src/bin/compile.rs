//! The compiler process as a program of its own, for the build of polcheck and for the tests of this crate.
//!
//! `polcheck-compile [TARGET] < component.wasm > component.cwasm`

use std::process::ExitCode;

fn main() -> ExitCode {
    let target = std::env::args().nth(1);
    match polcheck_engine::compile_stdin_to_stdout(target.as_deref()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            use std::io::Write as _;
            let _ = writeln!(std::io::stderr(), "{reason}");
            ExitCode::FAILURE
        }
    }
}
