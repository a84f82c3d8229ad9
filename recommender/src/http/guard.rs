//! Who may write: whoever has the token, or whoever is on this machine and is no proxy and no web page.

use std::net::{IpAddr, SocketAddr};

use axum::http::{HeaderMap, header};
use runtime::config::Secret;

use super::problem::Problem;

/// Headers that say that somebody stands between us and the client, or that a web page asks.
const GO_BETWEENS: [&str; 6] =
    ["origin", "forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "via"];

/// Lets a write pass, or says why not.
pub(super) fn check(peer: SocketAddr, headers: &HeaderMap, token: Option<&Secret>) -> Result<(), Problem> {
    let token = token.filter(|token| !token.is_empty());
    match token.filter(|_| headers.contains_key(header::AUTHORIZATION)) {
        Some(token) if has_token(headers, token) => return Ok(()),
        // Whoever sends a token means it: a wrong one does not fall back to where it was sent from.
        Some(_) => {
            return Err(Problem::forbidden("the token is not the one of recommender.token".to_owned()));
        }
        None => {}
    }
    why_not_local(peer.ip(), headers).map_or(Ok(()), |reason| {
        let with = match token {
            Some(_) => "send `Authorization: Bearer` with the token of recommender.token",
            None => "set recommender.token, or write from the machine itself",
        };
        Err(Problem::forbidden(format!("writes are not open to everybody: {reason}; {with}")))
    })
}

fn has_token(headers: &HeaderMap, token: &Secret) -> bool {
    let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let given = given.and_then(|value| value.strip_prefix("Bearer "));
    given.is_some_and(|given| is_equal(given.as_bytes(), token.reveal().as_bytes()))
}

/// In a time that does not tell where they differ.
fn is_equal(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |differ, (a, b)| differ | (a ^ b)) == 0
}

fn why_not_local(peer: IpAddr, headers: &HeaderMap) -> Option<String> {
    if !peer.is_loopback() {
        return Some(format!("{peer} is another machine"));
    }
    let between = headers.keys().map(header::HeaderName::as_str);
    if let Some(name) =
        between.into_iter().find(|name| GO_BETWEENS.contains(name) || name.starts_with("x-forwarded-"))
    {
        return Some(format!("the request has the header {name}"));
    }
    // A browser says so where a page asks without an Origin (an image, a link).
    if headers.get("sec-fetch-site").is_some_and(|site| site != "none") {
        return Some("a web page asks".to_owned());
    }
    let host = headers.get(header::HOST).and_then(|value| value.to_str().ok()).unwrap_or("");
    (!is_loopback_name(host)).then(|| format!("Host is {host:?}"))
}

fn is_loopback_name(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(v6) => v6.split(']').next().unwrap_or(""),
        None => host.split(':').next().unwrap_or(""),
    };
    name.eq_ignore_ascii_case("localhost") || name.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderName, HeaderValue};

    use super::*;

    fn asks(peer: &str, headers: &[(&str, &str)], token: Option<&str>) -> bool {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            let name: HeaderName = name.parse().unwrap();
            map.insert(name, HeaderValue::from_str(value).unwrap());
        }
        let token = token.map(|token| Secret::from(token.to_owned()));
        check(SocketAddr::new(peer.parse().unwrap(), 9), &map, token.as_ref()).is_ok()
    }

    #[test]
    fn this_machine_may() {
        for host in ["localhost:8080", "127.0.0.1:8080", "[::1]:8080", "LOCALHOST"] {
            assert!(asks("127.0.0.1", &[("host", host)], None), "{host}");
        }
        assert!(asks("::1", &[("host", "[::1]")], None));
    }

    #[test]
    fn other_machines_proxies_and_web_pages_may_not() {
        assert!(!asks("10.0.0.9", &[("host", "localhost")], None));
        assert!(!asks("127.0.0.1", &[], None));
        assert!(!asks("127.0.0.1", &[("host", "evil.example")], None));
        assert!(!asks("127.0.0.1", &[("host", "localhost.evil.example")], None));
        for header in ["origin", "forwarded", "x-forwarded-for", "x-forwarded-anything"] {
            assert!(!asks("127.0.0.1", &[("host", "localhost"), (header, "x")], None), "{header}");
        }
        assert!(!asks("127.0.0.1", &[("host", "localhost"), ("sec-fetch-site", "cross-site")], None));
    }

    #[test]
    fn the_token_opens_from_anywhere() {
        let bearer = [("host", "reco.example"), ("authorization", "Bearer s3cret")];
        assert!(asks("10.0.0.9", &bearer, Some("s3cret")));
        assert!(!asks("10.0.0.9", &bearer, Some("other")));
        assert!(!asks("10.0.0.9", &bearer, None));
        assert!(!asks("127.0.0.1", &[("host", "localhost"), ("authorization", "Bearer x")], Some("s3cret")));
        assert!(asks("127.0.0.1", &[("host", "localhost")], Some("s3cret")));
        let empty = [("host", "reco.example"), ("authorization", "Bearer ")];
        assert!(!asks("10.0.0.9", &empty, Some("")));
    }
}
