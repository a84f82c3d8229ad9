//! Whether an answer is the one that was given.

use recommender::{Answer, Loaded};
use schemas::RecoResponse;

/// Whether the registry's model is the one that answered.
///
/// # Errors
/// Why its scores need not be the same.
pub(super) fn same_model(loaded: &Loaded, recorded: &RecoResponse) -> Result<(), String> {
    same_artifact(&loaded.meta.artifact_sha, als::KERNEL_VERSION as i32, recorded)
}

fn same_artifact(artifact_sha: &str, kernel_version: i32, recorded: &RecoResponse) -> Result<(), String> {
    let RecoResponse { model_version, artifact_sha: answered, kernel_version: kernel, .. } = recorded;
    if answered != artifact_sha {
        return Err(format!("{model_version} is {artifact_sha} in the registry, and {answered} answered"));
    }
    // The arithmetic that answered; which one trained the model does not matter here.
    if *kernel != kernel_version {
        return Err(format!("kernel_version {kernel} answered, this is {kernel_version}"));
    }
    Ok(())
}

/// The first thing in which the two differ, scores by their bits.
pub(super) fn difference(recorded: &RecoResponse, answer: &Answer) -> Option<String> {
    let served_by = answer.served_by.as_str();
    if recorded.served_by != served_by {
        return Some(format!("served_by {served_by}, recorded {}", recorded.served_by));
    }
    let (ours, theirs) = (answer.items.len(), recorded.movie_ids.len());
    if ours != theirs || theirs != recorded.scores.len() {
        return Some(format!("{ours} movies, recorded {theirs} with {} scores", recorded.scores.len()));
    }
    let recorded = recorded.movie_ids.iter().zip(&recorded.scores);
    answer.items.iter().zip(recorded).enumerate().find_map(|(place, (item, (&movie_id, &score)))| {
        if item.movie_id != movie_id {
            return Some(format!("place {place}: movie {}, recorded {movie_id}", item.movie_id));
        }
        let same = item.score.to_bits() == score.to_bits();
        (!same).then(|| format!("place {place}: movie {movie_id} has score {}, recorded {score}", item.score))
    })
}

#[cfg(test)]
mod tests {
    use als::Scored;
    use recommender::ServedBy;

    use super::super::answers::tests::response;
    use super::*;

    fn recorded(items: &[(i32, f32)]) -> RecoResponse {
        let (movie_ids, scores) = items.iter().copied().unzip();
        RecoResponse { movie_ids, scores, served_by: "als".into(), ..response("r", 1) }
    }

    fn answer(items: &[(i32, f32)]) -> Answer {
        let items = items.iter().map(|&(movie_id, score)| Scored { movie_id, score }).collect();
        Answer { items, served_by: ServedBy::Als }
    }

    #[test]
    fn only_the_same_bits_are_the_same() {
        let was = recorded(&[(3, 0.5), (4, 0.25)]);
        assert_eq!(difference(&was, &answer(&[(3, 0.5), (4, 0.25)])), None);
        let why = |items: &[(i32, f32)]| difference(&was, &answer(items)).unwrap();
        assert_eq!(why(&[(3, 0.5)]), "1 movies, recorded 2 with 2 scores");
        assert_eq!(why(&[(3, 0.5), (5, 0.25)]), "place 1: movie 5, recorded 4");
        let next = f32::from_bits(0.25_f32.to_bits() + 1);
        assert!(why(&[(3, 0.5), (4, next)]).starts_with("place 1: movie 4 has score 0.25000003"));
        assert!(difference(&recorded(&[(3, 0.0)]), &answer(&[(3, -0.0)])).is_some());
    }

    #[test]
    fn where_scores_come_from_counts() {
        let folded = Answer { served_by: ServedBy::FoldIn, ..answer(&[(3, 0.5)]) };
        assert_eq!(difference(&recorded(&[(3, 0.5)]), &folded).unwrap(), "served_by fold_in, recorded als");
    }

    #[test]
    fn another_artifact_or_kernel_is_not_computed_with() {
        let was = RecoResponse { artifact_sha: "ab".into(), kernel_version: 1, ..recorded(&[]) };
        assert_eq!(same_artifact("ab", 1, &was), Ok(()));
        assert!(same_artifact("cd", 1, &was).unwrap_err().contains("ab answered"));
        assert!(same_artifact("ab", 2, &was).unwrap_err().contains("kernel_version 1"));
    }
}
