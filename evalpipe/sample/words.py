"""The sample bank's own small tables of names, things and words. Short and undisputed beats long."""


def _words(table: str) -> tuple[str, ...]:
    return tuple(table.split())


def _pairs(table: str) -> tuple[tuple[str, str], ...]:
    return tuple((left, right) for left, _, right in (pair.partition("/") for pair in table.split()))


NAMES = _words("""
    Ada Ahmed Alice Amara Anton Bella Boris Carla Chen Clara Daniel Diego Dora Elena Emil Emma Farid Felix Grace
    Hana Hugo Ida Igor Ines Ivan Jana Jonas Julia Kenji Lara Leo Lina Luca Maria Mateo Maya Mei Mila Nadia Nils
    Noah Nora Olga Omar Oscar Paula Pedro Priya Rosa Ruth Sami Sara Simon Sofia Tariq Theo Tomas Vera Yusuf Zoe
""")
SURNAMES = _words("""
    Adler Baker Costa Diaz Evans Fischer Garcia Huang Ivanov Jansen Keller Lopez Meyer Novak Okafor Peters Quist
    Rossi Silva Tanaka Ueda Vogel Weber Young Zhang
""")
NAMES_ZH = _words("""
    小明 小红 小华 小丽 小刚 小芳 小军 小燕 小杰 小雪 小龙 小梅 小涛 小玲 小强 小兰 小宇 小静 小波 小云 李雷 韩梅
    王芳 张伟 刘洋 陈晨 杨帆 赵敏 周强 吴磊 郑爽 孙悦 马超 朱琳 胡军 林涛 何静
    高远 罗丹 梁宇
""")

# Plural things that come in boxes and have a price.
THINGS = _words("""
    pencils candles marbles stickers buttons cards pens apples oranges lemons cookies muffins plates cups spoons
    bulbs batteries magnets ribbons beads bricks tiles screws bottles jars eggs bagels notebooks erasers balloons
""")
THINGS_ZH = _words("""
    铅笔 苹果 橘子 气球 本子 橡皮 杯子 盘子 电池 贴纸 玻璃珠 纽扣 鸡蛋 月饼 糖果 卡片 勺子 灯泡 瓶子 彩带
""")
PLACES = _words("""
    library museum station market school harbour factory theatre garden office bakery farm hotel clinic
""")

# Pairs of opposites in fields far from one another, so that no other pair's word could be right too.
ADJECTIVES = _pairs("""
    hot/cold early/late empty/full wet/dry loud/quiet cheap/expensive deep/shallow sharp/blunt brave/cowardly
    ancient/modern rich/poor heavy/light narrow/wide guilty/innocent polite/rude generous/stingy asleep/awake
    alive/dead public/private clean/dirty hollow/solid married/single left/right rough/smooth
""")
VERBS = _pairs("""
    arrive/depart borrow/lend buy/sell win/lose push/pull ascend/descend expand/shrink remember/forget
    attack/defend accept/refuse laugh/cry build/demolish praise/blame freeze/melt float/sink hide/reveal
""")
OPPOSITES_ZH = _pairs("""
    热/冷 早/晚 湿/干 贵/便宜 深/浅 胖/瘦 买/卖 输/赢 推/拉 真/假 美/丑 软/硬 哭/笑 前/后 左/右 甜/苦 宽/窄
    勤劳/懒惰 勇敢/胆小 古代/现代
""")

PLURALS = _pairs("""
    child/children mouse/mice foot/feet tooth/teeth goose/geese man/men woman/women leaf/leaves knife/knives
    wolf/wolves city/cities baby/babies box/boxes dish/dishes church/churches potato/potatoes tomato/tomatoes
    hero/heroes key/keys toy/toys book/books dog/dogs half/halves wife/wives story/stories party/parties
    glass/glasses
""")
PAST_TENSES = _pairs("""
    go/went eat/ate see/saw take/took give/gave write/wrote run/ran swim/swam sing/sang begin/began buy/bought
    bring/brought think/thought teach/taught catch/caught fly/flew know/knew grow/grew speak/spoke break/broke
    find/found hold/held keep/kept sleep/slept leave/left feel/felt meet/met pay/paid sell/sold tell/told
    stand/stood sit/sat
""")

# To be reversed, sorted and spelled: lower case, none that is spelled differently in another English.
WORDS = _words("""
    anchor autumn basket beacon branch bridge bucket butter camera candle carpet castle cherry circle coffee
    copper cotton dragon engine fabric falcon feather forest galaxy garden ginger guitar hammer hazel helmet
    island jacket jungle kettle ladder lantern lemon linen lizard magnet marble meadow mirror monkey needle ocean
    orange oyster paddle parrot pebble pepper pillow planet pocket puzzle rabbit ribbon river rocket saddle salmon
    school shadow silver spider square summer sunset temple thunder ticket timber tunnel turtle valley velvet
    violin walnut window winter yellow zebra
""")

WEEKDAYS = _words("""
    Monday Tuesday Wednesday Thursday Friday Saturday Sunday
""")
WEEKDAYS_ZH = _words("""
    星期一 星期二 星期三 星期四 星期五 星期六 星期日
""")
MONTHS = _words("""
    January February March April May June July August September October November December
""")

# (large unit, small unit, small ones in a large one); plural, as in "in 7 metres".
UNITS = (
    ("metres", "centimetres", 100),
    ("kilometres", "metres", 1000),
    ("kilograms", "grams", 1000),
    ("hours", "minutes", 60),
    ("minutes", "seconds", 60),
    ("weeks", "days", 7),
    ("litres", "millilitres", 1000),
    ("days", "hours", 24),
    ("centimetres", "millimetres", 10),
    ("tonnes", "kilograms", 1000),
)
UNITS_ZH = (
    ("米", "厘米", 100),
    ("千米", "米", 1000),
    ("千克", "克", 1000),
    ("小时", "分钟", 60),
    ("分钟", "秒", 60),
    ("升", "毫升", 1000),
    ("元", "角", 10),
    ("厘米", "毫米", 10),
)
