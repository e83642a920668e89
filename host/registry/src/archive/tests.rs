use super::*;
use crate::blocking::Cancelled;
use crate::spool::spool;
use rstest::rstest;
use std::io::{self, Cursor, Write as _};

/// One entry as it is written into a header, whatever a good archiver would say to it.
fn entry(kind: EntryType, path: &str, link: &str, content: &[u8]) -> Vec<u8> {
    let mut header = Header::new_gnu();
    header.set_entry_type(kind);
    header.set_size(content.len() as u64);
    let gnu = header.as_gnu_mut().unwrap();
    gnu.name[..path.len()].copy_from_slice(path.as_bytes());
    gnu.linkname[..link.len()].copy_from_slice(link.as_bytes());
    header.set_cksum();
    let mut bytes = header.as_bytes().to_vec();
    bytes.extend_from_slice(content);
    bytes.resize(bytes.len().next_multiple_of(512), 0);
    bytes
}

fn file(path: &str, content: &[u8]) -> Vec<u8> {
    entry(EntryType::Regular, path, "", content)
}

fn link(path: &str, target: &str) -> Vec<u8> {
    entry(EntryType::Symlink, path, target, b"")
}

fn read(entries: &[Vec<u8>]) -> Result<Archive, RegistryError> {
    let mut bytes = entries.concat();
    bytes.resize(bytes.len() + 1024, 0);
    spooled(bytes)
}

fn spooled(bytes: Vec<u8>) -> Result<Archive, RegistryError> {
    spooled_up_to(1 << 20, bytes)
}

fn spooled_up_to(limit: u64, bytes: Vec<u8>) -> Result<Archive, RegistryError> {
    let file = spool("x.tar", Cursor::new(bytes), limit, &Cancelled::default())?;
    Archive::list("x.tar".to_owned(), file)
}

fn content(archive: &Archive, path: &str) -> Option<Vec<u8>> {
    let segment = archive.open(path).unwrap()?;
    Some(segment.read(1 << 20).unwrap().to_vec())
}

#[test]
fn entries_are_found_by_their_paths() {
    let archive = read(&[
        entry(EntryType::Directory, "a/", "", b""),
        entry(EntryType::Directory, "a/", "", b""),
        file("./a/b", b"one"),
        file("c", &[7; 600]),
        file("d", b""),
    ])
    .unwrap();
    assert_eq!(content(&archive, "a/b").unwrap(), b"one");
    assert_eq!(content(&archive, "c").unwrap(), [7; 600]);
    assert_eq!(content(&archive, "d").unwrap(), b"");
    assert_eq!(content(&archive, "a"), None);
    assert!(archive.has("c") && !archive.has("x"));
}

#[rstest]
#[case("../x", "whose path leads out of the archive")]
#[case("a/../../x", "whose path leads out of the archive")]
#[case("a/..", "whose path leads out of the archive")]
#[case("/etc/passwd", "whose path is absolute")]
fn a_path_that_leads_out_refuses_the_archive(#[case] path: &str, #[case] reason: &str) {
    let error = read(&[file("good", b""), file(path, b"x")]).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("`x.tar` is refused for its entry `{path}`, {reason}")
    );
}

#[test]
fn an_entry_that_is_there_twice_refuses_the_archive() {
    let error = read(&[file("a/b", b"one"), file("a//./b", b"two")]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "`x.tar` is refused for its entry `a//./b`, which is there twice"
    );
}

#[rstest]
#[case(EntryType::Char)]
#[case(EntryType::Block)]
#[case(EntryType::Fifo)]
#[case(EntryType::GNUSparse)]
fn devices_and_the_like_refuse_the_archive(#[case] kind: EntryType) {
    let error = read(&[entry(kind, "x", "", b"")]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "`x.tar` is refused for its entry `x`, which is neither a file nor a directory nor a link"
    );
}

#[test]
fn links_are_followed_within_the_archive() {
    let archive = read(&[
        file("one/layer.tar", b"layer"),
        link("two/layer.tar", "../one/layer.tar"),
        link("three", "two/layer.tar"),
        entry(EntryType::Link, "four/layer.tar", "one/layer.tar", b""),
        link("dangling", "nowhere"),
    ])
    .unwrap();
    for path in ["two/layer.tar", "three", "four/layer.tar"] {
        assert_eq!(content(&archive, path).unwrap(), b"layer", "{path}");
    }
    assert_eq!(content(&archive, "dangling"), None);
}

#[rstest]
#[case("../../etc/passwd", "which is a link that leads out of the archive")]
#[case("/etc/passwd", "which is a link that leads out of the archive")]
#[case("self", "which is a link to itself")]
fn a_link_that_leads_nowhere_good_is_refused_when_it_is_followed(
    #[case] target: &str,
    #[case] reason: &str,
) {
    let path = if target == "self" { "self" } else { "a/x" };
    let archive = read(&[link(path, target)]).unwrap();
    let error = archive.open(path).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("`x.tar` is refused for its entry `{path}`, {reason}")
    );
}

