const zh = {
  desk: {
    go: '前往',
    goHint: '求助编号、求助人姓名或电话、单位、服务项目、操作',
    goNone: '没有找到。',
    goTo: { action: '操作', request: '求助', citizen: '求助人', provider: '单位', item: '项目' },
    asCaller: '作为来电人受理',
    key: { go: '前往求助、求助人、单位、项目或操作' },
  },
}

const en: typeof zh = {
  desk: {
    go: 'Go to',
    goHint: 'Request number, citizen, phone, provider, item or action',
    goNone: 'Nothing found.',
    goTo: { action: 'Action', request: 'Request', citizen: 'Citizen', provider: 'Provider', item: 'Item' },
    asCaller: 'Set as caller',
    key: { go: 'Go to a request, citizen, provider, item or action' },
  },
}

export default { 'zh-CN': zh, en }
