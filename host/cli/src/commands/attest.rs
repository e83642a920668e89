//! `polcheck attest`

use super::check::{SubjectArgs, check};
use super::signing::SigningArgs;
use crate::args::GlobalArgs;
use crate::exit::Exit;
use crate::failure::Failure;
use clap::Args;

/// Check images, sign statements about those that pass, and attach them
///
/// All platforms of a multi-platform image are checked; each that passes gets a statement, and the index gets one if all
/// pass. A failed image gets none.
///
/// Sign with a key, or as an identity, that signs nothing but statements: `cosign verify` accepts any bundle by its key or
/// identity, whatever the bundle says.
#[derive(Debug, Args)]
pub(crate) struct AttestArgs {
    #[command(flatten)]
    subject: SubjectArgs,
    #[command(flatten)]
    signing: SigningArgs,
}

pub(crate) fn run(args: AttestArgs, global: &GlobalArgs) -> Result<Exit, Failure> {
    let AttestArgs { subject, signing } = args;
    check(&subject, Some(&signing), None, global)
}
