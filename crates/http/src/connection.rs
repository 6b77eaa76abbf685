//! Connections: TCP or a Unix socket, with TLS over it or not.

use crate::explain;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, StreamOwned};
use std::fmt;
use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::sync::Arc;
use std::time::{Duration, Instant};
use ureq::Error;
use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{Buffers, ConnectionDetails, Connector, LazyBuffers, NextTimeout, Transport};

/// Connects to the address of a request.
pub(crate) struct Dialer {
    pub(crate) tls: Arc<ClientConfig>,
    /// The name that the server's certificate must have, instead of the address's.
    pub(crate) server_name: Option<String>,
    /// A Unix socket instead of the address.
    pub(crate) socket: Option<String>,
    pub(crate) deadline: Option<Instant>,
}

impl fmt::Debug for Dialer {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Dialer").field("socket", &self.socket).finish_non_exhaustive()
    }
}

impl Connector<()> for Dialer {
    type Out = Connection;

    fn connect(&self, details: &ConnectionDetails<'_>, _: Option<()>) -> Result<Option<Connection>, Error> {
        let host = details.uri.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
        let port = details.uri.port_u16().unwrap_or(if details.needs_tls() { 443 } else { 80 });
        let socket = self.socket(host, port)?;
        let stream = if details.needs_tls() { self.secure(socket, host)? } else { Stream::Plain(socket) };
        let buffers = LazyBuffers::new(details.config.input_buffer_size(), details.config.output_buffer_size());
        Ok(Some(Connection { stream, buffers, deadline: self.deadline }))
    }
}

/// An error in words that are final.
fn said(text: String) -> Error {
    Error::Io(io::Error::other(text))
}

fn timed_out() -> Error {
    Error::Io(io::ErrorKind::TimedOut.into())
}

impl Dialer {
    fn left(&self) -> Result<Option<Duration>, Error> {
        left(self.deadline).map_err(Error::Io)
    }

    fn socket(&self, host: &str, port: u16) -> Result<Socket, Error> {
        if let Some(path) = &self.socket {
            return unix(path);
        }
        let unknown = |_| said(format!("dial tcp: lookup {host}: no such host"));
        let addresses = (host, port).to_socket_addrs().map_err(unknown)?;
        let mut last = said(format!("dial tcp: lookup {host}: no such host"));
        for address in addresses {
            let connected = match self.left()? {
                Some(left) => TcpStream::connect_timeout(&address, left),
                None => TcpStream::connect(address),
            };
            last = match connected {
                Ok(stream) => {
                    // Small requests are sent at once; that this may fail does not matter.
                    let _ = stream.set_nodelay(true);
                    return Ok(Socket::Tcp(stream));
                }
                Err(error) if explain::is_timeout(&error) => timed_out(),
                Err(error) => said(format!("dial tcp {address}: connect: {}", explain::system(&error))),
            };
        }
        Err(last)
    }

    fn secure(&self, mut socket: Socket, host: &str) -> Result<Stream, Error> {
        let name = self.server_name.as_deref().map_or(host, |name| name.split(':').next().unwrap_or_default());
        let server =
            ServerName::try_from(name.to_owned()).map_err(|_| said(format!("tls: {name:?} is no name of a server")))?;
        let mut connection =
            ClientConnection::new(self.tls.clone(), server).map_err(|error| said(explain::tls(&error)))?;
        while connection.is_handshaking() {
            socket.set_timeouts(self.left()?).map_err(Error::Io)?;
            connection.complete_io(&mut socket).map_err(|error| match explain::is_timeout(&error) {
                true => timed_out(),
                false => said(explain::stream(&error)),
            })?;
        }
        Ok(Stream::Secure(Box::new(StreamOwned::new(connection, socket))))
    }
}

#[cfg(unix)]
fn unix(path: &str) -> Result<Socket, Error> {
    let stream = std::os::unix::net::UnixStream::connect(path);
    stream.map(Socket::Unix).map_err(|error| said(format!("dial unix {path}: connect: {}", explain::system(&error))))
}

