//! Which releases of distributions and languages an image contains, by its name and tag.

use crate::data::end_of_life::{DEBIAN_WITHOUT_LTS, PRODUCTS, Product, rows};
use polcheck_sdk::Reference;

/// A release whose end is known.
pub(crate) struct Release {
    /// `alpine 3.18`
    pub(crate) name: String,
    /// The last day.
    pub(crate) end: String,
}

/// Namespaces of Docker Hub where the official images are built for one architecture each.
const ARCHITECTURES: [&str; 8] = [
    "amd64", "arm32v5", "arm32v6", "arm32v7", "arm64v8", "i386", "ppc64le", "s390x",
];

/// The releases in an image whose ends are known, and whether the image is one of the table.
pub(crate) fn releases(image: &Reference, ends: &Ends<'_>) -> (Vec<Release>, bool) {
    let tag = image.tag.as_deref().unwrap_or_default();
    let (version, rest) = tag.split_once('-').unwrap_or((tag, ""));
    let product = product(&image.repository);
    let mut releases: Vec<Release> = Vec::new();
    if let Some(product) = product {
        let number = release_named(product, version);
        releases.extend(ends.of(product.name, Some(product), number));
    } else {
        let name = format!("{}/{}", image.registry, image.repository);
        releases.extend(ends.of(&name, None, version));
        // An application may come without a version: `nginx:alpine3.18`.
        releases.extend(ends.of_distribution(version, None));
    }
    // `static-debian12`
    let name = image.repository.rsplit('/').next().unwrap_or_default();
    let mut parts = name.split('-').skip(1).chain(rest.split('-')).peekable();
    while let Some(part) = parts.next() {
        let next = parts.peek().copied().filter(|_| product.is_some());
        releases.extend(ends.of_distribution(part, next));
    }
    releases.dedup_by(|later, earlier| later.name == earlier.name);
    (releases, product.is_some())
}

/// What is known about ends.
pub(crate) struct Ends<'a> {
    /// By `NAME RELEASE`; they come before those of the table.
    pub(crate) own: &'a [(String, String)],
    /// Whether long-term support counts for Debian.
    pub(crate) with_lts: bool,
}

impl Ends<'_> {
    /// The release that a version belongs to: the longest that it begins with.
    fn of(&self, name: &str, product: Option<&Product>, version: &str) -> Option<Release> {
        let own = self.own.iter().filter_map(|(key, end)| {
            let (own_name, release) = key.rsplit_once(' ')?;
            (own_name == name).then_some((release, end.as_str()))
        });
        let of_table = product.map_or("", |product| self.table(product));
        // Of two that are equally long, the first one, which is the own one.
        let (release, end) = own
            .chain(rows(of_table))
            .filter(|(release, _)| is_within(version, release))
            .reduce(|best, next| {
                if next.0.len() > best.0.len() {
                    next
                } else {
                    best
                }
            })?;
        Some(Release {
            name: format!("{name} {release}"),
            end: end.to_owned(),
        })
    }

    fn table(&self, product: &Product) -> &'static str {
        if product.name == "debian" && !self.with_lts {
            DEBIAN_WITHOUT_LTS
        } else {
            product.releases
        }
    }

    /// The distribution that a part of a tag names: `alpine3.18`, `alpine` with `3.18` behind it, `bookworm`, `ubuntu18.04`.
    fn of_distribution(&self, part: &str, next: Option<&str>) -> Option<Release> {
        PRODUCTS
            .iter()
            .filter(|product| product.is_distribution)
            .find_map(|product| {
                let version = match part.strip_prefix(product.name) {
                    Some("") => next?,
                    Some(version) => version,
                    // A number alone is one of anything: `rust:1`, `app:1-alpine`.
                    None if part.starts_with(|it: char| it.is_ascii_digit()) => return None,
                    None => release_by_name(product, part)?,
                };
                self.of(product.name, Some(product), version)
            })
    }
}

/// `3.18.4` is within `3.18`, and `3.1` is not.
fn is_within(version: &str, release: &str) -> bool {
    let rest = version.strip_prefix(release);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// The product whose image a repository holds.
fn product(repository: &str) -> Option<&'static Product> {
    let mut products = PRODUCTS.iter();
    products.find(|product| {
        product
            .images
            .iter()
            .any(|image| is_image(repository, image))
    })
}

/// Whether a repository is that of an image: its own, that for an architecture, or a mirror of the official one.
fn is_image(repository: &str, image: &str) -> bool {
    let Some(prefix) = repository.strip_suffix(image) else {
        return false;
    };
    match prefix.strip_suffix('/') {
        None => prefix.is_empty(),
        Some(namespace) => {
            let namespace = namespace.rsplit('/').next().unwrap_or(namespace);
            namespace == "library" || ARCHITECTURES.contains(&namespace)
        }
    }
}

/// The number of a release: of `bullseye` 11, of `3.18` itself, of `centos7` the 7.
fn release_named<'a>(product: &'static Product, version: &'a str) -> &'a str {
    let version = version.strip_prefix(product.name).unwrap_or(version);
    release_by_name(product, version).unwrap_or(version)
}

fn release_by_name(product: &'static Product, name: &str) -> Option<&'static str> {
    let mut names = product.names.iter();
    names
        .find(|(known, _)| *known == name)
        .map(|(_, release)| *release)
}
