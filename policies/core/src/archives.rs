//! Archives, by their names.

/// What `ADD` unpacks, and what its name does not keep apart from it.
const UNPACKED: [&str; 16] = [
    "tar", "gz", "tgz", "taz", "bz2", "bz", "tbz", "tbz2", "tb2", "xz", "txz", "lzma", "tlz",
    "zst", "tzst", "z",
];

/// Whether `ADD` may unpack a file of this name: only a tar archive, but `rootfs.gz` may be one.
pub(crate) fn may_be_unpacked(name: &str) -> bool {
    name.rsplit_once('.').is_some_and(|(_, extension)| {
        UNPACKED
            .iter()
            .any(|known| extension.eq_ignore_ascii_case(known))
    })
}

/// The last part of a path, of either kind.
pub(crate) fn file_name(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}
