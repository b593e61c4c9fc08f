const zh = {
  provider: {
    offers: '新派单',
    noOffers: '暂时没有新派单，有了会立刻显示在这里。',
  },
}

const en: typeof zh = {
  provider: {
    offers: 'New offers',
    noOffers: 'No offers just now; new ones appear here at once.',
  },
}

export default { 'zh-CN': zh, en }
