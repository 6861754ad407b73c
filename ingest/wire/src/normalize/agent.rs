//! User agents: only the class of device is kept of them.

use stratum_models::identifier::InvalidReason;
use stratum_models::platform::Device;

/// The sign that a word gives.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sign {
    Nothing,
    Tablet,
    Mobile,
    Android,
    Desktop,
    Bot,
}

const WORDS: &[(Sign, &[&[u8]])] = &[
    (Sign::Tablet, &[b"ipad", b"tablet", b"kindle", b"silk", b"playbook"]),
    (
        Sign::Mobile,
        &[
            b"iphone",
            b"ipod",
            b"mobile",
            b"phone",
            b"dalvik",
            b"darwin",
            b"cfnetwork",
            b"blackberry",
            b"okhttp",
        ],
    ),
    (Sign::Android, &[b"android"]),
    (Sign::Desktop, &[b"windows", b"macintosh", b"cros", b"linux"]),
    (
        Sign::Bot,
        &[
            b"crawl",
            b"slurp",
            b"headlesschrome",
            b"phantomjs",
            b"curl",
            b"wget",
            b"python",
            b"urllib",
            b"aiohttp",
            b"httpx",
            b"scrapy",
            b"libwww",
            b"postmanruntime",
            b"insomnia",
            b"axios",
            b"puppeteer",
            b"playwright",
            b"selenium",
            b"lighthouse",
            b"pingdom",
            b"facebookexternalhit",
            b"externalagent",
            b"mediapartners",
            b"httpclient",
            b"undici",
            b"guzzlehttp",
        ],
    ),
];

/// The class of device of a user agent.
pub fn device(agent: &str) -> Device {
    let mut seen = AgentWords::default();
    let mut word = 0;
    for byte in agent.bytes() {
        if byte.is_ascii_alphabetic() {
            word = word << 8 | u64::from(byte | 0x20);
        } else if word != 0 {
            seen.word(word);
            word = 0;
        }
    }
    seen.word(word);
    seen.device()
}

/// The last eight letters of a word in one number: words are compared at once, endings by a mask.
const fn word(letters: &[u8]) -> u64 {
    let mut word = 0;
    let mut at = 0;
    while at < letters.len() {
        word = word << 8 | letters[at] as u64;
        at += 1;
    }
    word
}

fn ends_with(whole: u64, ending: &[u8]) -> bool {
    let mask = (1 << (ending.len() * 8)) - 1;
    whole & mask == word(ending)
}

/// A hash table of [`WORDS`], made while compiling; an empty slot ends a search.
static SLOTS: [(u64, Sign); 256] = {
    let mut slots = [(0, Sign::Nothing); 256];
    let mut set = 0;
    while set < WORDS.len() {
        let (sign, words) = WORDS[set];
        let mut at = 0;
        while at < words.len() {
            let whole = word(words[at]);
            let mut slot = first_slot(whole);
            while slots[slot].0 != 0 {
                slot = (slot + 1) % slots.len();
            }
            slots[slot] = (whole, sign);
            at += 1;
        }
        set += 1;
    }
    slots
};

const fn first_slot(whole: u64) -> usize {
    (whole.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) as usize
}

fn sign_of(whole: u64) -> Sign {
    let mut slot = first_slot(whole);
    loop {
        match SLOTS[slot % SLOTS.len()] {
            (0, _) => return Sign::Nothing,
            (known, sign) if known == whole => return sign,
            _ => slot += 1,
        }
    }
}

/// Whether the agent is that of a person's browser or app.
pub(super) fn check(agent: &str) -> Result<(), InvalidReason> {
    match device(agent) {
        Device::Bot => Err(InvalidReason::Bot),
        _ => Ok(()),
    }
}

#[derive(Default)]
struct AgentWords {
    bot: bool,
    tablet: bool,
    android: bool,
    mobile: bool,
    desktop: bool,
}

impl AgentWords {
    fn word(&mut self, whole: u64) {
        match sign_of(whole) {
            Sign::Tablet => self.tablet = true,
            Sign::Mobile => self.mobile = true,
            Sign::Android => self.android = true,
            Sign::Desktop => self.desktop = true,
            Sign::Bot => self.bot = true,
            // Cubot makes phones.
            Sign::Nothing => {
                self.bot |= ends_with(whole, b"bot") && whole != const { word(b"cubot") }
                    || ends_with(whole, b"spider")
                    || ends_with(whole, b"crawler");
            }
        }
    }

    fn device(&self) -> Device {
        match self {
            AgentWords { bot: true, .. } => Device::Bot,
            AgentWords { tablet: true, .. } => Device::Tablet,
            AgentWords { mobile: true, .. } => Device::Mobile,
            // Android's browsers say Mobile on phones only.
            AgentWords { android: true, .. } => Device::Tablet,
            AgentWords { desktop: true, .. } => Device::Desktop,
            _ => Device::Unknown,
        }
    }
}
