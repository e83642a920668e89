//! The options and operands of a command.

use crate::parts::has;
use polcheck_sdk::dockerfile::Word;

/// How the options of a program are told from what it works on.
#[derive(Debug)]
pub(crate) struct Syntax {
    /// Short options that take a value.
    pub(crate) short: &'static str,
    /// Long options whose value may be the next word.
    pub(crate) long: &'static [&'static str],
    /// Whether one dash begins a long option, as in Go's own tools.
    pub(crate) one_dash: bool,
}

/// What stands behind the name of a program.
#[derive(Debug)]
pub(crate) struct Arguments<'a> {
    /// Without dashes, short ones one by one, with their values.
    pub(crate) options: Vec<(&'a str, Option<&'a str>)>,
    /// All other words.
    pub(crate) operands: Vec<&'a Word>,
    /// Whether some word is only known when it runs, and may be an option.
    pub(crate) is_open: bool,
}

/// A word's value, or how it is written where that is not known.
pub(crate) fn text(word: &Word) -> &str {
    let raw = || word.raw.trim_matches(['"', '\'']);
    word.value.as_deref().unwrap_or_else(raw)
}

impl<'a> Arguments<'a> {
    /// Reads the words behind the name of a program.
    pub(crate) fn read(words: &'a [Word], syntax: &Syntax) -> Self {
        let mut arguments = Self {
            options: Vec::new(),
            operands: Vec::with_capacity(words.len()),
            is_open: false,
        };
        let mut words = words.iter();
        let mut are_options_over = false;
        while let Some(word) = words.next() {
            let written = text(word);
            arguments.is_open |= word.value.is_none() && written.starts_with('$');
            match written.strip_prefix('-') {
                Some("-") if !are_options_over => are_options_over = true,
                Some(option) if !are_options_over && !option.is_empty() => {
                    arguments.option(option, syntax, &mut words);
                }
                _ => arguments.operands.push(word),
            }
        }
        arguments
    }

    /// One word of options, without its first dash.
    fn option(
        &mut self,
        option: &'a str,
        syntax: &Syntax,
        words: &mut impl Iterator<Item = &'a Word>,
    ) {
        let long = option.strip_prefix('-');
        let Some(long) = long.or(syntax.one_dash.then_some(option)) else {
            return self.cluster(option, syntax, words);
        };
        let (name, mut value) = match long.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (long, None),
        };
        if value.is_none() && syntax.long.contains(&name) {
            value = words.next().map(text);
        }
        self.options.push((name, value));
    }

    /// `-fmy`, `-tbookworm`, `-t bookworm`, `-q=2`
    fn cluster(
        &mut self,
        letters: &'a str,
        syntax: &Syntax,
        words: &mut impl Iterator<Item = &'a Word>,
    ) {
        for (at, letter) in letters.char_indices() {
            let end = at + letter.len_utf8();
            let name = letters.get(at..end).unwrap_or_default();
            let rest = letters.get(end..).unwrap_or_default();
            let value = match rest.strip_prefix('=') {
                Some(value) => Some(value),
                None if !has(syntax.short, name) => None,
                None if rest.is_empty() => words.next().map(text),
                None => Some(rest),
            };
            self.options.push((name, value));
            if value.is_some() || has(syntax.short, name) {
                return;
            }
        }
    }

    /// Whether one of these options is there.
    pub(crate) fn has(&self, names: &[&str]) -> bool {
        self.options.iter().any(|(name, _)| names.contains(name))
    }

    /// The values of these options.
    pub(crate) fn values(&self, names: &[&str]) -> impl Iterator<Item = &'a str> {
        let options = self.options.iter();
        options.filter_map(move |(name, value)| (*value).filter(|_| names.contains(name)))
    }
}
