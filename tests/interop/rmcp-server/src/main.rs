//! A server of the Rust SDK, with a tool that reports progress: `rmcp-server stdio | PORT`; with
//! `PORT ISSUER CHECK` it asks for tokens of that issuer, and whether one is good at that address.
//! `rmcp-server client URL` is a client that logs in there.

mod oauth;

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
    let usage = "usage: rmcp-server stdio | PORT [ISSUER CHECK] | client URL";
    let mut arguments = env::args().skip(1);
    let place = arguments.next().ok_or(usage)?;
    if place == "stdio" {
        Counter.serve(stdio()).await?.waiting().await?;
        return Ok(());
    }
    if place == "client" {
        return oauth::client(&arguments.next().ok_or(usage)?).await;
    }
    let sessions = Arc::new(LocalSessionManager::default());
    let service = StreamableHttpService::new(|| Ok(Counter), sessions, Default::default());
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, place.parse()?)).await?;
    let address = listener.local_addr()?;
    let mut app = axum::Router::new().nest_service("/mcp", service);
    if let (Some(issuer), Some(check)) = (arguments.next(), arguments.next()) {
        app = oauth::guarded(app, &format!("http://{address}"), &issuer, check);
    }
    println!("listening on {address}");
    axum::serve(listener, app).await?;
    Ok(())
}
