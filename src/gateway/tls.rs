//! TLS: the certificate, and which protocols are spoken under it.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sha2::{Digest, Sha256};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tracing::info;

use super::secret;

/// Where the certificate comes from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Certificate {
    /// A chain and its key, both PEM.
    Files {
        /// The server's own certificate first.
        chain: PathBuf,
        /// Of that certificate.
        key: PathBuf,
    },
    /// Made by the server for these names and addresses, and kept in this file.
    SelfSigned {
        /// Certificate and key, PEM.
        file: PathBuf,
        /// Besides `localhost` and the loopback addresses.
        names: Vec<String>,
    },
}

/// A sentence for whoever starts the server.
#[derive(Debug)]
pub struct TlsError(pub String);

impl fmt::Display for TlsError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// What the two sides may agree on (ALPN), the better first.
const PROTOCOLS: [&[u8]; 2] = [H2, b"http/1.1"];
/// HTTP/2.
pub const H2: &[u8] = b"h2";

/// Takes connections under `certificate`.
pub fn acceptor(certificate: &Certificate) -> Result<TlsAcceptor, TlsError> {
    let (chain, key) = match certificate {
        Certificate::Files { chain, key } => (read_chain(chain, &read(chain)?)?, read_key(key, &read(key)?)?),
        Certificate::SelfSigned { file, names } => {
            let pem = secret::read_or_make(file, || make(names)).map_err(|error| wrong(file, &error))?;
            (read_chain(file, &pem)?, read_key(file, &pem)?)
        }
    };
    if let Some(own) = chain.first() {
        info!(sha256 = %fingerprint(own), "certificate");
    }
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, key));
    let mut config = config.map_err(|error| TlsError(format!("this certificate and this key cannot be used together: {error}")))?;
    config.alpn_protocols = PROTOCOLS.map(<[u8]>::to_vec).to_vec();
    Ok(TlsAcceptor::from(Arc::new(config)))
}

fn wrong(path: &Path, why: &dyn fmt::Display) -> TlsError {
    TlsError(format!("{}: {why}", path.display()))
}

fn read(path: &Path) -> Result<Vec<u8>, TlsError> {
    std::fs::read(path).map_err(|error| wrong(path, &error))
}

fn read_chain(path: &Path, pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    match chain.map_err(|error| wrong(path, &error))? {
        chain if chain.is_empty() => Err(wrong(path, &"there is no certificate in it (PEM, \"BEGIN CERTIFICATE\")")),
        chain => Ok(chain),
    }
}

fn read_key(path: &Path, pem: &[u8]) -> Result<PrivateKeyDer<'static>, TlsError> {
    PrivateKeyDer::from_pem_slice(pem).map_err(|_| wrong(path, &"there is no private key in it (PEM, \"BEGIN PRIVATE KEY\")"))
}

fn make(names: &[String]) -> io::Result<Vec<u8>> {
    let loopback = ["localhost", "127.0.0.1", "::1"].map(str::to_owned);
    let made = rcgen::generate_simple_self_signed(loopback.iter().chain(names).cloned().collect::<Vec<_>>()).map_err(io::Error::other)?;
    Ok([made.cert.pem(), made.signing_key.serialize_pem()].concat().into_bytes())
}

/// As browsers show it.
fn fingerprint(certificate: &CertificateDer<'_>) -> String {
    let bytes = Sha256::digest(certificate.as_ref());
    bytes.iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(":")
}
