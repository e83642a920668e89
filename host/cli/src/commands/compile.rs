//! The compiler process: started by polcheck itself, which then keeps what it makes.

use crate::exit::Exit;
use crate::failure::Failure;

/// Not meant to be typed.
pub(crate) const NAME: &str = "compile-policy";

pub(crate) fn run() -> Result<Exit, Failure> {
    engine::compile_stdin_to_stdout(None).map_err(Failure::say)?;
    Ok(Exit::Passed)
}
