//! The server of the Rust SDK that the benchmark measures: on tokio's threads, hosted by axum, as that SDK's
//! examples host one. Prints `listening on ADDRESS`.

use std::error::Error;
use std::net::Ipv4Addr;
use std::sync::Arc;

use rmcp::handler::server::wrapper::Parameters;
use rmcp::model::{ProgressNotificationParam, RequestMetaObject};
use rmcp::transport::streamable_http_server::StreamableHttpService;
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use rmcp::{Peer, RoleServer, tool, tool_router};
use tokio::net::TcpListener;

struct Bench;

#[derive(serde::Deserialize, schemars::JsonSchema)]
struct Flood {
    n: u32,
}

#[tool_router(server_handler)]
impl Bench {
    #[tool(description = "Reports as fast as the caller reads")]
    async fn flood(
        &self,
        Parameters(Flood { n }): Parameters<Flood>,
        meta: RequestMetaObject,
        client: Peer<RoleServer>,
    ) -> String {
        let Some(token) = meta.get_progress_token() else { return "done".to_owned() };
        for i in 1..=n {
            let report = ProgressNotificationParam::new(token.clone(), f64::from(i))
                .with_total(f64::from(n))
                .with_message(format!("Processing item {i} of {n}"));
            let _ = client.notify_progress(report).await;
        }
        "done".to_owned()
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let sessions = Arc::new(LocalSessionManager::default());
    let service = StreamableHttpService::new(|| Ok(Bench), sessions, Default::default());
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    println!("listening on {}", listener.local_addr()?);
    axum::serve(listener, axum::Router::new().nest_service("/mcp", service)).await?;
    Ok(())
}
