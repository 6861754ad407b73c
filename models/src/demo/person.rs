//! Customers: names in several scripts, addresses of several countries, and every form in which a
//! shop may send them.

use sha2::{Digest, Sha256};

use super::dice::Dice;
use crate::time::{DAY_MS, UnixMillis};

/// Where a person lives, and what people are called there.
struct Place {
    country: &'static str,
    /// City, state or nothing, postal code.
    towns: &'static [(&'static str, &'static str, &'static str)],
    first_names: &'static [(&'static str, char)],
    last_names: &'static [&'static str],
    calling_code: &'static str,
    /// National numbers without the trunk zero; `#` is any digit, a space a group's border.
    phone: &'static str,
    /// The digits before a national number dialled at home.
    trunk: &'static str,
    /// The weight of such customers among all.
    weight: u32,
}

const PLACES: &[Place] = &[
    Place {
        country: "US",
        towns: &[
            ("San Francisco", "CA", "94103-1234"),
            ("Winston-Salem", "NC", "27101"),
            ("Coeur d'Alene", "ID", "83814"),
        ],
        first_names: &[("Mary-Jane", 'f'), ("Thaddeus", 'm'), ("Siobhan", 'f'), ("Wolfgang", 'm')],
        last_names: &["O'Connor", "Featherstonehaugh", "MacGillivray", "Vanderbilt-Smythe"],
        calling_code: "1",
        phone: "415 555 ####",
        trunk: "",
        weight: 30,
    },
    Place {
        country: "FR",
        towns: &[("Saint-Étienne", "", "42000"), ("Besançon", "", "25000")],
        first_names: &[("Valéry", 'm'), ("Anne-Sophie", 'f'), ("Gaëlle", 'f'), ("Jérôme", 'm')],
        last_names: &["Lefèvre-Dubois", "D'Aubigné", "Châtelain", "Béranger"],
        calling_code: "33",
        phone: "6 ## ## ## ##",
        trunk: "0",
        weight: 20,
    },
    Place {
        country: "EG",
        towns: &[("القاهرة", "", "11511"), ("الإسكندرية", "", "21500")],
        first_names: &[("عبدالرحمن", 'm'), ("فاطمة", 'f'), ("نورهان", 'f'), ("مصطفى", 'm')],
        last_names: &["السيد", "عبدالعزيز", "الشريف", "منصور"],
        calling_code: "20",
        phone: "10 #### ####",
        trunk: "0",
        weight: 20,
    },
    Place {
        country: "KR",
        towns: &[("서울", "", "04524"), ("부산", "", "48058")],
        first_names: &[("서연", 'f'), ("민준", 'm'), ("지우", 'f'), ("하은", 'f')],
        last_names: &["정", "김", "박", "황보"],
        calling_code: "82",
        phone: "10 #### ####",
        trunk: "0",
        weight: 10,
    },
    Place {
        country: "DE",
        towns: &[("Düsseldorf", "", "40210"), ("Castrop-Rauxel", "", "44575")],
        first_names: &[("Jürgen", 'm'), ("Hjördís", 'f'), ("Małgorzata", 'f'), ("Bärbel", 'f')],
        last_names: &["Müller-Lüdenscheidt", "Øvergård", "Þorvaldsson", "Größmann"],
        calling_code: "49",
        phone: "151 ########",
        trunk: "0",
        weight: 10,
    },
    Place {
        country: "BR",
        towns: &[("São Paulo", "", "01310-100"), ("Florianópolis", "", "88010-000")],
        first_names: &[("Conceição", 'f'), ("João-Pedro", 'm'), ("Íris", 'f'), ("Estêvão", 'm')],
        last_names: &["Gonçalves", "Magalhães", "Ibáñez", "Assunção"],
        calling_code: "55",
        phone: "11 9#### ####",
        trunk: "0",
        weight: 10,
    },
];

const AGENTS: &[&str] = &[
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (Linux; Android 15; SM-S931B) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15",
    "Mozilla/5.0 (iPad; CPU OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1",
];

/// One identifier in the forms a shop may send it: clear ones that an ingester must normalise, and
/// the hash it must come to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Forms {
    /// Clear text, each form equivalent.
    pub raw: Vec<String>,
    /// SHA-256 of the documented normal form, lower-case hex.
    pub hash: String,
}

impl Forms {
    fn new(normal: &str, raw: impl IntoIterator<Item = String>) -> Forms {
        Forms { raw: raw.into_iter().collect(), hash: hex_sha256(normal) }
    }
}

/// A customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// E-mail address.
    pub email: Forms,
    /// Phone number with its country code.
    pub phone: Forms,
    /// The same number as dialled at home: not usable without a country.
    pub national_phone: String,
    /// Given name.
    pub first_name: Forms,
    /// Family name.
    pub last_name: Forms,
    /// Gender.
    pub gender: Forms,
    /// Date of birth.
    pub birth_date: Forms,
    /// City.
    pub city: Forms,
    /// State, in countries that have them.
    pub state: Option<Forms>,
    /// Postal code.
    pub zip: Forms,
    /// Country.
    pub country: Forms,
    /// The shop's customer number.
    pub external_id: Forms,
    /// Public addresses the person comes from.
    pub ip: [String; 2],
    /// The person's browser.
    pub user_agent: &'static str,
    /// Cookie `_fbp`.
    pub fbp: String,
    /// Cookie `_fbc`, made within the last 60 days.
    pub fbc: String,
    /// The click id inside `_fbc`.
    pub fbclid: String,
    /// The device's advertising id.
    pub mobile_ad_id: String,
}

