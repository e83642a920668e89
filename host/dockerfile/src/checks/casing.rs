//! Instructions in upper and lower case.

use super::{Checks, Place, Rule, Scope};
use crate::text::{lower, upper};

/// Looks at the keywords of all stages.
pub(crate) fn check<'n>(
    checks: &mut Checks,
    keywords: impl Iterator<Item = (&'n str, Place)> + Clone,
) {
    let (mut lowers, mut uppers) = (0_usize, 0_usize);
    for (keyword, _) in keywords.clone() {
        if lower(keyword) == keyword {
            lowers += 1;
        } else if upper(keyword) == keyword {
            uppers += 1;
        }
    }
    let (majority, wanted): (_, fn(&str) -> String) = if lowers > uppers {
        ("lowercase", lower)
    } else {
        ("uppercase", upper)
    };
    for (keyword, place) in keywords {
        if wanted(keyword) != keyword {
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
