//! The ways to report progress, one tool each: of a count, of a hundred, of stages, without a
//! total, and through the phases of one task. Names, numbers and texts are part of the demo's
//! contract.

use mcp_wasm::server::{Context, Json, NoArguments, ServerBuilder};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Setting;

const FILE_SIZE: u32 = 1000;
const CHUNK: u32 = 50;
const TABLES: [&str; 5] = ["users", "orders", "products", "inventory", "logs"];
const FILES: u32 = 10;
/// The phases of a migration: what is going on, and the percentages from (with) and to (without).
const PHASES: [(&str, u32, u32); 4] = [
    ("Validating source data", 0, 25),
    ("Exporting data from source", 25, 60),
    ("Transforming data format", 60, 80),
    ("Importing to destination", 80, 100),
];

pub(super) fn add(builder: ServerBuilder, setting: &Setting) -> ServerBuilder {
    let [items, download, backup, scan, migration] = std::array::from_fn(|_| setting.clone());
    builder
        .tool(
            "process_items",
            "Processes a list of items one by one, reporting how many are done of how many",
            move |args, ctx| process_items(args, ctx, items.clone()),
        )
        .tool(
            "download_file",
            "Pretends to download a file, reporting percentages",
            move |args, ctx| download_file(args, ctx, download.clone()),
        )
        .tool(
            "backup_database",
            "Pretends to back up a database table by table, reporting and logging each",
            move |_: NoArguments, ctx| backup_database(ctx, backup.clone()),
        )
        .tool(
            "scan_directory",
            "Pretends to look for files, reporting how many there are so far, of an unknown total",
            move |args, ctx| scan_directory(args, ctx, scan.clone()),
        )
        .tool(
            "data_migration",
            "Pretends to migrate data in four phases, reporting one percentage over all of them",
            move |args, ctx| data_migration(args, ctx, migration.clone()),
        )
}

#[derive(Deserialize, JsonSchema)]
struct ProcessItems {
    /// What to process
    items: Vec<String>,
}

#[derive(Serialize)]
struct Processed {
    processed: usize,
    results: Vec<String>,
}

async fn process_items(args: ProcessItems, ctx: Context, setting: Setting) -> Json<Processed> {
    let total = args.items.len();
    let mut results = Vec::with_capacity(total);
    for (i, item) in args.items.iter().enumerate() {
        ctx.report_progress(i, total, None).await;
        setting.pause(0.1).await;
        results.push(item.to_uppercase());
    }
    ctx.report_progress(total, total, None).await;
    Json(Processed { processed: results.len(), results })
}

#[derive(Deserialize, JsonSchema)]
struct DownloadFile {
    /// Where the file would come from
    url: String,
}

async fn download_file(args: DownloadFile, ctx: Context, setting: Setting) -> String {
    for downloaded in (CHUNK..=FILE_SIZE).step_by(CHUNK as usize) {
        setting.pause(0.1).await;
        // In this order on purpose: 55.00000000000001 has to arrive as it is.
        let percent = f64::from(downloaded) / f64::from(FILE_SIZE) * 100.0;
        ctx.report_progress(percent, 100, None).await;
    }
    format!("Downloaded file from {}", args.url)
}

async fn backup_database(ctx: Context, setting: Setting) -> &'static str {
    for (i, table) in TABLES.iter().enumerate() {
        ctx.info(format!("Backing up table: {table}")).await;
        setting.pause(0.5).await;
        ctx.report_progress(i + 1, TABLES.len(), None).await;
    }
    "Database backup completed"
}

#[derive(Deserialize, JsonSchema)]
struct ScanDirectory {
    /// The directory that would be scanned
    directory: String,
}

#[derive(Serialize)]
struct Scanned {
    files_found: u32,
    directory: String,
}

async fn scan_directory(args: ScanDirectory, ctx: Context, setting: Setting) -> Json<Scanned> {
    for found in 1..=FILES {
        setting.pause(0.2).await;
        ctx.report_progress(found, None, None).await;
    }
    Json(Scanned { files_found: FILES, directory: args.directory })
}

#[derive(Deserialize, JsonSchema)]
struct DataMigration {
    /// Where the data would come from
    source: String,
    /// Where it would go
    destination: String,
}

async fn data_migration(args: DataMigration, ctx: Context, setting: Setting) -> String {
    for (phase, from, to) in PHASES {
        ctx.info(phase).await;
        for percent in (from..to).step_by(5) {
            ctx.report_progress(percent, 100, None).await;
            setting.pause(0.1).await;
        }
    }
    ctx.report_progress(100, 100, None).await;
    format!("Migration from {} to {} completed", args.source, args.destination)
}
