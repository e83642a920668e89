//! Passwords within addresses.

use crate::secrets::is_hidden;

/// The scheme of an address in the text that has a user and a password.
pub(crate) fn credential(text: &str) -> Option<&str> {
    let mut ends = text.match_indices(':');
    ends.find_map(|(at, _)| {
        let (before, behind) = text.split_at_checked(at)?;
        let address = behind.strip_prefix("://")?;
        let scheme = before
            .rsplit(|character: char| !character.is_ascii_alphanumeric() && character != '+')
            .next()?;
        has_password(address).then_some(scheme)
    })
}

/// Whether an address, without its scheme, begins with a user, a password and `@`.
fn has_password(address: &str) -> bool {
    let (mut depth, mut user_ends, mut end) = (0_usize, None, None);
    for (at, character) in address.char_indices() {
        match character {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            ':' if depth == 0 && user_ends.is_none() => user_ends = Some(at),
            '@' if depth == 0 => {
                end = Some(at);
                break;
            }
            '}' | '/' | '?' | '#' | ' ' | '"' | '\'' | '\\' | '<' | '>' | '|' | '(' | ','
                if depth == 0 =>
            {
                break;
            }
            _ => {}
        }
    }
    let (Some(user_ends), Some(end)) = (user_ends, end) else {
        return false;
    };
    let host = address.get(end + 1..).unwrap_or_default();
    let password = address.get(user_ends + 1..end).unwrap_or_default();
    let is_host = host.starts_with(|first: char| {
        first.is_ascii_alphanumeric() || matches!(first, '$' | '[' | '{' | '%')
    });
    is_host && user_ends > 0 && !password.is_empty() && !is_hidden(password)
}
