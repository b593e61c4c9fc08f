const zh = {
  desk: {
    firmCredit: '信用分 {n}',
    firmTakes: '现在接单',
    firmPauses: '暂停接单',
    firmPause: '单位要暂停接单',
    firmResume: '单位恢复接单',
    firmJobs: '未完成 {n} 件',
    firmLedger: '信用分记录',
    firmSays: { reply: '单位的申辩（电话中说的）', appeal: '单位的申诉（电话中说的）' },
    firmNoShows: '求助人不在（扑空）',
    firmNoShowAgreed: '约定 {time}',
    firmMonths: '对账单',
    firmColumn: { month: '月份', completed: '完工', onTime: '按时', noShows: '求助人不在', turnover: '营业额' },
    firmStatement: '点月份打开对账单，可念给单位听或打印。',
  },
}

const en: typeof zh = {
  desk: {
    firmCredit: 'credit {n}',
    firmTakes: 'Taking offers',
    firmPauses: 'Not taking offers',
    firmPause: 'Pause offers',
    firmResume: 'Resume offers',
    firmJobs: 'Open jobs: {n}',
    firmLedger: 'Credit history',
    firmSays: { reply: 'Reply, as given by phone', appeal: 'Appeal, as given by phone' },
    firmNoShows: 'No-shows (citizen absent)',
    firmNoShowAgreed: 'appointment {time}',
    firmMonths: 'Statements',
    firmColumn: {
      month: 'Month',
      completed: 'Completed',
      onTime: 'On time',
      noShows: 'No-shows',
      turnover: 'Turnover',
    },
    firmStatement: 'Open a month to print its statement or read it out.',
  },
}

export default { 'zh-CN': zh, en }
