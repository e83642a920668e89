//! The directories of Skopeo's `dir:`: one manifest and its blobs, each a file with the digits of its digest for a name.

use crate::error::RegistryError;
use crate::files::Files;
use crate::layout::{Layout, MANIFEST_FILE, Names};
use crate::limits::MAX_MANIFEST_BYTES;
use crate::repository::parse;
use oci_spec::image::{ImageIndex, SCHEMA_VERSION};

const VERSION_FILE: &str = "version";
/// What the file says before the number; there was only ever a version 1.
const VERSION: &str = "Directory Transport Version: 1.";
const MAX_VERSION_FILE_BYTES: u64 = 4 << 10;

/// Opens a directory as a layout of one image. Blocks.
pub(crate) fn open(place: String, files: Files) -> Result<Layout, RegistryError> {
    let not_one = |reason: &str| RegistryError::NotADirLayout {
        place: place.clone(),
        reason: reason.to_owned(),
    };
    let version = files.read(VERSION_FILE, MAX_VERSION_FILE_BYTES)?;
    let version = version.ok_or_else(|| not_one("there is no file `version`"))?;
    if !version.starts_with(VERSION.as_bytes()) {
        return Err(not_one("`version` does not say that it has version 1"));
    }
    let bytes = files.read(MANIFEST_FILE, MAX_MANIFEST_BYTES)?;
    let bytes = bytes.ok_or_else(|| not_one("there is no file `manifest.json`"))?;
    let digest = model::canonical::sha256(&bytes);
    let what = format!("`{MANIFEST_FILE}` of `{place}`");
    let document = parse(bytes, &digest, None, &what)?;
    let mut index = ImageIndex::default();
    index.set_schema_version(SCHEMA_VERSION);
    index.set_manifests(vec![document.descriptor()]);
    let names = Names::Dir { manifest: digest };
    Ok(Layout::new(place, files, names, index))
}
