/**
 * What the server says about a mistake in a policy, in Chinese: `{1}`, `{2}` … stand for the names and values in it.
 * A text that is not here stays English; the texts of every mistake in testdata/policy/mistakes are.
 */

type Said = readonly (readonly [english: string, chinese: string])[];

const MESSAGES: Said = [
  ['`{1}` tells `{2}` too', '`{1}` 也有标签 `{2}`'],
  ['a policy has at most {1} models', '一个策略最多有 {1} 个模型'],
  ['no text model of version {1}', '不是 {1} 版的文本模型'],
  ['the text model is damaged: {1}', '文本模型已损坏：{1}'],
  ['the event kind `{1}` has no field `{2}`', '事件类型 `{1}` 没有字段 `{2}`'],
  ['there is no event kind `{1}`', '没有事件类型 `{1}`'],
  ['there is no function or feature `{1}`', '没有函数或特征 `{1}`'],
  ['there is no feature `{1}`', '没有特征 `{1}`'],
  ['there is no function `{1}`', '没有函数 `{1}`'],
  ['there is no rule `{1}`', '没有规则 `{1}`'],
  ['there is no type `{1}`', '没有类型 `{1}`'],
  ['there is no list `{1}`', '没有名单 `{1}`'],
  ['there is no value `{1}`', '没有名为 `{1}` 的值'],
  ['there is no mode `{1}`', '没有模式 `{1}`'],
  ['there is no measure `{1}`', '没有措施 `{1}`'],
  ['there is no decision `{1}`', '没有决定 `{1}`'],
  ['there is no aggregate `{1}`', '没有聚合方式 `{1}`'],
  ['there is no kind of list `{1}`', '没有 `{1}` 这种名单'],
  ['`{1}` is not a word of this enumeration', '`{1}` 不是这个枚举的词'],
  ['`{1}` is a list, not a value', '`{1}` 是名单，不是值'],
  ['`{1}` is a function', '`{1}` 是函数名'],
  ['`{1}` is no name for a field', '字段不能叫 `{1}`'],
  ['a feature cannot be read inside a feature or a cue', '特征和线索之内不能读特征'],
  ['a script cannot be read inside a feature or a cue', '特征和线索之内不能读话术'],
  ['a card in Chinese and English is missing', '缺少中英文提示卡'],
  ['a weight of {1} is out of range', '权重 {1} 超出范围'],
  ['there is no act `{1}`', '没有动作 `{1}`'],
  ['there is no script `{1}`', '没有话术 `{1}`'],
  ['the script has the stage `{1}` twice', '话术中阶段 `{1}` 出现两次'],
  ['the key is {1} here and {2} before', '键在此处为 {1}，前面为 {2}'],
  ['this cue can hold because of the region alone', '这条线索可能只因地域而成立'],
  ['the script `{1}` is read by nothing', '话术 `{1}` 没有被用到'],
  ['nothing is filled in here: a card is plain text', '此处不能填值：提示卡是纯文本'],
  ['the stage has no cue', '阶段没有线索'],
  ['a memory of {1} is longer than `{2}` is kept', '记忆 {1} 长于 `{2}` 的保留期'],
  ['nothing is expected of this event', '这个事件没有写明预期'],
  ['the script `{1}` is kept by {2}, but this is {3}', '话术 `{1}` 以 {2} 为键，此处为 {3}'],
  ['scripts do not tell `{1}`', '话术不给出 `{1}`'],
  ['the script `{1}` has no key for `{2}`', '话术 `{1}` 没有 `{2}` 的键'],
  ['the script has no key for `{1}`', '话术没有 `{1}` 的键'],
  ['the script does not say how long cues are remembered', '话术未写明线索记住多久'],
  ['the stage does not say how sure it must be', '阶段未写明须有多大把握'],
  ['a comparison needs one type, but here are {1} and {2}', '比较须为同一类型，此处为 {1} 与 {2}'],
  ['`{1}` needs one type, but here are {2} and {3}', '`{1}` 须为同一类型，此处为 {2} 与 {3}'],
  ['`{1}` does not take {2} and {3}', '`{1}` 不接受 {2} 与 {3}'],
  ['`{1}` wants {2}, but this is {3}', '`{1}` 须为 {2}，此处为 {3}'],
  ['values of type {1} have no order', '类型 {1} 的值没有大小之分'],
  ['the field `{1}` is {2}, but this is {3}', '字段 `{1}` 为 {2}，此处为 {3}'],
  ['this expression is nested deeper than {1} levels', '表达式嵌套超过 {1} 层'],
  ['this `{1}` is not closed', '这个 `{1}` 没有闭合'],
  ['comparisons do not chain', '比较不能连写'],
  ['an instant in an expression is written as a call', '表达式中的时刻须写成函数调用'],
  ['a length of time is wanted, but {1} is here', '此处应为时长，却是 {1}'],
  ['a declaration is wanted, but {1} is here', '此处应为声明，却是 {1}'],
  ['a clause of the {1} is wanted, but {2} is here', '此处应为子句，却是 {2}'],
  ['`}` to close this {1} is wanted, but {2} is here', '此处应以 `}` 结束，却是 {2}'],
  ['{1} is wanted, but {2} is here', '此处应为 {1}，却是 {2}'],
  ['`null` is not a value: what is missing is unknown', '`null` 不是值：缺失即未知'],
  ['`{1}` is not an operator', '`{1}` 不是运算符'],
  ['`=` does not compare', '`=` 不是比较'],
  ['a window of {1} is out of range', '时间窗 {1} 超出范围'],
  ['a window of {1} is longer than `{2}` is kept', '时间窗 {1} 长于 `{2}` 的保留期'],
  ['the event kind `{1}` does not say how long it is kept', '事件类型 `{1}` 未写明保留多久'],
  ['this condition can hold because of the region alone', '这个条件可能只因地域而成立'],
  ["the rule `{1}` is on none of this rule set's event kinds", '规则 `{1}` 不适用于该规则集的任何事件类型'],
  ['the rule `{1}` is not on `{2}`', '规则 `{1}` 不适用于 `{2}`'],
  ['the rule `{1}` is in no rule set, so it never acts', '规则 `{1}` 不在任何规则集中，不起作用'],
  ['the rule `{1}` is never reached', '规则 `{1}` 永远轮不到'],
  ['the rule has no reason in English (`en`)', '规则没有英文理由（`en`）'],
  ['the rule has no reason in Chinese (`zh`)', '规则没有中文理由（`zh`）'],
  ['the rule has no owner', '规则没有责任人'],
  ['the rule has `{1}` twice', '规则有两处 `{1}`'],
  ['the rule set `{1}` has no mode', '规则集 `{1}` 没有模式'],
  ['this `{1}` lacks `{2}`', '这个 `{1}` 缺少 `{2}`'],
  ['the measure `{1}` has no expiry', '措施 `{1}` 没有期限'],
  ['the policy has no file `{1}`', '策略中没有文件 `{1}`'],
  ["`{1}` is not a path inside the policy's folder", '`{1}` 不是策略文件夹之内的路径'],
  [
    '`{1}` is kept by `{2}`, and the event kind `{3}` has no field `{4}` of type {5}',
    '`{1}` 以 `{2}` 为键，而事件类型 `{3}` 没有类型为 {5} 的字段 `{4}`',
  ],
  ['`{1}` is kept by {2} keys ({3}), but here are {4}', '`{1}` 有 {2} 个键（{3}），此处为 {4} 个'],
  ['`{1}` is kept by {2} (`{3}`), but this is {4}', '`{1}` 的键 `{3}` 为 {2}，此处为 {4}'],
  ['`{1}` takes {2} values, but here are {3}', '`{1}` 须有 {2} 个值，此处为 {3} 个'],
  ['`{1}` takes one value, but here are {2}', '`{1}` 须有一个值，此处为 {2} 个'],
  ['`{1}()` takes no value', '`{1}()` 不带值'],
  ['the test expects nothing', '测试没有预期'],
  ['`{1}` does not say over which window', '`{1}` 未写明时间窗'],
  ['`{1}` does not say whether the event at hand counts itself', '`{1}` 未写明是否计入当前事件'],
  ['there already is a {1} named `{2}`', '已有同名的 `{2}`'],
  ['the field `{1}` is declared twice', '字段 `{1}` 声明了两次'],
  ['`{1}` of money needs one currency, and this may be any', '对金额求 `{1}` 须为同一币种，此处币种不定'],
  ['{1} and {2} are different currencies', '{1} 与 {2} 币种不同'],
  ['`{1}` is not an instant', '`{1}` 不是时刻'],
  ['the threshold {1} does not rise above {2} before it', '阈值 {1} 没有高于前一个 {2}'],
  ['`{1}` does not fit 64 bits', '`{1}` 超出 64 位'],
  ['a hold of {1} is out of range', '暂缓 {1} 超出范围'],
  ['`{1}` has no length', '`{1}` 不带时长'],
  ['this escape is not part of the language', '语言中没有这个转义'],
  ['`{1}` has bits beyond its prefix of {2}', '`{1}` 在 {2} 位前缀之外还有数位'],
  [
    '`{1}` is not a phone number: digits only, with an optional leading +',
    '`{1}` 不是电话号码：只能是数字，可以 + 开头',
  ],
  ['`{1}` is not an IP network', '`{1}` 不是 IP 网段'],
  ['`{1}` is not a length of time or a number', '`{1}` 不是时长，也不是数字'],
  ['not a regular expression: {1}', '不是正则表达式：{1}'],
  ['`{1}` of `{2}` must be a constant', '`{2}` 的 `{1}` 须为常量'],
  ['`{1}` is not an active ISO 4217 currency code', '`{1}` 不是 ISO 4217 现行币种代码'],
  ['`{1}` is not an amount of {2} with at most {3} decimals', '`{1}` 不是至多 {3} 位小数的 {2} 金额'],
  ['texts are put between straight quotes', '文本须用直引号'],
  ['`{1}` ({2}) is not a sign of the language', '`{1}`（{2}）不是语言中的符号'],
  ['this text has no closing quote on its line', '文本在本行没有结束引号'],
  ['the list `{1}` is read by nothing', '名单 `{1}` 没有被用到'],
  ['the feature `{1}` is read by nothing', '特征 `{1}` 没有被用到'],
  ['`{1}` looks like a region', '`{1}` 像是地域'],
  ['the entry {1} is in the list twice', '条目 {1} 在名单中出现两次'],
  ['this condition never holds', '这个条件永不成立'],
  ['this condition always holds', '这个条件总成立'],
  ['this is never missing, so `has` always holds', '它从不缺失，`has` 总成立'],
];

