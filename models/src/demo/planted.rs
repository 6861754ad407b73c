//! Every clear personal value of a world, to search for where none may be.

use super::person::{Forms, Person};
use super::world::World;

/// The kind of a personal value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PlantedKind {
    /// E-mail address.
    Email,
    /// Phone number, in any of its forms.
    Phone,
    /// Given or family name.
    Name,
    /// City or postal code. Short, and not secret by itself.
    Place,
    /// IP address.
    Ip,
    /// Cookie or click id.
    Cookie,
    /// Mobile advertising id.
    MobileAdId,
    /// The shop's customer number.
    ExternalId,
}

/// A personal value as it is sent.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PlantedValue {
    /// The kind of value.
    pub kind: PlantedKind,
    /// The value's text, without the blanks around it.
    pub text: String,
}

impl World {
    /// Every clear personal value that traffic of this world may hold, each once, in order.
    pub fn planted(&self) -> Vec<PlantedValue> {
        let mut all: Vec<PlantedValue> = self.people.iter().flat_map(Person::planted).collect();
        all.sort();
        all.dedup();
        all
    }
}

impl Person {
    fn planted(&self) -> Vec<PlantedValue> {
        use PlantedKind as Kind;
        let forms: [(Kind, &Forms); 7] = [
            (Kind::Email, &self.email),
            (Kind::Phone, &self.phone),
            (Kind::Name, &self.first_name),
            (Kind::Name, &self.last_name),
            (Kind::Place, &self.city),
            (Kind::Place, &self.zip),
            (Kind::ExternalId, &self.external_id),
        ];
        let single = [
            (Kind::Phone, &self.national_phone),
            (Kind::Ip, &self.ip[0]),
            (Kind::Ip, &self.ip[1]),
            (Kind::Cookie, &self.fbp),
            (Kind::Cookie, &self.fbc),
            (Kind::MobileAdId, &self.mobile_ad_id),
        ];
        let forms = forms.iter().flat_map(|(kind, forms)| forms.raw.iter().map(|raw| (*kind, raw)));
        let all = forms.chain(single);
        all.map(|(kind, text)| PlantedValue { kind, text: text.trim().to_owned() }).collect()
    }
}
