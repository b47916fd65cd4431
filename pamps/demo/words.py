"""Names and vocabulary of the demo: short, harmless sentences in twelve languages."""

from dataclasses import dataclass

GIVEN = """
    Ada Aiko Alma Amina Ana Andrei Anya Aron Ben Bia Bruno Carla Chen Clara Dara Diego Dina Edu Elif
    Elsa Emil Eva Farid Femi Gil Hana Hugo Ida Igor Ines Isla Ivan Jana Jin Jonas Kai Kofi Lea Lena Leo
    Lila Lin Lucas Luna Maja Malik Marta Mei Mila Milan Nadia Nia Nina Noa Olga Omar Oskar Pablo Petra
    Priya Rafa Ravi Rosa Ruben Sami Sara Sofia Sven Tara Theo Tomas Uma Vera Viktor Wanda Yara Yusuf Zoe
""".split()
FAMILY = """
    Abadi Adeyemi Almeida Andersen Aoki Barros Bauer Becker Bianchi Blum Campos Castro Cohen Costa Diaz
    Dimou Duarte Eriksen Farah Ferrari Fischer Flores Fontana Garcia Gomes Haddad Hansen Herrera Ito
    Ivanova Jansen Kaya Khan Kim Klein Kovac Kumar Lang Levi Lima Lopez Maier Marin Mendes Mensah Mori
    Moser Nagy Nakamura Novak Okafor Olsen Ortiz Park Pereira Petrov Quist Rao Reis Rossi Sato Silva
    Singh Sousa Tanaka Torres Vidal Virtanen Vogel Wang Weber Yilmaz Zhang Zorn
""".split()

# Profile texts; some users have none.
BIOS = (
    None,
    None,
    None,
    "Reads, runs, bakes.",
    "Teacher by day, birds at weekends.",
    "Trains, maps, and the places where they end.",
    "Mostly harmless. Opinions are my cat's.",
    "Programadora, jardineira, mãe de duas.",
    "Fotografía analógica y café sin azúcar.",
    "Fährt Rad. Schreibt Briefe. Mag Regen.",
    "Люблю мосты и старые книги.",
    "Μουσική και θάλασσα.",
    "قارئ وكاتب ومحب للقهوة.",
    "本と猫と散歩。",
    "음악, 산책, 커피 ☕",
)

# Most popular first.
TAGS = """
    #music #coffee #books #python #photo #travel #news #garden #food #cats #running #music_monday #art
    #bikes #rain #film #café #football #opensource #música #weekend #birds #books2026 #history #linux
    #кино #写真 #recipes #sewing #trains #chess #sqlite #postgres #livros #maps #theatre #radio #natur
    #книги #dogs #wandern #poesia #mountains #moon #letters #jazz #tea #typography #قهوة #мосты #bread
    #rivers #음악 #astronomy #μουσική #knitting #ceramics #संगीत #ספרים #night #islands #snow #archives
    #mushrooms
""".split()

EMOJI = "🙂 🎉 ☕ 📚 🚲 🌧️ 🌻 🐈 🎶 ❤️ 👩‍🚀 🇧🇷 👍🏽 ✨".split()

# Three of them form a place name; these many thousands of names are the rare words of the demo.
SYLLABLES = """
    al an ar ba be bor cal da del dor el en fa gal hal in ka kel lan lor ma mer mon na nor or pel quin
    ra ros sa sel tal tor un val ver wen yl zan
""".split()


@dataclass(frozen=True)
class Language:
    """Sentences, most common first, and one for the arrival at a place."""

    sentences: tuple[str, ...]
    arrival: str


