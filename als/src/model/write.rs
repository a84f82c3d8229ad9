//! A model as bytes.

use std::borrow::Cow;

use safetensors::{Dtype, View};

use super::Model;
use super::tensors::{self as name, Element};
use crate::Error;

impl Model {
    /// The model as a safetensors file. Equal models have equal bytes: the container orders tensors by type and
    /// name, and its metadata, a map without an order, has one entry.
    ///
    /// Parameters are scalar tensors, so that anything that reads safetensors reads all of it.
    pub fn to_bytes(&self) -> Result<Vec<u8>, Error> {
        let (interactions, parameters) = (self.interactions(), self.parameters());
        let (rows, weighting) = (&interactions.rows, &parameters.weighting);
        let factors = parameters.factors;
        let tensors = [
            matrix(name::USER_FACTORS, self.user_factors(), factors),
            matrix(name::MOVIE_FACTORS, self.movie_factors(), factors),
            vector(name::USER_IDS, interactions.users()),
            vector(name::MOVIE_IDS, interactions.movies()),
            vector(name::POPULARITY, self.popularity()),
            vector(name::STARTS, &rows.starts),
            vector(name::MOVIES, &rows.movies),
            vector(name::PRESENT, &rows.present),
            vector(name::PROGRESS, &rows.progress),
            vector(name::RATING, &rows.rating),
            vector(name::RATING_TS, &rows.rating_ts),
            vector(name::EVENT_ID_STARTS, &rows.event_id_starts),
            vector(name::EVENT_IDS, rows.event_ids.as_bytes()),
            scalar(name::KERNEL_VERSION, self.fitted_by()),
            scalar(name::ITERATIONS, parameters.iterations as u64),
            scalar(name::REGULARIZATION, parameters.regularization),
            scalar(name::SEED, parameters.seed),
            scalar(name::ALPHA, weighting.alpha),
            scalar(name::LIKED_RATING, weighting.liked_rating),
            scalar(name::RATING_GAIN, weighting.rating_gain),
            scalar(name::LIKED_PROGRESS, weighting.liked_progress),
        ];
        let (key, format) = name::FORMAT;
        let metadata = [(key.to_owned(), format.to_owned())].into();
        Ok(safetensors::serialize(tensors, Some(metadata))?)
    }
}

struct Tensor {
    dtype: Dtype,
    shape: Vec<usize>,
    bytes: Vec<u8>,
}

impl View for Tensor {
    fn dtype(&self) -> Dtype {
        self.dtype
    }
    fn shape(&self) -> &[usize] {
        &self.shape
    }
    fn data(&self) -> Cow<'_, [u8]> {
        Cow::Borrowed(&self.bytes)
    }
    fn data_len(&self) -> usize {
        self.bytes.len()
    }
}

fn tensor<E: Element>(name: &'static str, elements: &[E], shape: Vec<usize>) -> (&'static str, Tensor) {
    let mut bytes = Vec::with_capacity(elements.len() * E::BYTES);
    elements.iter().for_each(|element| element.put(&mut bytes));
    (name, Tensor { dtype: E::DTYPE, shape, bytes })
}

fn matrix(name: &'static str, elements: &[f32], columns: usize) -> (&'static str, Tensor) {
    tensor(name, elements, vec![elements.len() / columns, columns])
}

fn vector<E: Element>(name: &'static str, elements: &[E]) -> (&'static str, Tensor) {
    tensor(name, elements, vec![elements.len()])
}

fn scalar<E: Element>(name: &'static str, element: E) -> (&'static str, Tensor) {
    tensor(name, &[element], vec![])
}
