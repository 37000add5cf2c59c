//! Whom to believe that they are the server: the system's roots, one file, or anyone.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::client::WebPkiServerVerifier;
use tokio_rustls::rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use tokio_rustls::rustls::crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature};
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::rustls::{self, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};

/// Whose word for it is taken.
#[derive(Clone, Debug)]
pub enum Trust {
    /// Whomever this system trusts.
    System,
    /// The certificates in this file (PEM), and no others.
    File(PathBuf),
    /// Anyone's.
    Anyone,
}

/// What makes TLS of a connection. The error is a sentence.
pub fn connector(trust: &Trust) -> Result<TlsConnector, String> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider.clone());
    let config = config.with_safe_default_protocol_versions().map_err(|error| format!("TLS cannot be set up: {error}"))?;
    let mut config = match trust {
        Trust::System => config.with_root_certificates(system()?).with_no_client_auth(),
        Trust::File(path) => {
            let (known, roots) = read(path)?;
            let chains = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider.clone()).build();
            let chains = chains.map_err(|error| format!("--ca {}: {error}", path.display()))?;
            config
                .dangerous()
                .with_custom_certificate_verifier(Arc::new(Believed { known: Some((known, chains)), provider }))
                .with_no_client_auth()
        }
        Trust::Anyone => {
            config.dangerous().with_custom_certificate_verifier(Arc::new(Believed { known: None, provider })).with_no_client_auth()
        }
    };
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsConnector::from(Arc::new(config)))
}

fn system() -> Result<RootCertStore, String> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() {
        return Err("this system trusts no certificates: install ca-certificates, or name the server's own with --ca FILE".to_owned());
    }
    Ok(roots)
}

/// The certificates of a file, as they are and as roots.
fn read(path: &Path) -> Result<(Vec<CertificateDer<'static>>, RootCertStore), String> {
    let wrong = |why: &dyn std::fmt::Display| format!("--ca {}: {why}", path.display());
    let (mut known, mut roots) = (Vec::new(), RootCertStore::empty());
    for certificate in CertificateDer::pem_file_iter(path).map_err(|error| wrong(&error))? {
        let certificate = certificate.map_err(|error| wrong(&error))?;
        roots.add(certificate.clone()).map_err(|error| wrong(&error))?;
        known.push(certificate);
    }
    if roots.is_empty() { Err(wrong(&"there is no certificate in it; it must be PEM")) } else { Ok((known, roots)) }
}

/// Why TLS did not come about, and whether to try again is in vain.
pub fn explain(error: &io::Error) -> (String, bool) {
    match error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        Some(rustls::Error::InvalidCertificate(why)) => {
            let what = "give its certificate with --ca FILE, or do without the check: --insecure";
            (format!("the server's certificate does not hold ({why:?}); {what}"), true)
        }
        Some(rustls::Error::InvalidMessage(_)) => ("the server does not speak TLS here; is it http:// or ws://?".to_owned(), true),
        Some(other) => (format!("no TLS with the server: {other}"), true),
        None => (format!("no TLS with the server: {error}"), false),
    }
}

/// Believes the very certificates it knows, and what they have signed; with none, anyone: who asks for that with `--insecure` wants
/// encryption and knows the server.
///
/// That a server shows the very certificate is enough: what it says of its names, its use and its end was no secret when it was handed over.
/// Chains alone would not do, for many who sign their own make one that may sign others, and such a one must not stand at their end.
#[derive(Debug)]
struct Believed {
    known: Option<(Vec<CertificateDer<'static>>, Arc<WebPkiServerVerifier>)>,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Believed {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        match &self.known {
            Some((known, chains)) if !known.contains(end_entity) => {
                chains.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
            }
            _ => Ok(ServerCertVerified::assertion()),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
