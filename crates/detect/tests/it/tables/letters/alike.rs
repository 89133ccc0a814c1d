//! Characters that look like a Latin letter or stand for one, beyond what Unicode's decompositions say; punctuation
//! and spaces of one meaning. Written for Stanch from the shapes in Unicode's code charts.

use std::collections::BTreeMap;

/// Lines of look-alikes: the n-th word's characters are folded to the n-th letter named before the colon.
const LETTERS: &[(&str, &str)] = &[
    // Cyrillic.
    (
        "abeeekmhopctyxsijdqwhv",
        "аве\u{451}\u{454}кмнорстухѕіјԁԛԝһѵ",
    ),
    ("abekmhopctyxsijdqwhv", "АВЕКМНОРСТУХЅІЈԀԚԜҺѴ"),
    ("ryhk", "ѓүңқ"),
    ("yhk", "ҮҢҚ"),
    ("gnbu", "ԍпьц"),
    // Greek.
    ("abyenikvoptuxwz", "αβγεηικνορτυχωζ"),
    ("abezhikmnoptyx", "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧ"),
    ("cjx", "ϲϳϰ"),
    // Cherokee, the capital forms.
    ("drtiyajewmhgzbrvslcpkdbs", "ᎠᎡᎢᎥᎩᎪᎫᎬᎳᎷᎻᏀᏃᏏᏒᏙᏚᏞᏟᏢᏦᏧᏴᏕ"),
    // Cherokee, the small forms.
    ("drtiyajewmhgzbrvslcpkd", "ꭰꭱꭲꭵꭹꭺꭻꭼꮃꮇꮋꮐꮓꮟꮢꮩꮪꮮꮯꮲꮶꮷ"),
    // Lisu.
    ("bpdtgkjczfmnlsrvhwxyaeiou", "ꓐꓑꓓꓔꓖꓗꓙꓚꓜꓝꓟꓠꓡꓢꓣꓦꓧꓪꓫꓬꓮꓰꓲꓳꓴ"),
    // Armenian.
    ("oushnjgq", "օսսհոյցզ"),
    // Small capitals.
    ("abcdefghijklmnopqrstuvwyz", "ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘꞯʀꜱᴛᴜᴠᴡʏᴢ"),
    // Latin with strokes, hooks and tails, and phonetic letters.
    (
        "aabbccddddeefgggghhhiiijkklllmnnnooopqrrssttttuuvwyyyzzz",
        "ɑⱥɓƀƈȼđɖɗȡɛɇƒǥɠɡᶃħɦⱨıɨɩɉƙⱪłɫƚɱɲŋƞøɵɔƥɋɾɍʂȿŧƭʈⱦʉʊʋⱳɏƴʎƶʐȥ",
    ),
    ("abdfghijklnoprtuvyz", "ȺƁĐƑǤĦƗɈƘŁŊØƤɌŦɄƲɎƵ"),
    // Signs of money used as letters.
    ("acdfgklmnprt", "₳₵₫₣₲₭₤₥₦₱\u{20a8}₮"),
    ("tba", "₸฿ª"),
    // Letters upright in other signs.
    ("oxvx", "º×∨✗"),
];

