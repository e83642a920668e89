//! When releases of distributions and languages end.
//!
//! The dates are those that the projects announce, as <https://endoflife.date> collects them. A release that is still
//! without a date is not in the table. On the day itself it is still maintained.

/// The day the dates were looked up.
pub(crate) const AS_OF: &str = "2026-08-22";

/// A distribution or a language.
pub(crate) struct Product {
    /// Its name, as its image is called.
    pub(crate) name: &'static str,
    /// Its repositories, without the registry and without `library/`.
    pub(crate) images: &'static [&'static str],
    /// Other names of releases.
    pub(crate) names: &'static [(&'static str, &'static str)],
    /// Releases and the last day of each: `3.22 2027-05-01; 3.21 2026-11-01`.
    pub(crate) releases: &'static str,
    /// Whether it is a distribution, which tags of other images name too.
    pub(crate) is_distribution: bool,
}

/// The last day on which the Debian project itself, and not the team for long-term support, maintains a release.
pub(crate) const DEBIAN_WITHOUT_LTS: &str = "13 2028-08-09; 12 2026-07-11; 11 2024-08-14; 10 2022-09-10; 9 2020-07-18; 8 2018-06-17; \
            7 2016-04-25; 6 2014-05-31";

/// All of them.
pub(crate) const PRODUCTS: &[Product] = &[
    Product {
        name: "alpine",
        images: &["alpine"],
        names: &[],
        releases: "3.24 2028-06-01; 3.23 2027-11-01; 3.22 2027-05-01; 3.21 2026-11-01; 3.20 2026-04-01; \
            3.19 2025-11-01; 3.18 2025-05-09; 3.17 2024-11-22; 3.16 2024-05-23; 3.15 2023-11-01; \
            3.14 2023-05-01; 3.13 2022-11-01; 3.12 2022-05-01; 3.11 2021-11-01; 3.10 2021-05-01; \
            3.9 2020-11-01; 3.8 2020-05-01; 3.7 2019-11-01; 3.6 2019-05-01; 3.5 2018-11-01; 3.4 2018-05-01; \
            3.3 2017-11-01; 3.2 2017-05-01; 3.1 2016-11-01; 3.0 2016-05-01; 2.7 2015-11-01; 2.6 2015-05-01",
        is_distribution: true,
    },
    Product {
        name: "debian",
        images: &["debian"],
        names: &[
            ("trixie", "13"),
            ("bookworm", "12"),
            ("bullseye", "11"),
            ("buster", "10"),
            ("stretch", "9"),
            ("jessie", "8"),
            ("wheezy", "7"),
            ("squeeze", "6"),
        ],
        releases: "13 2030-06-30; 12 2028-06-30; 11 2026-08-31; 10 2024-06-30; 9 2022-07-01; 8 2020-06-30; \
            7 2018-05-31; 6 2016-02-29",
        is_distribution: true,
    },
    Product {
        name: "ubuntu",
        images: &["ubuntu"],
        names: &[
            ("resolute", "26.04"),
            ("questing", "25.10"),
            ("plucky", "25.04"),
            ("oracular", "24.10"),
            ("noble", "24.04"),
            ("mantic", "23.10"),
            ("lunar", "23.04"),
            ("kinetic", "22.10"),
            ("jammy", "22.04"),
            ("impish", "21.10"),
            ("hirsute", "21.04"),
            ("groovy", "20.10"),
            ("focal", "20.04"),
            ("eoan", "19.10"),
            ("disco", "19.04"),
            ("cosmic", "18.10"),
            ("bionic", "18.04"),
            ("artful", "17.10"),
            ("zesty", "17.04"),
            ("yakkety", "16.10"),
            ("xenial", "16.04"),
            ("trusty", "14.04"),
            ("precise", "12.04"),
        ],
        releases: "26.04 2031-04-30; 25.10 2026-07-01; 25.04 2026-01-17; 24.10 2025-07-10; 24.04 2029-05-31; \
            23.10 2024-07-12; 23.04 2024-01-20; 22.10 2023-07-20; 22.04 2027-04-01; 21.10 2022-07-14; \
            21.04 2022-01-20; 20.10 2021-07-22; 20.04 2025-05-31; 19.10 2020-07-06; 19.04 2020-01-23; \
            18.10 2019-07-18; 18.04 2023-05-31; 17.10 2018-07-19; 17.04 2018-01-13; 16.10 2017-07-20; \
            16.04 2021-04-02; 15.10 2016-07-28; 15.04 2016-02-04; 14.10 2015-07-23; 14.04 2019-04-02; \
            13.10 2014-07-17; 13.04 2014-01-27; 12.10 2014-05-16; 12.04 2017-04-28",
        is_distribution: true,
    },
    Product {
        name: "fedora",
        images: &["fedora", "fedora/fedora"],
        names: &[],
        releases: "44 2027-06-02; 43 2026-12-09; 42 2026-05-27; 41 2025-12-15; 40 2025-05-13; 39 2024-11-26; \
            38 2024-05-21; 37 2023-12-05; 36 2023-05-16; 35 2022-12-13; 34 2022-06-07; 33 2021-11-30; \
            32 2021-05-25; 31 2020-11-24; 30 2020-05-26; 29 2019-11-26; 28 2019-05-28; 27 2018-11-30; \
            26 2018-05-29; 25 2017-12-12; 24 2017-08-08; 23 2016-12-20; 22 2016-07-19; 21 2015-12-01; \
            20 2015-06-23",
        is_distribution: true,
    },
    Product {
        name: "centos",
        images: &["centos", "centos/centos"],
        names: &[],
        releases: "8 2021-12-31; 7 2024-06-30; 6 2020-11-30; 5 2017-03-31; stream10 2030-05-31; stream9 2027-05-31; \
            stream8 2024-05-31",
        is_distribution: true,
    },
    Product {
        name: "rockylinux",
        images: &["rockylinux", "rockylinux/rockylinux"],
        names: &[],
        releases: "10 2035-05-31; 9 2032-05-31; 8 2029-05-31",
        is_distribution: true,
    },
    Product {
        name: "almalinux",
        images: &["almalinux", "almalinux/almalinux"],
        names: &[],
        releases: "10 2035-05-31; 9 2032-05-31; 8 2029-05-31",
        is_distribution: true,
    },
    Product {
        name: "amazonlinux",
        images: &["amazonlinux", "amazonlinux/amazonlinux"],
        names: &[("1", "2018.03")],
        releases: "2023 2029-06-30; 2 2026-06-30; 2018.03 2023-12-31; 2017.09 2023-12-31; 2017.03 2023-12-31; \
            2016.09 2023-12-31",
        is_distribution: true,
    },
    Product {
        name: "oraclelinux",
        images: &["oraclelinux", "os/oraclelinux"],
        names: &[],
        releases: "9 2032-06-30; 8 2029-07-31; 7 2024-12-31; 6 2021-03-31",
        is_distribution: true,
    },
    Product {
        name: "opensuse/leap",
        images: &["opensuse/leap"],
        names: &[],
        releases: "16.0 2027-10-31; 15.6 2026-04-30; 15.5 2024-12-31; 15.4 2023-12-07; 15.3 2022-12-31; \
            15.2 2022-01-04; 15.1 2021-02-02; 15.0 2019-12-03",
        is_distribution: false,
    },
    Product {
        name: "python",
        images: &["python"],
        names: &[("2", "2.7")],
        releases: "3.14 2030-10-31; 3.13 2029-10-31; 3.12 2028-10-31; 3.11 2027-10-31; 3.10 2026-10-31; \
            3.9 2025-10-31; 3.8 2024-10-07; 3.7 2023-06-27; 3.6 2021-12-23; 3.5 2020-09-30; 3.4 2019-03-18; \
            3.3 2017-09-29; 3.2 2016-02-20; 2.7 2020-01-01; 3.1 2012-04-09; 3.0 2009-06-27; 2.6 2013-10-29",
        is_distribution: false,
    },
    Product {
        name: "node",
        images: &["node"],
        names: &[
            ("krypton", "24"),
            ("jod", "22"),
            ("iron", "20"),
            ("hydrogen", "18"),
            ("gallium", "16"),
            ("fermium", "14"),
            ("erbium", "12"),
            ("dubnium", "10"),
            ("carbon", "8"),
            ("boron", "6"),
            ("argon", "4"),
        ],
        releases: "26 2029-04-30; 25 2026-06-01; 24 2028-04-30; 23 2025-06-01; 22 2027-04-30; 21 2024-06-01; \
            20 2026-04-30; 19 2023-06-01; 18 2025-04-30; 17 2022-06-01; 16 2023-09-11; 15 2021-06-01; \
            14 2023-04-30; 13 2020-06-01; 12 2022-04-30; 11 2019-06-30; 10 2021-04-30; 9 2018-06-30; \
            8 2019-12-31; 7 2017-06-30; 6 2019-04-30; 5 2016-06-30; 4 2018-04-30",
        is_distribution: false,
    },
    Product {
        name: "golang",
        images: &["golang"],
        names: &[],
        releases: "1.25 2026-08-19; 1.24 2026-02-10; 1.23 2025-08-12; 1.22 2025-02-11; 1.21 2024-08-13; \
            1.20 2024-02-06; 1.19 2023-09-06; 1.18 2023-02-01; 1.17 2022-08-02; 1.16 2022-03-15; \
            1.15 2021-08-16; 1.14 2021-02-16; 1.13 2020-08-11; 1.12 2020-02-25; 1.11 2019-09-03; \
            1.10 2019-02-25",
        is_distribution: false,
    },
    Product {
        name: "ruby",
        images: &["ruby"],
        names: &[("2", "2.7")],
        releases: "4.0 2029-03-31; 3.4 2028-03-31; 3.3 2027-03-31; 3.2 2026-03-31; 3.1 2025-03-26; 3.0 2024-04-23; \
            2.7 2023-03-31; 2.6 2022-03-31; 2.5 2021-03-31; 2.4 2020-03-31; 2.3 2019-03-31; 2.2 2018-03-31; \
            2.1 2017-03-31; 2.0 2016-02-24; 1.9 2015-02-23",
        is_distribution: false,
    },
    Product {
        name: "php",
        images: &["php"],
        names: &[("5", "5.6"), ("7", "7.4")],
        releases: "8.5 2029-12-31; 8.4 2028-12-31; 8.3 2027-12-31; 8.2 2026-12-31; 8.1 2025-12-31; 8.0 2023-11-26; \
            7.4 2022-11-28; 7.3 2021-12-06; 7.2 2020-11-30; 7.1 2019-12-01; 7.0 2019-01-10; 5.6 2018-12-31; \
            5.5 2016-07-21; 5.4 2015-09-14; 5.3 2014-08-14; 5.2 2011-01-06",
        is_distribution: false,
    },
    Product {
        name: "perl",
        images: &["perl"],
        names: &[],
        releases: "5.44 2029-07-15; 5.42 2028-07-03; 5.40 2027-06-09; 5.38 2026-07-02; 5.36 2025-05-27; \
            5.34 2024-05-20; 5.32 2023-06-20; 5.30 2022-05-22; 5.28 2021-06-23; 5.26 2020-05-30",
        is_distribution: false,
    },
    Product {
        name: "eclipse-temurin",
        images: &["eclipse-temurin"],
        names: &[],
        releases: "26 2026-09-15; 25 2031-09-30; 24 2025-09-16; 23 2025-03-18; 22 2024-09-17; 21 2029-12-31; \
            20 2023-09-19; 19 2023-03-31; 18 2022-09-30; 17 2027-10-31; 11 2027-10-31; 16 2021-09-30; \
            8 2030-12-31",
        is_distribution: false,
    },
    Product {
        name: "amazoncorretto",
        images: &["amazoncorretto"],
        names: &[],
        releases: "26 2026-10-31; 25 2032-10-31; 24 2025-10-31; 23 2025-04-30; 22 2024-10-15; 21 2030-10-31; \
            20 2023-10-17; 19 2023-04-19; 18 2022-10-18; 17 2029-10-31; 16 2021-10-19; 15 2021-04-20; \
            11 2032-01-31; 8 2030-12-31",
        is_distribution: false,
    },
    Product {
        name: "dotnet",
        images: &[
            "dotnet/aspnet",
            "dotnet/monitor",
            "dotnet/runtime",
            "dotnet/runtime-deps",
            "dotnet/sdk",
            "dotnet/core/aspnet",
            "dotnet/core/monitor",
            "dotnet/core/runtime",
            "dotnet/core/runtime-deps",
            "dotnet/core/sdk",
        ],
        names: &[],
        releases: "10.0 2028-11-14; 9.0 2026-11-10; 8.0 2026-11-10; 7.0 2024-05-14; 6.0 2024-11-12; 5.0 2022-05-10; \
            3.1 2022-12-13; 3.0 2020-03-03; 2.2 2019-12-23; 2.1 2021-08-21; 2.0 2018-10-01; 1.1 2019-06-27; \
            1.0 2019-06-27",
        is_distribution: false,
    },
];

/// The rows of a table of releases. Every day has ten characters, so only the space before it is looked for.
pub(crate) fn rows(mut releases: &str) -> impl Iterator<Item = (&str, &str)> {
    std::iter::from_fn(move || {
        let space = releases.bytes().position(|byte| byte == b' ')?;
        let (release, day) = releases.split_at_checked(space)?;
        let (day, behind) = day.get(1..)?.split_at_checked("2027-05-01".len())?;
        releases = behind.strip_prefix("; ").unwrap_or_default();
        Some((release, day))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_of_every_table_is_a_release_and_a_day() {
        let tables = PRODUCTS.iter().map(|product| product.releases);
        for table in tables.chain([DEBIAN_WITHOUT_LTS]) {
            let written = table.split("; ").map(|row| row.split_once(' ').unwrap());
            assert!(rows(table).eq(written), "{table}");
            assert!(
                rows(table).all(|(_, end)| crate::dates::day(end).is_some()),
                "{table}"
            );
        }
    }
}
