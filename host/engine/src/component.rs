//! What a component is made of, read without compiling or running any of it.

use crate::error::LoadError;
use crate::limits::MAX_COMPONENT_BYTES;
use model::Interface;
use wasmparser::{Encoding, Parser, Payload};

/// How every WebAssembly binary begins.
const MAGIC: &[u8] = b"\0asm";
const PACKAGE: &str = "polcheck:policy/";
/// Interfaces that serve no facts and are never denied.
const ALWAYS: [&str; 5] = ["types", "evaluation", "settings", "matching", "log"];
const EXPORT: &str = "check";

/// Checks that a component imports nothing but the contract, and exports it.
///
/// # Errors
/// If it is too large, not a component, speaks another contract, or imports anything outside of it.
pub(crate) fn inspect(bytes: &[u8]) -> Result<(), LoadError> {
    if bytes.len() > MAX_COMPONENT_BYTES {
        return Err(LoadError::TooLarge {
            size: bytes.len(),
            limit: MAX_COMPONENT_BYTES,
        });
    }
    if !bytes.starts_with(MAGIC) {
        return Err(LoadError::NotWebAssembly);
    }
    let (imports, exports) = outer_names(bytes)?;
    for import in imports {
        match interface_of(&import) {
            None => return Err(LoadError::ForeignImport { import }),
            Some((name, true))
                if ALWAYS.contains(&name) || Interface::from_name(name).is_some() => {}
            Some(_) => return Err(LoadError::UnknownInterface { import }),
        }
    }
    check_exports(&exports)
}

/// The family of facts an import stands for, if it stands for one.
pub(crate) fn facts_interface(import: &str) -> Option<Interface> {
    interface_of(import).and_then(|(name, _)| Interface::from_name(name))
}

fn check_exports(exports: &[String]) -> Result<(), LoadError> {
    let mut other = None;
    for export in exports {
        match interface_of(export) {
            Some((EXPORT, true)) => return Ok(()),
            Some((EXPORT, false)) => other = Some(export.clone()),
            _ => {}
        }
    }
    Err(
        other.map_or(LoadError::NoContract, |export| LoadError::OtherContract {
            export,
        }),
    )
}

/// `polcheck:policy/image@0.1.3` is `image` of a contract that is spoken here.
fn interface_of(name: &str) -> Option<(&str, bool)> {
    let (interface, version) = name.strip_prefix(PACKAGE)?.split_once('@')?;
    let is_ours = semver::Version::parse(version)
        .is_ok_and(|version| (version.major, version.minor) == (0, 1) && version.pre.is_empty());
    Some((interface, is_ours))
}

/// The names a component imports and exports; not those of components and modules inside it.
fn outer_names(bytes: &[u8]) -> Result<(Vec<String>, Vec<String>), LoadError> {
    let (mut imports, mut exports) = (Vec::new(), Vec::new());
    let mut depth = 0_usize;
    for payload in Parser::new(0).parse_all(bytes) {
        match payload.map_err(LoadError::NotAComponent)? {
            Payload::Version {
                encoding: Encoding::Module,
                ..
            } if depth == 0 => return Err(LoadError::CoreModule),
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::ComponentImportSection(section) if depth == 0 => {
                for import in section {
                    imports.push(
                        import
                            .map_err(LoadError::NotAComponent)?
                            .name
                            .name
                            .to_owned(),
                    );
                }
            }
            Payload::ComponentExportSection(section) if depth == 0 => {
                for export in section {
                    exports.push(
                        export
                            .map_err(LoadError::NotAComponent)?
                            .name
                            .name
                            .to_owned(),
                    );
                }
            }
            _ => {}
        }
    }
    Ok((imports, exports))
}
