//! The newest published model that this build can read.

use registry::model::{self, Meta};
use registry::{Error as Stored, Store};
use serde_json::Value;

use crate::Error;
use crate::config::Parameters;
use crate::train::Champion;

/// The meta of the greatest published version that can be read.
pub(crate) async fn newest(store: &Store) -> Result<Option<Meta>, Error> {
    for version in model::versions(store).await?.into_iter().rev() {
        if let Some(meta) = model::readable_meta(store, version).await? {
            return Ok(Some(meta));
        }
    }
    Ok(None)
}

/// What the fit of a published model was told.
pub(crate) fn parameters_of(meta: &Meta) -> Result<Parameters, Error> {
    let parameters = Value::Object(meta.parameters.clone().into_iter().collect());
    serde_json::from_value(parameters)
        .map_err(|error| Error::Parameters { version: meta.version, reason: error.to_string() })
}

/// Parameters as they stand in `meta.json`.
pub(crate) fn parameters_in_meta(parameters: &Parameters) -> std::collections::BTreeMap<String, Value> {
    match serde_json::to_value(parameters) {
        Ok(Value::Object(named)) => named.into_iter().collect(),
        // A struct of numbers is an object of numbers.
        _ => std::collections::BTreeMap::new(),
    }
}

/// The published model with its artifact. One that is damaged, or that this build computes otherwise, is no
/// reason not to train: its parameters can be fitted again.
pub(crate) async fn load(store: &Store, meta: &Meta) -> Result<Champion, Error> {
    let artifact = match model::load(store, meta.version).await {
        Ok((_, bytes)) => {
            let read = move || als::Model::from_bytes(&bytes).map_err(|error| error.to_string());
            tokio::task::spawn_blocking(read).await.unwrap_or_else(|error| Err(error.to_string()))
        }
        Err(error @ (Stored::Damaged { .. } | Stored::Absent { .. })) => Err(error.to_string()),
        Err(error) => return Err(error.into()),
    };
    if let Err(why) = &artifact {
        tracing::warn!(version = %meta.version, why, "the champion's artifact cannot be used");
    }
    let (version, offsets) = (meta.version, meta.offsets.clone());
    Ok(Champion { version, parameters: parameters_of(meta)?, offsets, artifact })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_come_back_from_meta_as_they_went_in() {
        let parameters =
            Parameters { regularization: 0.1, alpha: 1.0 / 3.0, seed: u64::MAX, ..Default::default() };
        let named = parameters_in_meta(&parameters);
        assert_eq!(named.len(), 8);
        let json = serde_json::to_string(&named).unwrap();
        assert_eq!(serde_json::from_str::<Parameters>(&json).unwrap(), parameters);
    }
}
