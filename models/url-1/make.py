"""Writes `made.txt.gz`: made-up host names of the kinds that phishers register, for training beside lists of real ones.

    python models/url-1/make.py

The kinds and words are our own, from what is publicly known of phishing; nothing is taken from a list of deceptive hosts. Such lists as may
be used for what ships are of coin and investment fraud; parcels, banks, offices, free pages and throw-away names come from here. The
same seed gives the same file.
"""

import gzip
import random
from pathlib import Path

HERE = Path(__file__).parent
URL = HERE.parent.parent / "crates/detect/src/url"
COUNTS = {"worded": 6000, "slipped": 3000, "posing": 2500, "thrown": 4000, "hosted": 6000, "offered": 2000}
WORDS = """login signin verify verification secure security account accounts support help service services update billing payment pay
    wallet confirm unlock recovery restore alert notice refund claim reward rewards bonus gift promo airdrop mail webmail portal online web
    app mobile id client customer user access auth validate activation document share file view delivery track tracking parcel post express
    package redelivery customs fee toll invoice tax office center official store shop outlet sale discount member vip benefit subsidy fine
    official-site connect sync migration staking swap bridge mint token presale""".split()
THINGS = """store shop outlet sale boots shoes jacket watch bag phone ticket visa job loan credit invest fund crypto forex casino game slot
    bet lottery dating video movie stream download driver antivirus vpn diet pill""".split()
PLACES = "uk us de fr it es ca au jp in br mx nl be ch at pl cz se no dk fi pt gr tr kr sg my id ph th vn hk tw cn ru za ae".split()
COMMON = "com net org info co".split()
BUILDERS = """weebly.com wixsite.com vercel.app netlify.app pages.dev workers.dev web.app firebaseapp.com github.io gitlab.io herokuapp.com
    glitch.me framer.app framer.website webflow.io square.site godaddysites.com myshopify.com duckdns.org r2.dev 000webhostapp.com repl.co
    replit.app surge.sh azurewebsites.net gitbook.io wordpress.com blogspot.com jimdosite.com onrender.com fly.dev plesk.page mybluehost.me
    hostingersite.com trycloudflare.com lovable.app carrd.co tilda.ws mystrikingly.com webwave.dev rf.gd great-site.net ddns.net firebaseio.com
    ukit.me yolasite.com strikingly.com""".split()
HOMELY = """river stone cloud happy lucky silver green blue bright quick mighty swift calm gentle cotton maple amber velvet lemon panda tiger
    falcon otter harbor meadow winter summer garden coral ember frost pixel orbit cosmic jolly brave quiet""".split()
LETTERS, DIGITS, CONSONANTS, VOWELS = "abcdefghijklmnopqrstuvwxyz", "0123456789", "bcdfghjklmnpqrstvwxz", "aeiou"
ALIKE = {"o": "0", "l": "1", "i": "l1", "e": "3", "a": "4", "s": "5", "m": "rn", "w": "vv", "b": "d", "n": "m", "u": "v", "c": "k", "k": "c"}


class Maker:
    def __init__(self, seed):
        self.random = random.Random(seed)
        words = lambda name: (URL / name).read_text().split()
        self.brands = [name for name in words("names.txt") if len(name) > 3]
        self.cheap = words("cheap.txt")

    def pick(self, *lists):
        return self.random.choice(self.random.choice(lists))

    def ending(self):
        chance = self.random.random()
        if chance < 0.5:
            return self.pick(self.cheap)
        return self.pick(COMMON) if chance < 0.85 else self.pick(PLACES)

    def letters(self, low, high, alphabet=LETTERS):
        return "".join(self.random.choice(alphabet) for _ in range(self.random.randint(low, high)))

    def syllables(self, low, high):
        return "".join(self.pick(CONSONANTS) + self.pick(VOWELS) for _ in range(self.random.randint(low, high)))

    def glue(self, *parts):
        return self.pick(["-", "-", "", ""]).join(parts)

    def tail(self):
        return self.pick(["", "", self.letters(1, 3, DIGITS), self.letters(2, 4), "-" + self.pick(PLACES)])

    def worded(self):
        parts = [self.pick(self.brands), self.pick(WORDS)] + ([self.pick(WORDS)] if self.random.random() < 0.35 else [])
        self.random.shuffle(parts)
        return f"{self.glue(*parts)}{self.tail()}.{self.ending()}"

    def slip(self, name):
        at = self.random.randrange(len(name))
        match self.random.randrange(5):
            case 0:
                return name[:at] + name[at] + name[at:]
            case 1:
                return name[:at] + name[at + 1 :]
            case 2:
                return name[:at] + name[at + 1 : at + 2] + name[at] + name[at + 2 :]
            case 3:
                return name[:at] + self.pick(LETTERS) + name[at + 1 :]
            case _:
                return name[:at] + ALIKE.get(name[at], name[at] + name[at]) + name[at + 1 :]

    def slipped(self):
        name = self.slip(self.random.choice([brand for brand in self.brands if len(brand) > 5]))
        return f"{self.glue(name, self.pick(WORDS)) if self.random.random() < 0.3 else name}.{self.ending()}"

    def posing(self):
        inner = [self.pick(self.brands), self.pick(["com", "com", "co.uk", "gov", "net", self.pick(WORDS)])]
        if self.random.random() < 0.4:
            inner.insert(0, self.pick(["www", "login", "secure", "account", "my", "m", self.pick(WORDS)]))
        glue = self.pick([".", ".", "-"])
        own = self.pick([self.letters(4, 9), self.syllables(2, 4), self.glue(self.pick(WORDS), self.letters(2, 5))])
        return f"{glue.join(inner)}{self.pick(['.', '.', '-'])}{own}.{self.ending()}"

    def thrown(self):
        kinds = [
            self.letters(4, 7),
            self.letters(3, 6, LETTERS + DIGITS),
            self.letters(1, 3) + self.letters(2, 4, DIGITS),
            self.pick(WORDS) + self.letters(2, 4),
            self.letters(2, 4) + "-" + self.pick(WORDS),
            self.syllables(2, 3) + self.letters(1, 2, DIGITS),
        ]
        return f"{self.pick(kinds)}.{self.pick(self.cheap)}"

    def hosted(self):
        kinds = [
            self.syllables(3, 7),
            self.letters(8, 16, LETTERS + DIGITS),
            self.glue(self.pick(self.brands), self.pick(WORDS)) + self.tail(),
            self.glue(self.pick(WORDS), self.pick(self.brands)),
            self.slip(self.pick(self.brands)) + self.tail(),
            "-".join(self.random.sample(HOMELY, 3)),
            self.glue(self.pick(WORDS), self.pick(WORDS)) + self.tail(),
        ]
        return f"{self.pick(kinds)}.{self.pick(BUILDERS)}"

    def offered(self):
        parts = [self.pick(self.brands, THINGS), self.pick(THINGS), self.pick(PLACES, ["online", "outlet", "official", "sale", "shop"])]
        return f"{self.glue(*parts)}.{self.ending()}"


def main():
    maker, hosts = Maker(1), set()
    for kind, count in COUNTS.items():
        start = len(hosts)
        while len(hosts) < start + count:
            host = getattr(maker, kind)()
            if all(0 < len(label) < 64 and label.strip("-") == label for label in host.split(".")):
                hosts.add(host)
    # Without name and time in its head the file depends on nothing else.
    with open(HERE / "made.txt.gz", "wb") as file, gzip.GzipFile("", "wb", 9, file, mtime=0) as out:
        out.write("".join(host + "\n" for host in sorted(hosts)).encode())


if __name__ == "__main__":
    main()
