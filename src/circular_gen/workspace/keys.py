"""The keys and words of the workspace's files: English key ↔ Chinese term, with what each means in both languages.

One table for everything: reading (both spellings are accepted), error texts (nearest right key) and the JSON Schema.
In: nothing. Out: `SECTIONS` (the keys a mapping may have, by kind of mapping) and `WORDS` (the fixed words of a value).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Key:
    """A key: `name` English, `chinese` its terms (the first is shown), `zh`, `en` what it means. `inside`: the section
    of the mapping (or of the mappings in the list) that stands under it; `named`: its mapping's keys are free names."""

    name: str
    chinese: tuple[str, ...]
    zh: str
    en: str
    inside: str = ""
    named: bool = False

    @property
    def spellings(self) -> tuple[str, ...]:
        return (self.name, *self.chinese)

    def __str__(self) -> str:
        return f"{self.name}（{self.chinese[0]}）"


def _key(name: str, chinese: str, zh: str, en: str, inside: str = "", *, named: bool = False) -> Key:
    return Key(name, tuple(chinese.split()), zh, en, inside, named)


SECTIONS: Mapping[str, Mapping[str, Key]] = MappingProxyType(
    {
        section: MappingProxyType({key.name: key for key in keys})
        for section, keys in {
            "office": (
                _key("name", "名称 发文机关", "发文机关署名，用全称或规范化简称", "the office's name, as it signs"),
                _key(
                    "mark",
                    "发文机关标志 标志",
                    "红头文字；不写则为名称加“文件”，信函格式只用名称",
                    "the red issuer mark; default: the name and 文件, in a letter the name alone",
                ),
                _key(
                    "code",
                    "机关代字 代字",
                    "发文字号中的机关代字，如 清安办发",
                    "issuer code of its document numbers, e.g. 清安办发",
                ),
                _key("contact", "联系人", "本机关联系人，印在回执上", "whom units call; printed on forms", "contact"),
                _key("printed_by", "印发机关", "版记中的印发机关；不写则同名称", "who prints; default: the name"),
                _key("layout", "版式", "版心网格与页边", "the grid and margins", "layout"),
                _key(
                    "fonts",
                    "字体文件 字体",
                    "本单位有权使用的字体文件，按字体类别；不写则用自带开源字体",
                    "the office's own font files, face by face; left out: the open ones",
                    "fonts",
                ),
                _key(
                    "word_fonts",
                    "Word字体",
                    "Word 文件中写明的字体名称，按字体类别",
                    "the font names a DOCX asks for, face by face",
                    "word_fonts",
                ),
                _key(
                    "seal", "印章", "印章图片；不写则留出盖章位置", "a seal's picture; left out: room for one", "seal"
                ),
                _key("timezone", "时区", "本机关所在时区，默认 Asia/Shanghai", "time zone; default Asia/Shanghai"),
                _key(
                    "ledger",
                    "台账 登记库",
                    "登记库：不写则为 records/ledger.db，也可写 postgresql://…",
                    "the ledger's database; default records/ledger.db, or postgresql://…",
                ),
                _key("mail", "邮件", "收发邮件的服务器", "mail servers", "mail"),
                _key("dispatch", "分送", "怎样分送：共享文件夹、附件、封面", "how papers are handed over", "dispatch"),
                _key("archive", "归档", "归档用的全宗号与部门代码", "fonds and department of the archive", "archive"),
                _key(
                    "reminders",
                    "催办",
                    "催办的规矩；公文里另有规定的，按公文",
                    "how units are reminded, where a circular says nothing else",
                    "reminders",
                ),
                _key("sign", "电子签名", "电子签名的核验", "how electronic signatures are checked", "sign"),
                _key("portal", "网页", "网页服务的设置", "settings of the web portal"),
            ),
            "reminders": (
                _key("notice", "到期提醒", "到期前几个工作日提醒；0 不提醒", "work days before the deadline; 0: not"),
                _key(
                    "first",
                    "首次催办",
                    "逾期后第几个工作日第一次催办",
                    "work day after the deadline of the first reminder",
                ),
                _key("interval", "催办间隔", "以后每隔几个工作日再催办", "work days between two reminders"),
                _key("most", "最多催办", "一个时限最多催办几次", "at most so many reminders for one deadline"),
                _key(
                    "cooldown",
                    "冷却 间隔小时",
                    "对同一单位两次提醒、催办（含电话）至少隔几小时",
                    "least hours between two messages to a unit, calls included",
                ),
                _key("quiet", "免打扰", "不发送的时段，如 18:00-8:30", "hours in which nothing is sent"),
                _key(
                    "escalate", "督办", "逾期几个工作日后督办；0 不督办", "work days after which 督办 is due; 0: never"
                ),
                _key(
                    "bulletin", "通报", "逾期几个工作日后通报；0 不通报", "work days after which 通报 is due; 0: never"
                ),
                _key(
                    "superior",
                    "抄送上级 上级",
                    "督办通知抄送谁；单位自己写了上级的，抄送它的上级",
                    "who gets a copy of an escalation where the unit names nobody",
                ),
                _key(
                    "basis",
                    "依据",
                    "催办的依据；不写则同回执的依据",
                    "why units may be reminded; default: the receipt's",
                ),
                _key("codes", "代字", "催办、督办、通报文号的代字", "the series of their numbers", "reminder_codes"),
            ),
            "reminder_codes": (
                _key("reminder", "催办", "催办通知的代字，如 清安办催", "of reminders, e.g. 清安办催"),
                _key("escalation", "督办", "督办通知的代字，如 清安办督", "of escalations, e.g. 清安办督"),
                _key("bulletin", "通报", "通报的代字，如 清安办通", "of bulletins, e.g. 清安办通"),
            ),
            "contact": (
                _key("name", "姓名 名称", "姓名或科室", "a person's or section's name"),
                _key("phone", "电话 手机", "电话", "telephone"),
                _key("email", "邮箱 电子邮箱", "电子邮箱", "mail address"),
                _key("duty", "职务", "职务", "post"),
            ),
            "layout": (
                _key("cell", "字格", "每行 28 字满版，或自然字宽 27 字", "28 cells a line, or natural width"),
                _key("margins", "页边", "常规页边，或 GB/T 33476 页边", "plain margins, or those of GB/T 33476"),
            ),
            "fonts": (
                _key("fangsong", "仿宋", "正文用仿宋的字体文件", "font file for 仿宋"),
                _key("xiaobiaosong", "小标宋", "标题用小标宋的字体文件", "font file for 小标宋"),
                _key("hei", "黑体", "黑体的字体文件", "font file for 黑体"),
                _key("kai", "楷体", "楷体的字体文件", "font file for 楷体"),
                _key("song", "宋体", "页码用宋体的字体文件", "font file for 宋体"),
            ),
            "word_fonts": (
                _key("fangsong", "仿宋", "仿宋在 Word 中的名称", "name of 仿宋 in a DOCX"),
                _key("xiaobiaosong", "小标宋", "小标宋在 Word 中的名称", "name of 小标宋 in a DOCX"),
                _key("hei", "黑体", "黑体在 Word 中的名称", "name of 黑体 in a DOCX"),
                _key("kai", "楷体", "楷体在 Word 中的名称", "name of 楷体 in a DOCX"),
                _key("song", "宋体", "宋体在 Word 中的名称", "name of 宋体 in a DOCX"),
            ),
            "seal": (
                _key("image", "图片", "印章图片文件：png、jpg、svg、pdf", "the picture's file: png, jpg, svg, pdf"),
                _key("diameter", "直径", "印章直径，毫米", "diameter in mm"),
                _key(
                    "others",
                    "其他机关",
                    "联合行文时其他机关的印章图片：机关名称对图片文件",
                    "the seals of other issuers of joint papers: name to picture",
                ),
            ),
            "mail": (
                _key(
                    "smtp", "发信服务器", "smtp://、smtp+starttls:// 或 smtps://", "smtp://, smtp+starttls://, smtps://"
                ),
                _key("from", "发件人", "发件邮箱", "sender's address"),
                _key(
                    "rate",
                    "每分钟封数",
                    "每分钟最多发几封；不写则不限",
                    "messages a minute; left out: no limit",
                ),
                _key(
                    "read_receipts",
                    "已读回执",
                    "是否请对方邮箱回“已读”，默认否",
                    "ask mail programs for read receipts; default no",
                ),
                _key(
                    "plus",
                    "加号退信",
                    "退信地址是否带“+编号”，默认是；邮箱不认加号地址的写否",
                    "bounce addresses with + and a key; default yes, no where the mailbox does not know them",
                ),
                _key("imap", "收信服务器", "imaps://用户@服务器/文件夹", "imaps://user@host/FOLDER"),
                _key(
                    "done",
                    "已处理文件夹",
                    "收下的邮件移到邮箱的哪个文件夹；不写则为 已处理",
                    "the mailbox's folder for mail that was taken in; default: 已处理",
                ),
            ),
            "sign": (
                _key(
                    "trust",
                    "信任证书 证书",
                    "信任的证书：证书文件（.pem、.crt、.cer）或存放它们的文件夹；单位自己的证书、或者签发它的机构的证书",
                    "trusted certificates (.pem, .crt, .cer) or folders of them: units' own, or those who issued them",
                ),
            ),
            "dispatch": (
                _key(
                    "folder",
                    "文件夹 共享文件夹",
                    "共享文件夹的上级目录，各单位一个子文件夹",
                    "the folder below which every unit has its own shared one",
                ),
                _key(
                    "word_forms",
                    "附Word",
                    "邮件和文件夹是否附 Word 表格，默认否",
                    "hand over the forms as DOCX too; default no",
                ),
                _key(
                    "envelope",
                    "信封",
                    "打印封面页用的开窗信封：DL、C5；不写则不打封面",
                    "window envelope for address covers: DL or C5; left out: none",
                ),
            ),
            "archive": (
                _key("fonds", "全宗号", "全宗号，如 Z109", "fonds, e.g. Z109"),
                _key(
                    "fonds_name",
                    "全宗名称",
                    "全宗名称，印在归档文件目录上；不写则同本机关名称",
                    "the fonds' name on the catalogue; default: the office's",
                ),
                _key("category", "门类", "档案门类代码，默认 WS（文书）", "class of archives; default WS"),
                _key("department", "部门", "机构代码，如 BGS", "department's short code, e.g. BGS"),
                _key(
                    "code",
                    "档号",
                    "档号的式样，如 {fonds}-{category}·{year}-{retention}-{department}-{item}",
                    "pattern of an archival code, e.g. {fonds}-{category}·{year}-{retention}-{department}-{item}",
                ),
                _key(
                    "time_authority",
                    "时间戳服务",
                    "可信时间戳服务的网址；不写则不加时间戳",
                    "URL of a time-stamping authority; left out: no time stamp",
                ),
                _key(
                    "signing_key",
                    "签名证书",
                    "给归档清单签名的证书和私钥文件（.p12），放在 records 文件夹里",
                    "certificate and key (.p12, below records/) that sign the manifest",
                ),
            ),
            "recipients": (
                _key("units", "单位", "全部收文单位", "all units", "unit"),
                _key("groups", "分组", "文件上印的统称对应哪些单位", "printed names of groups", "choice", named=True),
            ),
            "source": (
                _key("csv", "CSV", "逗号分隔的文件，如 units.csv", "a CSV file, e.g. units.csv"),
                _key("xlsx", "Excel", "Excel 工作簿，如 units.xlsx", "a workbook, e.g. units.xlsx"),
                _key("sheet", "工作表", "工作簿里的哪张表；不写则第一张", "the workbook's sheet; default: the first"),
                _key("sql", "数据库", "数据库地址，不写密码", "a database's address, without a password"),
                _key("query", "查询", "向数据库查询的语句", "what the database is asked"),
            ),
            "unit": (
                _key("id", "代号", "小写字母、数字、连字符，唯一", "[a-z0-9-], unique"),
                _key("name", "名称", "单位全称", "full name"),
                _key("short", "简称", "规范化简称", "short name"),
                _key("tags", "标签 类别", "类别，如 街道、成员单位", "what the unit is, e.g. 街道"),
                _key("sectors", "行业", "所涉行业领域", "its sectors"),
                _key("contacts", "联系人", "联系人，第一位为主", "contacts, the first is the main one", "contact"),
                _key("deliver", "送达方式 送达", "送达方式，按优先次序", "ways of delivery, in order of preference"),
                _key("copies", "份数", "纸质件份数，默认 1", "printed copies; default 1"),
                _key("address", "地址 通信地址", "通信地址，印在开窗信封的封面页上", "postal address, for covers"),
                _key(
                    "superior", "上级 主管单位", "上级：督办通知抄送它", "its superior, who gets a copy of escalations"
                ),
            ),
            "choice": (
                _key("tags", "标签 类别", "有其中任一标签的单位", "units with any of these tags"),
                _key("sectors", "行业", "属其中任一行业的单位", "units with any of these sectors"),
                _key("units", "单位", "逐个列出的单位（代号或名称）", "units one by one, by id or name"),
                _key("all", "全部", "全部单位", "every unit"),
            ),
            "circular": (
                _key(
                    "kind",
                    "文种",
                    "法定公文文种之一；不写则取标题末尾",
                    "one of the fifteen kinds; default: the title's end",
                ),
                _key("format", "格式", "通用、信函、命令、纪要；不写则由文种决定", "layout; default: by kind"),
                _key(
                    "number",
                    "发文字号 文号",
                    "代字〔年份〕序号号；不写则签发时由登记簿给出",
                    "code〔YYYY〕n号; left out: given by the ledger at issue",
                ),
                _key("urgency", "紧急程度", "特急或加急", "特急 or 加急"),
                _key("title", "标题", "关于……的通知", "关于…的通知"),
                _key("date", "成文日期 日期", "年-月-日", "date of issue, YYYY-MM-DD"),
                _key("approver", "签发人", "一人或多人；上行文印出", "one or several; printed on upward papers"),
                _key(
                    "issuers",
                    "发文机关 联合发文机关",
                    "联合行文的各机关，主办在前",
                    "offices of a joint paper, organiser first",
                ),
                _key(
                    "addressees",
                    "主送 主送机关",
                    "主送机关，即分发名单",
                    "addressee line, which is the distribution list",
                ),
                _key("cc", "抄送 抄送机关", "抄送机关", "copies to"),
                _key(
                    "address",
                    "抬头",
                    "统一：一份给所有单位；分送：每单位一份只写该单位",
                    "all: one for everyone; each: names one unit",
                ),
                _key("body", "正文", "正文，一行一段，序号 一、（一）1.（1）", "plain paragraphs, one a line"),
                _key(
                    "signature", "署名方式 用印", "加盖印章、不加盖印章或签名章", "sealed, unsealed or signature chop"
                ),
                _key("signer_title", "签署人职务", "签名章前的职务", "post before a signature chop"),
                _key(
                    "attendance",
                    "到会情况",
                    "纪要的出席、请假、列席人员",
                    "minutes: who was present, absent and sat in",
                    "attendance",
                ),
                _key("note", "附注", "附注，不写括号", "note, without brackets"),
                _key("annexes", "附件", "附件，按次序", "annexes in order", "annex"),
                _key("tasks", "任务 任务清单", "各单位检查清单的条目", "items of the units' checklists", "task"),
                _key("receipt", "回执", "要求什么样的回执", "what is to come back", "receipt"),
                _key(
                    "reminders",
                    "催办",
                    "没按时交回的要不要催办：是，或写明规矩；不写就不催办",
                    "whether and how units are reminded: yes, or a policy; left out: not",
                    "reminders",
                ),
                _key("retention", "保管期限", "永久、30年或10年", "永久, 30年 or 10年"),
                _key("layout", "版式", "本文件的版式", "this paper's layout", "circular_layout"),
            ),
            "attendance": (
                _key("present", "出席", "出席人员", "who was present"),
                _key("absent", "请假", "请假人员", "who was excused"),
                _key("observers", "列席", "列席人员", "who sat in"),
            ),
            "circular_layout": (
                _key(
                    "colophon",
                    "版记",
                    "偶数页：必要时加空白页；末页：就在末页",
                    "even: on an even page; last: on the last page",
                ),
            ),
            "annex": (
                _key("title", "标题 名称", "附件名称", "the annex's name"),
                _key("table", "表格", "表格", "a table", "table"),
                _key("body", "正文", "文字", "text"),
                _key("file", "文件", "同目录下的文件：docx、xlsx、csv、pdf、png、jpg", "a file beside the circular"),
                _key("sheet", "工作表", "xlsx 里的哪张表；不写则第一张", "the workbook's sheet; default: the first"),
                _key(
                    "range",
                    "区域",
                    "xlsx 的区域，如 A1:F20；不写则打印区域或全部",
                    "its cells, e.g. A1:F20; default: all",
                ),
                _key("pages", "页", "pdf 的哪些页，如 1-3,5；不写则全部", "the PDF's pages, e.g. 1-3,5; default: all"),
                _key("caption", "图注", "图片下面的说明", "what stands under a picture"),
                _key(
                    "landscape",
                    "横排",
                    "横向页面；不写则表格太宽时自动横排",
                    "pages turned; default: where a table is too wide",
                ),
                _key(
                    "forwarded",
                    "印发件 转发件",
                    "就是印发、转发的那份文件：另面编排，不标“附件”，不进附件说明",
                    "the paper itself that is issued or forwarded: no label, not in the annex list",
                ),
            ),
            "table": (
                _key("columns", "列 表头", "表头", "column heads"),
                _key("rows", "行", "各行", "rows"),
                _key("widths", "列宽", "各列宽度之比", "the columns' widths in proportion"),
            ),
            "task": (
                _key("id", "编号", "字母、数字、连字符，在本文件中唯一", "[A-Za-z0-9-], unique in the circular"),
                _key("text", "内容 要求", "要求或检查内容", "what is to be done or checked"),
                _key("basis", "依据", "文中条目", "the section of the text it rests on"),
                _key("method", "方法", "检查方法", "how it is checked"),
                _key("for", "对象 适用", "给哪些单位；不写则给全部", "which units; left out: everyone", "choice"),
                _key("due", "期限 时限", "完成期限", "deadline"),
            ),
            "receipt": (
                _key("ask", "方式 要求", "不要求、签收、反馈或参会", "none, acknowledge, report or attend"),
                _key("by", "截止 截止时间", "截止日期和时间", "deadline, YYYY-MM-DD HH:MM"),
                _key("needs", "须有", "签字、盖章", "signature, seal"),
                _key("basis", "依据", "要求回执的依据", "why a receipt may be asked for"),
                _key("people", "人数", "参会回执的人员行数", "rows for people on an attendance form"),
            ),
        }.items()
    }
)

