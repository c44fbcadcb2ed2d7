"""Countries with one undisputed capital, in English and Chinese. No country whose seat of power is debated."""

from dataclasses import dataclass

CONTINENTS = ("Europe", "Asia", "Africa", "North America", "South America", "Oceania")
CONTINENTS_ZH = ("欧洲", "亚洲", "非洲", "北美洲", "南美洲", "大洋洲")


@dataclass(frozen=True, slots=True)
class Country:
    """A country, its capital and its continent; `zh` fields hold the same in Chinese."""

    name: str
    name_zh: str
    capital: str
    capital_zh: str
    continent: str

    @property
    def continent_zh(self) -> str:
        return CONTINENTS_ZH[CONTINENTS.index(self.continent)]


_TABLE = """
Europe: France 法国 Paris 巴黎, Germany 德国 Berlin 柏林, Italy 意大利 Rome 罗马, Spain 西班牙 Madrid 马德里,
Portugal 葡萄牙 Lisbon 里斯本, Austria 奥地利 Vienna 维也纳, Hungary 匈牙利 Budapest 布达佩斯,
Poland 波兰 Warsaw 华沙, Greece 希腊 Athens 雅典, Norway 挪威 Oslo 奥斯陆, Sweden 瑞典 Stockholm 斯德哥尔摩,
Finland 芬兰 Helsinki 赫尔辛基, Denmark 丹麦 Copenhagen 哥本哈根, Ireland 爱尔兰 Dublin 都柏林,
Belgium 比利时 Brussels 布鲁塞尔, Bulgaria 保加利亚 Sofia 索非亚, Romania 罗马尼亚 Bucharest 布加勒斯特,
Croatia 克罗地亚 Zagreb 萨格勒布, Serbia 塞尔维亚 Belgrade 贝尔格莱德, Iceland 冰岛 Reykjavik 雷克雅未克,
Latvia 拉脱维亚 Riga 里加, Lithuania 立陶宛 Vilnius 维尔纽斯, Estonia 爱沙尼亚 Tallinn 塔林
Asia: Japan 日本 Tokyo 东京, China 中国 Beijing 北京, South_Korea 韩国 Seoul 首尔, Thailand 泰国 Bangkok 曼谷,
Vietnam 越南 Hanoi 河内, India 印度 New_Delhi 新德里, Nepal 尼泊尔 Kathmandu 加德满都,
Mongolia 蒙古 Ulaanbaatar 乌兰巴托, Pakistan 巴基斯坦 Islamabad 伊斯兰堡, Iran 伊朗 Tehran 德黑兰,
Iraq 伊拉克 Baghdad 巴格达, Jordan 约旦 Amman 安曼
Africa: Egypt 埃及 Cairo 开罗, Morocco 摩洛哥 Rabat 拉巴特, Algeria 阿尔及利亚 Algiers 阿尔及尔,
Kenya 肯尼亚 Nairobi 内罗毕, Ethiopia 埃塞俄比亚 Addis_Ababa 亚的斯亚贝巴, Ghana 加纳 Accra 阿克拉,
Senegal 塞内加尔 Dakar 达喀尔, Uganda 乌干达 Kampala 坎帕拉, Zambia 赞比亚 Lusaka 卢萨卡,
Angola 安哥拉 Luanda 罗安达
North America: Canada 加拿大 Ottawa 渥太华, Mexico 墨西哥 Mexico_City 墨西哥城, Cuba 古巴 Havana 哈瓦那,
Jamaica 牙买加 Kingston 金斯敦
South America: Brazil 巴西 Brasilia 巴西利亚, Argentina 阿根廷 Buenos_Aires 布宜诺斯艾利斯,
Chile 智利 Santiago 圣地亚哥, Peru 秘鲁 Lima 利马, Uruguay 乌拉圭 Montevideo 蒙得维的亚,
Ecuador 厄瓜多尔 Quito 基多, Colombia 哥伦比亚 Bogota 波哥大, Venezuela 委内瑞拉 Caracas 加拉加斯
Oceania: Australia 澳大利亚 Canberra 堪培拉, New_Zealand 新西兰 Wellington 惠灵顿, Fiji 斐济 Suva 苏瓦
"""


def _countries() -> tuple[Country, ...]:
    found: list[Country] = []
    continent = ""
    for line in _TABLE.strip().splitlines():
        head, colon, tail = line.rpartition(":")
        continent = head if colon else continent
        for row in tail.strip(", ").split(","):
            name, name_zh, capital, capital_zh = (cell.replace("_", " ") for cell in row.split())
            found.append(Country(name, name_zh, capital, capital_zh, continent))
    return tuple(found)


COUNTRIES = _countries()
