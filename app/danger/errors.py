"""Problems with the guides for dangers."""

from app.kit.errors import HotlineError


class GuideNotNewest(HotlineError):
    en = "Version {number} is not the draft awaiting a decision; version {newest} is. Read it first."
    zh = "第 {number} 版不是待审草稿，待审的是第 {newest} 版，请先阅读。"


class OwnDraft(HotlineError):
    en = "You wrote this version; somebody else has to approve it."
    zh = "这一版是您本人起草的，须由另一位值班长批准。"
