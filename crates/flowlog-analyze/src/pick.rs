//! Conditions on whole connections, where tuples are counted: a first reading tells which connections fulfil them, so
//! that the second counts the tuples of these and no others.

use flowlog_core::flows::Picker;
use flowlog_core::select::Filter;
use flowlog_core::state::{GatherOptions, Gatherer, Shared};

use crate::RunError;
use crate::cli::{MemoryArgs, Running};
use crate::reduce::{self, Options, Reduced};
use crate::window::Chosen;

/// Reads the files of `chosen` for the connections that its filter asks for, if single tuples do not tell these. From then
/// on their tuples are what is chosen. Connections are joined as `gathering` says.
///
/// # Errors
/// Pipes, which can be read only once; and temporary files.
pub fn pick(
    chosen: &mut Chosen,
    gathering: GatherOptions,
    memory: &MemoryArgs,
    running: &Running,
    ascii: bool,
) -> Result<(), RunError> {
    let Some(filter) = chosen.selection.filter.clone().filter(Filter::needs_connection) else {
        return Ok(());
    };
    if let Some(stream) = chosen.inputs.iter().find(|input| input.is_stream()) {
        return Err(RunError::ReadTwice(stream.path.clone()));
    }
    let budget = memory.budget();
    let shared = Shared::new(&budget);
    let options = Options { details: &[], hours: None, selection: &chosen.selection, shared: &shared };
    let Reduced { state, .. } = reduce::reduce(&chosen.inputs, &options, running.quiet, ascii)?;
    let gatherer = Gatherer::new(state, GatherOptions { findings: false, provenance: false, ..gathering });
    let picked = gatherer.gather(|| Picker::new(&gatherer.summary, &filter))?.finish();
    chosen.selection.picked = Some(picked.into());
    Ok(())
}
