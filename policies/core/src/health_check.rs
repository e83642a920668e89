//! The health check of the image: its text, and where it stands.

use polcheck_sdk::dockerfile::Keyword;
use polcheck_sdk::{FactError, Facts, HealthCheck, Location};

/// The health check, if there is one that is not switched off, and the place of its command.
pub(crate) fn health_check(facts: &Facts) -> Result<Option<(&HealthCheck, Location)>, FactError> {
    let value = &facts.run_config()?.health_check;
    let Some(check) = value.get().filter(|check| check.test.len() > 1) else {
        return Ok(None);
    };
    let mut place = value.place.clone();
    if let Location::Dockerfile(whole) = &place {
        let mut checks = facts.dockerfile().select(Keyword::Healthcheck)?;
        let check = checks.find(|instruction| instruction.span == *whole);
        if let Some(word) = check.and_then(|check| check.arguments.first()) {
            place = Location::Dockerfile(word.span);
        }
    }
    Ok(Some((check, place)))
}

/// The script of a check in shell form.
pub(crate) fn script(check: &HealthCheck) -> Option<&str> {
    match check.test.as_slice() {
        [form, script, ..] if form == "CMD-SHELL" => Some(script),
        _ => None,
    }
}
