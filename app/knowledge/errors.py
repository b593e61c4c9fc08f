"""Problems with an article, a canned text or a file of articles."""

from app.kit.errors import HotlineError


class ArticleExists(HotlineError):
    en = "Article {slug} already exists. Write a new version of it instead."
    zh = "条目 {slug} 已存在，请为它撰写新版本。"


class ArticleOver(HotlineError):
    en = "The article expired on {valid_to}. Write a version that is valid longer."
    zh = "该条目的有效期已于 {valid_to} 结束，请另写一个有效期更晚的版本。"


class NotNewest(HotlineError):
    en = "Version {number} is not the draft awaiting a decision. That is version {newest}; read it first."
    zh = "第 {number} 版不是待审草稿，待审的是第 {newest} 版，请先阅读。"


class ReviewInThePast(HotlineError):
    status = 422
    en = "The next review must be after today."
    zh = "下次复核日期须晚于今天。"


class UnknownArticle(HotlineError):
    status = 422
    en = "There is no version {version} of an article."
    zh = "没有条目版本 {version}。"


class UnknownStaff(HotlineError):
    status = 422
    en = "There is no member of staff {staff}."
    zh = "没有工作人员 {staff}。"


class ArticlesInvalid(HotlineError):
    status = 422
    en = "The file has {total} errors. Nothing was changed; see errors."
    zh = "文件中有 {total} 处错误，没有改动任何内容，详见 errors。"
