//! A server of the Rust SDK, with a tool that reports progress: `rmcp-server stdio | PORT`.

use std::env;
use std::error::Error;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use rmcp::handler::server::wrapper::Parameters;
use rmcp::model::{ProgressNotificationParam, RequestMetaObject};
use rmcp::transport::stdio;
use rmcp::transport::streamable_http_server::StreamableHttpService;
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use rmcp::{Peer, RoleServer, ServiceExt, tool, tool_router};
use tokio::net::TcpListener;
use tokio::time::sleep;

struct Counter;

#[derive(serde::Deserialize, schemars::JsonSchema)]
struct Count {
    steps: u32,
    pause: f64,
}

#[tool_router(server_handler)]
impl Counter {
    #[tool(description = "Counts to a number")]
    async fn count(
        &self,
        Parameters(Count { steps, pause }): Parameters<Count>,
        meta: RequestMetaObject,
        client: Peer<RoleServer>,
    ) -> String {
        for step in 1..=steps {
            if let Some(token) = meta.get_progress_token() {
                let report = ProgressNotificationParam::new(token, f64::from(step));
                let report =
                    report.with_total(f64::from(steps)).with_message(format!("step {step}"));
                let _ = client.notify_progress(report).await;
            }
            sleep(Duration::from_secs_f64(pause)).await;
        }
        format!("counted to {steps}")
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let place = env::args().nth(1).ok_or("usage: rmcp-server stdio | PORT")?;
    if place == "stdio" {
        Counter.serve(stdio()).await?.waiting().await?;
        return Ok(());
    }
    let sessions = Arc::new(LocalSessionManager::default());
    let service = StreamableHttpService::new(|| Ok(Counter), sessions, Default::default());
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, place.parse()?)).await?;
    println!("listening on {}", listener.local_addr()?);
    axum::serve(listener, axum::Router::new().nest_service("/mcp", service)).await?;
    Ok(())
}
