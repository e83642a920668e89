//! How much is read before somebody is refused. All of it is counted while reading; nothing that a registry says about
//! sizes is believed.

use std::time::Duration;

/// The largest manifest or index. 4 MiB, as the distribution specification recommends to registries.
pub const MAX_MANIFEST_BYTES: u64 = 4 << 20;

/// The largest config that a caller should ask for. 8 MiB.
pub const MAX_CONFIG_BYTES: u64 = 8 << 20;

/// The largest answer of a token endpoint. 1 MiB.
pub(crate) const MAX_TOKEN_BYTES: u64 = 1 << 20;

/// How much of the body of an error is read. 64 KiB.
pub(crate) const MAX_ERROR_BYTES: u64 = 64 << 10;

/// The largest file with logins, and the largest that describes a context of Docker. 1 MiB.
pub(crate) const MAX_AUTH_FILE_BYTES: u64 = 1 << 20;

/// How much a credential helper may print. 64 KiB.
pub(crate) const MAX_HELPER_BYTES: u64 = 64 << 10;

/// How many redirects lead to one answer.
pub(crate) const MAX_REDIRECTS: usize = 5;

/// The pause before the first repetition; it doubles with each.
pub(crate) const RETRY_PAUSE: Duration = Duration::from_millis(200);

/// The longest `Retry-After` that is waited for. Who asks for more is answered with an error at once.
pub(crate) const MAX_RETRY_AFTER: Duration = Duration::from_mins(1);

/// How long a mirror is left alone that could not be asked.
pub(crate) const MIRROR_REST: Duration = Duration::from_mins(1);

/// How much of what was fetched is kept in memory. 16 MiB.
pub(crate) const MAX_KEPT_BYTES: usize = 16 << 20;

/// The slowest that a streamed blob may come before its time is over, in bytes per second.
pub(crate) const SLOWEST_STREAM: u64 = 16 << 10;

/// How many pages one list of referrers may have.
pub(crate) const MAX_REFERRER_PAGES: usize = 64;

/// How much these pages may have together. 16 MiB.
pub(crate) const MAX_REFERRERS_BYTES: u64 = 16 << 20;

/// How many referrers one subject may have.
pub(crate) const MAX_REFERRERS: usize = 1000;

/// How often the index behind a fallback tag is written again because another writer overwrote it.
pub(crate) const MAX_FALLBACK_WRITES: u32 = 16;

/// How often a registry is asked again for a referrer that it took and does not list.
pub(crate) const MAX_LISTINGS: u32 = 3;

/// How many manifests of a layout are opened in search of one.
pub(crate) const MAX_LAYOUT_ENTRIES: usize = 1000;

/// How many entries a tar archive may have.
pub(crate) const MAX_ARCHIVE_ENTRIES: usize = 100_000;

/// The longest name of an entry in a tar archive, and the longest extended header. 1 MiB.
pub(crate) const MAX_TAR_HEADER_BYTES: u64 = 1 << 20;

/// How much of a compressed archive, or of standard input, is written to a temporary file. 64 GiB.
pub(crate) const MAX_SPOOLED_BYTES: u64 = 64 << 30;

/// How many links of an archive are followed from one entry.
pub(crate) const MAX_ARCHIVE_LINKS: usize = 8;
