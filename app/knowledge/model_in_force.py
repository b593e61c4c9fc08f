"""The suggestion model that each process keeps in memory."""

import logging
import zlib

from app.kit.cached import Cached
from app.kit.db import Database
from app.knowledge import learned, queries
from app.knowledge.learned import Model, ModelUnfit

MODEL_TOPIC = "suggestions"

logger = logging.getLogger(__name__)


async def read_model(db: Database) -> Model:
    """Return the learned model in force. If none is usable, return the one that comes with the software."""
    async with db.begin() as tx:
        kept = await queries.find_model(tx)
    if kept is None:
        return learned.shipped()
    try:
        return unpack(kept.content)
    except ModelUnfit as unfit:
        logger.error("the learned model %s is not used, run `hotline train` again: %s", kept.id, unfit)
        return learned.shipped()


def pack(model: Model) -> bytes:
    """Return the model as it is stored."""
    return zlib.compress(learned.write(model), 9)


def unpack(content: bytes) -> Model:
    """Return the stored model. Raises ModelUnfit."""
    try:
        return learned.read(zlib.decompress(content))
    except zlib.error as error:
        raise ModelUnfit("the model is damaged") from error


class CachedModel(Cached[Model]):
    """The model of one process."""

    topic = MODEL_TOPIC
    read_anew = staticmethod(read_model)
