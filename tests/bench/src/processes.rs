//! Whole processes, as users start them, and their peers'.

use crate::cpu::{self, Process};
use crate::figures::{Figure, millis};
use crate::{Result, peers, statements};
use serde_json::json;
use std::path::Path;
use tempfile::TempDir;
use test_registry::{ImageBuilder, Options, TestImage, TestRegistry};

const TIMES: u32 = 50;

/// An image with a statement, in a registry and in a layout.
struct Scene {
    polcheck: String,
    registry: TestRegistry,
    image: TestImage,
    folder: TempDir,
}

pub(crate) fn figures(polcheck: &Path, packs: &Path) -> Result<Vec<Figure>> {
    let scene = Scene::set(polcheck)?;
    let this = std::env::current_exe()?.to_string_lossy().into_owned();
    let packs = packs.to_string_lossy().into_owned();
    let by_digest = format!("{}@{}", scene.name(), scene.image.digest());
    let tagged = format!("{}:1", scene.name());
    let verify = ["verify", "--key", "polcheck.pub"];
    let offline = [verify.as_slice(), &["--bundle", "bundle.json", &by_digest]].concat();
    let mut figures = vec![
        scene.polcheck("`polcheck --version`", &["--version"], "≤ 3 ms")?,
        scene.measure(
            "a cold process with 20 packs in the binary, each evaluated once",
            &[&this, "cold", &packs],
            TIMES,
            "≤ 10 ms",
        )?,
        scene.polcheck(
            "`polcheck check` on a layout, a set over the config",
            &["check", "oci:layout"],
            "≤ 20 ms, ≤ 40 MB",
        )?,
        scene.polcheck("`polcheck check` in a registry", &["check", &tagged], "")?,
        scene.polcheck("verify one bundle, offline", &offline, "≤ 5 ms")?,
        scene.polcheck(
            "verify from a registry",
            &[verify.as_slice(), &[&tagged]].concat(),
            "≤ 10 ms",
        )?,
    ];
    let attest = ["attest", "--key", "polcheck.key", "--no-upload"];
    let attest = [attest.as_slice(), &["--bundle", "new.json", "oci:layout"]].concat();
    figures.push(scene.polcheck(
        "`polcheck attest` of a layout with a key, `check` and all",
        &attest,
        "≤ 10 ms",
    )?);
    let read = |name| std::fs::read(scene.folder.path().join(name));
    let (bundle, key) = (read("bundle.json")?, read("polcheck.pub")?);
    figures.extend(statements::figures(&bundle, &key, scene.image.digest())?);
    figures.extend(peers::cosign(
        scene.folder.path(),
        &tagged,
        scene.image.digest(),
    )?);
    Ok(figures)
}

impl Scene {
    fn set(polcheck: &Path) -> Result<Self> {
        let config = json!({
            "User": "65532:65532",
            "Entrypoint": ["/service"],
            "Healthcheck": { "Test": ["CMD", "/service", "healthcheck"] },
        });
        let scene = Self {
            polcheck: polcheck.to_string_lossy().into_owned(),
            registry: TestRegistry::start(Options::default()),
            image: ImageBuilder::new(config).layer(&[("service", "x")]).build(),
            folder: tempfile::tempdir()?,
        };
        scene.image.push(&scene.registry, "app", Some("1"));
        scene
            .image
            .write_layout(&scene.folder.path().join("layout"), Some("1"));
        let tagged = format!("{}:1", scene.name());
        for args in [
            vec!["key", "generate", "--no-password"],
            vec![
                "attest",
                "--key",
                "polcheck.key",
                "--bundle",
                "bundle.json",
                &tagged,
            ],
        ] {
            let command = [vec![scene.polcheck.as_str()], args].concat();
            scene.measure("", &command, 1, "")?;
        }
        Ok(scene)
    }

    fn name(&self) -> String {
        format!("{}/app", self.registry.host())
    }

    fn polcheck(&self, work: &str, args: &[&str], reach: &'static str) -> Result<Figure> {
        let command = [&[self.polcheck.as_str()], args].concat();
        self.measure(work, &command, TIMES, reach)
    }

    fn measure(
        &self,
        work: &str,
        command: &[&str],
        times: u32,
        reach: &'static str,
    ) -> Result<Figure> {
        let command: Vec<String> = command.iter().map(ToString::to_string).collect();
        let Process { cpu, memory, .. } = cpu::of_command(times, self.folder.path(), &command)?;
        let measured = format!("{}, {memory:.0} MB", millis(cpu));
        Ok(Figure::new(work, measured, reach))
    }
}