ENGLISH = Language(
    (
        "Good morning, everybody!",
        "What a day.",
        "I could not agree more.",
        "Thank you, that helped a lot.",
        "Does anybody know a good book about bridges?",
        "The coffee here is better than it looks.",
        "It has been raining since Tuesday, and the garden is grateful.",
        "Finally finished the project that I had promised to finish in spring.",
        "I do not think that this is true; where did you read it?",
        "Today I learned that octopuses have three hearts, and two of them stop when they swim.",
        "Bread is in the oven, and the whole street knows it.",
        "Is it only me, or do Mondays get longer?",
        "We walked for six hours and met nobody but a very polite goat.",
        "Small release today: fewer bugs, faster start, the same old logo.",
        "If you have never seen the harbour at five in the morning, set an alarm, just once.",
        "Nobody tells you how quiet a house is when the children have moved out.",
    ),
    "Arrived in {}, and it is even more beautiful than in the pictures.",
)
PORTUGUESE = Language(
    (
        "Bom dia, pessoal!",
        "Que saudade do verão.",
        "Concordo plenamente.",
        "Alguém recomenda um bom livro?",
        "Hoje o pão saiu perfeito, pela primeira vez.",
        "O ônibus atrasou de novo, mas o pôr do sol compensou.",
        "Não sei se é verdade, mas é uma boa história.",
        "Passei a tarde inteira arrumando a estante e só achei coisas que não procurava.",
        "Amanhã tem feira; quem vem comigo?",
    ),
    "Cheguei a {} e já não quero voltar.",
)
SPANISH = Language(
    (
        "¡Buenos días!",
        "¿Alguien más está despierto?",
        "Gracias, me ayudó mucho.",
        "Hoy no hay prisa.",
        "El café de la esquina ha vuelto a abrir, y el barrio respira.",
        "No estoy de acuerdo, pero lo explicas muy bien.",
        "He aprendido más de los errores que de los manuales.",
        "Mañana empiezo, lo prometo.",
    ),
    "De camino a {}, con dos libros y sin paraguas.",
)
GERMAN = Language(
    (
        "Guten Morgen zusammen!",
        "Das sehe ich genauso.",
        "Hat jemand einen Tipp für eine Radtour?",
        "Schöne Grüße aus dem Zug, der natürlich steht.",
        "Übung macht den Meister, sagt man, und übt nicht.",
        "Der Kuchen ist missraten, aber die Gäste waren höflich.",
        "Zum ersten Mal seit Wochen habe ich ein Buch zu Ende gelesen, ohne auf das Telefon zu schauen.",
    ),
    "Gerade in {} angekommen, es riecht nach Regen.",
)
RUSSIAN = Language(
    (
        "Доброе утро!",
        "Спасибо, очень помогло.",
        "Совершенно согласен.",
        "Кто-нибудь знает хорошую книгу о мостах?",
        "Сегодня наконец выглянуло солнце.",
        "Вчера весь вечер слушали старые пластинки и спорили о музыке.",
    ),
    "Приехали в {}, тут тихо и пахнет яблоками.",
)
GREEK = Language(
    (
        "Καλημέρα σε όλους!",
        "Συμφωνώ απόλυτα.",
        "Ευχαριστώ πολύ, με βοήθησε.",
        "Σήμερα η θάλασσα είναι ήρεμη.",
        "Ξέρει κανείς ένα καλό βιβλίο για γέφυρες;",
    ),
    "Μόλις έφτασα στο {}.",
)
ARABIC = Language(
    (
        "صباح الخير!",
        "شكرا جزيلا.",
        "أتفق معك تماما.",
        "هل يعرف أحدكم كتابا جيدا عن الجسور؟",
        "القهوة هنا أفضل مما تبدو.",
    ),
    "وصلت اليوم إلى {}.",
)
HEBREW = Language(
    (
        "בוקר טוב!",
        "תודה רבה, זה עזר.",
        "אני לגמרי מסכים.",
        "היום סוף סוף ירד גשם.",
        "מישהו מכיר ספר טוב על גשרים?",
    ),
    "הגענו אל {}.",
)
HINDI = Language(
    (
        "सुप्रभात!",
        "बहुत धन्यवाद।",
        "मैं पूरी तरह सहमत हूँ।",
        "आज बारिश हो रही है और चाय तैयार है।",
        "क्या कोई अच्छी किताब बता सकता है?",
    ),
    "अभी {} पहुँचे हैं।",
)
JAPANESE = Language(
    (
        "おはようございます。",
        "ありがとうございます、助かりました。",
        "まったく同感です。",
        "今日は朝から雨ですが、庭はうれしそうです。",
        "橋についての良い本を知っている人はいますか。",
    ),
    "{}に着きました。写真よりずっときれいです。",
)
CHINESE = Language(
    (
        "早上好！",
        "谢谢，帮了大忙。",
        "我完全同意。",
        "今天终于出太阳了。",
        "有人知道关于桥的好书吗？",
        "昨天我们走了六个小时，只遇到一只很有礼貌的山羊。",
    ),
    "刚到{}，比照片还要美。",
)
KOREAN = Language(
    (
        "좋은 아침이에요!",
        "고마워요, 큰 도움이 됐어요.",
        "완전히 동의해요.",
        "오늘은 하루 종일 비가 와요.",
        "다리에 관한 좋은 책을 아는 사람 있나요?",
    ),
    "방금 {}에 도착했어요.",
)

# Each entry is the language of one user in twenty.
LANGUAGES = (
    *(ENGLISH,) * 6,
    *(PORTUGUESE,) * 3,
    *(SPANISH,) * 2,
    GERMAN,
    RUSSIAN,
    GREEK,
    ARABIC,
    HEBREW,
    HINDI,
    JAPANESE,
    CHINESE,
    KOREAN,
)
