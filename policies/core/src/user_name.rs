//! The user of an image: `name`, `uid`, `name:group` or `uid:gid`.

/// Who the process runs as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum User<'a> {
    /// User 0, by number or by name, or because nobody said otherwise.
    Root,
    /// Another user, by number.
    Numeric,
    /// Another user, by name.
    Named(&'a str),
}

/// Reads `User` as container runtimes do: the group does not matter, and a number is whatever reads as one.
pub(crate) fn user(text: &str) -> User<'_> {
    let name = text.split_once(':').map_or(text, |(name, _)| name);
    match (name, name.parse::<i64>()) {
        ("" | "root", _) | (_, Ok(0)) => User::Root,
        (_, Ok(_)) => User::Numeric,
        (name, Err(_)) => User::Named(name),
    }
}
