//! Real work: hashes the files of a directory, counting them first and then going by bytes.

use std::{
    fmt::Write,
    fs::File,
    io::Read,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, bail};
use mcp_wasm::server::{Context, Json, ServerBuilder, Tool};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use walkdir::WalkDir;

use super::Setting;

const CHUNK: usize = 256 << 10;

pub(super) fn add(builder: ServerBuilder, setting: &Setting) -> ServerBuilder {
    let setting = setting.clone();
    let tool = Tool::new(
        "hash_directory",
        "Hashes all files below a directory of the server with SHA-256: counts them first, then \
         reports by bytes",
    );
    builder.tool_with(tool.title("Hash a directory").read_only(), move |args, ctx| {
        hash_directory(args, ctx, setting.clone())
    })
}

#[derive(Deserialize, JsonSchema)]
struct HashDirectory {
    /// The directory, relative to the server's root; the root itself if empty
    #[serde(default)]
    directory: String,
}

#[derive(Serialize)]
struct Hashed {
    directory: String,
    files: u64,
    bytes: u64,
    /// Of the lines `<SHA-256 of the file>  <path>`, sorted by path: what `sha256sum` prints.
    sha256: String,
}

async fn hash_directory(
    args: HashDirectory,
    ctx: Context,
    setting: Setting,
) -> Result<Json<Hashed>> {
    // Files are read by blocking calls, so on a thread for that. A cancelled call's handler is
    // dropped; the thread sees it by itself.
    let work = tokio::task::spawn_blocking(move || hash(&args.directory, &ctx, &setting.root));
    work.await.context("the work broke off")?.map(Json)
}

fn hash(directory: &str, ctx: &Context, root: &Path) -> Result<Hashed> {
    let start = resolve(directory, root)?;
    let mut files = Vec::new();
    let mut total = 0;
    // Links are neither followed nor read: they could lead out of the root, or in circles.
    for entry in WalkDir::new(&start).follow_links(false).sort_by_file_name() {
        stop_if_cancelled(ctx)?;
        let entry = entry.context("cannot read the directory")?;
        if entry.file_type().is_file() {
            total += entry.metadata().context("cannot read the directory")?.len();
            files.push(entry.into_path());
            ctx.report_progress(files.len(), None, "Counting files");
        }
    }

    let mut all = Sha256::new();
    let mut progress = ByteProgress { ctx, reported: files.len() as u64, done: 0, total };
    for path in &files {
        let name = path.strip_prefix(&start).unwrap_or(path).display().to_string();
        let hash = hash_file(path, &name, &mut progress)?;
        all.update(format!("{hash}  {name}\n"));
    }
    progress.finish();
    Ok(Hashed {
        directory: directory.to_owned(),
        files: files.len() as u64,
        bytes: progress.done,
        sha256: hex(&all.finalize()),
    })
}

/// The directory of that name below the root, wherever `..` and links point.
fn resolve(directory: &str, root: &Path) -> Result<PathBuf> {
    let wanted = root.join(directory);
    let Ok(found) = wanted.canonicalize() else {
        bail!("no such directory: {directory}");
    };
    if !found.starts_with(root) {
        bail!("not below the server's root: {directory}");
    }
    if !found.is_dir() {
        bail!("not a directory: {directory}");
    }
    Ok(found)
}

fn hash_file(path: &Path, name: &str, progress: &mut ByteProgress<'_>) -> Result<String> {
    let mut file = File::open(path).with_context(|| format!("cannot open {name}"))?;
    let mut hash = Sha256::new();
    let mut chunk = vec![0; CHUNK];
    loop {
        stop_if_cancelled(progress.ctx)?;
        let length = file.read(&mut chunk).with_context(|| format!("cannot read {name}"))?;
        if length == 0 {
            return Ok(hex(&hash.finalize()));
        }
        hash.update(&chunk[..length]);
        progress.add(length as u64, name);
    }
}

/// Progress by bytes, after progress by files: it takes over where that ended, because progress
/// has to increase.
struct ByteProgress<'a> {
    ctx: &'a Context,
    reported: u64,
    done: u64,
    total: u64,
}

impl ByteProgress<'_> {
    fn add(&mut self, bytes: u64, name: &str) {
        self.done += bytes;
        // A file that grew while it was read does not take the bar beyond its end; the last
        // report is `finish`'s.
        if self.done > self.reported && self.done < self.total {
            self.reported = self.done;
            self.ctx.report_progress(self.done, self.total, name);
        }
    }

    fn finish(&mut self) {
        self.ctx.report_progress(self.done, self.done, "Done");
    }
}

fn stop_if_cancelled(ctx: &Context) -> Result<()> {
    if ctx.is_cancelled() {
        bail!("cancelled");
    }
    Ok(())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
