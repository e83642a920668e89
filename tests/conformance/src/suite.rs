//! All offline cases of a checkout of the suite, each with the artifact and with its digest.

use crate::chain;
use crate::protocol::{Outcome, verify_bundle};
use model::canonical;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Whom a case is signed by that says nothing else, as the suite's documentation has it.
const IDENTITY: &str = "https://github.com/sigstore-conformance/extremely-dangerous-public-oidc-beacon/.github/workflows/extremely-dangerous-oidc-beacon.yml@refs/heads/main";
const ISSUER: &str = "https://token.actions.githubusercontent.com";

/// Runs every case and says for each why it was accepted or rejected; whether all were as they should be.
pub(crate) fn run(checkout: &Path, report: &mut impl Write) -> Outcome<bool> {
    let cases = checkout.join("test/assets/bundle-verify");
    let mut directories: Vec<_> = fs::read_dir(&cases)
        .map_err(|error| format!("`{}` is no checkout of the suite: {error}", cases.display()))?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()?;
    directories.retain(|path| path.is_dir());
    directories.sort();
    let (mut right, mut all) = (0, 0);
    for directory in &directories {
        for as_digest in [false, true] {
            let outcome = verify_bundle(&borrowed(&arguments(&cases, directory, as_digest)?));
            let name = directory.file_name().unwrap_or_default().to_string_lossy();
            let is_right = outcome.is_err() == name.ends_with("fail");
            let said = match &outcome {
                Ok(()) => "accepted".to_owned(),
                Err(error) => format!("rejected: {}", chain(&**error)),
            };
            let mark = if is_right { "right" } else { "WRONG" };
            let form = if as_digest { "digest" } else { "file" };
            writeln!(report, "{mark} {name} ({form}): {said}")?;
            right += usize::from(is_right);
            all += 1;
        }
    }
    writeln!(report, "{right} of {all}")?;
    Ok(right == all && all > 0)
}

fn borrowed(arguments: &[String]) -> Vec<&str> {
    arguments.iter().map(String::as_str).collect()
}

/// What the suite would call for a case.
fn arguments(cases: &Path, case: &Path, as_digest: bool) -> Outcome<Vec<String>> {
    let path = |path: PathBuf| path.to_string_lossy().into_owned();
    let text = |name: &str, otherwise: &str| {
        fs::read_to_string(case.join(name))
            .map_or_else(|_| otherwise.to_owned(), |text| text.trim().to_owned())
    };
    let mut arguments = vec![
        "--bundle".to_owned(),
        path(case.join("bundle.sigstore.json")),
    ];
    let key = case.join("key.pub");
    if key.exists() {
        arguments.extend(["--key".to_owned(), path(key)]);
    } else {
        arguments.extend([
            "--certificate-identity".to_owned(),
            text("identity", IDENTITY),
        ]);
        arguments.extend([
            "--certificate-oidc-issuer".to_owned(),
            text("issuer", ISSUER),
        ]);
    }
    let root = case.join("trusted_root.json");
    if root.exists() {
        arguments.extend(["--trusted-root".to_owned(), path(root)]);
    }
    let artifact = Some(case.join("artifact"))
        .filter(|artifact| artifact.exists())
        .unwrap_or_else(|| cases.join("a.txt"));
    arguments.push(if as_digest {
        canonical::sha256(&fs::read(artifact)?).to_string()
    } else {
        path(artifact)
    });
    Ok(arguments)
}
