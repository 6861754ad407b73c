//! Country calling codes of the ITU's numbering plan.

use std::sync::LazyLock;

use hashbrown::HashMap;

/// Lines of a country's alpha-2 code and its calling code, in the order of the former. Countries without a
/// code of their own are not among them.
const OF_COUNTRIES: &str = include_str!("calling_codes.txt");

static BY_COUNTRY: LazyLock<HashMap<[u8; 2], u16>> = LazyLock::new(|| {
    let lines = OF_COUNTRIES.lines().filter_map(|line| line.split_once(' '));
    lines.filter_map(|(country, code)| Some((alpha_2(country)?, code.parse().ok()?))).collect()
});

fn alpha_2(country: &str) -> Option<[u8; 2]> {
    Some(country.as_bytes().first_chunk::<2>()?.map(|letter| letter.to_ascii_lowercase()))
}

/// The calling code of the country with this alpha-2 code, in any case; `None` where it has none of its own.
pub fn of_country(country: &str) -> Option<u16> {
    BY_COUNTRY.get(&alpha_2(country)?).copied()
}

/// The number of digits of the calling code that `digits` begin with; `None` when they begin with none.
pub fn length(digits: &[u8]) -> Option<usize> {
    let [first, second, third] = *digits.first_chunk::<3>()?;
    match (first, second) {
        (b'1' | b'7', _) => Some(1),
        (b'2', b'0' | b'7') => Some(2),
        (b'3', b'0'..=b'4' | b'6' | b'9') => Some(2),
        (b'4', b'0' | b'1' | b'3'..=b'9') => Some(2),
        (b'5', b'1'..=b'8') => Some(2),
        (b'6', b'0'..=b'6') => Some(2),
        (b'8', b'1' | b'2' | b'4' | b'6') => Some(2),
        (b'9', b'0'..=b'5' | b'8') => Some(2),
        _ => THREE_DIGITS.contains(&[first, second, third]).then_some(3),
    }
}

/// Whether the zero that begins a national number stays after the calling code: Italy and its
/// enclaves, Ivory Coast, both Congos, Gabon and Benin.
pub fn keeps_zero(code: &[u8]) -> bool {
    matches!(code, b"39" | b"378" | b"379" | b"225" | b"229" | b"241" | b"242")
}

/// The prefix dialled before a national number inside the country.
pub fn trunk_prefix(code: u16) -> &'static str {
    match code {
        1 => "1",
        7 => "8",
        36 => "06",
        39 | 225 | 229 | 241 | 242 | 378 | 379 => "",
        _ => "0",
    }
}

const THREE_DIGITS: &[[u8; 3]] = &[
    *b"211", *b"212", *b"213", *b"216", *b"218", *b"220", *b"221", *b"222", *b"223", *b"224",
    *b"225", *b"226", *b"227", *b"228", *b"229", *b"230", *b"231", *b"232", *b"233", *b"234",
    *b"235", *b"236", *b"237", *b"238", *b"239", *b"240", *b"241", *b"242", *b"243", *b"244",
    *b"245", *b"246", *b"247", *b"248", *b"249", *b"250", *b"251", *b"252", *b"253", *b"254",
    *b"255", *b"256", *b"257", *b"258", *b"260", *b"261", *b"262", *b"263", *b"264", *b"265",
    *b"266", *b"267", *b"268", *b"269", *b"290", *b"291", *b"297", *b"298", *b"299", *b"350",
    *b"351", *b"352", *b"353", *b"354", *b"355", *b"356", *b"357", *b"358", *b"359", *b"370",
    *b"371", *b"372", *b"373", *b"374", *b"375", *b"376", *b"377", *b"378", *b"379", *b"380",
    *b"381", *b"382", *b"383", *b"385", *b"386", *b"387", *b"389", *b"420", *b"421", *b"423",
    *b"500", *b"501", *b"502", *b"503", *b"504", *b"505", *b"506", *b"507", *b"508", *b"509",
    *b"590", *b"591", *b"592", *b"593", *b"594", *b"595", *b"596", *b"597", *b"598", *b"599",
    *b"670", *b"672", *b"673", *b"674", *b"675", *b"676", *b"677", *b"678", *b"679", *b"680",
    *b"681", *b"682", *b"683", *b"685", *b"686", *b"687", *b"688", *b"689", *b"690", *b"691",
    *b"692", *b"850", *b"852", *b"853", *b"855", *b"856", *b"880", *b"886", *b"960", *b"961",
    *b"962", *b"963", *b"964", *b"965", *b"966", *b"967", *b"968", *b"970", *b"971", *b"972",
    *b"973", *b"974", *b"975", *b"976", *b"977", *b"992", *b"993", *b"994", *b"995", *b"996",
    *b"998",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::normalize::country_code;

    #[test]
    fn countries_have_codes_that_numbers_begin_with() {
        let lines: Vec<_> = OF_COUNTRIES.lines().collect();
        assert!(lines.is_sorted());
        assert_eq!(lines.len(), 242);
        for line in lines {
            let (country, digits) = line.split_once(' ').unwrap();
            assert_eq!(country_code(country), Some(country));
            assert_eq!(of_country(&country.to_uppercase()), digits.parse().ok());
            // As many digits as a number shows that begins with it.
            assert_eq!(length(format!("{digits}99").as_bytes()), Some(digits.len()), "{line}");
        }
        assert_eq!(of_country("aq"), None);
    }
}