/// Single characters and what they are folded to.
const TEXTS: &[(char, &str)] = &[
    ('ß', "ss"),
    ('ẞ', "ss"),
    ('æ', "ae"),
    ('Æ', "ae"),
    ('œ', "oe"),
    ('Œ', "oe"),
    ('þ', "p"),
    ('ð', "d"),
    ('Þ', "p"),
    ('Ð', "d"),
    ('\u{1f18a}', "p"),
    ('\u{1f18b}', "ic"),
    ('\u{1f18c}', "pa"),
    ('\u{1f18d}', "sa"),
    ('\u{1f18e}', "ab"),
    ('\u{1f18f}', "wc"),
    ('\u{1f191}', "cl"),
    ('\u{1f192}', "cool"),
    ('\u{1f193}', "free"),
    ('\u{1f194}', "id"),
    ('\u{1f195}', "new"),
    ('\u{1f196}', "ng"),
    ('\u{1f197}', "ok"),
    ('\u{1f198}', "sos"),
    ('\u{1f199}', "up"),
    ('\u{1f19a}', "vs"),
    ('\u{1f51f}', "10"),
    ('\u{1f4af}', "100"),
    ('\u{1f250}', "得"),
    ('\u{1f251}', "可"),
    // White space.
    ('\t', " "),
    ('\r', " "),
    ('\u{2800}', " "),
    ('\u{b}', "\n"),
    ('\u{c}', "\n"),
    ('\u{85}', "\n"),
    ('\u{2028}', "\n"),
    ('\u{2029}', "\n"),
    ('\u{a0}', " "),
    ('\u{1680}', " "),
    // Hyphens and dashes.
    ('\u{2010}', "-"),
    ('\u{2011}', "-"),
    ('\u{2012}', "-"),
    ('\u{2013}', "-"),
    ('\u{2014}', "-"),
    ('\u{2015}', "-"),
    ('\u{2212}', "-"),
    ('\u{2e3a}', "-"),
    ('\u{2e3b}', "-"),
    ('\u{fe58}', "-"),
    ('\u{2043}', "-"),
    ('\u{2796}', "-"),
    // Dots in the middle and at the foot.
    ('•', "·"),
    ('・', "·"),
    ('●', "·"),
    ('∙', "·"),
    ('⋅', "·"),
    ('‧', "·"),
    ('･', "·"),
    ('\u{2022}', "·"),
    ('\u{16eb}', "·"),
    ('\u{2024}', "."),
    ('\u{2e31}', "·"),
    ('\u{2b24}', "·"),
    ('\u{26ab}', "·"),
    ('\u{25cf}', "·"),
    ('\u{fe52}', "."),
    ('\u{6d4}', "."),
    ('\u{ff61}', "。"),
    ('\u{3002}', "。"),
    ('\u{fe12}', "。"),
    // Slashes, signs, quotes.
    ('\u{2044}', "/"),
    ('\u{2215}', "/"),
    ('\u{29f8}', "/"),
    ('\u{2795}', "+"),
    ('\u{2716}', "x"),
    ('\u{2715}', "x"),
    ('\u{2718}', "x"),
    ('\u{2236}', ":"),
    ('\u{fe55}', ":"),
    ('\u{a789}', ":"),
    ('\u{2019}', "'"),
    ('\u{2018}', "'"),
    ('\u{201c}', "\""),
    ('\u{201d}', "\""),
    ('\u{300c}', "\""),
    ('\u{300d}', "\""),
    ('\u{223c}', "~"),
    ('\u{301c}', "~"),
    ('\u{30fb}', "·"),
    ('\u{2502}', "|"),
    ('\u{2758}', "|"),
    ('\u{4e28}', "|"),
    // Frames around ideographs that NFKC leaves.
    ('\u{1f234}', "合"),
    ('㊀', "一"),
    ('〇', "〇"),
    ('\u{25ef}', "〇"),
    ('\u{2b55}', "〇"),
    ('○', "〇"),
    // Radicals that are written for their characters.
    ('\u{2e8c}', "小"),
    ('\u{2e92}', "巳"),
    ('\u{2ea0}', "民"),
    ('\u{2ed3}', "长"),
    ('\u{2edd}', "食"),
    ('\u{2ee2}', "马"),
    ('\u{2ee3}', "骨"),
    ('\u{2ee5}', "鱼"),
    ('\u{2ee6}', "鸟"),
    ('\u{2ee9}', "黄"),
    ('\u{2ec5}', "见"),
    ('\u{2ec9}', "贝"),
    ('\u{2ecb}', "车"),
    ('\u{2ed9}', "韦"),
    ('\u{2eda}', "页"),
    ('\u{2edb}', "风"),
    ('\u{2edc}', "飞"),
    ('\u{2eb0}', "纟"),
    ('\u{2ec8}', "讠"),
    ('\u{2ed0}', "钅"),
    ('\u{2ed4}', "长"),
    ('\u{2ed8}', "青"),
    ('\u{2ee8}', "麦"),
    ('\u{2eeb}', "齐"),
    ('\u{2eed}', "齿"),
    ('\u{2eef}', "龙"),
    ('\u{2ef0}', "龙"),
    ('\u{2ef3}', "龟"),
    // Common in chats, absent from the index of simplified forms.
    ('馬', "马"),
    ('長', "长"),
    ('妳', "你"),
    ('祢', "你"),
    ('夥', "伙"),
    ('呺', "号"),
    ('岀', "出"),
];

/// Every character here and what it is folded to.
pub fn table() -> BTreeMap<char, &'static str> {
    let mut table = BTreeMap::new();
    for (letters, alike) in LETTERS {
        let count = (letters.chars().count(), alike.chars().count());
        assert_eq!(count.0, count.1, "{letters} beside {alike}");
        for ((at, letter), c) in letters.char_indices().zip(alike.chars()) {
            let text = letters.get(at..at + letter.len_utf8()).expect("a letter");
            table.insert(c, text);
        }
    }
    table.extend(TEXTS.iter().copied());
    table
}