#[test]
fn long_names_are_read_from_extended_headers() {
    let long = "d/".repeat(100) + "file";
    let mut pax = format!(" path={long}\n");
    pax = format!("{}{pax}", pax.len() + 3);
    let mut builder = tar::Builder::new(Vec::new());
    let mut header = Header::new_gnu();
    header.set_size(3);
    builder
        .append_data(&mut header, &long, &b"gnu"[..])
        .unwrap();
    let archive = spooled(builder.into_inner().unwrap()).unwrap();
    assert_eq!(content(&archive, &long).unwrap(), b"gnu");

    let archive = read(&[
        entry(EntryType::XHeader, "pax", "", pax.as_bytes()),
        file("short", b"pax"),
        file("next", b"x"),
    ])
    .unwrap();
    assert_eq!(content(&archive, &long).unwrap(), b"pax");
    assert!(!archive.has("short") && archive.has("next"));
}

#[test]
fn a_long_name_leads_out_no_more_than_a_short_one() {
    let long = entry(EntryType::GNULongName, "x", "", b"../../etc/passwd\0");
    let error = read(&[long, file("good", b"x")]).unwrap_err();
    assert!(
        matches!(error, RegistryError::HostileEntry { .. }),
        "{error}"
    );
}

#[test]
fn a_name_of_two_megabytes_is_not_read() {
    let long = entry(EntryType::GNULongName, "x", "", &vec![b'a'; 2 << 20]);
    let bytes = [long, file("good", b"x")].concat();
    let result = spooled_up_to(8 << 20, bytes);
    assert!(
        matches!(result, Err(RegistryError::TooLarge { .. })),
        "{result:?}"
    );
}

#[test]
fn an_entry_that_goes_beyond_the_end_is_truncated() {
    let mut bytes = file("big", &[0; 2000]);
    bytes.truncate(1024);
    let error = spooled(bytes).unwrap_err();
    assert_eq!(
        error.to_string(),
        "`x.tar` is truncated: it ends within `big`"
    );
}

#[test]
fn a_size_that_overflows_is_truncated_and_no_panic() {
    let mut header = Header::new_gnu();
    header.as_gnu_mut().unwrap().name[..1].copy_from_slice(b"x");
    header.set_size(u64::MAX);
    header.set_cksum();
    let error = spooled(header.as_bytes().to_vec()).unwrap_err();
    assert!(
        matches!(error, RegistryError::TruncatedArchive { .. }),
        "{error}"
    );
}

#[rstest]
#[case(b"", "it is shorter than a tar archive can be")]
#[case(b"hello", "it is shorter than a tar archive can be")]
#[case(&[b'x'; 2048], "it is not a tar archive")]
#[case(&[0; 2048], "it is empty")]
fn what_is_no_archive_is_named(#[case] bytes: &[u8], #[case] reason: &str) {
    let error = spooled(bytes.to_vec()).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("`x.tar` is not an archive of images: {reason}")
    );
}

#[rstest]
#[case(b"\x28\xb5\x2f\xfd1234", "zstd")]
#[case(b"\xfd7zXZ\x001234", "xz")]
#[case(b"BZh91234", "bzip2")]
fn a_compression_that_is_not_read_is_named(#[case] bytes: &[u8], #[case] name: &str) {
    let error = spooled(bytes.to_vec()).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("`x.tar` is compressed with {name}, which is not read")
    );
}

#[test]
fn what_decompresses_without_end_is_cut() {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    for _ in 0..64 {
        encoder.write_all(&vec![0; 1 << 20]).unwrap();
    }
    let bomb = encoder.finish().unwrap();
    assert!(bomb.len() < 1 << 20);
    let error = spooled(bomb).unwrap_err();
    assert_eq!(error.to_string(), "`x.tar` is larger than 1048576 bytes");
}

#[test]
fn nobody_reads_on_when_nobody_waits() {
    let cancelled = Cancelled::default();
    cancelled.cancel();
    let result = spool("x.tar", io::repeat(0), u64::MAX, &cancelled);
    assert!(matches!(result, Err(RegistryError::Stopped)), "{result:?}");
}

proptest::proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..4096)) {
        let _ = spooled(bytes);
    }

    #[test]
    fn no_header_makes_it_panic(
        kind in proptest::num::u8::ANY,
        path in "[a-z./]{0,90}",
        target in "[a-z./]{0,90}",
        content in "[ -~\n]{0,60}",
    ) {
        if let Ok(archive) = read(&[entry(EntryType::new(kind), &path, &target, content.as_bytes()), file("z", b"")]) {
            let _ = archive.open(&path);
        }
    }
}
