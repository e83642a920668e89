//! Platforms, as containerd reads and writes them: `linux/arm64/v8`, `amd64`, `windows(10.0.17763)/amd64`.

mod error;

use crate::path::clean;
pub use error::InvalidPlatform;

/// A platform.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Platform {
    /// `linux`, `windows`, …
    pub os: String,
    /// `amd64`, `arm64`, …
    pub architecture: String,
    /// `v7`, …; often empty.
    pub variant: String,
    /// Of Windows; otherwise empty.
    pub os_version: String,
    /// What else the operating system has to have.
    pub os_features: Vec<String>,
}

impl Platform {
    /// A platform from its three parts, as they are.
    pub fn new(os: &str, architecture: &str, variant: &str) -> Self {
        Self {
            os: os.to_owned(),
            architecture: architecture.to_owned(),
            variant: variant.to_owned(),
            os_version: String::new(),
            os_features: Vec::new(),
        }
    }

    /// Reads a specifier. What it leaves out is that of the host, the machine that builds.
    ///
    /// # Errors
    /// If it is not one.
    pub fn parse(specifier: &str, host: &Self) -> Result<Self, InvalidPlatform> {
        let specifier_text = || specifier.to_owned();
        if specifier.contains('*') {
            return Err(InvalidPlatform::Wildcard {
                specifier: specifier_text(),
            });
        }
        let parts: Vec<&str> = specifier.splitn(4, '/').collect();
        let (system, rest) = parts.split_first().unwrap_or((&"", &[]));
        let mut platform = parse_system(system, specifier)?;
        if let Some(part) = rest.iter().find(|part| !is_component(part)) {
            return Err(InvalidPlatform::Component {
                specifier: specifier_text(),
                part: (*part).to_owned(),
            });
        }
        match rest {
            [] => return platform.complete(specifier, host),
            [architecture] => {
                platform.set_architecture(architecture, "");
                platform.forget_usual_arm();
            }
            [architecture, variant] => {
                platform.set_architecture(architecture, variant);
                if platform.architecture == "arm64" && platform.variant.is_empty() {
                    "v8".clone_into(&mut platform.variant);
                }
            }
            _ => {
                return Err(InvalidPlatform::TooManyParts {
                    specifier: specifier_text(),
                });
            }
        }
        Ok(platform)
    }

    /// Finds out what a single word means.
    fn complete(mut self, specifier: &str, host: &Self) -> Result<Self, InvalidPlatform> {
        if is_known_os(&self.os) {
            self.architecture.clone_from(&host.architecture);
            if host.architecture == "arm" && host.variant != "v7" {
                self.variant.clone_from(&host.variant);
            }
            return Ok(self);
        }
        self.set_architecture(specifier, "");
        self.forget_usual_arm();
        if !is_known_architecture(&self.architecture) {
            return Err(InvalidPlatform::Unknown {
                specifier: specifier.to_owned(),
            });
        }
        self.os.clone_from(&host.os);
        Ok(self)
    }

    fn set_architecture(&mut self, architecture: &str, variant: &str) {
        (self.architecture, self.variant) = normal_architecture(architecture, variant);
    }

    fn forget_usual_arm(&mut self) {
        if self.architecture == "arm" && self.variant == "v7" {
            self.variant.clear();
        }
    }

    /// The same platform in its normal form.
    #[must_use]
    pub fn normalized(&self) -> Self {
        let (architecture, variant) = normal_architecture(&self.architecture, &self.variant);
        let mut os_features = self.os_features.clone();
        os_features.sort_unstable();
        os_features.dedup();
        Self {
            os: normal_os(&self.os),
            architecture,
            variant,
            os_version: self.os_version.clone(),
            os_features,
        }
    }

    /// Its three parts, without version and features.
    pub fn format(&self) -> String {
        self.format_with(&self.os)
    }

    /// All of it.
    pub fn format_all(&self) -> String {
        let mut features: Vec<&String> = self.os_features.iter().collect();
        features.sort_unstable();
        features.dedup();
        let options: String = features
            .iter()
            .filter(|feature| !feature.is_empty())
            .flat_map(|feature| ["+".to_owned(), encode(feature)])
            .collect();
        let options = encode(&self.os_version) + &options;
        if options.is_empty() {
            self.format()
        } else {
            self.format_with(&format!("{}({options})", self.os))
        }
    }

    fn format_with(&self, system: &str) -> String {
        if self.os.is_empty() {
            return "unknown".to_owned();
        }
        clean(&format!("{system}/{}/{}", self.architecture, self.variant))
    }
}

