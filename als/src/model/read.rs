//! A model from bytes, whatever the bytes.

use std::sync::Arc;

use safetensors::SafeTensors;

use super::tensors::{self as name, Element};
use super::{Model, Parts};
use crate::rows::Rows;
use crate::{Error, Interactions, Kernel, Parameters, Weighting};

impl Model {
    /// Reads what [`to_bytes`](Model::to_bytes) wrote. Any other bytes are an error that says what is wrong: every
    /// shape, index, order and number that serving relies on is checked here, so that nothing later can fail.
    pub fn from_bytes(bytes: &[u8]) -> Result<Model, Error> {
        check_header(bytes)?;
        let file = Tensors(SafeTensors::deserialize(bytes)?);
        check_format(bytes)?;
        let interactions = Arc::new(file.interactions()?);
        let (users, movies) = (interactions.users().len(), interactions.movies().len());
        let (user_factors, factors) = file.matrix(name::USER_FACTORS, users)?;
        let (movie_factors, movies_factors) = file.matrix(name::MOVIE_FACTORS, movies)?;
        if factors != movies_factors {
            return wrong(name::MOVIE_FACTORS, "not as many factors as the users have");
        }
        let popularity: Vec<u32> = file.vector(name::POPULARITY)?;
        if popularity.len() != movies {
            return wrong(name::POPULARITY, "not a count for each movie");
        }
        let parameters = file.parameters(factors)?;
        let kernel_version = file.scalar(name::KERNEL_VERSION)?;
        let parts =
            Parts { kernel_version, parameters, interactions, user_factors, movie_factors, popularity };
        Ok(Model::new(Kernel::detect(), parts))
    }
}

fn wrong<T>(part: &'static str, reason: &str) -> Result<T, Error> {
    Err(Error::Model { part, reason: reason.to_owned() })
}

/// Refuses numbers that no file of this format has, because the container adds its offsets up unchecked.
fn check_header(bytes: &[u8]) -> Result<(), Error> {
    const DIGITS: usize = 15;
    let header = match bytes.split_first_chunk() {
        Some((&length, rest)) => &rest[..rest.len().min(u64::from_le_bytes(length) as usize)],
        None => &[],
    };
    if header.split(|byte| !byte.is_ascii_digit()).any(|digits| digits.len() > DIGITS) {
        return wrong("header", "a number of more than 15 digits");
    }
    Ok(())
}

fn check_format(bytes: &[u8]) -> Result<(), Error> {
    let (_, header) = SafeTensors::read_metadata(bytes)?;
    let (key, format) = name::FORMAT;
    match header.metadata().as_ref().and_then(|metadata| metadata.get(key)) {
        Some(found) if found == format => Ok(()),
        Some(found) => wrong("header", &format!("format {found:?}, and this program reads {format:?}")),
        None => wrong("header", "no format is given"),
    }
}

struct Tensors<'a>(SafeTensors<'a>);

impl Tensors<'_> {
    fn elements<E: Element>(&self, part: &'static str) -> Result<(Vec<E>, Vec<usize>), Error> {
        let tensor = self.0.tensor(part)?;
        if tensor.dtype() != E::DTYPE {
            return wrong(part, &format!("elements of type {}, not {}", tensor.dtype(), E::DTYPE));
        }
        let elements = tensor.data().chunks_exact(E::BYTES).map(E::take).collect();
        Ok((elements, tensor.shape().to_vec()))
    }

    fn scalar<E: Element>(&self, part: &'static str) -> Result<E, Error> {
        let (elements, shape) = self.elements(part)?;
        match elements[..] {
            [element] if shape.is_empty() => Ok(element),
            _ => wrong(part, "not a scalar"),
        }
    }

    fn vector<E: Element>(&self, part: &'static str) -> Result<Vec<E>, Error> {
        let (elements, shape) = self.elements(part)?;
        if shape.len() == 1 { Ok(elements) } else { wrong(part, "not a vector") }
    }

    /// A matrix of finite numbers, with the number of its columns.
    fn matrix(&self, part: &'static str, rows: usize) -> Result<(Vec<f32>, usize), Error> {
        let (elements, shape) = self.elements::<f32>(part)?;
        match shape[..] {
            [found, columns] if found == rows && columns > 0 => {
                let finite = elements.iter().all(|element| element.is_finite());
                if finite { Ok((elements, columns)) } else { wrong(part, "an element is not finite") }
            }
            _ => wrong(part, "not a row for each id"),
        }
    }

    fn ids(&self, part: &'static str) -> Result<Vec<i32>, Error> {
        let ids: Vec<i32> = self.vector(part)?;
        if ids.is_sorted_by(|a, b| a < b) { Ok(ids) } else { wrong(part, "not ascending") }
    }

    fn interactions(&self) -> Result<Interactions, Error> {
        let (user_ids, movie_ids) = (self.ids(name::USER_IDS)?, self.ids(name::MOVIE_IDS)?);
        let Ok(event_ids) = String::from_utf8(self.vector(name::EVENT_IDS)?) else {
            return wrong(name::EVENT_IDS, "not UTF-8");
        };
        let rows = Rows {
            starts: self.vector(name::STARTS)?,
            movies: self.vector(name::MOVIES)?,
            present: self.vector(name::PRESENT)?,
            progress: self.vector(name::PROGRESS)?,
            rating: self.vector(name::RATING)?,
            rating_ts: self.vector(name::RATING_TS)?,
            event_id_starts: self.vector(name::EVENT_ID_STARTS)?,
            event_ids,
        };
        rows.check(user_ids.len(), movie_ids.len())?;
        Ok(Interactions { user_ids, movie_ids, rows })
    }

    fn parameters(&self, factors: usize) -> Result<Parameters, Error> {
        let weighting = Weighting {
            alpha: self.scalar(name::ALPHA)?,
            liked_rating: self.scalar(name::LIKED_RATING)?,
            rating_gain: self.scalar(name::RATING_GAIN)?,
            liked_progress: self.scalar(name::LIKED_PROGRESS)?,
        };
        let parameters = Parameters {
            factors,
            iterations: usize::try_from(self.scalar::<u64>(name::ITERATIONS)?).unwrap_or(usize::MAX),
            regularization: self.scalar(name::REGULARIZATION)?,
            weighting,
            seed: self.scalar(name::SEED)?,
        };
        parameters.check()?;
        Ok(parameters)
    }
}
