//! The share of a processor that Lambda gives a function, by a control group of Linux.

use std::io;
use std::path::{Path, PathBuf};

/// The memory of a function with one whole processor (AWS Lambda developer guide, "Configure Lambda function memory").
const MEMORY_OF_A_PROCESSOR_MB: u32 = 1769;
/// The period in which a process may use its share, in microseconds.
const PERIOD_US: u32 = 20_000;

/// The folder of the processor's groups, of version 1 of control groups.
const VERSION_1: &str = "/sys/fs/cgroup/cpu";
/// The root of version 2.
const VERSION_2: &str = "/sys/fs/cgroup";

/// A control group, which is removed when this is dropped. Its process has ended by then.
pub(super) struct Share(PathBuf);

impl Share {
    /// Makes a group with the share of this memory.
    pub(super) fn new(memory_mb: u32) -> io::Result<Self> {
        let quota = PERIOD_US * memory_mb / MEMORY_OF_A_PROCESSOR_MB;
        let is_version_1 = Path::new(VERSION_1).is_dir();
        let parent = Path::new(if is_version_1 { VERSION_1 } else { VERSION_2 });
        if !is_version_1 {
            write(parent, "cgroup.subtree_control", "+cpu")?;
        }
        let folder = parent.join(format!("bench-{}", std::process::id()));
        std::fs::create_dir(&folder).map_err(|error| named(&folder, &error))?;
        let share = Self(folder);
        if is_version_1 {
            write(&share.0, "cpu.cfs_period_us", &PERIOD_US.to_string())?;
            write(&share.0, "cpu.cfs_quota_us", &quota.to_string())?;
        } else {
            write(&share.0, "cpu.max", &format!("{quota} {PERIOD_US}"))?;
        }
        Ok(share)
    }

    /// Gives a process no more than the share, from now on.
    pub(super) fn hold(&self, process: i32) -> io::Result<()> {
        write(&self.0, "cgroup.procs", &process.to_string())
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir(&self.0);
    }
}

fn write(folder: &Path, file: &str, text: &str) -> io::Result<()> {
    let path = folder.join(file);
    std::fs::write(&path, text).map_err(|error| named(&path, &error))
}

fn named(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}
