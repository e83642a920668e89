//! Files that are copied, and excluded by `.dockerignore`.

use super::{Checks, Place, Rule, Scope};
use crate::dockerignore::Dockerignore;
use crate::quote::quoted;

/// Looks at a source of `COPY` or `ADD`, cleaned. A file with exceptions is not looked at, as BuildKit cannot tell what is
/// in a folder.
pub(crate) fn check(
    checks: &mut Checks,
    scope: &Scope,
    place: Place,
    command: &str,
    (ignore, source): (&Dockerignore, &str),
) {
    let is_root = source == "." || source == "/";
    if ignore.has_exclusions() || (is_root && !ignore.ignores_root()) || !ignore.ignores(source) {
        return;
    }
    let message = format!(
        "Attempting to {command} file {} that is excluded by .dockerignore",
        quoted(source)
    );
    checks.report(scope, Rule::CopyIgnoredFile, place, message);
}
