//! The images that the tests are about.

use serde_json::{Value, json};
use test_registry::{ImageBuilder, TestImage};

/// The config of an image that passes without a finding.
pub(crate) fn good_config() -> Value {
    json!({
        "User": "65532:65532",
        "Entrypoint": ["/service"],
        "Healthcheck": { "Test": ["CMD", "/service", "healthcheck"] },
        "Labels": {
            "org.opencontainers.image.source": "https://git.example.com/shop/api",
            "org.opencontainers.image.revision": "3f1c5a0b",
        },
    })
}

pub(crate) fn good() -> TestImage {
    ImageBuilder::new(good_config())
        .layer(&[("service", "#!/bin/sh\n")])
        .build()
}

/// Good on another platform, and so another image.
pub(crate) fn good_for(architecture: &str) -> TestImage {
    ImageBuilder::new(good_config())
        .platform("linux", architecture)
        .build()
}

/// An image that fails: it runs as root and carries a password.
pub(crate) fn bad() -> TestImage {
    ImageBuilder::new(bad_config()).build()
}

pub(crate) fn bad_for(architecture: &str) -> TestImage {
    ImageBuilder::new(bad_config())
        .platform("linux", architecture)
        .build()
}

fn bad_config() -> Value {
    json!({ "Env": ["DB_PASSWORD=correct-horse"], "Healthcheck": { "Test": ["CMD", "/x"] } })
}

/// An image of a config.
pub(crate) fn with(config: Value) -> TestImage {
    ImageBuilder::new(config).build()
}
