"""What keeps a file from being imported."""

from typing import ClassVar

from app.kit.errors import HotlineError

MOST_SHOWN = 500
"""So many faults are listed; the total is told."""


class ImportInvalid(HotlineError):
    status = 422
    en = "{total} things are wrong in the file; nothing was changed. See errors."
    zh = "文件中有 {total} 处错误，没有改动任何内容，详见 errors。"


class ImportRunning(HotlineError):
    retry_after: ClassVar[int | None] = 10
    en = "Another import is running; nothing was changed. Try again."
    zh = "另一个导入正在进行，没有改动任何内容，请稍后重试。"


class RegistryChanged(HotlineError):
    retry_after: ClassVar[int | None] = 1
    en = "Somebody edited {count} of these providers meanwhile; nothing was changed. Import the file again."
    zh = "其间有人修改了其中 {count} 家单位，没有改动任何内容，请重新导入。"
