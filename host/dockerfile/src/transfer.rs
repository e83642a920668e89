//! `COPY` and `ADD`.

use crate::flags::{Kind, Options, check};
use crate::heredoc::heredoc_word;
use crate::instruction::{Instruction, Transfer, Word};
use std::collections::HashMap;

/// Reads an `ADD`.
pub(crate) fn add(instruction: &Instruction) -> Result<Transfer, String> {
    const KNOWN: [(&str, Kind); 7] = [
        ("chown", Kind::Once),
        ("chmod", Kind::Once),
        ("link", Kind::Switch),
        ("keep-git-dir", Kind::Switch),
        ("checksum", Kind::Once),
        ("unpack", Kind::Switch),
        ("exclude", Kind::Many),
    ];
    read(instruction, "ADD", &KNOWN)
}

/// Reads a `COPY`.
pub(crate) fn copy(instruction: &Instruction) -> Result<Transfer, String> {
    const KNOWN: [(&str, Kind); 6] = [
        ("chown", Kind::Once),
        ("from", Kind::Once),
        ("chmod", Kind::Once),
        ("link", Kind::Switch),
        ("exclude", Kind::Many),
        ("parents", Kind::Switch),
    ];
    read(instruction, "COPY", &KNOWN)
}

fn read(instruction: &Instruction, name: &str, known: &[(&str, Kind)]) -> Result<Transfer, String> {
    let Some((destination, sources)) = instruction
        .arguments
        .split_last()
        .filter(|(_, rest)| !rest.is_empty())
    else {
        return Err(format!(
            "{name} requires at least two arguments, but only one was provided. Destination could not be determined"
        ));
    };
    let options = check(&instruction.flags, known)?;
    if heredoc_word(&destination.text).is_some() {
        return Err(format!("{name} cannot accept a heredoc as a destination"));
    }
    Ok(transfer(instruction, &options, sources, destination))
}

fn transfer(
    instruction: &Instruction,
    options: &Options,
    sources: &[Word],
    destination: &Word,
) -> Transfer {
    // Of two heredocs with one name, the last one counts.
    let named = instruction.heredocs.iter().enumerate();
    let named: HashMap<&str, usize> = named
        .map(|(index, heredoc)| (heredoc.name.as_str(), index))
        .collect();
    let mut files = Vec::new();
    let mut inline = Vec::new();
    for source in sources {
        match heredoc_word(&source.text) {
            Some(heredoc) => inline.extend(named.get(heredoc.name.as_str())),
            None => files.push(source.clone()),
        }
    }
    Transfer {
        sources: files,
        inline,
        destination: destination.clone(),
        from: options.text("from"),
        chown: options.text("chown"),
        chmod: options.text("chmod"),
        link: options.switch("link").unwrap_or_default(),
        parents: options.switch("parents").unwrap_or_default(),
        exclude: options.values("exclude"),
        checksum: options.text("checksum"),
        keep_git_dir: options.switch("keep-git-dir"),
        unpack: options.switch("unpack"),
    }
}
