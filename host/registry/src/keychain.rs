//! Which login is for which repository: the one that was given, else that of the first file or helper program that has
//! one.

use crate::auth_file::{self, AuthConfig, AuthFile};
use crate::blocking;
use crate::credential_helper;
use crate::credentials::{Credential, Found, Login, UnusableLogin};
use crate::endpoint::Endpoint;
use crate::error::RegistryError;
use crate::options::Options;
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::OnceCell;

/// A program, and the name of the registry it is asked for.
type Question = (String, String);
type HelperAnswer = Result<Option<Credential>, UnusableLogin>;

/// The user's logins. Files are read once, when a registry first wants a login; a program is asked once for a registry.
#[derive(Debug)]
pub(crate) struct Keychain {
    options: Arc<Options>,
    files: OnceCell<Vec<Opened>>,
    helped: Mutex<HashMap<Question, Arc<OnceCell<HelperAnswer>>>>,
}

/// A file, as far as it can be read.
#[derive(Debug)]
struct Opened {
    path: PathBuf,
    is_named: bool,
    content: Result<Option<AuthConfig>, UnusableLogin>,
}

impl Keychain {
    pub(crate) fn new(options: Arc<Options>) -> Self {
        Self {
            options,
            files: OnceCell::new(),
            helped: Mutex::default(),
        }
    }

    /// The login to a repository. A file that has none leads on to the next; one that cannot be read ends the search,
    /// since what it says might be what is meant.
    pub(crate) async fn find(&self, endpoint: &Endpoint) -> Result<Found, RegistryError> {
        let given = self.options.login.as_ref();
        if let Some(credential) = given.and_then(|login| login.to(&endpoint.registry)) {
            return Ok(Found {
                login: Login::Given,
                credential: Some(credential),
            });
        }
        let files = self.files().await?;
        for file in files {
            let unusable = |reason| {
                let file = file.path.clone();
                Found::nothing(Login::Unusable { file, reason })
            };
            match self.find_in(file, endpoint).await {
                Ok(None) => {}
                Ok(Some((credential, helper))) => {
                    let file = file.path.clone();
                    return Ok(Found {
                        login: Login::Configured { file, helper },
                        credential: Some(credential),
                    });
                }
                Err(reason) => return Ok(unusable(reason)),
            }
        }
        let files = searched(files);
        Ok(Found::nothing(Login::None { files }))
    }

    async fn files(&self) -> Result<&Vec<Opened>, RegistryError> {
        let read = || {
            let only = self.options.docker_config.clone();
            blocking::run(move || Ok(read(only)))
        };
        self.files.get_or_try_init(read).await
    }

    /// The login in one file, and the program that keeps it.
    async fn find_in(
        &self,
        file: &Opened,
        endpoint: &Endpoint,
    ) -> Result<Option<(Credential, Option<String>)>, UnusableLogin> {
        let config = match &file.content {
            Ok(Some(config)) => config,
            Ok(None) => return Ok(None),
            Err(reason) => return Err(reason.clone()),
        };
        for (helper, server) in config.helpers(&endpoint.registry) {
            let program = credential_helper::program(&helper).ok_or(UnusableLogin::HelperName)?;
            if let Some(credential) = self.ask(&program, &server).await? {
                return Ok(Some((credential, Some(program))));
            }
        }
        let credential = config.login(&endpoint.registry, &endpoint.repository)?;
        Ok(credential.map(|credential| (credential, None)))
    }

    async fn ask(&self, program: &str, server: &str) -> HelperAnswer {
        let cell = {
            let mut helped = self.helped.lock().unwrap_or_else(PoisonError::into_inner);
            let question = (program.to_owned(), server.to_owned());
            Arc::clone(helped.entry(question).or_default())
        };
        let ask = || credential_helper::ask(program, server, self.options.idle_timeout);
        cell.get_or_init(ask).await.clone()
    }
}

/// Blocks.
fn read(only: Option<PathBuf>) -> Vec<Opened> {
    let files = match only {
        Some(path) => vec![AuthFile {
            path,
            is_named: true,
        }],
        None => auth_file::places(
            |name| std::env::var_os(name),
            rustix::process::getuid().as_raw(),
        ),
    };
    let open = |AuthFile { path, is_named }| {
        let content = AuthConfig::read(&path);
        Opened {
            path,
            is_named,
            content,
        }
    };
    files.into_iter().map(open).collect()
}

/// The files to tell somebody about who has no login: those that are there or that were named, else the usual one.
fn searched(files: &[Opened]) -> Vec<PathBuf> {
    let is_known = |file: &&Opened| file.is_named || !matches!(file.content, Ok(None));
    let known: Vec<_> = files.iter().filter(is_known).collect();
    let shown = if known.is_empty() {
        files.last().into_iter().collect()
    } else {
        known
    };
    shown.into_iter().map(|file| file.path.clone()).collect()
}
