//! Schemas of docs/, held against what the program prints.

use std::fs;

use boon::{Compiler, SchemaIndex, Schemas};
use serde_json::Value;

use super::project;

pub(crate) struct Schema(Schemas, SchemaIndex);

impl Schema {
    /// The one of this name in docs/.
    pub(crate) fn read(name: &str) -> Self {
        let text = fs::read_to_string(project().join("docs").join(name)).unwrap();
        let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
        compiler.add_resource(name, serde_json::from_str(&text).unwrap()).unwrap();
        let index = compiler.compile(name, &mut schemas).unwrap();
        Self(schemas, index)
    }

    pub(crate) fn fault(&self, printed: &Value) -> Option<String> {
        self.0.validate(printed, self.1).err().map(|error| error.to_string())
    }
}
