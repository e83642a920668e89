//! Who reads a script.

/// Who reads a script, as far as its grammar goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Interpreter {
    /// `sh`, `bash`, `dash`, `ash`, `ksh` or `zsh`. Read as `bash` does: a superset of the others where scripts use them.
    Posix,
    /// `powershell` or `pwsh`
    PowerShell,
    /// `cmd`
    Cmd,
    /// Anything else, such as Python. Its text is not split.
    Other,
}

impl Interpreter {
    /// Of the words of `SHELL`.
    #[must_use]
    pub fn of(shell: &[impl AsRef<str>]) -> Self {
        Self::of_words(shell.iter().map(AsRef::as_ref))
    }

    /// Of the first line of a script, if it is `#!`.
    #[must_use]
    pub fn of_shebang(script: &str) -> Option<Self> {
        let line = script.strip_prefix("#!")?.lines().next()?;
        Some(Self::of_words(line.split_ascii_whitespace()))
    }

    fn of_words<'a>(words: impl Iterator<Item = &'a str>) -> Self {
        let mut launched = false;
        for word in words {
            let name = file_name(word).to_ascii_lowercase();
            match name.strip_suffix(".exe").unwrap_or(&name) {
                "env" | "busybox" => launched = true,
                name if launched && (name.starts_with('-') || name.contains('=')) => {}
                name if is_posix(name) => return Self::Posix,
                "powershell" | "pwsh" => return Self::PowerShell,
                "cmd" => return Self::Cmd,
                _ => return Self::Other,
            }
        }
        Self::Other
    }
}

/// Whether this is the name of a shell whose text can be split as POSIX shell text.
pub(super) fn is_posix(name: &str) -> bool {
    matches!(
        name,
        "sh" | "bash" | "dash" | "ash" | "ksh" | "mksh" | "zsh" | "rbash"
    )
}

/// The last part of a path, of either kind.
pub(super) fn file_name(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}