const HINTS: Said = [
  ['make it anew with `stanch train`', '用 `stanch train` 重新训练'],
  ['keep one of the two', '两者只留一个'],
  ['train one model on the texts of several', '把几个题材的文本合起来训练一个模型'],
  ['add `card zh "…" en "…"`', '写上 `card zh "…" en "…"`'],
  ['it is above 0 and below 1: no cue is certain', '须大于 0 且小于 1：没有线索是确定的'],
  ['give its parts the same names with `as` in every `of`', '在每个 `of` 中用 `as` 给各部分相同的名称'],
  [
    'region is never a sole ground: join it by `&&` with something that was done',
    '地域不能单独作为依据：用 `&&` 与某种行为并列',
  ],
  ['remove it, or ask `{1}` in a rule', '删去，或在规则中询问 `{1}`'],
  [
    'they see only the fields of their own events; combine them in a rule',
    '它们只看自己事件的字段；请在规则中组合',
  ],
  [
    'they see only the fields of their own events; combine features in a rule',
    '它们只看自己事件的字段；请在规则中组合特征',
  ],
  ['write `{{` and `}}` for braces', '花括号须写作 `{{` 和 `}}`'],
  ['add `cue NAME weight 0.5 on EVENT when …`', '写上 `cue 名称 weight 0.5 on 事件 when …`'],
  ['shorten the memory or lengthen the retention', '缩短记忆或延长保留期'],
  ['add `expect …` behind it, or write it as `given`', '在其后写上 `expect …`，或改写为 `given`'],
  ['read it with a value for each part of the key', '读取时给出键的每个部分的值'],
  [
    'add `of {1} by …` to the script, or say which key is meant: `{2}`',
    '在话术中写上 `of {1} by …`，或写明用哪个键：`{2}`',
  ],
  ['add `of {1} by …` to the script', '在话术中写上 `of {1} by …`'],
  ['add `memory 30d`: 1s to 90d', '写上 `memory 30d`：1s 至 90d'],
  ['add `need 0.5`: the confidence from which it is entered', '写上 `need 0.5`：把握达到多少即进入该阶段'],
  ['did you mean `{1}`?', '是否想写 `{1}`？'],
  ["paths begin at the policy's folder: `{1}`", '路径从策略文件夹算起：`{1}`'],
  ['add `reason zh "…" en "…"`: people are told why', '加上 `reason zh "…" en "…"`：须告知当事人原因'],
  ['write it in place, so that it is checked before the policy runs', '直接写出，以便在运行之前检查'],
  ['write digits, and at most {1} after a point, such as `{2}`', '写数字，小数至多 {1} 位，如 `{2}`'],
  ['write an amount with its currency: `{1}`', '写带币种的金额：`{1}`'],
  [
    'write an address, `198.51.100.7`, or a network, `203.0.113.0/24`, `2001:db8::/32`',
    '写地址 `198.51.100.7`，或网段 `203.0.113.0/24`、`2001:db8::/32`',
  ],
  ['write a whole number such as `{1}`', '写整数，如 `{1}`'],
  [
    'write a date of the calendar, `2026-03-01` (midnight UTC), or `2026-03-01T10:00:00Z` (RFC 3339, with Z or an offset)',
    '写日历中的日期 `2026-03-01`（UTC 零点），或 `2026-03-01T10:00:00Z`（RFC 3339，带 Z 或时差）',
  ],
  ['write `{1}` with values for each', '写作 `{1}`，每个键给一个值'],
  [
    'write `a < b && b < c`, or put one comparison in parentheses',
    '写作 `a < b && b < c`，或给其中一个加括号',
  ],
  ['write `{1}`', '写作 `{1}`'],
  [
    'write +86 13800138000, 0592-1234567 or a short number such as 96110',
    '写作 +86 13800138000、0592-1234567 或 96110 之类的短号',
  ],
  [
    'whole numbers are -9223372036854775808 to 9223372036854775807; write `1e20` for a double',
    '整数为 -9223372036854775808 至 9223372036854775807；double 写作 `1e20`',
  ],
  [
    'units are us, ms, s, m (minutes), h, d (24 hours), w: `30s`, `24h`, `1h30m`',
    '单位有 us、ms、s、m（分钟）、h、d（24 小时）、w：`30s`、`24h`、`1h30m`',
  ],
  ['the rule fires only on its own event kinds', '规则只在自己的事件类型上触发'],
  ['the parts exclude each other, or a constant is wrong', '各部分互斥，或常量有误'],
  ['texts are not added; put values into a reason with `{…}`', '文本不能相加；理由中的值写在 `{…}` 里'],
  ['split it into several rules, or put the values into a list', '拆成几条规则，或把值放进名单'],
  ['shorten the window or lengthen the retention', '缩短时间窗，或延长保留期'],
  ['say which key is meant: `{1}`', '写明是哪个键：`{1}`'],
  [
    'remove one of them; if either has no end, the entry has none',
    '删去其一；任何一条没有期限，该条目即无期限',
  ],
  ['remove one of them, or give it another name', '删去其一，或改名'],
  ['remove one of them, or name it with `as`', '删去其一，或用 `as` 命名'],
  ['remove one of them', '删去其一'],
  ['remove it: keeping a window costs memory', '删去它：保留时间窗要占内存'],
  [
    'remove it, or mark the field optional with `?` where it is declared',
    '删去它，或在声明处用 `?` 标为可选',
  ],
  ['remove it, or compare with a field or a feature', '删去它，或与字段或特征比较'],
  ['remove it, or ask `{1}`', '删去它，或用 `{1}` 查询'],
  ['remove it', '删去它'],
  ['remove the minus', '删去负号'],
  [
    'region is never a sole ground: join it by `&&` with something the person did',
    '地域不得为唯一依据：用 `&&` 与当事人的行为相连',
  ],
  ['read it with a value of type {1}', '用类型为 {1} 的值读取'],
  ['put it earlier, or give the rule before it a condition', '移到前面，或给前一条规则加条件'],
  [
    'order thresholds from the lowest score and the mildest decision to the highest',
    '阈值按分数由低到高、决定由轻到重排列',
  ],
  [
    'operators bind as in CEL: put the part that belongs together in parentheses',
    '运算符优先级同 CEL：把相连的部分放进括号',
  ],
  [
    'only `delay` and `hold` take `for …`; for an account use `measure … for …`',
    '只有 `delay` 与 `hold` 带 `for …`；对账户用 `measure … for …`',
  ],
  ['numbers are written without quotes, texts with them', '数字不加引号，文本加引号'],
  [
    'no look-around or back-references: every pattern runs in linear time',
    '不支持环视与反向引用：所有模式都在线性时间内运行',
  ],
  ['name it: `{1}`, or declare the field as `{2}`', '写明币种：`{1}`，或把字段声明为 `{2}`'],
  ['name it in a rule set: `{1}`', '在规则集中列出：`{1}`'],
  [
    'money is never multiplied by a double: compare a ratio, `a / b > 0.8`, or use whole numbers, `a * 10 > b * 8`',
    '金额不能乘以 double：比较比率 `a / b > 0.8`，或用整数 `a * 10 > b * 8`',
  ],
  [
    'mark it `regional`, so that no rule can rest on it alone; or choose another name',
    '标为 `regional`，使规则不得只以它为据；或改名',
  ],
  [
    'leave it out; count some of the events with `where`, and different values with `distinct(…)`',
    '省去它；只计部分事件用 `where`，计不同值用 `distinct(…)`',
  ],
  [
    'key, personal and regional are marks of a field; choose another name',
    'key、personal、regional 是字段的标记；请改名',
  ],
  ['join the conditions with `&&` or `||`', '用 `&&` 或 `||` 连接条件'],
  ['it is {1} to {2}: longer ones are for people to decide', '须为 {1} 至 {2}：更长的由人决定'],
  ['it is {1} to {2}', '须为 {1} 至 {2}'],
  ['give one of them another name', '给其中一个改名'],
  ['give every field that is not marked `?`', '未标 `?` 的字段都要给出'],
  ['fields are written `{1}`', '字段写作 `{1}`'],
  [
    'escapes are {1}; a pattern is easier as r"…", which has no escapes',
    '转义有 {1}；模式宜写作 r"…"，其中没有转义',
  ],
  ['end it with `including self` or `excluding self`', '以 `including self` 或 `excluding self` 结尾'],
  ['compare them with `==`, `!=` or `in`', '用 `==`、`!=` 或 `in` 比较'],
  ['compare it: `… > 0`', '与数比较：`… > 0`'],
  ['close it with `}`; for a brace in the text write `{{`', '以 `}` 结束；文本中的花括号写作 `{{`'],
  ['close it with `"`; a line break is written `\\n`', '以 `"` 结束；换行写作 `\\n`'],
  ['choose another name, such as `{1}`', '请改名，如 `{1}`'],
  ['ask with `has(x)`, or give another value with `x ?? …`', '用 `has(x)` 判断，或用 `x ?? …` 给出替代值'],
  ['ask whether a value is in it: `{1}`', '判断某值是否在其中：`{1}`'],
  [
    'amounts of different currencies are never compared or added; use one currency',
    '不同币种的金额不能比较或相加；请用同一币种',
  ],
  ['add when it ends by itself: `{1}`', '写明何时自动结束：`{1}`'],
  ["add the event kind to the rule's or the rule set's `on`", '把事件类型加入规则或规则集的 `on`'],
  ['add a unit: {1}', '加上单位：{1}'],
  ['add `}` after the last line of the {1}', '在最后一行之后加上 `}`'],
  ['add `retention 90d`: how long raw events are kept', '加上 `retention 90d`：原始事件保留多久'],
  ['add `owner "…"`: who answers for the rule', '加上 `owner "…"`：谁对规则负责'],
  ['add `over 24h`: {1} to {2}', '加上 `over 24h`：{1} 至 {2}'],
  [
    'add `mode all`, `mode first_match` or `mode score { 50 review; 80 hold }`',
    '加上 `mode all`、`mode first_match` 或 `mode score { 50 review; 80 hold }`',
  ],
  [
    'add `expect hold`, `expect fired rule` or `expect` with a condition',
    '加上 `expect hold`、`expect fired rule`，或带条件的 `expect`',
  ],
  ['use {1}', '用 {1}'],
];

