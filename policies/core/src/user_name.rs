//! The user of an image: `name`, `uid`, `name:group` or `uid:gid`.

use polcheck_sdk::ImageConfig;

/// Who the process runs as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum User<'a> {
    /// Nobody said, which is root.
    Unset,
    /// User 0, by number or by name.
    Root,
    /// Another user, by number.
    Numeric,
    /// Another user, by name.
    Named(&'a str),
}

/// Reads `User` as container runtimes do: the group does not matter, and a number is whatever reads as one.
pub(crate) fn user(config: &ImageConfig) -> User<'_> {
    let text = config.user.as_deref().unwrap_or_default();
    let name = text.split_once(':').map_or(text, |(name, _)| name);
    match (name, name.parse::<i64>()) {
        ("", _) => User::Unset,
        ("root", _) | (_, Ok(0)) => User::Root,
        (_, Ok(_)) => User::Numeric,
        (name, Err(_)) => User::Named(name),
    }
}
