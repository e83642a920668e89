//! `polcheck version`

use crate::exit::Exit;
use crate::failure::Failure;
use crate::report::{Form, print};
use attest::TrustedRoot;
use clap::Args;
use pipeline::{BUILTIN, PACKS, SETS, builtin_set};
use std::fmt::Write as _;

/// Print the version, and what lies in this binary
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct VersionArgs {
    /// How to print it
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    output: Form,
}

pub(crate) fn run(args: VersionArgs) -> Result<Exit, Failure> {
    let VersionArgs { output } = args;
    let packs: Vec<_> = PACKS
        .iter()
        .map(|pack| {
            (
                format!("{BUILTIN}{}", pack.name),
                pack.description().digest.to_string(),
            )
        })
        .collect();
    let mut sets = Vec::new();
    for set in SETS {
        let name = format!("{BUILTIN}{}", set.name);
        let digest = builtin_set(set.name)?.digest;
        sets.push((name, digest.to_string()));
    }
    let version = env!("CARGO_PKG_VERSION");
    // How old the trusted root in this binary is: it knows of nothing that came later.
    let root = TrustedRoot::public_good()?.as_of();
    match output {
        Form::Json => {
            let object = |list: Vec<(String, String)>| -> serde_json::Value {
                list.into_iter()
                    .map(|(name, digest)| (name, digest.into()))
                    .collect::<serde_json::Map<_, _>>()
                    .into()
            };
            let document = serde_json::json!({
                "version": version,
                "contract": engine::CONTRACT,
                "engine": engine::ENGINE,
                "packs": object(packs),
                "policySets": object(sets),
                "trustedRoot": { "asOf": root },
            });
            print(&format!("{document:#}\n"))
        }
        Form::Text => {
            let mut text = format!(
                "polcheck {version}\ncontract {}, engine {}\n",
                engine::CONTRACT,
                engine::ENGINE
            );
            for (kind, list) in [("pack", packs), ("policy set", sets)] {
                for (name, digest) in list {
                    let _ = writeln!(text, "{kind} {name} {digest}");
                }
            }
            if let Some(root) = root {
                let _ = writeln!(text, "trusted root of the public Sigstore as of {root}");
            }
            print(&text)
        }
    }
}
