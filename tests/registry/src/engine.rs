//! A container engine that has one image: the little of Docker's API that is needed to save it, on a Unix socket.

use serde_json::json;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

/// What an engine may do wrong.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum EngineFault {
    /// Nothing.
    #[default]
    None,
    /// It takes connections, and says nothing.
    Silent,
    /// It speaks something else than HTTP.
    Garbage,
    /// It speaks HTTP and is no engine.
    AnotherServer,
    /// It says about the image what is not JSON.
    NotJson,
    /// It fails when the archive is asked for.
    Fails,
    /// It sends nothing for the archive.
    SilentArchive,
    /// Its archive never ends.
    EndlessArchive,
    /// Its archive ends in the middle, and so does the answer.
    BrokenAnswer,
    /// Its archive ends in the middle, and the answer is whole.
    TruncatedArchive,
    /// Its answer announces more than it has.
    TooLongLength,
}

/// An engine on a socket. It is gone when this is dropped.
#[derive(Debug)]
pub struct TestEngine {
    socket: PathBuf,
    is_over: Arc<AtomicBool>,
    requests: Arc<Mutex<Vec<String>>>,
    thread: Option<JoinHandle<()>>,
}

/// What the engine has.
struct Image {
    names: Vec<String>,
    id: String,
    archive: Vec<u8>,
    fault: EngineFault,
}

impl TestEngine {
    /// Starts an engine that has an image with these names and this id, and writes this archive of it.
    pub fn start(
        socket: &Path,
        names: &[&str],
        id: &str,
        archive: Vec<u8>,
        fault: EngineFault,
    ) -> Self {
        let listener = UnixListener::bind(socket).unwrap();
        let mut engine = Self {
            socket: socket.to_owned(),
            is_over: Arc::default(),
            requests: Arc::default(),
            thread: None,
        };
        let image = Arc::new(Image {
            names: names.iter().map(|name| (*name).to_owned()).collect(),
            id: id.to_owned(),
            archive,
            fault,
        });
        let (is_over, requests) = (Arc::clone(&engine.is_over), Arc::clone(&engine.requests));
        engine.thread = Some(thread::spawn(move || {
            for connection in listener.incoming() {
                if is_over.load(Ordering::Relaxed) {
                    return;
                }
                let (image, requests) = (Arc::clone(&image), Arc::clone(&requests));
                // Whoever goes away in the middle of an answer has seen enough.
                thread::spawn(move || image.answer(&connection.unwrap(), &requests));
            }
        }));
        engine
    }

    /// In the form of `DOCKER_HOST`.
    pub fn address(&self) -> String {
        format!("unix://{}", self.socket.display())
    }

    /// The paths that were asked for.
    pub fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

impl Drop for TestEngine {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        // Where the socket is gone already nobody can come any more either.
        if UnixStream::connect(&self.socket).is_ok()
            && let Some(thread) = self.thread.take()
        {
            let _ = thread.join();
        }
    }
}

impl Image {
    fn answer(&self, connection: &UnixStream, requests: &Mutex<Vec<String>>) -> Option<()> {
        let mut lines = BufReader::new(connection).lines().map_while(Result::ok);
        let path = lines.next()?.split(' ').nth(1)?.to_owned();
        lines.find(String::is_empty)?;
        requests.lock().unwrap().push(path.clone());
        match self.fault {
            EngineFault::Silent => return wait(connection),
            EngineFault::Garbage => return send(connection, b"\x00\xffnot HTTP\r\n\r\n"),
            EngineFault::AnotherServer => return whole(connection, "200 OK", "", b"<html>"),
            _ => {}
        }
        if path == "/_ping" {
            return whole(connection, "200 OK", "Api-Version: 1.45\r\n", b"OK");
        }
        let asked = path.strip_prefix("/v1.45/images/").unwrap_or_default();
        let (name, question) = asked.rsplit_once('/').unwrap_or_default();
        let is_known = name == self.id || self.names.iter().any(|known| known == name);
        match question {
            _ if !is_known => {
                let body = json!({ "message": format!("No such image: {name}") });
                whole(connection, "404 Not Found", "", body.to_string().as_bytes())
            }
            "json" if self.fault == EngineFault::NotJson => {
                whole(connection, "200 OK", "", b"not JSON")
            }
            "json" => {
                let body = json!({ "Id": self.id, "Size": self.archive.len() });
                whole(connection, "200 OK", "", body.to_string().as_bytes())
            }
            _ => self.save(connection),
        }
    }

    fn save(&self, connection: &UnixStream) -> Option<()> {
        let half = self.archive.len() / 2;
        let chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
        let chunk = |bytes: &[u8]| {
            send(connection, format!("{:x}\r\n", bytes.len()).as_bytes())?;
            send(connection, bytes)?;
            send(connection, b"\r\n")
        };
        match self.fault {
            EngineFault::Fails => {
                let body = br#"{"message":"the disk is \u001b[31mfull"}"#;
                return whole(connection, "500 Internal Server Error", "", body);
            }
            EngineFault::SilentArchive => return wait(connection),
            EngineFault::TooLongLength => {
                let length = self.archive.len() + 1;
                let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n");
                send(connection, head.as_bytes())?;
                return send(connection, &self.archive);
            }
            _ => send(connection, chunked)?,
        }
        match self.fault {
            EngineFault::EndlessArchive => loop {
                chunk(&vec![0; 64 << 10])?;
            },
            EngineFault::BrokenAnswer => chunk(&self.archive[..half]),
            EngineFault::TruncatedArchive => {
                chunk(&self.archive[..half])?;
                chunk(b"")
            }
            _ => {
                for piece in self.archive.chunks(1000) {
                    chunk(piece)?;
                }
                chunk(b"")
            }
        }
    }
}

/// Until the other side goes away.
fn wait(mut connection: &UnixStream) -> Option<()> {
    std::io::copy(&mut connection, &mut std::io::sink()).ok()?;
    Some(())
}

fn whole(connection: &UnixStream, status: &str, headers: &str, body: &[u8]) -> Option<()> {
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status}\r\n{headers}Content-Length: {length}\r\nConnection: close\r\n\r\n"
    );
    send(connection, head.as_bytes())?;
    send(connection, body)
}

fn send(mut connection: &UnixStream, bytes: &[u8]) -> Option<()> {
    connection.write_all(bytes).ok()
}
