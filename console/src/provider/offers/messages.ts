const zh = {
  provider: {
    noOffers: '暂时没有新派单',
    noOffersText: '有新单会立刻显示在这里，请保持本页打开。',
    offLine: '暂停接单中，不会收到新单。',
    left: '剩余',
    over: '已超时',
    redo: '返工 · 免费',
    price: { fixed: '定价', quote: '现场报价，起价', free: '求助人不付费' },
    where: '地点',
    when: '时间',
    accept: '接单',
    decline: '拒单',
    wholeWindow: '在求助人期望的时间内上门',
    appointment: '选定上门时间',
    from: '从',
    to: '到',
    confirmAccept: '确认接单',
    declineTitle: '为什么拒单？',
  },
}

const en: typeof zh = {
  provider: {
    noOffers: 'No new offers',
    noOffersText: 'New offers appear here at once. Keep this page open.',
    offLine: 'You are not taking offers.',
    left: 'Time left',
    over: 'Expired',
    redo: 'Redo · free',
    price: { fixed: 'Fixed price', quote: 'Quote on site, from', free: 'The citizen pays nothing' },
    where: 'Where',
    when: 'When',
    accept: 'Accept',
    decline: 'Decline',
    wholeWindow: 'Any time in the requested window',
    appointment: 'Choose a time',
    from: 'From',
    to: 'To',
    confirmAccept: 'Accept the job',
    declineTitle: 'Why are you declining?',
  },
}

export default { 'zh-CN': zh, en }
