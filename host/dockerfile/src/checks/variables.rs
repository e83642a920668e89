//! Variables that are used and not declared.

use super::{Checks, Diagnostic, Place, Rule, Scope};

/// A variable in an instruction that nothing sets.
pub(crate) fn undefined(
    checks: &mut Checks,
    scope: &Scope,
    place: Place,
    name: &str,
    (meant, assumed): (Option<String>, bool),
) {
    let hint = meant.map_or_else(String::new, |meant| format!(" (did you mean ${meant}?)"));
    checks.add(
        scope,
        Diagnostic {
            rule: Rule::UndefinedVar,
            message: format!("Usage of undefined variable '${name}'{hint}"),
            lines: place.lines,
            span: place.span,
            assumed,
        },
    );
}

/// A variable in `FROM` that no `ARG` above declares.
pub(crate) fn undeclared(
    checks: &mut Checks,
    scope: &Scope,
    place: Place,
    name: &str,
    meant: Option<String>,
) {
    let hint = meant.map_or_else(String::new, |meant| format!(" (did you mean {meant}?)"));
    let message = format!("FROM argument '{name}' is not declared{hint}");
    checks.report(scope, Rule::UndefinedArgInFrom, place, message);
}
