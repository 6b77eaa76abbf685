//! A server on the loopback for tests: plain, with TLS, with TLS that wants a client's certificate, and on a Unix
//! socket.

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, ServerConnection, StreamOwned};
use serde_json::json;
use std::collections::HashMap;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// The addresses of a server's listeners.
pub struct Server {
    /// Names for texts of cases, `{http}`, with what stands for them.
    pub names: Vec<(&'static str, String)>,
    folder: PathBuf,
}

/// How often each path was asked.
type Counts = Arc<Mutex<HashMap<String, usize>>>;

pub fn certificates() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/certificates")
}

impl Server {
    pub fn start(name: &str) -> Server {
        let folder = std::env::temp_dir().join(format!("solon-{name}-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let counts = Counts::default();
        let socket = folder.join("http.sock");
        let listener = UnixListener::bind(&socket).unwrap();
        let own = counts.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let counts = own.clone();
                thread::spawn(move || serve(stream, &counts));
            }
        });
        let names = vec![
            ("{http}", listen(None, &counts)),
            ("{https}", listen(Some(tls("server", false)), &counts)),
            ("{mutual}", listen(Some(tls("server", true)), &counts)),
            ("{own}", listen(Some(tls("own", false)), &counts)),
            ("{socket}", socket.display().to_string()),
            ("{certificates}", certificates().display().to_string()),
        ];
        Server { names, folder }
    }

    /// A text of a case with its names replaced.
    pub fn fill(&self, text: &str) -> String {
        self.names.iter().fold(text.to_owned(), |text, (name, value)| text.replace(name, value))
    }

    /// The reverse.
    pub fn empty(&self, text: &str) -> String {
        self.names.iter().fold(text.to_owned(), |text, (name, value)| text.replace(value, name))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn tls(name: &str, asks_client: bool) -> Arc<ServerConfig> {
    let folder = certificates();
    let pem = |name: String| fs::read(folder.join(name)).unwrap();
    let chain = |name: String| CertificateDer::pem_slice_iter(&pem(name)).map(Result::unwrap).collect::<Vec<_>>();
    let key = PrivateKeyDer::from_pem_slice(&pem(format!("{name}.key"))).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ServerConfig::builder_with_provider(provider.clone()).with_safe_default_protocol_versions().unwrap();
    let builder = if asks_client {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(chain("ca.pem".into()));
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build().unwrap();
        builder.with_client_cert_verifier(verifier)
    } else {
        builder.with_no_client_auth()
    };
    Arc::new(builder.with_single_cert(chain(format!("{name}.pem")), key).unwrap())
}

/// Starts a listener; gives `127.0.0.1:PORT`.
fn listen(tls: Option<Arc<ServerConfig>>, counts: &Counts) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let counts = counts.clone();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let (tls, counts) = (tls.clone(), counts.clone());
            thread::spawn(move || answer(stream, tls, &counts));
        }
    });
    address
}

fn answer(stream: TcpStream, tls: Option<Arc<ServerConfig>>, counts: &Counts) {
    match tls {
        Some(config) => serve(StreamOwned::new(ServerConnection::new(config).unwrap(), stream), counts),
        None => serve(stream, counts),
    }
}

/// A request as it came.
struct Request {
    method: String,
    path: String,
    headers: Vec<(String, String)>,
    body: String,
}

fn read(stream: &mut impl Read) -> Option<Request> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let mut words = line.split_whitespace();
    let (method, path) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        headers.push((name.to_ascii_lowercase(), value.to_owned()));
    }
    let length = headers.iter().find(|(name, _)| name == "content-length").and_then(|(_, value)| value.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut body).ok()?;
    Some(Request { method, path, headers, body: String::from_utf8_lossy(&body).into_owned() })
}

fn serve(mut stream: impl Read + Write, counts: &Counts) {
    let Some(request) = read(&mut stream) else { return };
    let count = {
        let mut counts = counts.lock().unwrap();
        let count = counts.entry(request.path.clone()).or_default();
        *count += 1;
        *count
    };
    let (path, query) = request.path.split_once('?').unwrap_or((&request.path, ""));
    let head = |status: &str, headers: &str, length: usize| {
        format!("HTTP/1.1 {status}\r\nConnection: close\r\n{headers}Content-Length: {length}\r\n\r\n")
    };
    let plain = |status: &str, headers: &str, body: &str| head(status, headers, body.len()) + body;
    let json = "Content-Type: application/json\r\n";
    let text = match path {
        "/json" => plain("200 OK", json, r#"{"a": [1, "b", null]}"#),
        "/problem" => plain("200 OK", "Content-Type: application/problem+json; charset=utf-8\r\n", r#"{"a": 1}"#),
        "/broken" => plain("200 OK", json, r#"{"a": "#),
        "/yaml" => plain("200 OK", "Content-Type: application/yaml\r\n", "a: [1, b]\n"),
        "/text" => plain("200 OK", "Content-Type: text/plain\r\n", r#"{"a": 1}"#),
        "/empty" => plain("204 No Content", "", ""),
        "/twice" => plain("200 OK", "X-A: 1\r\nX-A: 2\r\n", "x"),
        "/echo" => plain("200 OK", json, &echo(&request)),
        "/redirect" => plain("302 Found", &format!("Location: {query}\r\n"), ""),
        "/again" => plain("307 Temporary Redirect", &format!("Location: {query}\r\n"), ""),
        "/chunked" => {
            "HTTP/1.1 200 OK\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
                .into()
        }
        "/slow" => {
            thread::sleep(Duration::from_millis(1500));
            plain("200 OK", "", "slow")
        }
        "/flaky" if count < 3 => return,
        "/gzip" => {
            let _ = stream.write_all(
                head("200 OK", "Content-Encoding: gzip\r\nContent-Type: application/json\r\n", GZIP.len()).as_bytes(),
            );
            let _ = stream.write_all(GZIP);
            let _ = stream.flush();
            return;
        }
        _ if path.starts_with("/status/") => {
            let code = path.trim_start_matches("/status/");
            let reason = match code {
                "404" => "Not Found",
                "500" => "Internal Server Error",
                _ => "OK",
            };
            plain(&format!("{code} {reason}"), json, &count.to_string())
        }
        _ => {
            let headers = query.split('&').filter(|part| !part.is_empty()).fold(String::new(), |headers, part| {
                headers + &part.replace('=', ": ").replace('+', " ").replace('~', "=") + "\r\n"
            });
            plain("200 OK", &(json.to_owned() + &headers), &count.to_string())
        }
    };
    let _ = stream.write_all(text.as_bytes());
    let _ = stream.flush();
}

/// What came, without what every client says differently.
fn echo(request: &Request) -> String {
    let own = ["user-agent", "accept-encoding", "host", "connection", "accept"];
    let mut headers: Vec<_> = request.headers.iter().filter(|(name, _)| !own.contains(&name.as_str())).collect();
    headers.sort();
    json!({"method": request.method, "path": request.path, "headers": headers, "body": request.body}).to_string()
}

/// `{"z": 1}`
const GZIP: &[u8] =
    &[31, 139, 8, 0, 0, 0, 0, 0, 2, 3, 171, 86, 170, 82, 178, 82, 48, 172, 5, 0, 207, 124, 176, 146, 8, 0, 0, 0];
