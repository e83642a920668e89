//! The names of the instructions.

use crate::instruction::Keyword;
use crate::text::{lossy, lower};

/// In the order of their names.
const NAMES: [(&str, Keyword); 18] = [
    ("ADD", Keyword::Add),
    ("ARG", Keyword::Arg),
    ("CMD", Keyword::Cmd),
    ("COPY", Keyword::Copy),
    ("ENTRYPOINT", Keyword::Entrypoint),
    ("ENV", Keyword::Env),
    ("EXPOSE", Keyword::Expose),
    ("FROM", Keyword::From),
    ("HEALTHCHECK", Keyword::Healthcheck),
    ("LABEL", Keyword::Label),
    ("MAINTAINER", Keyword::Maintainer),
    ("ONBUILD", Keyword::Onbuild),
    ("RUN", Keyword::Run),
    ("SHELL", Keyword::Shell),
    ("STOPSIGNAL", Keyword::Stopsignal),
    ("USER", Keyword::User),
    ("VOLUME", Keyword::Volume),
    ("WORKDIR", Keyword::Workdir),
];

impl Keyword {
    /// All of them, by name.
    pub(crate) fn names() -> Vec<&'static str> {
        NAMES.iter().map(|(name, _)| *name).collect()
    }

    /// The name in upper case.
    pub fn as_str(self) -> &'static str {
        NAMES
            .iter()
            .find(|(_, keyword)| *keyword == self)
            .map_or("", |(name, _)| name)
    }

    /// The one that is written there.
    pub(crate) fn read(written: &[u8]) -> Option<Self> {
        let same = |name: &str| {
            if written.is_ascii() {
                return name.as_bytes().eq_ignore_ascii_case(written);
            }
            // `İ` and the Kelvin sign have lower cases in ASCII.
            lower(&lossy(written)).eq_ignore_ascii_case(name)
        };
        let found = NAMES.iter().find(|(name, _)| same(name));
        found.map(|(_, keyword)| *keyword)
    }
}
