//! Who the image runs as, whoever decides it.

use crate::base_images::{Reference, root_stage};
use polcheck_sdk::dockerfile::Decided;
use polcheck_sdk::{Facts, Known, Unsettled};

/// The user that the image runs as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum FinalUser {
    /// This one.
    Set(String),
    /// Nobody set one, which is root.
    Unset,
    /// That of this base image.
    OfBase {
        /// As the Dockerfile names it.
        base: String,
        /// None: nobody knows it.
        user: Option<String>,
    },
    /// It is decided when the image is built.
    Undecided,
}

/// The user of the image; `users` are globs of names of base images, and their users, which go before what is known here.
pub(crate) fn final_user(
    facts: &Facts,
    users: &[(String, String)],
) -> Result<FinalUser, Unsettled> {
    match &facts.run_config()?.user.known {
        Known::Set(user) => return Ok(FinalUser::Set(user.clone())),
        Known::Unset => return Ok(FinalUser::Unset),
        Known::Unknown => {}
    }
    let root = root_stage(facts)?;
    let decided = facts.dockerfile().target_config()?.user.decided;
    let (Some(base), Decided::Base) = (root.base.value.clone(), decided) else {
        return Ok(FinalUser::Undecided);
    };
    let reference = Reference::read(&base);
    let mut users = users.iter();
    let said = users.find(|(name, _)| facts.glob_match(name, reference.name));
    let user = match (said, facts.base_of_stage(root.index)) {
        (Some((_, user)), _) => Some(user.clone()),
        (None, Ok(base)) => Some(base.config.user.unwrap_or_default()),
        (None, Err(_)) => reference.user().map(ToOwned::to_owned),
    };
    Ok(FinalUser::OfBase { base, user })
}
