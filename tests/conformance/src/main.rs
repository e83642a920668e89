//! The client that `sigstore-conformance` tests: bundles are verified as `polcheck verify` verifies them, with the policy
//! that the suite asks for, which is any statement about the artifact.
//!
//! ```text
//! polcheck-conformance verify-bundle --bundle FILE --certificate-identity … --certificate-oidc-issuer … FILE_OR_DIGEST
//! polcheck-conformance run CHECKOUT
//! ```
//!
//! The first is the suite's protocol, so `pytest test --entrypoint=…/polcheck-conformance --skip-signing` in a checkout of
//! the suite works; the second goes over the checkout's cases without Python.

mod protocol;
mod suite;

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let outcome = match arguments
        .iter()
        .map(String::as_str)
        .collect::<Vec<_>>()
        .as_slice()
    {
        ["verify-bundle", rest @ ..] => protocol::verify_bundle(rest).map(|()| true),
        ["run", checkout] => suite::run(Path::new(checkout), &mut std::io::stdout()),
        _ => Err("usage: polcheck-conformance verify-bundle … | run CHECKOUT".into()),
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            // Nobody is left to tell where even this cannot be written.
            let _ = writeln!(std::io::stderr(), "{}", chain(&*error));
            ExitCode::FAILURE
        }
    }
}

/// An error with its causes.
fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    let messages: Vec<_> = causes.map(ToString::to_string).collect();
    messages.join(": ")
}
