//! Serves on loopback until it is stopped: `cargo run -p axum-service [ADDRESS [POLICY]]`.
//!
//! Change the policy's file while it runs: the next request is decided by the new one. If that does not compile, the
//! old one stays.

use axum_service::{Authorizer, Claims, Issuer, prepare, router};
use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use std::{env, fs, thread};
use tokio::net::TcpListener;

/// How often the policy's file is looked at.
const PERIOD: Duration = Duration::from_millis(200);

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut args = env::args_os().skip(1);
    let address = args.next().map_or_else(|| "127.0.0.1:3000".to_owned(), |text| text.to_string_lossy().into_owned());
    let path = args.next().map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("authz.rego"), PathBuf::from);

    let issuer = Issuer::new()?;
    let keys = issuer.keys();
    let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let authorizer = Arc::new(Authorizer::new(prepare(&text, &keys)?));
    let app = router(Arc::clone(&authorizer));
    // Compiling takes milliseconds, which requests do not have to wait for: it is done on a thread of its own.
    thread::spawn(move || follow(&path, text, &keys, &authorizer));

    let listener = TcpListener::bind(address).await?;
    println!("http://{}", listener.local_addr()?);
    for (name, roles) in [("ann", &[][..]), ("bob", &["auditor"])] {
        println!("{name} {}", issuer.token(&Claims::of(name, roles)));
    }
    axum::serve(listener, app).await?;
    Ok(())
}

/// Puts the policy in place that a file has, each time that it has another one.
fn follow(path: &Path, mut text: String, keys: &str, authorizer: &Authorizer) {
    loop {
        thread::sleep(PERIOD);
        // A file that is being written may not be there for a moment.
        let Ok(now) = fs::read_to_string(path) else { continue };
        if now == text {
            continue;
        }
        text = now;
        match prepare(&text, keys) {
            Ok(query) => authorizer.replace(query),
            Err(error) => eprintln!("the old policy stays: {error}"),
        }
    }
}
