//! Files with logins: the `config.json` of Docker and the `auth.json` of Podman, Buildah and Skopeo, which have one form.

use crate::credentials::{Credential, UnusableLogin};
use crate::limits::MAX_AUTH_FILE_BYTES;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};
use std::ffi::OsString;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

/// Docker Hub as references name it.
const DOCKER_HUB: &str = "docker.io";
/// The name under which Docker asks a helper for the login to Docker Hub.
const DOCKER_HUB_SERVER: &str = "https://index.docker.io/v1/";
/// The other names of its host, under which a login may be filed.
const DOCKER_HUB_HOSTS: [&str; 2] = ["index.docker.io", "registry-1.docker.io"];

/// A place where logins may be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AuthFile {
    pub(crate) path: PathBuf,
    /// Whether somebody said that it is there.
    pub(crate) is_named: bool,
}

/// The content of one file.
#[derive(Debug)]
pub(crate) struct AuthConfig(Map<String, Value>);

/// The files of this machine's user, in the order in which they are asked; the last is Docker's.
///
/// containers-auth.json(5): the file that was named, then that of the session, then that of the user, then Docker's.
pub(crate) fn places(variable: impl Fn(&str) -> Option<OsString>, user_id: u32) -> Vec<AuthFile> {
    let set = |name| variable(name).filter(|value| !value.is_empty());
    let path = |name| set(name).map(PathBuf::from);
    let home = path("HOME");
    let mut files = Vec::new();
    let mut add = |path: Option<PathBuf>, is_named| {
        files.extend(path.map(|path| AuthFile { path, is_named }));
    };
    add(path("REGISTRY_AUTH_FILE"), true);
    let session = match path("XDG_RUNTIME_DIR") {
        Some(directory) => directory.join("containers/auth.json"),
        None => format!("/run/containers/{user_id}/auth.json").into(),
    };
    add(Some(session), false);
    let config = path("XDG_CONFIG_HOME").or_else(|| Some(home.as_ref()?.join(".config")));
    add(
        config.map(|directory| directory.join("containers/auth.json")),
        false,
    );
    let docker = docker_config_dir(&variable);
    let is_named = set("DOCKER_CONFIG").is_some();
    add(
        docker.map(|directory| directory.join("config.json")),
        is_named,
    );
    files
}

/// Where Docker keeps its settings.
pub(crate) fn docker_config_dir(variable: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    let set = |name| variable(name).filter(|value| !value.is_empty());
    let named = set("DOCKER_CONFIG").map(PathBuf::from);
    named.or_else(|| Some(Path::new(&set("HOME")?).join(".docker")))
}

impl AuthConfig {
    /// Reads a file, if it is there. Blocks.
    pub(crate) fn read(path: &Path) -> Result<Option<Self>, UnusableLogin> {
        let Some(bytes) = read(path)? else {
            return Ok(None);
        };
        let value = serde_json::from_slice(&bytes).map_err(|_| UnusableLogin::MalformedFile)?;
        let Value::Object(object) = value else {
            return Err(UnusableLogin::MalformedFile);
        };
        for field in ["auths", "credHelpers"] {
            let is_well_formed = |value: &Value| value.is_null() || value.is_object();
            if !object.get(field).is_none_or(is_well_formed) {
                return Err(UnusableLogin::MalformedFile);
            }
        }
        Ok(Some(Self(object)))
    }

    /// A text of the file.
    pub(crate) fn text(&self, field: &str) -> Option<&str> {
        let text = self.0.get(field)?.as_str()?;
        (!text.is_empty()).then_some(text)
    }

    /// An endpoint of a context of Docker, which has a file of its own.
    pub(crate) fn endpoint(&self, name: &str) -> Option<&Value> {
        self.0.get("Endpoints")?.get(name)
    }

    /// The helpers to ask for a registry, in this order: each as the last part of a program's name, and by what name of
    /// the registry it knows the login.
    pub(crate) fn helpers(&self, registry: &str) -> Vec<(String, String)> {
        let names = names(registry);
        let for_all = self.text("credsStore");
        let helpers = self.0.get("credHelpers").and_then(Value::as_object);
        let own = helpers.into_iter().flatten().find_map(|(host, helper)| {
            let helper = helper.as_str().filter(|helper| !helper.is_empty());
            helper.filter(|_| names.contains(&host_of(host).to_ascii_lowercase()))
        });
        let Some(helper) = own.or(for_all) else {
            return Vec::new();
        };
        let mut servers = vec![registry.to_owned()];
        if registry == DOCKER_HUB {
            servers.insert(0, DOCKER_HUB_SERVER.to_owned());
        }
        servers
            .into_iter()
            .map(|server| (helper.to_owned(), server))
            .collect()
    }

