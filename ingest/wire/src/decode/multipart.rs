//! `multipart/form-data` bodies, split at the boundary they open with.

use super::Malformed;

/// Parts of one body. Senders have a handful.
const PARTS_MAX: usize = 64;
/// The head lines of a part.
const HEAD_BYTES_MAX: usize = 4096;

/// Calls `each` with the name and content of every part that has a name, in order.
pub fn parts<'a>(
    body: &'a str,
    mut each: impl FnMut(&'a str, &'a str) -> Result<(), Malformed>,
) -> Result<(), Malformed> {
    let malformed = |what, rest: &str| Malformed { what, at: body.len() - rest.len() };
    let body_start = body.trim_ascii_start();
    let (delimiter, mut rest) = body_start
        .split_once('\n')
        .ok_or_else(|| malformed("a multipart boundary without a line end", ""))?;
    let delimiter = delimiter.trim_ascii_end();
    if delimiter.len() <= 2 {
        return Err(malformed("an empty multipart boundary", body_start));
    }
    for _ in 0..PARTS_MAX {
        let (head, content) = split_head(rest)
            .ok_or_else(|| malformed("a multipart part without an empty line", rest))?;
        let end = find_delimiter(content, delimiter)
            .ok_or_else(|| malformed("a multipart part without an end", ""))?;
        if let Some(name) = name_of(head) {
            each(name, content[..end].strip_suffix('\r').unwrap_or(&content[..end]))?;
        }
        let after = &content[end + 1 + delimiter.len()..];
        if after.starts_with("--") {
            return Ok(());
        }
        match after.split_once('\n') {
            Some((_, next)) => rest = next,
            None => return Err(malformed("a multipart body without an end", "")),
        }
    }
    Err(malformed("too many multipart parts", rest))
}

/// The head lines of a part, and what follows the empty line after them.
fn split_head(part: &str) -> Option<(&str, &str)> {
    let start = &part[..part.floor_char_boundary(HEAD_BYTES_MAX)];
    let (end, skip) = match start.find("\r\n\r\n") {
        Some(end) => (end, 4),
        None => (start.find("\n\n")?, 2),
    };
    Some((&part[..end], &part[end + skip..]))
}

/// Where the line feed before the next delimiter stands. A content of no bytes has its own.
fn find_delimiter(content: &str, delimiter: &str) -> Option<usize> {
    content
        .match_indices(delimiter)
        .map(|(at, _)| at)
        .find_map(|at| at.checked_sub(1).filter(|before| content.as_bytes()[*before] == b'\n'))
}

/// The field name in the `Content-Disposition` line of a head.
fn name_of(head: &str) -> Option<&str> {
    let line = head.lines().find(|line| {
        line.as_bytes()
            .get(..20)
            .is_some_and(|start| start.eq_ignore_ascii_case(b"content-disposition:"))
    })?;
    line.split(';').find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("name").then(|| value.trim().trim_matches('"'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(body: &str) -> Result<Vec<(&str, &str)>, Malformed> {
        let mut found = Vec::new();
        parts(body, |name, content| {
            found.push((name, content));
            Ok(())
        })?;
        Ok(found)
    }

    #[test]
    fn parts_come_with_their_names() {
        let body = "--b\r\nContent-Disposition: form-data; name=\"data\"\r\n\r\n[\r\n1]\r\n--b\r\n\
            content-disposition: form-data; filename=\"f\"; name=access_token\r\n\
            Content-Type: text/plain\r\n\r\ntok--b\r\n--b\r\nX: y\r\n\r\nnameless\r\n--b--\r\n";
        assert_eq!(all(body), Ok(vec![("data", "[\r\n1]"), ("access_token", "tok--b")]));
    }

    #[test]
    fn bare_line_feeds_are_taken() {
        let body = "--b\nContent-Disposition: form-data; name=\"a\"\n\n1\n--b--";
        assert_eq!(all(body), Ok(vec![("a", "1")]));
    }

    #[test]
    fn parts_and_their_heads_are_bounded() {
        let part = "\nContent-Disposition: form-data; name=\"a\"\n\n1\n--b";
        let body = |count: usize| format!("--b{}--", part.repeat(count));
        assert_eq!(all(&body(64)).map(|parts| parts.len()), Ok(64));
        assert_eq!(all(&body(65)).unwrap_err().what, "too many multipart parts");
        let long = format!("--b\nX: {}\n\n1\n--b--", "x".repeat(5000));
        assert!(all(&long).is_err());
    }

    #[test]
    fn a_cut_body_is_refused_at_every_byte() {
        let body = "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--b--";
        assert_eq!(all(body), Ok(vec![("a", "1")]));
        for cut in 0..body.len() {
            assert!(all(&body[..cut]).is_err(), "cut at {cut}");
        }
        assert!(all("--\r\n").is_err());
    }
}