#[cfg(not(unix))]
fn unix(path: &str) -> Result<Socket, Error> {
    Err(said(format!("dial unix {path}: connect: not supported on this system")))
}

/// What is left of the time; an error when nothing is.
fn left(deadline: Option<Instant>) -> io::Result<Option<Duration>> {
    let Some(deadline) = deadline else { return Ok(None) };
    let left = deadline.saturating_duration_since(Instant::now());
    if left.is_zero() { Err(io::ErrorKind::TimedOut.into()) } else { Ok(Some(left)) }
}

enum Socket {
    Tcp(TcpStream),
    #[cfg(unix)]
    Unix(std::os::unix::net::UnixStream),
}

impl Socket {
    fn set_timeouts(&self, timeout: Option<Duration>) -> io::Result<()> {
        match self {
            Socket::Tcp(stream) => stream.set_read_timeout(timeout).and_then(|()| stream.set_write_timeout(timeout)),
            #[cfg(unix)]
            Socket::Unix(stream) => stream.set_read_timeout(timeout).and_then(|()| stream.set_write_timeout(timeout)),
        }
    }
}

impl Read for Socket {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Socket::Tcp(stream) => stream.read(buffer),
            #[cfg(unix)]
            Socket::Unix(stream) => stream.read(buffer),
        }
    }
}

impl Write for Socket {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        match self {
            Socket::Tcp(stream) => stream.write(buffer),
            #[cfg(unix)]
            Socket::Unix(stream) => stream.write(buffer),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Socket::Tcp(stream) => stream.flush(),
            #[cfg(unix)]
            Socket::Unix(stream) => stream.flush(),
        }
    }
}

enum Stream {
    Plain(Socket),
    Secure(Box<StreamOwned<ClientConnection, Socket>>),
}

/// An open connection.
pub(crate) struct Connection {
    stream: Stream,
    buffers: LazyBuffers,
    deadline: Option<Instant>,
}

impl fmt::Debug for Connection {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Connection").finish_non_exhaustive()
    }
}

impl Connection {
    fn socket(&self) -> &Socket {
        match &self.stream {
            Stream::Plain(socket) => socket,
            Stream::Secure(stream) => &stream.sock,
        }
    }

    fn arm(&self) -> Result<(), Error> {
        let left = left(self.deadline).map_err(Error::Io)?;
        self.socket().set_timeouts(left).map_err(Error::Io)
    }
}

impl Transport for Connection {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, _: NextTimeout) -> Result<(), Error> {
        self.arm()?;
        let output = self.buffers.output().get(..amount).unwrap_or_default();
        match &mut self.stream {
            Stream::Plain(stream) => stream.write_all(output).and_then(|()| stream.flush()),
            Stream::Secure(stream) => stream.write_all(output).and_then(|()| stream.flush()),
        }
        .map_err(Error::Io)
    }

    fn await_input(&mut self, _: NextTimeout) -> Result<bool, Error> {
        self.arm()?;
        let input = self.buffers.input_append_buf();
        let amount = match &mut self.stream {
            Stream::Plain(stream) => stream.read(input),
            Stream::Secure(stream) => match stream.read(input) {
                // Many servers end a connection without saying so in TLS.
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(0),
                result => result,
            },
        }
        .map_err(Error::Io)?;
        self.buffers.input_appended(amount);
        Ok(amount > 0)
    }

    fn is_open(&mut self) -> bool {
        // Connections are not used again.
        false
    }

    fn is_tls(&self) -> bool {
        matches!(self.stream, Stream::Secure(_))
    }
}

/// Leaves names to the dialer, which knows whether there is a name to look up.
#[derive(Debug)]
pub(crate) struct Later;

impl Resolver for Later {
    fn resolve(&self, _: &Uri, _: &Config, _: NextTimeout) -> Result<ResolvedSocketAddrs, Error> {
        let mut addresses = self.empty();
        addresses.push(([0, 0, 0, 0], 0).into());
        Ok(addresses)
    }
}
