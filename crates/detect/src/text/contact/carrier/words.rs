//! The words that carry a name or number, as people write them when they hide it.

use super::super::platform::Platform;
use super::Force;

/// What the words say, how surely, whether words that sound like them count, and the words. `_` is a space that must
/// be there.
pub(super) const WORDS: &[(Platform, Force, bool, &str)] = &[
    (
        Platform::WeChat,
        Force::Strong,
        true,
        "微信 加微 加微信 加薇 微信号",
    ),
    (
        Platform::WeChat,
        Force::Strong,
        false,
        "vx wx v信 加v wechat weixin vxin v芯 w信 绿泡泡 微号 wxid 薇信 威信 卫星号 加wx \
         加vx jiav v号",
    ),
    (
        Platform::WeChat,
        Force::Weak,
        false,
        "薇 威 微 卫星 喂 徽 维 v 葳 溦 嶶 窝心 伽威 伽韦 伽微 迦微 韦",
    ),
    (Platform::Qq, Force::Strong, true, "扣扣 企鹅 加扣 加企鹅"),
    (
        Platform::Qq,
        Force::Strong,
        false,
        "qq 加q 扣q q扣 球球 口口 qq号 鹅号 q号 抠抠 加鹅 蔻批 蔻蔻",
    ),
    (
        Platform::Qq,
        Force::Weak,
        false,
        "q 乞儿 蔲 窛 筘 釦 寇 鹅 扣 蔻 企 叩 抠",
    ),
    (
        Platform::Qq,
        Force::Group,
        false,
        "qq群 q群 群号 扣扣群 企鹅群 裙号 qq裙 q裙 君羊 群聊号 加群 交流群 进群 qqun 君羊号 \
         扣群 加裙",
    ),
    (
        Platform::Telegram,
        Force::Strong,
        false,
        "telegram tg 电报 纸飞机 飞机号 telegrm 加tg 小飞机 tg号 电报号",
    ),
    (Platform::Telegram, Force::Weak, false, "飞机"),
    (
        Platform::WhatsApp,
        Force::Strong,
        false,
        "whatsapp whats_app wsapp whatapp 瓦次 wapp ws号",
    ),
    (
        Platform::Line,
        Force::Strong,
        false,
        "line_id lineid 加line 賴 加赖 line号 加赖号 赖id",
    ),
    (Platform::Line, Force::Weak, false, "line"),
    (Platform::Skype, Force::Strong, false, "skype skypeid"),
    (Platform::Signal, Force::Weak, false, "signal"),
    (
        Platform::Potato,
        Force::Strong,
        false,
        "potato 土豆号 加土豆",
    ),
    (
        Platform::Batchat,
        Force::Strong,
        false,
        "蝙蝠号 加蝙蝠 蝙蝠 batchat",
    ),
    (
        Platform::Other,
        Force::Never,
        false,
        "微信验证码 微信安全 微信团队 微信电影票 微信登录 微信密码 qq验证码 qq密码 qq安全 qq登录 伟星 创维 微信支付 微信红包 微信转账 微信群 微信公众号 微信小程序 微信账单 微信余额 微信零钱 \
         微信读书 微信朋友圈 qq音乐 qq邮箱 qq空间 qq浏览器 qq飞车 qq会员 飞机票 飞机场 坐飞机 \
         飞机餐 乘飞机 卫星电视 卫星云图 卫星发射 卫星导航 卫星定位 北斗卫星 威海 威力 威胁 \
         权威 示威 微博 微软 微波 微笑 稍微 微小 微量 微米 略微 轻微 维修 维护 维权 维持 思维 \
         维生素 运维 喂养 喂奶 企业 企图 国企 扣除 扣款 折扣 扣分 纽扣 抵扣 回扣 威尼斯 天鹅 \
         鹅肉 挪威 纤维 维c 维他命 微商 微课 微电影 细微 企划 企鹅影视 飞机模式 打飞机 微机 \
         安徽 徽章",
    ),
];