const LABELS: Said = [
  ['this is in {1}', '此为 {1}'],
  ['this is {1}', '此为 {1}'],
  ['the one before', '前一个'],
  ['in this rule set of `mode score`', '在这个 `mode score` 的规则集中'],
  ['in this rule set', '在这个规则集中'],
  ['opened here', '由此开始'],
  ['declared here', '声明于此'],
  ['first here', '先见于此'],
  ['given here', '已写于此'],
  ['named here', '已列于此'],
  ['this rule always fires before it', '这条规则总在它之前触发'],
];

const HOLE = /\{(\d)\}/g;

/** The English with its holes as a pattern. */
function patternOf(english: string): RegExp {
  const source = english
    .split(HOLE)
    .map((part, index) => (index % 2 === 1 ? '(.+?)' : part.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')))
    .join('');
  return new RegExp(`^${source}$`, 's');
}

function compiled(said: Said): (text: string) => string | null {
  const patterns = said.map(([english, chinese]) => ({ pattern: patternOf(english), english, chinese }));
  return (text) => {
    for (const { pattern, english, chinese } of patterns) {
      const found = pattern.exec(text);
      if (!found) continue;
      const order = [...english.matchAll(HOLE)].map((hole) => hole[1]);
      return chinese.replace(HOLE, (_, number: string) => found[order.indexOf(number) + 1] ?? '');
    }
    return null;
  };
}

/** A message of the server in Chinese; null when it is not known. */
export const messageZh = compiled(MESSAGES);
/** A hint of the server in Chinese; null when it is not known. */
export const hintZh = compiled(HINTS);
/** What stands beside another place of a finding, in Chinese; null when it is not known. */
export const labelZh = compiled(LABELS);
