//! The platforms that texts are on and lead to.

/// Where people publish, talk and pay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Platform {
    /// QQ.
    Qq,
    /// WeChat.
    WeChat,
    /// Telegram.
    Telegram,
    /// WhatsApp.
    WhatsApp,
    /// LINE.
    Line,
    /// Skype.
    Skype,
    /// Signal.
    Signal,
    /// Potato Chat.
    Potato,
    /// Batchat (蝙蝠).
    Batchat,
    /// The telephone, short messages included.
    Phone,
    /// Electronic mail.
    Email,
    /// A page or app outside the others.
    Web,
    /// Douyin or TikTok.
    Douyin,
    /// Kuaishou.
    Kuaishou,
    /// Xiaohongshu.
    Xiaohongshu,
    /// Weibo.
    Weibo,
    /// Bilibili.
    Bilibili,
    /// A market place such as Taobao or Xianyu.
    Market,
    /// A game.
    Game,
    /// Any other.
    Other,
}

stanch_types::words! { Platform {
    Qq = "qq", WeChat = "wechat", Telegram = "telegram", WhatsApp = "whatsapp", Line = "line", Skype = "skype",
    Signal = "signal", Potato = "potato", Batchat = "batchat", Phone = "phone", Email = "email", Web = "web",
    Douyin = "douyin", Kuaishou = "kuaishou", Xiaohongshu = "xiaohongshu", Weibo = "weibo", Bilibili = "bilibili",
    Market = "market", Game = "game", Other = "other",
} }
