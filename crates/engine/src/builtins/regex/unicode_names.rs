//! The names that Go knows in `\p{...}`: general categories, their long names, and scripts, as of Unicode 15.

/// Scripts.
const SCRIPTS: &str = "Adlam Ahom Anatolianhieroglyphs Arabic Armenian Avestan Balinese Bamum Bassavah Batak Bengali Bhaiksuki \
    Bopomofo Brahmi Braille Buginese Buhid Canadianaboriginal Carian Caucasianalbanian Chakma Cham Cherokee \
    Chorasmian Common Coptic Cuneiform Cypriot Cyprominoan Cyrillic Deseret Devanagari Divesakuru Dogra Duployan \
    Egyptianhieroglyphs Elbasan Elymaic Ethiopic Georgian Glagolitic Gothic Grantha Greek Gujarati Gunjalagondi \
    Gurmukhi Han Hangul Hanifirohingya Hanunoo Hatran Hebrew Hiragana Imperialaramaic Inherited \
    Inscriptionalpahlavi Inscriptionalparthian Javanese Kaithi Kannada Katakana Kawi Kayahli Kharoshthi \
    Khitansmallscript Khmer Khojki Khudawadi Lao Latin Lepcha Limbu Lineara Linearb Lisu Lycian Lydian Mahajani \
    Makasar Malayalam Mandaic Manichaean Marchen Masaramgondi Medefaidrin Meeteimayek Mendekikakui \
    Meroiticcursive Meroitichieroglyphs Miao Modi Mongolian Mro Multani Myanmar Nabataean Nagmundari Nandinagari \
    Newa Newtailue Nko Nushu Nyiakengpuachuehmong Ogham Olchiki Oldhungarian Olditalic Oldnortharabian Oldpermic \
    Oldpersian Oldsogdian Oldsoutharabian Oldturkic Olduyghur Oriya Osage Osmanya Pahawhhmong Palmyrene \
    Paucinhau Phagspa Phoenician Psalterpahlavi Rejang Runic Samaritan Saurashtra Sharada Shavian Siddham \
    Signwriting Sinhala Sogdian Sorasompeng Soyombo Sundanese Sylotinagri Syriac Tagalog Tagbanwa Taile Taitham \
    Taiviet Takri Tamil Tangsa Tangut Telugu Thaana Thai Tibetan Tifinagh Tirhuta Toto Ugaritic Vai Vithkuqi \
    Wancho Warangciti Yezidi Yi Zanabazarsquare";

/// Categories by their short names.
const CATEGORIES: &str =
    "C Cc Cf Cn Co Cs L Lc Ll Lm Lo Lt Lu M Mc Me Mn N Nd Nl No P Pc Pd Pe Pf Pi Po Ps S Sc Sk Sm So Z Zl Zp Zs";

/// Categories by their long names.
const LONG_NAMES: &str = "Casedletter=LC Closepunctuation=Pe Cntrl=Cc Combiningmark=M Connectorpunctuation=Pc Control=Cc \
    Currencysymbol=Sc Dashpunctuation=Pd Decimalnumber=Nd Digit=Nd Enclosingmark=Me Finalpunctuation=Pf \
    Format=Cf Initialpunctuation=Pi Letter=L Letternumber=Nl Lineseparator=Zl Lowercaseletter=Ll Mark=M \
    Mathsymbol=Sm Modifierletter=Lm Modifiersymbol=Sk Nonspacingmark=Mn Number=N Openpunctuation=Ps Other=C \
    Otherletter=Lo Othernumber=No Otherpunctuation=Po Othersymbol=So Paragraphseparator=Zp Privateuse=Co Punct=P \
    Punctuation=P Separator=Z Spaceseparator=Zs Spacingmark=Mc Surrogate=Cs Symbol=S Titlecaseletter=Lt \
    Unassigned=Cn Uppercaseletter=Lu";

/// The class for a name, as the `regex` crate writes it. Case does not count, nor do spaces, hyphens and underscores.
pub(super) fn class(name: &str) -> Option<String> {
    let letters = name.chars().filter(|letter| !matches!(letter, '_' | '-' | ' '));
    let mut canonical: String = letters.map(|letter| letter.to_ascii_lowercase()).collect();
    if let Some(first) = canonical.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    let is = |known: &str| known == canonical;
    if canonical == "Any" || canonical == "Ascii" || canonical == "Assigned" {
        return Some(canonical);
    }
    if CATEGORIES.split(' ').any(is) {
        return Some(format!("gc={canonical}"));
    }
    if SCRIPTS.split(' ').any(is) {
        return Some(format!("sc={canonical}"));
    }
    let long = LONG_NAMES.split(' ').filter_map(|pair| pair.split_once('=')).find(|(name, _)| is(name));
    long.map(|(_, short)| format!("gc={short}"))
}

#[cfg(test)]
mod tests {
    use super::{CATEGORIES, LONG_NAMES, SCRIPTS, class};

    #[test]
    fn every_name_is_a_class() {
        let long = LONG_NAMES.split(' ').filter_map(|pair| pair.split_once('=')).map(|(name, _)| name);
        for name in SCRIPTS.split(' ').chain(CATEGORIES.split(' ')).chain(long).chain(["Any", "ascii", "assigned"]) {
            // Surrogates are no characters in Rust.
            if matches!(name, "Cs" | "Surrogate") {
                continue;
            }
            let pattern = class(name).map(|class| format!("\\p{{{class}}}"));
            assert!(pattern.is_some_and(|pattern| ::regex::Regex::new(&pattern).is_ok()), "{name}");
        }
        assert_eq!(class("Alphabetic"), None);
    }
}
