//! Instructions in upper and lower case.

use super::{Checks, Place, Rule, Scope};
use crate::text::{is_lower, is_upper};

/// Looks at the keywords of all stages.
pub(crate) fn check<'n>(
    checks: &mut Checks,
    keywords: impl Iterator<Item = (&'n str, Place)> + Clone,
) {
    let (mut lowers, mut uppers) = (0_usize, 0_usize);
    for (keyword, _) in keywords.clone() {
        if is_lower(keyword) {
            lowers += 1;
        } else if is_upper(keyword) {
            uppers += 1;
        }
    }
    let (majority, is_wanted): (_, fn(&str) -> bool) = if lowers > uppers {
        ("lowercase", is_lower)
    } else {
        ("uppercase", is_upper)
    };
    for (keyword, place) in keywords {
        if !is_wanted(keyword) {
            let message = format!(
                "Command '{keyword}' should match the case of the command majority ({majority})"
            );
            checks.report(
                &Scope::default(),
                Rule::ConsistentInstructionCasing,
                place,
                message,
            );
        }
    }
}
