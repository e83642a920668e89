//! A folder of the system becomes a volume or a working folder
//!
//! ## What it does
//! Looks for `VOLUME` and `WORKDIR` on folders that belong to the system: `/etc`, `/usr` and their like themselves, and
//! everything in `/proc`, `/sys` and `/dev`. A working folder such as `/etc` is of medium severity. The volumes
//! `/sys/fs/cgroup` and `/dev/shm`, which some programs need, are of low severity.
//!
//! ## Why is this bad?
//! A volume hides what the image, or the kernel, has there, and keeps old programs alive when the image is replaced. A working
//! folder such as `/proc/self/fd/7` may lead out of the container, as in CVE-2024-21626; one such as `/etc` mixes the
//! application with the system.
//!
//! ## Examples
//! ```dockerfile fails
//! FROM alpine:3.22
//! VOLUME /proc
//! ```
//! ```dockerfile fails
//! FROM alpine:3.22
//! WORKDIR /proc/self/fd/7
//! ```
//! ```json fails
//! { "config": { "Volumes": { "/etc": {} } } }
//! ```
//! ```dockerfile passes
//! FROM alpine:3.22
//! WORKDIR /usr/src/app
//! VOLUME /var/lib/service
//! ```
//! ```json passes
//! { "config": { "WorkingDir": "/app", "Volumes": { "/data": {} } } }
//! ```

use crate::reports::Reports;
use polcheck_sdk::dockerfile::{Dockerfile, Keyword};
use polcheck_sdk::{
    ConfigSource, FactError, Facts, Finding, Judgement, Location, Rule, RunConfig, Settings,
    Severity,
};

/// The rule.
pub const RULE: Rule = Rule {
    severity: Severity::High,
    aliases: &["DS-0030", "DKL-DI-0002"],
    needs: &[&["image", "dockerfile"]],
    ..Rule::of(check)
};

/// Nothing in them is the image's.
const OF_THE_KERNEL: [&str; 3] = ["/proc", "/sys", "/dev"];
/// They hold the system, and may hold applications deeper down.
const OF_THE_SYSTEM: [&str; 12] = [
    "/bin",
    "/boot",
    "/etc",
    "/lib",
    "/lib32",
    "/lib64",
    "/sbin",
    "/usr",
    "/usr/bin",
    "/usr/lib",
    "/usr/lib64",
    "/usr/sbin",
];

/// A folder that is used, how, and where it says so.
struct Use {
    is_volume: bool,
    path: String,
    place: Location,
}

fn check(facts: &Facts, _: &Settings<'_>) -> Judgement {
    let file = facts.dockerfile();
    let config = match facts.run_config() {
        Ok(config) => of_config(config),
        // A Dockerfile without stages makes nothing.
        Err(FactError::Absent) => vec![],
        Err(error) => return Err(error.into()),
    };
    let written = match of_dockerfile(file) {
        Ok(written) => written,
        Err(FactError::Denied | FactError::Absent) => vec![],
        Err(error) => return Err(error.into()),
    };
    let mut reports = Reports::default();
    for (key, place, finding) in config.into_iter().chain(written).filter_map(told) {
        reports.add(key, place, finding);
    }
    Ok(reports.finish())
}

fn told(used: Use) -> Option<(String, Location, Finding)> {
    let Use {
        is_volume,
        path,
        place,
    } = used;
    let severity = severity(is_volume, &path)?;
    let (kind, finding) = if is_volume {
        let message = format!("the volume `{path}` is laid over a folder of the system");
        let help = "make a volume of the folder that the application writes to";
        ("VOLUME", Finding::new(message).help(help))
    } else {
        let message = format!("the working folder `{path}` belongs to the system");
        let help = "give the application a folder of its own, such as `/app`";
        ("WORKDIR", Finding::new(message).help(help))
    };
    Some((format!("{kind} {path}"), place, finding.severity(severity)))
}