    /// The login in the file itself, for a repository or the longest path above it that has one, up to the registry.
    pub(crate) fn login(
        &self,
        registry: &str,
        repository: &str,
    ) -> Result<Option<Credential>, UnusableLogin> {
        let Some(entries) = self.0.get("auths").and_then(Value::as_object) else {
            return Ok(None);
        };
        for scope in scopes(registry, repository) {
            let fitting = entries.iter().filter(|(key, _)| is_for(key, &scope));
            for (_, entry) in fitting {
                if let Some(credential) = credential(entry)? {
                    return Ok(Some(credential));
                }
            }
        }
        Ok(None)
    }
}

/// The content of a regular file, if it is there. Anything else may never end, or wait for ever.
fn read(path: &Path) -> Result<Option<Vec<u8>>, UnusableLogin> {
    let is_missing = |error: &io::Error| {
        matches!(
            error.kind(),
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
        )
    };
    let unreadable = |error: io::Error| UnusableLogin::Unreadable {
        reason: error.kind().to_string(),
    };
    let metadata = match std::fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if is_missing(&error) => return Ok(None),
        Err(error) => return Err(unreadable(error)),
    };
    if !metadata.is_file() {
        return Err(UnusableLogin::NotAFile);
    }
    let file = std::fs::File::open(path).map_err(unreadable)?;
    let mut bytes = Vec::new();
    let read = file.take(MAX_AUTH_FILE_BYTES + 1).read_to_end(&mut bytes);
    let length = read.map_err(unreadable)? as u64;
    if length > MAX_AUTH_FILE_BYTES {
        return Err(UnusableLogin::TooLarge {
            limit: MAX_AUTH_FILE_BYTES,
        });
    }
    Ok(Some(bytes))
}

/// The repository, the paths above it, and the registry.
fn scopes(registry: &str, repository: &str) -> Vec<String> {
    let mut scopes = Vec::new();
    let mut path = Some(repository);
    while let Some(part) = path {
        scopes.push(format!("{registry}/{part}"));
        path = part.rsplit_once('/').map(|(above, _)| above);
    }
    scopes.push(registry.to_owned());
    scopes
}

/// Whether an entry under this key is for a scope.
fn is_for(key: &str, scope: &str) -> bool {
    if key.eq_ignore_ascii_case(scope) {
        return true;
    }
    !scope.contains('/') && names(scope).contains(&host_of(key).to_ascii_lowercase())
}

/// The names of a registry's host.
fn names(registry: &str) -> Vec<String> {
    let mut names = vec![registry.to_ascii_lowercase()];
    if registry == DOCKER_HUB {
        names.extend(DOCKER_HUB_HOSTS.map(ToOwned::to_owned));
    }
    names
}

/// The host of a key that is a URL, as Docker writes them, or ends like one of the API; other keys stay as they are.
fn host_of(key: &str) -> &str {
    let url = key
        .strip_prefix("https://")
        .or_else(|| key.strip_prefix("http://"));
    match url {
        Some(rest) => rest.split_once('/').map_or(rest, |(host, _)| host),
        None => key
            .strip_suffix("/v1/")
            .or_else(|| key.strip_suffix("/v2/"))
            .unwrap_or(key),
    }
}

/// What an entry holds; nothing where the login is kept elsewhere and the entry only says that there is one.
fn credential(entry: &Value) -> Result<Option<Credential>, UnusableLogin> {
    let text = |field: &str| match entry.get(field) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.as_str()).filter(|text| !text.is_empty())),
        Some(_) => Err(UnusableLogin::Malformed),
    };
    let user = match (text("auth")?, text("username")?) {
        (Some(auth), _) => Some(decode(auth).ok_or(UnusableLogin::Malformed)?),
        (None, Some(user)) => Some((
            user.to_owned(),
            text("password")?.unwrap_or_default().to_owned(),
        )),
        (None, None) => None,
    };
    let credential = Credential {
        user,
        identity_token: text("identitytoken")?.map(ToOwned::to_owned),
        registry_token: text("registrytoken")?.map(ToOwned::to_owned),
    };
    Ok(Some(credential).filter(|credential| *credential != Credential::default()))
}

/// `USER:PASSWORD` in Base64. Docker fills the end with zero bytes.
fn decode(auth: &str) -> Option<(String, String)> {
    let decoded = String::from_utf8(STANDARD.decode(auth).ok()?).ok()?;
    let (user, password) = decoded.split_once(':')?;
    Some((user.to_owned(), password.trim_matches('\0').to_owned()))
}

#[cfg(test)]
mod tests;
