//! TLS in front of the gateway.

use std::{fs, io, path::Path, sync::Arc};

use anyhow::{Context, Result, bail};
use mcp_wasm::native::{Duplex, Opening};
use tokio::time::{Duration, timeout};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        crypto::ring,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    },
};

/// How long a client may take to agree on keys.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// A certificate and its key, at work.
#[derive(Clone)]
pub struct Tls(TlsAcceptor);

impl Tls {
    /// Reads both.
    pub fn read(cert: &Path, key: &Path) -> Result<Self> {
        let (at_cert, at_key) = (cert.display(), key.display());
        let chain = fs::read(cert).with_context(|| format!("cannot read {at_cert}"))?;
        let chain: Vec<_> = CertificateDer::pem_slice_iter(&chain)
            .collect::<Result<_, _>>()
            .map_err(|error| anyhow::anyhow!("{at_cert} holds no certificate in PEM: {error}"))?;
        if chain.is_empty() {
            bail!("{at_cert} holds no certificate in PEM");
        }
        let key = fs::read(key).with_context(|| format!("cannot read {at_key}"))?;
        let key = PrivateKeyDer::from_pem_slice(&key)
            .map_err(|error| anyhow::anyhow!("{at_key} holds no private key in PEM: {error}"))?;
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .context("there is no version of TLS")?
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .with_context(|| format!("{at_cert} and {at_key} do not fit together"))?;
        Ok(Self(TlsAcceptor::from(Arc::new(config))))
    }
}

impl Opening for Tls {
    async fn open(&self, stream: impl Duplex) -> io::Result<impl Duplex> {
        timeout(HANDSHAKE, self.0.accept(stream)).await?
    }
}
