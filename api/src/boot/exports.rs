//! The parts that exports are made of.

use std::sync::Arc;

use anyhow::{Context as _, Result};

use super::settings::Settings;
use super::stores::Stores;
use super::system::SystemClock;
use stratum_jobs::export::{ExportSource, Exports, FileExporter, Folder, StreamLimit};

fn source(settings: &Settings, stores: &Stores) -> Result<ExportSource> {
    let state = stores.state.clone().context("exports have no state store")?;
    let warehouse = stores.warehouse.clone().context("exports have no warehouse")?;
    let keys = stores.identifier_keys(settings)?;
    let (reader, bulk) = (Arc::new(warehouse.clone()), Arc::new(warehouse));
    Ok(ExportSource { state, warehouse: reader, bulk, keys })
}

/// The folder of files of exports.
pub fn folder(settings: &Settings, stores: &Stores) -> Folder {
    Folder::new(&settings.export.folder, &stores.data)
}

/// The means by which the API serves exports.
pub fn exports(settings: &Settings, stores: &Stores) -> Result<Exports> {
    let config = settings.export.clone();
    Ok(Exports {
        source: source(settings, stores)?,
        streams: StreamLimit::new(config.streams_max, config.running_per_tenant_max),
        folder: folder(settings, stores),
        config,
    })
}

/// The maker of files.
pub fn exporter(settings: &Settings, stores: &Stores) -> Result<FileExporter> {
    let source = source(settings, stores)?;
    Ok(FileExporter {
        state: source.state.clone(),
        source,
        log: stores.log.clone().context("exports have no log")?,
        folder: folder(settings, stores),
        clock: Arc::new(SystemClock),
        config: settings.export.clone(),
    })
}
