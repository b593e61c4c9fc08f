const zh = {
  desk: {
    providerCredit: '信用分 {n}',
    providerTakes: '现在接单',
    providerPauses: '暂停接单',
    providerPause: '单位要暂停接单',
    providerResume: '单位恢复接单',
    providerJobs: '未完成 {n} 件',
    providerLedger: '信用分记录',
    providerSays: { reply: '单位的申辩（电话中说的）', appeal: '单位的申诉（电话中说的）' },
    providerNoShows: '求助人不在（扑空）',
    providerNoShowAgreed: '约定 {time}',
    providerMonths: '对账单',
    providerColumn: { month: '月份', completed: '完工', onTime: '按时', noShows: '求助人不在', turnover: '营业额' },
    providerStatement: '点月份打开对账单，可念给单位听或打印。',
  },
}

const en: typeof zh = {
  desk: {
    providerCredit: 'credit {n}',
    providerTakes: 'Taking offers',
    providerPauses: 'Not taking offers',
    providerPause: 'Pause offers',
    providerResume: 'Resume offers',
    providerJobs: 'Open jobs: {n}',
    providerLedger: 'Credit history',
    providerSays: { reply: 'Reply, as given by phone', appeal: 'Appeal, as given by phone' },
    providerNoShows: 'No-shows (citizen absent)',
    providerNoShowAgreed: 'appointment {time}',
    providerMonths: 'Statements',
    providerColumn: {
      month: 'Month',
      completed: 'Completed',
      onTime: 'On time',
      noShows: 'No-shows',
      turnover: 'Turnover',
    },
    providerStatement: 'Open a month to print its statement or read it out.',
  },
}

export default { 'zh-CN': zh, en }
