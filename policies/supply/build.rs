//! Finds the rules of this pack.

fn main() -> Result<(), polcheck_sdk_build::RulesError> {
    polcheck_sdk_build::rules()
}
