//! What the names and values of environment variables tell about secrets.

/// Values that switch something on or off.
const SWITCHES: [&str; 10] = [
    "true", "false", "yes", "no", "on", "off", "0", "1", "none", "null",
];

/// The words of a name: `DB_PASSWORD`, `db.password` and `dbPassword` are all `db`, `password`.
pub(crate) fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut previous = ' ';
    for character in name.chars() {
        let begins = previous.is_ascii_lowercase() && character.is_ascii_uppercase();
        if !character.is_ascii_alphanumeric() || begins {
            words.push(String::new());
        }
        if let Some(word) = words
            .last_mut()
            .filter(|_| character.is_ascii_alphanumeric())
        {
            word.push(character.to_ascii_lowercase());
        }
        previous = character;
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Whether a value is a path of a file.
pub(crate) fn is_path(value: &str) -> bool {
    ["/", "./", "../", "~/"]
        .iter()
        .any(|start| value.starts_with(start))
        && !value.contains(char::is_whitespace)
}

/// Whether a value is decided elsewhere: a reference to another variable, or a placeholder of a template.
pub(crate) fn is_reference(value: &str) -> bool {
    let is_wrapped = |open, close| value.starts_with(open) && value.ends_with(close);
    value.starts_with('$') || is_wrapped("{{", "}}") || is_wrapped("<", ">") || is_wrapped("%", "%")
}

/// Whether a value only switches something on or off.
pub(crate) fn is_switch(value: &str) -> bool {
    SWITCHES.contains(&value.to_ascii_lowercase().as_str())
}
