//! `--mount` of `RUN`.

use crate::csv;
use crate::number;
use crate::quote::quoted;
use crate::suggest::with_suggestion;
use crate::text::lower;

/// What is mounted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MountKind {
    /// Files of the context, a stage or an image.
    #[default]
    Bind,
    /// A folder that lives from build to build.
    Cache,
    /// A folder in memory.
    Tmpfs,
    /// A secret.
    Secret,
    /// An agent's socket.
    Ssh,
}

const KINDS: [(&str, MountKind); 5] = [
    ("bind", MountKind::Bind),
    ("cache", MountKind::Cache),
    ("tmpfs", MountKind::Tmpfs),
    ("secret", MountKind::Secret),
    ("ssh", MountKind::Ssh),
];

impl MountKind {
    /// As it is written.
    pub fn as_str(self) -> &'static str {
        KINDS
            .iter()
            .find(|(_, kind)| *kind == self)
            .map_or("", |(name, _)| name)
    }
}

/// A mount of a `RUN`. Empty texts are not given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mount {
    /// `type`
    pub kind: MountKind,
    /// `from`
    pub from: String,
    /// `source`
    pub source: String,
    /// `target`
    pub target: String,
    /// `readonly`, or what is usual for the kind.
    pub read_only: bool,
    /// `size` in bytes
    pub size: i64,
    /// `id`
    pub id: String,
    /// `sharing`, in lower case
    pub sharing: String,
    /// `required`
    pub required: bool,
    /// `env`
    pub env: Option<String>,
    /// `mode`
    pub mode: Option<u32>,
    /// `uid`
    pub uid: Option<u32>,
    /// `gid`
    pub gid: Option<u32>,
}

const SHARING: [&str; 3] = ["shared", "private", "locked"];

const KEYS: [&str; 19] = [
    "type",
    "from",
    "source",
    "target",
    "readonly",
    "id",
    "sharing",
    "required",
    "size",
    "mode",
    "uid",
    "gid",
    "src",
    "dst",
    "destination",
    "ro",
    "rw",
    "readwrite",
    "env",
];

/// Expands the variables of a value.
pub(crate) type Expand<'e> = &'e mut dyn FnMut(&str) -> Result<String, String>;

/// Checks a mount as BuildKit does on reading it: variables are not known yet, so little can be said.
pub(crate) fn check(text: &str) -> Result<(), String> {
    parse(text, None).map(drop)
}

/// Reads a mount; without an expander only as far as [`check`] wants it. The error is what BuildKit says.
pub(crate) fn parse(text: &str, mut expand: Option<Expand>) -> Result<Mount, String> {
    let fields =
        csv::fields(text).map_err(|error| format!("failed to parse csv mounts: {error}"))?;
    let mut mount = Mount::default();
    let mut read_only = None;
    for field in fields {
        let (key, value) = match field.split_once('=') {
            Some((key, value)) => (lower(key), Some(value)),
            None => (lower(&field), None),
        };
        match (value, &mut expand) {
            (None, Some(_)) => mount.switch(&key, &field, &mut read_only)?,
            (Some(value), Some(expand)) => {
                let value = expand(value)?;
                mount.set(&key, value, &field, &mut read_only)?;
            }
            (Some(value), None) if key == "from" => {
                if value.find('$').is_some_and(|at| at + 1 != value.len()) {
                    return Err(format!(
                        "'{key}' doesn't support variable expansion, define alias stage instead"
                    ));
                }
                value.clone_into(&mut mount.from);
            }
            // Whatever else it says is known only with its variables.
            (_, None) => {}
        }
    }
    mount.finish(read_only)
}

impl Mount {
    /// A key without a value.
    fn switch(
        &mut self,
        key: &str,
        field: &str,
        read_only: &mut Option<bool>,
    ) -> Result<(), String> {
        match key {
            "readonly" | "ro" => *read_only = Some(true),
            "readwrite" | "rw" => *read_only = Some(false),
            "required" => {
                self.only_for(key, &[MountKind::Secret, MountKind::Ssh])?;
                self.required = true;
            }
            _ => return Err(format!("invalid field '{field}' must be a key=value pair")),
        }
        Ok(())
    }