impl Person {
    /// A person for these dice; `number` tells two persons of one name apart.
    pub(super) fn invent(dice: &mut Dice, number: usize, now: UnixMillis) -> Person {
        let place = &PLACES[dice.weighted(PLACES.iter().map(|place| place.weight))];
        let (city, state, zip) = *dice.pick(place.towns);
        let (first, gender) = *dice.pick(place.first_names);
        let last = *dice.pick(place.last_names);
        let (phone, national_phone) = phone(dice, place);
        let made = UnixMillis(now.0 - dice.between(0, 60 * DAY_MS));
        let click = format!("IwAR{:016x}{number:x}", dice.bits());
        let gender_word = if gender == 'f' { "Female" } else { "Male" };
        Person {
            email: email(dice, number),
            phone,
            national_phone,
            first_name: Forms::new(&name_norm(first), cases(first)),
            last_name: Forms::new(&name_norm(last), cases(last)),
            gender: Forms::new(
                &gender.to_string(),
                [gender.to_string(), gender.to_uppercase().to_string(), gender_word.to_owned()],
            ),
            birth_date: birth_date(dice),
            city: Forms::new(&name_norm(city), cases(city)),
            state: (!state.is_empty())
                .then(|| Forms::new(&state.to_lowercase(), [state.into(), state.to_lowercase()])),
            zip: Forms::new(&zip_norm(place.country, zip), [zip.to_owned(), format!(" {zip} ")]),
            country: Forms::new(
                &place.country.to_lowercase(),
                [place.country.to_owned(), place.country.to_lowercase()],
            ),
            external_id: Forms::new(
                &format!("customer-{number:06}"),
                [format!("customer-{number:06}")],
            ),
            ip: addresses(dice),
            user_agent: dice.pick::<&str>(AGENTS),
            fbp: format!("fb.1.{}.{}", made.0, 1_000_000_000 + dice.below(1_000_000_000)),
            fbc: format!("fb.1.{}.{click}", made.0),
            fbclid: click,
            mobile_ad_id: mobile_ad_id(dice),
        }
    }
}

/// Lower-case hex of the SHA-256 of `text`.
pub(super) fn hex_sha256(text: &str) -> String {
    let digest: [u8; 32] = Sha256::digest(text.as_bytes()).into();
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Lower case, letters and digits of any script only.
fn name_norm(name: &str) -> String {
    name.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect()
}

fn zip_norm(country: &str, zip: &str) -> String {
    let plain: String = zip.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect();
    if country == "US" { plain.chars().take(5).collect() } else { plain }
}

fn cases(name: &str) -> [String; 3] {
    [name.to_owned(), format!(" {name}"), name.to_uppercase()]
}

fn email(dice: &mut Dice, number: usize) -> Forms {
    const WORDS: &[&str] = &["zephyrine", "quillfeather", "oakumbray", "marzipanic", "tolkenholm"];
    const HOSTS: &[&str] = &["gmail.com", "mail.example.com", "posta.example.org", "gmx.de"];
    let (word, host) = (*dice.pick(WORDS), *dice.pick(HOSTS));
    let address = format!("{word}.{number:05}{:02}@{host}", dice.below(100));
    let capital = format!("{}{}", address[..1].to_uppercase(), &address[1..]);
    Forms::new(&address, [address.clone(), format!(" {capital} "), address.to_uppercase()])
}

fn phone(dice: &mut Dice, place: &Place) -> (Forms, String) {
    let digit = |dice: &mut Dice| char::from(b'0' + dice.below(10) as u8);
    let spaced: String =
        place.phone.chars().map(|c| if c == '#' { digit(dice) } else { c }).collect();
    let plain = spaced.replace(' ', "");
    let (code, dashed) = (place.calling_code, spaced.replace(' ', "-"));
    let forms = [
        format!("+{code} {spaced}"),
        format!("+{code}{plain}"),
        format!("00{code} {dashed}"),
        format!("{code}{plain}"),
    ];
    (Forms::new(&format!("{code}{plain}"), forms), format!("{}{spaced}", place.trunk))
}

fn birth_date(dice: &mut Dice) -> Forms {
    let (year, month, day) = (dice.between(1950, 2005), dice.between(1, 12), dice.between(1, 28));
    let plain = format!("{year}{month:02}{day:02}");
    Forms::new(&plain, [plain.clone(), format!("{year}-{month:02}-{day:02}")])
}

fn addresses(dice: &mut Dice) -> [String; 2] {
    const BLOCKS: &[u8] = &[5, 31, 46, 62, 77, 81, 85, 91, 109, 178, 188, 212];
    let block = dice.pick(BLOCKS);
    let [a, b, c] = [0; 3].map(|_: u8| 1 + dice.below(250));
    let [d, e, f] = [0; 3].map(|_: u8| 1 + dice.below(0xfffe));
    [format!("{block}.{a}.{b}.{c}"), format!("2a02:{d:x}:{e:x}:1::{f:x}")]
}

fn mobile_ad_id(dice: &mut Dice) -> String {
    let (high, low) = (dice.bits(), dice.bits());
    let (a, b, c) = (high >> 32, high >> 16 & 0xffff, high & 0x0fff);
    format!("{a:08x}-{b:04x}-4{c:03x}-9{:03x}-{:012x}", low >> 52, low & 0xffff_ffff_ffff)
}
