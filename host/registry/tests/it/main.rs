//! The crate against a registry in memory, against layouts and archives, good ones and hostile ones.
#![cfg(test)]

mod access;
mod archives;
mod attach;
mod daemon;
mod dirs;
mod fetching;
mod hostile;
mod layouts;
mod logins;
mod mirrors;
mod pull;
mod push;
mod secure;

use polcheck_registry::{Document, Image, Options, Registry, RegistryError, Resolved};
use serde_json::json;
use std::time::Duration;
use test_registry::{ImageBuilder, TestImage, TestRegistry};

/// Options that touch nothing of the machine the tests run on.
fn options() -> Options {
    Options {
        docker_config: Some("/nonexistent/config.json".into()),
        proxy_from_environment: false,
        overall_timeout: Duration::from_secs(20),
        ..Options::default()
    }
}

async fn open(source: &str) -> Result<Image, RegistryError> {
    open_with(options(), source).await
}

async fn open_with(options: Options, source: &str) -> Result<Image, RegistryError> {
    Registry::new(options).open(&source.parse().unwrap()).await
}

/// What a source names, which has to be a manifest or an index.
async fn document(image: &Image) -> Result<Document, RegistryError> {
    match image.resolve().await? {
        Resolved::Document(document) => Ok(*document),
        Resolved::DockerImage(image) => panic!("no manifest: {image:?}"),
    }
}

/// The error on the way to the document of `HOST/app:1`.
async fn error_of(registry: &TestRegistry) -> RegistryError {
    let image = open(&reference(registry, ":1")).await.unwrap();
    document(&image).await.unwrap_err()
}

/// `HOST/appREST`
fn reference(registry: &TestRegistry, rest: &str) -> String {
    format!("{}/app{rest}", registry.host())
}

/// An image with a config and two layers.
fn sample() -> TestImage {
    ImageBuilder::new(json!({ "User": "65532:65532", "Env": ["A=b"] }))
        .layer(&[("etc/passwd", "root:x:0:0::/:/bin/sh\n")])
        .layer(&[("app/run", "#!/bin/sh\n"), ("app/data", "x")])
        .build()
}

/// A registry with the sample image at `app:1`, and nothing in its log.
fn with_sample(options: test_registry::Options) -> (TestRegistry, TestImage) {
    let registry = TestRegistry::start(options);
    let image = sample();
    image.push(&registry, "app", Some("1"));
    (registry, image)
}

/// The error and its causes in one line.
fn chain(error: &RegistryError) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}