    fn set(
        &mut self,
        key: &str,
        value: String,
        field: &str,
        read_only: &mut Option<bool>,
    ) -> Result<(), String> {
        let invalid = || format!("invalid value for {key}: {value}");
        let boolean = || number::boolean(&value).ok_or_else(invalid);
        let unsigned = |base| {
            let number = number::unsigned(&value, base);
            number
                .ok_or_else(|| format!("invalid value {value} for {key}"))
                .map(Some)
        };
        match key {
            "type" => self.kind = kind(&value)?,
            "from" => self.from = value,
            "source" | "src" => self.source = value,
            "target" | "dst" | "destination" => self.target = value,
            "readonly" | "ro" => *read_only = Some(boolean()?),
            "readwrite" | "rw" => *read_only = Some(!boolean()?),
            "required" => {
                self.only_for(key, &[MountKind::Secret, MountKind::Ssh])?;
                self.required = boolean()?;
            }
            "size" => {
                self.only_for(key, &[MountKind::Tmpfs])?;
                self.size = number::size(&value).ok_or_else(invalid)?;
            }
            "id" => self.id = value,
            "sharing" => self.sharing = sharing(&value)?,
            "mode" => self.mode = unsigned(8)?,
            "uid" => self.uid = unsigned(10)?,
            "gid" => self.gid = unsigned(10)?,
            "env" => self.env = Some(value),
            _ => {
                let message = format!("unexpected key '{key}' in '{field}'");
                return Err(with_suggestion(message, key, &KEYS, true));
            }
        }
        Ok(())
    }

    fn only_for(&self, key: &str, kinds: &[MountKind]) -> Result<(), String> {
        if kinds.contains(&self.kind) {
            return Ok(());
        }
        Err(format!(
            "unexpected key '{key}' for mount type '{}'",
            self.kind.as_str()
        ))
    }

    /// Checks what fits together, when everything is known.
    fn finish(mut self, read_only: Option<bool>) -> Result<Self, String> {
        let has_owner = matches!(
            self.kind,
            MountKind::Secret | MountKind::Ssh | MountKind::Cache
        );
        for (name, value) in [("mode", self.mode), ("uid", self.uid), ("gid", self.gid)] {
            if value.is_some() && !has_owner {
                return Err(format!(
                    "{name} not allowed for {} type mounts",
                    quoted(self.kind.as_str())
                ));
            }
        }
        let writable = matches!(self.kind, MountKind::Cache | MountKind::Tmpfs);
        self.read_only = read_only.unwrap_or(!writable);
        if self.kind == MountKind::Secret {
            self.check_secret()?;
        }
        if !self.sharing.is_empty() && self.kind != MountKind::Cache {
            return Err(format!(
                "invalid cache sharing set for {} mount",
                self.kind.as_str()
            ));
        }
        Ok(self)
    }

    fn check_secret(&self) -> Result<(), String> {
        let error = if !self.from.is_empty() {
            "secret mount should not have a from"
        } else if !self.sharing.is_empty() {
            "secret mount should not define sharing"
        } else if self.source.is_empty() && self.target.is_empty() && self.id.is_empty() {
            "invalid secret mount. one of source, target required"
        } else if !self.source.is_empty() && !self.id.is_empty() {
            "both source and id can't be set"
        } else {
            return Ok(());
        };
        Err(error.to_owned())
    }
}

fn kind(value: &str) -> Result<MountKind, String> {
    let name = lower(value);
    let known = KINDS.iter().find(|(known, _)| *known == name);
    known.map(|(_, kind)| *kind).ok_or_else(|| {
        let names = KINDS.map(|(known, _)| known);
        with_suggestion(
            format!("unsupported mount type {}", quoted(value)),
            value,
            &names,
            true,
        )
    })
}

fn sharing(value: &str) -> Result<String, String> {
    let name = lower(value);
    if SHARING.contains(&name.as_str()) {
        return Ok(name);
    }
    let message = format!("unsupported sharing value {}", quoted(value));
    Err(with_suggestion(message, value, &SHARING, true))
}

#[cfg(test)]
mod tests {
    use super::{Mount, MountKind, check, parse};
    use rstest::rstest;

    fn expanded(text: &str) -> Result<Mount, String> {
        parse(text, Some(&mut |value| Ok(value.replace("$v", "X"))))
    }

