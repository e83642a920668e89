//! The images that the tests are about.

use serde_json::{Value, json};
use test_registry::{ImageBuilder, TestImage, image_index};

/// Whether an image keeps the rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Quality {
    Good,
    /// It runs as root, and carries a password.
    Bad,
}

impl Quality {
    pub(crate) const BOTH: [Self; 2] = [Self::Good, Self::Bad];

    /// The tag of such an image.
    pub(crate) fn tag(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Bad => "bad",
        }
    }

    /// How `polcheck check` has to end.
    pub(crate) fn exit_code(self) -> i32 {
        match self {
            Self::Good => 0,
            Self::Bad => 1,
        }
    }

    pub(crate) fn user(self) -> &'static str {
        match self {
            Self::Good => "65532:65532",
            Self::Bad => "root",
        }
    }

    pub(crate) fn environment(self) -> &'static str {
        match self {
            Self::Good => "DB_PASSWORD_FILE=/run/secrets/db",
            Self::Bad => "DB_PASSWORD=correct-horse",
        }
    }

    fn config(self) -> Value {
        let labels: serde_json::Map<_, _> = LABELS
            .iter()
            .map(|(key, value)| ((*key).to_owned(), json!(value)))
            .collect();
        json!({
            "User": self.user(),
            "Env": [self.environment()],
            "Entrypoint": ["/service"],
            "Healthcheck": { "Test": ["CMD", "/service", "healthcheck"] },
            "Labels": labels,
        })
    }

    /// The image, made by nobody's tool.
    pub(crate) fn image(self) -> TestImage {
        self.image_for("amd64")
    }

    fn image_for(self, architecture: &str) -> TestImage {
        ImageBuilder::new(self.config())
            .platform("linux", architecture)
            .layer(&[("service", "#!/bin/sh\n")])
            .build()
    }

    /// An index of two platforms, of which the second is of this quality.
    pub(crate) fn index(self) -> TestImage {
        image_index(vec![Self::Good.image_for("amd64"), self.image_for("arm64")])
    }
}

/// Where a good image says that it comes from.
pub(crate) const LABELS: [(&str, &str); 2] = [
    (
        "org.opencontainers.image.source",
        "https://git.example.com/shop/api",
    ),
    ("org.opencontainers.image.revision", "3f1c5a0b"),
];