/// How bad it is, if it is.
fn severity(is_volume: bool, path: &str) -> Option<Severity> {
    let of_kernel = OF_THE_KERNEL.iter().any(|folder| {
        let below = path.strip_prefix(folder);
        below.is_some_and(|below| below.is_empty() || below.starts_with('/'))
    });
    let of_system = OF_THE_SYSTEM.contains(&path);
    match (is_volume, of_kernel, of_system) {
        // A container manager that runs in a container needs them.
        (true, _, _) if matches!(path, "/sys/fs/cgroup" | "/dev/shm") => Some(Severity::Low),
        (_, true, _) | (true, _, true) => Some(Severity::High),
        (true, _, _) if path == "/" => Some(Severity::High),
        (false, _, true) => Some(Severity::Medium),
        _ => None,
    }
}

/// What the config says; of one that a Dockerfile makes, only what the base image adds.
fn of_config(config: &RunConfig) -> Vec<Use> {
    let of_image = config.source == ConfigSource::Image;
    let volumes = config.volumes.iter();
    let volumes = volumes.filter(|volume| of_image || volume.is_inherited);
    let mut uses: Vec<Use> = volumes
        .map(|volume| Use {
            is_volume: true,
            path: clean(&volume.key),
            place: volume.place.clone(),
        })
        .collect();
    if let Some(path) = config.working_dir.get().filter(|_| of_image) {
        uses.push(Use {
            is_volume: false,
            path: clean(path),
            place: config.working_dir.place.clone(),
        });
    }
    uses
}

/// What the instructions say, in all stages.
fn of_dockerfile(file: Dockerfile<'_>) -> Result<Vec<Use>, FactError> {
    let mut uses = Vec::new();
    for instruction in file.instructions()? {
        let is_volume = instruction.keyword == Keyword::Volume;
        if !is_volume && instruction.keyword != Keyword::Workdir {
            continue;
        }
        for word in &instruction.arguments {
            let path = word.value.as_deref().unwrap_or_default();
            uses.push(Use {
                is_volume,
                path: clean(path),
                place: Location::Dockerfile(word.span),
            });
        }
    }
    Ok(uses)
}

/// Without what makes no difference: `/etc//` is `/etc`.
fn clean(path: &str) -> String {
    let parts = path.split('/').filter(|part| !matches!(*part, "" | "."));
    let cleaned = parts.fold(String::new(), |path, part| path + "/" + part);
    match cleaned.is_empty() {
        true if path.starts_with('/') => "/".to_owned(),
        _ if path.starts_with('/') => cleaned,
        _ => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use polcheck_sdk::testing::{Given, messages};
    use rstest::rstest;

    #[rstest]
    #[case("VOLUME /", 1)]
    #[case("VOLUME [\"/dev/snd\", \"/sys\"]", 2)]
    #[case("VOLUME /etc/", 1)]
    #[case("VOLUME /etc/nginx", 0)]
    #[case("VOLUME /development", 0)]
    #[case("WORKDIR /usr", 1)]
    #[case("WORKDIR /usr/local/bin", 0)]
    #[case("WORKDIR /", 0)]
    #[case("WORKDIR etc", 0)]
    #[case("WORKDIR $DIR", 0)]
    fn only_the_system_itself_is_told(#[case] line: &str, #[case] expected: usize) {
        let given = Given::dockerfile(&format!("FROM alpine\nARG DIR\n{line}\n"));
        let found = messages(&crate::PACK, "volume.system", given);
        assert_eq!(found.len(), expected, "{found:?}");
    }

    #[test]
    fn what_image_and_dockerfile_say_is_told_once() {
        let config = r#"{ "config": { "Volumes": { "/etc": {} } } }"#;
        let given = Given::built("FROM alpine\nVOLUME /etc\n", config);
        assert_eq!(messages(&crate::PACK, "volume.system", given).len(), 1);
    }
}
