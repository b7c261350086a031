//! Real work: `SQLite`'s online backup, page by page.

use std::{
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use anyhow::{Context as _, Result, bail};
use mcp_wasm::server::{Context, Json, NoArguments, ServerBuilder, Tool};
use rusqlite::{
    Connection,
    backup::{Backup, StepResult},
};
use serde::Serialize;
use tempfile::TempDir;

use super::{Setting, WRITE};

/// Rows of the demo database; about 1,000 pages.
const ROWS: u32 = 20_000;
const PAGES_PER_STEP: i32 = 16;
/// The pause between two steps, as `SQLite` advises for a database that others write to.
const PAUSE: f64 = 0.05;

/// The directory of the demo database, once it exists. It goes with the server.
type Home = Arc<Mutex<Option<Arc<TempDir>>>>;

pub(super) fn add(builder: ServerBuilder, setting: &Setting) -> ServerBuilder {
    let setting = setting.clone();
    let home = Home::default();
    let tool = Tool::new(
        "backup_sqlite",
        "Copies a SQLite database with its online backup, reporting pages; makes the database on \
         first use",
    );
    let tool = tool.title("Back up a SQLite database");
    let tool = if setting.guarded { tool.scopes([WRITE]) } else { tool };
    builder.tool_with(tool, move |_: NoArguments, ctx| {
        backup_sqlite(ctx, setting.pace, Arc::clone(&home))
    })
}

#[derive(Serialize)]
struct BackedUp {
    pages: i32,
    bytes: u64,
    rows: u32,
}

async fn backup_sqlite(ctx: Context, pace: f64, home: Home) -> Result<Json<BackedUp>> {
    let work = tokio::task::spawn_blocking(move || {
        let directory = database(&home)?;
        copy(directory.path(), &ctx, pace)
    });
    work.await.context("the work broke off")?.map(Json)
}

/// The directory with the database in it, which is made if it is not there yet.
fn database(home: &Home) -> Result<Arc<TempDir>> {
    let mut home = home.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(directory) = home.as_ref() {
        return Ok(Arc::clone(directory));
    }
    let directory = tempfile::Builder::new()
        .prefix("mcp-wasm-demo-")
        .tempdir()
        .context("cannot make a temporary directory")?;
    fill(&directory.path().join("demo.db")).context("cannot make the demo database")?;
    Ok(Arc::clone(home.insert(Arc::new(directory))))
}

fn fill(path: &Path) -> rusqlite::Result<()> {
    let mut database = Connection::open(path)?;
    let transaction = database.transaction()?;
    transaction.execute("CREATE TABLE events (id INTEGER PRIMARY KEY, note TEXT NOT NULL)", ())?;
    {
        let mut insert = transaction.prepare("INSERT INTO events (note) VALUES (?1)")?;
        for i in 0..ROWS {
            insert.execute([format!("event {i:0180}")])?;
        }
    }
    transaction.commit()
}

fn copy(directory: &Path, ctx: &Context, pace: f64) -> Result<BackedUp> {
    let source = Connection::open(directory.join("demo.db")).context("cannot open the database")?;
    // Each call has a copy of its own, which goes when the call is over, however it ends.
    let copy = tempfile::Builder::new()
        .prefix("copy-")
        .suffix(".db")
        .tempfile_in(directory)
        .context("cannot make the copy")?;
    let mut target = Connection::open(copy.path()).context("cannot open the copy")?;
    let pages = {
        let backup = Backup::new(&source, &mut target).context("cannot start the backup")?;
        loop {
            if ctx.is_cancelled() {
                bail!("cancelled");
            }
            let step = backup.step(PAGES_PER_STEP).context("the backup failed")?;
            let progress = backup.progress();
            let done = progress.pagecount - progress.remaining;
            ctx.report_progress(done, progress.pagecount, "Copying pages");
            if step == StepResult::Done {
                break progress.pagecount;
            }
            std::thread::sleep(Duration::from_secs_f64(PAUSE * pace));
        }
    };
    let rows = target.query_row("SELECT count(*) FROM events", (), |row| row.get(0))?;
    let bytes = copy.path().metadata().context("cannot read the copy")?.len();
    Ok(BackedUp { pages, bytes, rows })
}
