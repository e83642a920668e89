//! Images outside of a registry: an OCI layout, the same in a tar archive, and what `docker save` writes.

use crate::image::TestImage;
use bytes::Bytes;
use serde_json::{Value, json};
use std::fs;
use std::path::Path;

/// A tar archive of regular files, byte for byte the same in every run.
pub(crate) fn tar(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (path, content) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        header.set_mtime(0);
        builder.append_data(&mut header, path, *content).unwrap();
    }
    builder.into_inner().unwrap()
}

impl TestImage {
    /// Writes an OCI layout with this image in it, under a tag if one is given.
    pub fn write_layout(&self, directory: &Path, tag: Option<&str>) {
        for (path, content) in self.layout_files(tag) {
            let path = directory.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        }
    }

    /// Writes what Skopeo's `dir:` writes: all platforms of an index too.
    pub fn write_dir(&self, directory: &Path) {
        let write = |name: &str, content: &[u8]| {
            fs::create_dir_all(directory).unwrap();
            fs::write(directory.join(name), content).unwrap();
        };
        write("version", b"Directory Transport Version: 1.1\n");
        for blob in self.all_blobs() {
            let digits = blob.digest.trim_start_matches("sha256:");
            let is_manifest = blob.media_type == crate::media_type::MANIFEST;
            let name = if blob.digest == self.manifest.digest {
                "manifest.json".to_owned()
            } else if is_manifest {
                format!("{digits}.manifest.json")
            } else {
                digits.to_owned()
            };
            write(&name, &blob.bytes);
        }
    }

    /// The same layout as a tar archive.
    pub fn oci_archive(&self, tag: Option<&str>) -> Vec<u8> {
        tar_of(&self.layout_files(tag))
    }

    /// What `docker save` wrote before version 25: the config, the layers as plain tar, and no manifest.
    pub fn docker_archive(&self, tags: &[&str]) -> Vec<u8> {
        tar_of(&self.docker_files(tags))
    }

    /// What `docker save` writes since version 25: an OCI layout with a `manifest.json` beside it.
    pub fn docker_archive_with_layout(&self, tags: &[&str]) -> Vec<u8> {
        let path = |digest: &str| format!("blobs/{}", digest.replace(':', "/"));
        let layers: Vec<_> = self.blobs[1..]
            .iter()
            .map(|layer| path(&layer.digest))
            .collect();
        let manifest =
            json!([{ "Config": path(&self.config().digest), "RepoTags": tags, "Layers": layers }]);
        let mut files = self.layout_files(None);
        files.push(("manifest.json".into(), manifest.to_string().into()));
        tar_of(&files)
    }

    /// The files of an OCI layout, by their paths.
    fn layout_files(&self, tag: Option<&str>) -> Vec<(String, Bytes)> {
        let mut entry = self.manifest.descriptor();
        if let Some(tag) = tag {
            entry["annotations"] = json!({ "org.opencontainers.image.ref.name": tag });
        }
        let index = json!({ "schemaVersion": 2, "manifests": [entry] });
        let mut files = vec![
            (
                "oci-layout".to_owned(),
                Bytes::from_static(br#"{"imageLayoutVersion":"1.0.0"}"#),
            ),
            ("index.json".to_owned(), index.to_string().into()),
        ];
        for blob in self.all_blobs() {
            let path = format!("blobs/{}", blob.digest.replace(':', "/"));
            if files.iter().all(|(known, _)| *known != path) {
                files.push((path, blob.bytes.clone()));
            }
        }
        files
    }

    fn docker_files(&self, tags: &[&str]) -> Vec<(String, Bytes)> {
        let hex = |digest: &str| digest.trim_start_matches("sha256:").to_owned();
        let config = format!("{}.json", hex(&self.config().digest));
        let layers: Vec<_> = (0..self.layer_tars.len())
            .map(|number| format!("layer-{number}/layer.tar"))
            .collect();
        let manifest: Value = json!([{ "Config": config, "RepoTags": tags, "Layers": layers }]);
        let mut files = vec![(config, self.config().bytes.clone())];
        files.extend(layers.into_iter().zip(self.layer_tars.iter().cloned()));
        files.push(("manifest.json".into(), manifest.to_string().into()));
        files
    }
}

fn tar_of(files: &[(String, Bytes)]) -> Vec<u8> {
    let files: Vec<_> = files
        .iter()
        .map(|(path, content)| (path.as_str(), &content[..]))
        .collect();
    tar(&files)
}