    #[rstest]
    #[case("type=bind,target=/a", Mount { target: "/a".to_owned(), read_only: true, ..Mount::default() })]
    #[case("type=cache,target=/a,ro", Mount { kind: MountKind::Cache, target: "/a".to_owned(), read_only: true, ..Mount::default() })]
    #[case("type=tmpfs,size=1.5k,target=/a", Mount { kind: MountKind::Tmpfs, target: "/a".to_owned(), size: 1536, ..Mount::default() })]
    #[case("type=secret,id=a", Mount { kind: MountKind::Secret, id: "a".to_owned(), read_only: true, ..Mount::default() })]
    #[case("type=secret,target=/a,required", Mount { kind: MountKind::Secret, target: "/a".to_owned(), read_only: true, required: true, ..Mount::default() })]
    #[case("type=ssh,required=true,mode=0600,uid=1,gid=2", Mount { kind: MountKind::Ssh, read_only: true, required: true, mode: Some(384), uid: Some(1), gid: Some(2), ..Mount::default() })]
    #[case("rw", Mount { ..Mount::default() })]
    #[case("type=cache,sharing=LOCKED", Mount { kind: MountKind::Cache, sharing: "locked".to_owned(), ..Mount::default() })]
    #[case("type=Cache", Mount { kind: MountKind::Cache, ..Mount::default() })]
    #[case("source=$v,target=/$v,env=E,rw=false", Mount { source: "X".to_owned(), target: "/X".to_owned(), read_only: true, env: Some("E".to_owned()), ..Mount::default() })]
    #[case("TYPE=ssh", Mount { kind: MountKind::Ssh, read_only: true, ..Mount::default() })]
    #[case("\"type=bind\",target=/a", Mount { target: "/a".to_owned(), read_only: true, ..Mount::default() })]
    fn mounts_are_read(#[case] text: &str, #[case] expected: Mount) {
        assert_eq!(expanded(text), Ok(expected));
    }

    #[rstest]
    #[case("type=tmpfs,size=1x", "invalid value for size: 1x")]
    #[case("size=1", "unexpected key 'size' for mount type 'bind'")]
    #[case("type=secret", "invalid secret mount. one of source, target required")]
    #[case("type=secret,id=a,from=b", "secret mount should not have a from")]
    #[case(
        "type=secret,id=a,sharing=shared",
        "secret mount should not define sharing"
    )]
    #[case("type=secret,id=a,source=b", "both source and id can't be set")]
    #[case("type=ssh,mode=9", "invalid value 9 for mode")]
    #[case("type=cache,uid=-1", "invalid value -1 for uid")]
    #[case("type=bind,mode=0600", "mode not allowed for \"bind\" type mounts")]
    #[case("type=bind,uid=1", "uid not allowed for \"bind\" type mounts")]
    #[case("required", "unexpected key 'required' for mount type 'bind'")]
    #[case("ro=maybe", "invalid value for ro: maybe")]
    #[case(
        "type=cache,sharing=loked",
        "unsupported sharing value \"loked\" (did you mean locked?)"
    )]
    #[case("type=bind,sharing=shared", "invalid cache sharing set for bind mount")]
    #[case(
        "typ=tmpfs",
        "unexpected key 'typ' in 'typ=tmpfs' (did you mean type?)"
    )]
    #[case("type=tmp", "unsupported mount type \"tmp\" (did you mean tmpfs?)")]
    #[case("foo", "invalid field 'foo' must be a key=value pair")]
    #[case("foo=bar", "unexpected key 'foo' in 'foo=bar' (did you mean from?)")]
    #[case("type=cache,gid=4294967296", "invalid value 4294967296 for gid")]
    #[case(
        "type=\"a",
        "failed to parse csv mounts: parse error on line 1, column 6: bare \" in non-quoted-field"
    )]
    #[case(
        "type=secret,env=",
        "invalid secret mount. one of source, target required"
    )]
    #[case("readonly=", "invalid value for readonly: ")]
    fn errors_are_those_of_buildkit(#[case] text: &str, #[case] expected: &str) {
        assert_eq!(expanded(text).unwrap_err(), expected);
    }

    #[test]
    fn before_expansion_only_the_origin_is_looked_at() {
        assert_eq!(check("type=foo,bar,from=a$"), Ok(()));
        assert!(check("from=$a").is_err());
    }
}
