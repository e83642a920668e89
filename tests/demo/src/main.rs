//! `cargo xtask demo`: an image that must not be used, one that may, and three ways to cheat that do not work. The
//! registry is our own, in memory; everything else is the real thing, called as a user calls it.

mod images;
mod stage;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use stage::{Expect, Result, Stage, scene};
use std::process::ExitCode;
use test_registry::TestImage;

fn main() -> ExitCode {
    let Some(binary) = std::env::args_os().nth(1) else {
        stage::say("usage: polcheck-demo POLCHECK");
        return ExitCode::FAILURE;
    };
    match Stage::new(binary.into()).and_then(|stage| play(&stage)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            stage::say(&format!("demo: {failure}"));
            ExitCode::FAILURE
        }
    }
}

/// The images, and how they are called.
struct Shop {
    bad: TestImage,
    good: TestImage,
    repository: String,
}

fn play(stage: &Stage) -> Result {
    let shop = Shop {
        bad: images::bad(),
        good: images::good(),
        repository: format!("{}/shop/api", stage.registry.host()),
    };
    shop.bad.push(&stage.registry, "shop/api", Some("dev"));
    shop.good.push(&stage.registry, "shop/api", Some("1.4.2"));
    honest(stage, &shop)?;
    cheating(stage, &shop)?;
    scene("All of this came out as it should.");
    Ok(())
}

fn honest(stage: &Stage, shop: &Shop) -> Result {
    scene("An image that must not be used fails, and says why.");
    stage.polcheck(
        &[&format!("{}:dev", shop.repository)],
        Expect::Failed,
        "user.final-root",
    )?;

    scene("An image that may be used passes, is signed, and the statement is attached to it.");
    stage.polcheck(&["key", "generate"], Expect::Passed, "polcheck.pub")?;
    let image = format!("{}:1.4.2", shop.repository);
    let attest = [
        "attest",
        "--key",
        "polcheck.key",
        "--bundle",
        "statement.json",
        &image,
    ];
    stage.polcheck(&attest, Expect::Passed, "security.scan=passed")?;

    scene("Anybody can verify it by its digest, with the public key only.");
    stage.polcheck(
        &verify(&shop.by_digest(&shop.good)),
        Expect::Passed,
        "verified",
    )
}

fn cheating(stage: &Stage, shop: &Shop) -> Result {
    scene(
        "Cheating: the tag is moved to the other image. Statements are about digests, so it has none.",
    );
    stage.registry.retag("shop/api", "1.4.2", shop.bad.digest());
    let moved = format!("{}:1.4.2", shop.repository);
    stage.polcheck(&verify(&moved), Expect::Failed, "no accepted statement")?;

    scene("Cheating: the statement is changed so that it is about the other image.");
    let tampered = tampered(
        &stage.read("statement.json")?,
        shop.good.digest(),
        shop.bad.digest(),
    )?;
    stage.write("tampered.json", &tampered)?;
    let image = shop.by_digest(&shop.bad);
    let bundle = [
        "verify",
        "--key",
        "polcheck.pub",
        "--bundle",
        "tampered.json",
        &image,
    ];
    stage.polcheck(
        &bundle,
        Expect::Failed,
        "rejected the bundle: the signature does not verify with",
    )?;

    scene("Cheating: somebody else signs. Their key is not the one you trust.");
    let stranger = ["key", "generate", "--output-key-prefix", "stranger"];
    stage.polcheck(&stranger, Expect::Passed, "stranger.pub")?;
    let image = shop.by_digest(&shop.good);
    stage.polcheck(
        &["verify", "--key", "stranger.pub", &image],
        Expect::Failed,
        "which is not trusted",
    )
}

fn verify(image: &str) -> [&str; 6] {
    [
        "verify",
        "--key",
        "polcheck.pub",
        "--require",
        "security.scan=passed",
        image,
    ]
}

impl Shop {
    fn by_digest(&self, image: &TestImage) -> String {
        format!("{}@{}", self.repository, image.digest())
    }
}

/// The same bundle with another subject in the statement it signs.
fn tampered(bundle: &[u8], from: &str, to: &str) -> Result<Vec<u8>> {
    let mut bundle: Value =
        serde_json::from_slice(bundle).map_err(|error| format!("the bundle: {error}"))?;
    let payload = bundle
        .pointer_mut("/dsseEnvelope/payload")
        .ok_or("the bundle has no payload")?;
    let statement = STANDARD
        .decode(payload.as_str().unwrap_or_default())
        .map_err(|error| format!("the payload: {error}"))?;
    let hex = |digest: &str| digest.trim_start_matches("sha256:").to_owned();
    let statement = String::from_utf8_lossy(&statement).replace(&hex(from), &hex(to));
    *payload = STANDARD.encode(statement).into();
    Ok(bundle.to_string().into_bytes())
}
