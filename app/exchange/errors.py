"""Problems that keep a file from being imported."""

from typing import ClassVar

from app.kit.errors import HotlineError

MOST_SHOWN = 500
"""The most faults listed. The total is always given."""


class ImportInvalid(HotlineError):
    status = 422
    en = "The file has {total} errors, listed in errors. Nothing was changed."
    zh = "文件中有 {total} 处错误，没有改动任何内容，详见 errors。"


class ImportRunning(HotlineError):
    retry_after: ClassVar[int | None] = 10
    en = "Another import is running. Nothing was changed; try again later."
    zh = "另一个导入正在进行，没有改动任何内容，请稍后重试。"


class RegistryChanged(HotlineError):
    retry_after: ClassVar[int | None] = 1
    en = "{count} of these providers were edited during the import. Nothing was changed; import the file again."
    zh = "其间有人修改了其中 {count} 家单位，没有改动任何内容，请重新导入。"
