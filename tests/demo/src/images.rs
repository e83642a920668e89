//! Two images of the same program: as it is often shipped, and as it should be.

use serde_json::json;
use test_registry::{ImageBuilder, TestImage};

/// Runs as root, carries a password and an ssh port, and says of itself that it is compliant.
pub(crate) fn bad() -> TestImage {
    let config = json!({
        "Entrypoint": ["/service"],
        "Env": ["PATH=/usr/bin:/bin", "DB_PASSWORD=correct-horse"],
        "ExposedPorts": { "8080/tcp": {}, "22/tcp": {} },
        "Labels": { "compliance.level": "enterprise" },
    });
    ImageBuilder::new(config)
        .layer(&[("service", "#!/bin/sh\n")])
        .build()
}

/// Runs as a user with a number, takes its password from a mounted file, and says where it comes from.
pub(crate) fn good() -> TestImage {
    let config = json!({
        "User": "65532:65532",
        "Entrypoint": ["/service"],
        "Env": ["PATH=/usr/bin:/bin", "DB_PASSWORD_FILE=/run/secrets/db"],
        "ExposedPorts": { "8080/tcp": {} },
        "Healthcheck": { "Test": ["CMD", "/service", "healthcheck"] },
        "Labels": {
            "org.opencontainers.image.source": "https://git.example.com/shop/api",
            "org.opencontainers.image.revision": "3f1c5a0b",
        },
    });
    ImageBuilder::new(config)
        .layer(&[("service", "#!/bin/sh\n")])
        .build()
}