KINDS = (
    "决议",
    "决定",
    "命令",
    "公报",
    "公告",
    "通告",
    "意见",
    "通知",
    "通报",
    "报告",
    "请示",
    "批复",
    "议案",
    "函",
    "纪要",
)
"""The fifteen kinds of paper (条例 art. 8)."""

WORDS: Mapping[str, Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "kind": {**dict.fromkeys(KINDS, ()), "命令": ("令",)},
        "format": {"general": ("通用",), "letter": ("信函",), "order": ("命令", "令"), "minutes": ("纪要",)},
        "urgency": {"特急": (), "加急": ()},
        "address": {"all": ("统一",), "each": ("分送",)},
        "signature": {
            "sealed": ("加盖印章", "盖章"),
            "unsealed": ("不加盖印章", "不盖章"),
            "chop": ("签名章", "加盖签名章"),
        },
        "ask": {
            "none": ("不要求", "无"),
            "acknowledge": ("签收",),
            "report": ("反馈", "报告"),
            "attend": ("参会",),
        },
        "needs": {"signature": ("签字", "签名"), "seal": ("盖章",)},
        "retention": {"永久": (), "30年": (), "10年": ()},
        "colophon": {"even": ("偶数页",), "last": ("末页",)},
        "cell": {"grid": ("满版",), "natural": ("自然",)},
        "margins": {"plain": ("常规",), "gb33476": ()},
        "deliver": {"email": ("邮件",), "print": ("打印", "纸质"), "folder": ("文件夹",), "portal": ("网页",)},
    }
)
"""The fixed words of values: word as the program knows it → other spellings."""

CLASSIFIED_KEYS = frozenset(
    {
        "密级",
        "秘密等级",
        "密级和保密期限",
        "保密期限",
        "份号",
        "定密",
        "classification",
        "classified",
        "secrecy",
        "secret",
    }
)
"""Keys that only a classified paper has; refused with the reason (条例 art. 26)."""


def spelled(section: str, text: str) -> Key | None:
    """The key of `section` that `text` spells, in either language."""
    return _SPELLED[section].get(text)


_SPELLED: Mapping[str, Mapping[str, Key]] = {
    section: {spelling: key for key in keys.values() for spelling in key.spellings}
    for section, keys in SECTIONS.items()
}