/// Reads the part before the first slash.
fn parse_system(part: &str, specifier: &str) -> Result<Platform, InvalidPlatform> {
    let invalid = || InvalidPlatform::System {
        specifier: specifier.to_owned(),
        part: part.to_owned(),
    };
    let (os, options) = match part.split_once('(') {
        Some((os, options)) => (os, options.strip_suffix(')').ok_or_else(invalid)?),
        None => (part, ""),
    };
    let mut options = options.split('+');
    let version = options.next().unwrap_or_default();
    let is_option = |text: &str| {
        text.bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"_.%-".contains(&byte))
    };
    let features: Vec<&str> = options.collect();
    let is_good = !os.is_empty()
        && is_component(os)
        && !os.contains('.')
        && is_option(version)
        && features
            .iter()
            .all(|feature| !feature.is_empty() && is_option(feature));
    if !is_good {
        return Err(invalid());
    }
    let os_version = decode(version).map_err(|escape| InvalidPlatform::VersionEscape {
        specifier: specifier.to_owned(),
        version: version.to_owned(),
        escape,
    })?;
    let os_features = features
        .into_iter()
        .map(|feature| {
            decode(feature).map_err(|escape| InvalidPlatform::FeatureEscape {
                specifier: specifier.to_owned(),
                feature: feature.to_owned(),
                escape,
            })
        })
        .collect::<Result<_, _>>()?;
    Ok(Platform {
        os_version,
        os_features,
        ..Platform::new(&normal_os(os), "", "")
    })
}

fn is_component(part: &str) -> bool {
    !part.is_empty()
        && part
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte))
}

/// Resolves `%2B` and its like, or names what is none of them.
fn decode(text: &str) -> Result<String, String> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, behind)) = rest.split_first() {
        if byte != b'%' {
            decoded.push(byte);
            rest = behind;
            continue;
        }
        let escape = rest.get(..3).unwrap_or(rest);
        let digits = String::from_utf8_lossy(escape.get(1..).unwrap_or_default());
        let is_hexadecimal =
            digits.len() == 2 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        match u8::from_str_radix(&digits, 16) {
            Ok(byte) if is_hexadecimal => decoded.push(byte),
            _ => return Err(String::from_utf8_lossy(escape).into_owned()),
        }
        rest = rest.get(3..).unwrap_or_default();
    }
    Ok(String::from_utf8_lossy(&decoded).into_owned())
}

fn encode(option: &str) -> String {
    let mut encoded = String::with_capacity(option.len());
    for character in option.chars() {
        match character {
            '%' => encoded.push_str("%25"),
            '+' => encoded.push_str("%2B"),
            '(' => encoded.push_str("%28"),
            ')' => encoded.push_str("%29"),
            '/' => encoded.push_str("%2F"),
            other => encoded.push(other),
        }
    }
    encoded
}

fn normal_os(os: &str) -> String {
    match os.to_ascii_lowercase().as_str() {
        "macos" => "darwin".to_owned(),
        other => other.to_owned(),
    }
}

fn normal_architecture(architecture: &str, variant: &str) -> (String, String) {
    let (architecture, variant) = (
        architecture.to_ascii_lowercase(),
        variant.to_ascii_lowercase(),
    );
    let (architecture, variant) = match (architecture.as_str(), variant.as_str()) {
        ("i386", _) => ("386", ""),
        ("x86_64" | "x86-64" | "amd64", "v1") => ("amd64", ""),
        ("x86_64" | "x86-64" | "amd64", other) => ("amd64", other),
        ("aarch64" | "arm64", "8" | "v8" | "v8.0") => ("arm64", ""),
        ("aarch64" | "arm64", "9" | "9.0" | "v9.0") => ("arm64", "v9"),
        ("aarch64" | "arm64", other) => ("arm64", other),
        ("armhf", _) | ("arm", "" | "7") => ("arm", "v7"),
        ("armel", _) | ("arm", "6") => ("arm", "v6"),
        ("arm", "5") => ("arm", "v5"),
        ("arm", "8") => ("arm", "v8"),
        other => other,
    };
    (architecture.to_owned(), variant.to_owned())
}

fn is_known_os(os: &str) -> bool {
    matches!(
        os,
        "aix"
            | "android"
            | "darwin"
            | "dragonfly"
            | "freebsd"
            | "hurd"
            | "illumos"
            | "ios"
            | "js"
            | "linux"
            | "nacl"
            | "netbsd"
            | "openbsd"
            | "plan9"
            | "solaris"
            | "windows"
            | "zos"
    )
}

fn is_known_architecture(architecture: &str) -> bool {
    matches!(
        architecture,
        "386"
            | "amd64"
            | "amd64p32"
            | "arm"
            | "armbe"
            | "arm64"
            | "arm64be"
            | "ppc64"
            | "ppc64le"
            | "loong64"
            | "mips"
            | "mipsle"
            | "mips64"
            | "mips64le"
            | "mips64p32"
            | "mips64p32le"
            | "ppc"
            | "riscv"
            | "riscv64"
            | "s390"
            | "s390x"
            | "sparc"
            | "sparc64"
            | "wasm"
    )
}

#[cfg(test)]
mod tests;
