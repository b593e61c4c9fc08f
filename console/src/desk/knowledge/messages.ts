const zh = {
  desk: {
    articles: '知识库',
    articlesUnsure: '没有十分相符的条目；以下可能相关，请核对后再答。',
    articlesNone: '知识库里没有相符的条目；请如实告知并记下，或转 12345。',
    articleTake: '采用',
    articleTaken: '已采用',
    articleUntil: '有效至 {day}',
    articleChanged: '“{slug}”在您答复期间已更新，请按新内容答复。',
    articleGone: '“{slug}”在您答复期间已停用，请核实后再答复。',
    articlePart: {
      steps: '步骤',
      papers: '带好',
      fees: '费用',
      hours: '时间',
      places: '地点',
      phones: '电话',
      source: '来源',
    },
    textsHint: '键入 / 加简称调出常用语',
    key: { article: '采用知识库条目；再按换下一条' },
  },
}

const en: typeof zh = {
  desk: {
    articles: 'Knowledge base',
    articlesUnsure: 'No exact match. These may be related: check before you answer.',
    articlesNone: 'No article matches. Say so and save the request for later, or relay it to 12345.',
    articleTake: 'Use',
    articleTaken: 'Used',
    articleUntil: 'Valid until {day}',
    articleChanged: '“{slug}” was updated while you were answering. Use the new text.',
    articleGone: '“{slug}” was withdrawn while you were answering. Check before you answer.',
    articlePart: {
      steps: 'Steps',
      papers: 'Bring',
      fees: 'Fees',
      hours: 'Hours',
      places: 'Where',
      phones: 'Phone',
      source: 'Source',
    },
    textsHint: 'Type / and a short name for a canned text',
    key: { article: 'Use an article; press again for the next one' },
  },
}

export default { 'zh-CN': zh, en }
