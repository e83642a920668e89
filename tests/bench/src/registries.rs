//! Images in registries: many of one, and one over HTTPS.

use crate::Result;
use crate::cpu::{self, Process};
use crate::figures::{Figure, millis};
use serde_json::json;
use std::fs;
use std::path::Path;
use test_registry::{ImageBuilder, Options, TestImage, TestRegistry, Tls};

const TIMES: u32 = 20;
const IMAGES: usize = 50;

/// Every one of these reads and keeps nothing between runs.
const CHECK: [&str; 5] = ["check", "--exit-zero", "--quiet", "--blob-cache", "0"];

pub(crate) fn figures(polcheck: &Path) -> Result<Vec<Figure>> {
    let folder = tempfile::tempdir()?;
    let tls = Tls::new();
    fs::write(folder.path().join("ca.pem"), tls.ca_pem())?;
    let plain = TestRegistry::start(Options::default());
    let secure = TestRegistry::start(Options {
        tls: Some(tls),
        ..Options::default()
    });
    let many = references(&plain, IMAGES);
    let one = references(&secure, 1);
    let measure = |work: String, args: &[&str], images: &[String], reach| -> Result<Figure> {
        let program = polcheck.to_string_lossy();
        let words = [&[program.as_ref()], &CHECK[..], args].concat();
        let mut command: Vec<String> = words.iter().map(ToString::to_string).collect();
        command.extend(images.iter().cloned());
        let Process { cpu, memory, .. } = cpu::of_command(TIMES, folder.path(), &command)?;
        let measured = format!("{}, {memory:.0} MB", millis(cpu));
        Ok(Figure::new(work, measured, reach))
    };
    let of_many = measure(
        format!("`polcheck check` on {IMAGES} images of one registry"),
        &[],
        &many,
        "≤ 1 s",
    )?;
    plain.forget_requests();
    measure(String::new(), &[], &many, "")?;
    let runs = usize::try_from(TIMES)?;
    let blobs = plain.request_lines();
    let blobs = blobs.iter().filter(|line| line.contains("/blobs/"));
    let fetched = Figure::new(
        "configs that are fetched; every two images share one",
        format!("{} for {IMAGES} images", blobs.count() / runs),
        "25",
    );
    let over_https = measure(
        "`polcheck check` over HTTPS, which reads the system's certificates".to_owned(),
        &["--registry-cacert", "ca.pem"],
        &one,
        "",
    )?;
    Ok(vec![of_many, fetched, over_https])
}

/// Images in the registry: every second one has the config of the one before.
fn references(registry: &TestRegistry, count: usize) -> Vec<String> {
    let reference = |number: usize| {
        image(number).push(registry, &format!("app-{number}"), Some("1"));
        format!("{}/app-{number}:1", registry.host())
    };
    (0..count).map(reference).collect()
}

fn image(number: usize) -> TestImage {
    let config = json!({ "User": "65532:65532", "Labels": { "pair": (number / 2).to_string() } });
    let builder = ImageBuilder::new(config).annotation("number", &number.to_string());
    builder.build()
}
